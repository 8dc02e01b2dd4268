/**
 * Generators for fast-check, to point at any parser of dot-stuffed content, ours or another.
 *
 * @module
 */
export { chunkings, cutAt } from "./chunkings.ts";
export { content, type FramingConstraints, framing, type LineConstraints } from "./content.ts";
export {
  type HostileConstraints,
  type HostileWireForm,
  hostileWireForm,
  type SmugglingFamily,
  smugglingFamilies,
} from "./hostile-wire-form.ts";
export { type WireForm, wireForm } from "./wire-form.ts";
