/**
 * POP3's syntax without a session: commands, responses, listings, capabilities, and what TOP and LIST make of content.
 * Parsers return a value, a {@link Fault} or null; formatters, their inverses, throw a RangeError that names the field.
 *
 * @module
 */
export { sizeAsSent } from "dot-stuffing/session";
export {
  type Capabilities,
  type Capability,
  type CapabilityLeniencies,
  formatCapabilities,
  formatCapability,
  parseCapabilities,
  parseCapability,
} from "./capabilities.ts";
export { type ChallengeLeniencies, formatChallenge, parseChallenge, SASL_SERVICE } from "./challenge.ts";
export { type AuthCommand, type Command, type CommandOptions, isMultiLine } from "./command.ts";
export { type Fault, type FaultCode, isFault } from "./fault.ts";
export { formatCommand } from "./format-command.ts";
export { isUniqueId } from "./forms.ts";
export { formatLanguageListing, type LanguageListing, parseLanguageListing } from "./language-listing.ts";
export {
  type DropListing,
  formatDropListing,
  formatScanListing,
  formatUniqueIdListing,
  type ListingLeniencies,
  parseDropListing,
  parseScanListing,
  parseUniqueIdListing,
  type ScanListing,
  type UniqueIdListing,
} from "./listing.ts";
export {
  type ListingDecoderOptions,
  type ListingSnapshot,
  type ListingViolation,
  ScanListingDecoder,
  UniqueIdListingDecoder,
} from "./listing-decoder.ts";
export { formatScanListings, formatUniqueIdListings } from "./listing-lines.ts";
export { type CommandLeniencies, type CommandParserOptions, parseCommand } from "./parse-command.ts";
export {
  actsAs,
  formatResponse,
  parseResponse,
  type Response,
  type ResponseCode,
  type ResponseFormatterOptions,
  type ResponseLeniencies,
  type ResponseParserOptions,
  type StatusLine,
} from "./response.ts";
export { findTimestamp } from "./timestamp.ts";
export { TopCutter, type TopSnapshot } from "./top.ts";
