/**
 * SMTP's syntax without a session: commands, paths, parameters, replies, capabilities. Parsers return a value or a
 * {@link Fault}; formatters, their inverses, throw a RangeError that names the field.
 *
 * @module
 */
export {
  type Capabilities,
  type DeliverByCapability,
  type FutureReleaseCapability,
  type LimitsCapability,
  type MtPriorityCapability,
  offeredParameters,
  offers,
  type SizeCapability,
} from "./capabilities/capabilities.ts";
export { type CapabilitiesInput, formatCapabilities, formatKeywords } from "./capabilities/format.ts";
export { type CapabilitiesLeniencies, parseCapabilities } from "./capabilities/parse.ts";
export {
  type Attribute,
  type AttributeCommand,
  spreadAttributes,
  type XclientName,
  type XforwardName,
} from "./command/attributes.ts";
export { saslService } from "./command/auth.ts";
export type {
  AtrnCommand,
  AuthCommand,
  BdatCommand,
  BurlCommand,
  Command,
  EtrnCommand,
  HelloCommand,
  HelloNameKind,
  LookupCommand,
  MailCommand,
  RcptCommand,
} from "./command/command.ts";
export { type CommandFormat, formatCommand } from "./command/format.ts";
export { helloNameKind } from "./command/hello.ts";
export { type CommandLine, isKnownVerb, splitCommand } from "./command/line.ts";
export type { CommandLeniencies, CommandOptions } from "./command/options.ts";
export { parseArgument, parseCommand } from "./command/parse.ts";
export { type DateTime, parseDateTime } from "./date-time.ts";
export { type Fault, type FaultCode, type FaultReply, isFault } from "./fault.ts";
export type { Body } from "./parameters/body.ts";
export type { DeliverBy } from "./parameters/deliver-by.ts";
export {
  effectiveReturn,
  type Notify,
  type NotifyOn,
  type OriginalRecipient,
  originalRecipient,
  type Return,
} from "./parameters/dsn.ts";
export {
  type EsmtpParameter,
  type EsmtpParameterRules,
  formatParameters,
  parseParameters,
} from "./parameters/esmtp-parameter.ts";
export {
  flagParameter,
  type Offered,
  type Parameter,
  type ParameterContext,
  type ParameterRefusal,
  type ValueDefinition,
  valueParameter,
} from "./parameters/parameter.ts";
export type { RequireRecipientValidSince } from "./parameters/rrvs.ts";
export {
  type MailParameters,
  mailParameterSet,
  type ParameterSet,
  type ParametersOf,
  type RcptParameters,
  rcptParameterSet,
} from "./parameters/sets.ts";
export {
  mailParameters,
  maxLineLength,
  rcptParameters,
  typeMailParameters,
  typeParameters,
  typeRcptParameters,
  writeParameters,
} from "./parameters/typed.ts";
export { addressLiteral, type LiteralKind, type LiteralLeniencies, literalKind } from "./path/address-literal.ts";
export { type DomainRules, isDomain } from "./path/domain.ts";
export { formatLocalPart } from "./path/local-part.ts";
export {
  canonicalAddress,
  isFullyQualified,
  type Mailbox,
  type MailboxRules,
  makeMailbox,
  type NullPath,
  needsSmtputf8,
  notificationRecipient,
  type Postmaster,
  parseMailbox,
  sameMailbox,
} from "./path/mailbox.ts";
export {
  type ForwardPath,
  formatPath,
  type Located,
  type PathFormat,
  type PathRules,
  parseForwardPath,
  parseReversePath,
  type ReversePath,
} from "./path/path.ts";
export { ReplyAssembler, type ReplyAssemblerSnapshot, type ReplyFault } from "./reply/assembler.ts";
export { type EnhancedCode, isEnhancedCode, leadingEnhancedCode, splitEnhancedCode } from "./reply/enhanced-code.ts";
export { formatReply, type ReplyFormat } from "./reply/format.ts";
export { type Outcome, outcome, type Reply, type ReplyCategory, replyCategory, replyClass } from "./reply/reply.ts";
export { decodeUnitext, encodeUnitext } from "./unitext.ts";
export { decodeXtext, encodeXtext } from "./xtext.ts";
