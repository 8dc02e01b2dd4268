/**
 * What the texts of some replies carry for programs. Nothing else in a text is for them (RFC 5321 §4.2), and no session
 * needs it.
 *
 * @module
 */
export {
  changedPriority,
  contentFeatures,
  formatContentFeatures,
  forwardedPath,
  forwardReply,
  pendingMessages,
  refusedSolicitation,
} from "./details.ts";
export { formatLookupLine, type LookupLine, parseLookupLine } from "./lookup.ts";
export { sendableReply } from "./sendable.ts";
