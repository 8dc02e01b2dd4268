/**
 * Generators for property tests of mail software, for fast-check: values that the formatters write, whole sessions, and
 * hostile ones.
 *
 * @module
 */
export { capabilities } from "./capabilities.ts";
export { type CommandConstraints, commands } from "./commands.ts";
export { type Envelope, envelopes, mailParameters, rcptParameters } from "./envelopes.ts";
export { hostileText } from "./hostile.ts";
export {
  type HostileReplies,
  type HostileReplyConstraints,
  type HostileReplyFamily,
  hostileReplies,
  hostileReplyFamilies,
} from "./hostile-replies.ts";
export {
  type HostileFamily,
  type HostileSession,
  type HostileSessionConstraints,
  hostileFamilies,
  hostileSessions,
  SMUGGLED,
} from "./hostile-sessions.ts";
export {
  addressLiterals,
  domains,
  forwardPaths,
  localParts,
  mailboxes,
  type PathOptions,
  reversePaths,
} from "./paths.ts";
export { enhancedCodes, replies } from "./replies.ts";
export { type Flight, type SentMessage, type SessionConstraints, type SessionScript, sessions } from "./sessions.ts";
