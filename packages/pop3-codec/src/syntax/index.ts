/**
 * POP3's syntax without a session: commands, responses, listings, capabilities. Parsers return a value, a {@link Fault} or
 * null; formatters, their inverses, throw a RangeError that names the field.
 *
 * @module
 */
export { type Capabilities, formatCapabilities, parseCapabilities } from "./capabilities.ts";
export { type AuthCommand, type Command, type CommandLeniencies, formatCommand, parseCommand } from "./command.ts";
export { type Fault, type FaultCode, isFault } from "./fault.ts";
export { isUniqueId, type ListingLeniencies, parseScanListing, parseUniqueIdListing } from "./listing.ts";
export { findTimestamp, formatResponse, parseResponse, type Response, type ResponseLeniencies } from "./response.ts";
