/**
 * SMTP's syntax without a session: commands, paths, parameters, replies, capabilities. Parsers return a value or a
 * {@link Fault}; formatters, their inverses, throw a RangeError that names the field.
 *
 * @module
 */
export { type LiteralKind, literalKind } from "./address-literal.ts";
export {
  type Capabilities,
  type CapabilitiesLeniencies,
  formatKeywords,
  offers,
  parseCapabilities,
} from "./capabilities.ts";
export {
  type AuthCommand,
  type Command,
  type CommandLeniencies,
  formatCommand,
  type HelloCommand,
  isKnownVerb,
  parseCommand,
} from "./command.ts";
export { type EnhancedCode, isEnhancedCode, leadingEnhancedCode, splitEnhancedCode } from "./enhanced-code.ts";
export { type Fault, type FaultCode, isFault } from "./fault.ts";
export {
  type EsmtpParameter,
  formatParameters,
  type MailParameters,
  mailParameters,
  typeMailParameters,
} from "./parameters.ts";
export {
  type ForwardPath,
  formatPath,
  type Mailbox,
  type NullPath,
  type Postmaster,
  parseForwardPath,
  parseMailbox,
  parseReversePath,
  type ReversePath,
  sameMailbox,
} from "./path.ts";
export { formatReply, type Outcome, outcome, type Reply, ReplyAssembler, type ReplyFault } from "./reply.ts";
export { decodeXtext, encodeXtext } from "./xtext.ts";
