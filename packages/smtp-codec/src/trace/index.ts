/**
 * The trace fields that a receiver writes at the top of a message (RFC 5321 §4.4), and a reader of those of others.
 *
 * @module
 */
export { type DateTimeInput, formatDateTime, parseMailDate } from "./date-time.ts";
export { parseReceived, type ReceivedTrace, type TraceClause } from "./parse.ts";
export { type ProtocolInput, type WithProtocol, withProtocol } from "./protocol.ts";
export { type ExtendedDomain, formatReceived, helloDomain, type Received, type TcpInfo } from "./received.ts";
export { formatReturnPath } from "./return-path.ts";
