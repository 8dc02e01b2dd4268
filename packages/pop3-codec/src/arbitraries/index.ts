/**
 * Generators for fast-check, to point at any parser of POP3, ours or another.
 *
 * @module
 */
export { capabilities, capability } from "./capabilities.ts";
export { command } from "./command.ts";
export {
  type HostileFamily,
  type HostileResponseFamily,
  type HostileResponses,
  type HostileResponsesConstraints,
  type HostileSession,
  type HostileSessionConstraints,
  hostileFamilies,
  hostileResponseFamilies,
  hostileResponses,
  hostileSession,
  SMUGGLED,
} from "./hostile.ts";
export {
  type HostileListing,
  hostileListing,
  type ListingConstraints,
  type ListingWire,
  scanListing,
  scanListingWire,
  uniqueIdListing,
  uniqueIdListingWire,
} from "./listing.ts";
export { statusLine } from "./status-line.ts";
