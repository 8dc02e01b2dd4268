/**
 * Generators for property tests of mail software, for fast-check: every value is one that the formatters write.
 *
 * @module
 */
export { capabilities } from "./capabilities.ts";
export { commands } from "./commands.ts";
export { type Envelope, envelopes, mailParameters, rcptParameters } from "./envelopes.ts";
export { hostileText } from "./hostile.ts";
export { addressLiterals, domains, forwardPaths, localParts, mailboxes, reversePaths } from "./paths.ts";
export { enhancedCodes, replies } from "./replies.ts";
