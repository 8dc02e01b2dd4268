/**
 * SMTP without I/O (RFC 5321): the syntax, and both sides of a session.
 *
 * @module
 */
export type { LineEndings } from "dot-stuffing";
export {
  type AuthOptions,
  type Prepare,
  type SaslClient,
  type SaslClientOutcome,
  type SaslClientStep,
  type SaslOtherStep,
  type SaslServer,
  type SaslServerStep,
  type SessionSnapshot,
  StateError,
  sizeAsSent as messageSize,
} from "dot-stuffing/session";
export type { BdatOptions, BurlOptions } from "./client/content.ts";
export type { ContentKind, MailOptions, RcptOptions } from "./client/envelope.ts";
export type {
  AuthFailure,
  ClientCloseCause,
  ClientViolationCode,
  DeliveryEvent,
  MessageEvent,
  ReplyOutcome,
  SmtpClientEvent,
} from "./client/events.ts";
export type { SmtpClientWaiting } from "./client/messages.ts";
export type { Awaited, ClientLeniencies, SmtpClientOptions } from "./client/options.ts";
export {
  type LookupOptions,
  type Remaining,
  SmtpClientSession,
} from "./client/session.ts";
export { type ClientRow, type ClientState, type ClientTable, type ClientVerb, clientTable } from "./client/table.ts";
export type { SmtpServerWaiting } from "./server/engine.ts";
export type {
  AbortCause,
  AcceptedRecipient,
  CloseCause,
  ServerViolation,
  ServerViolationCode,
  SmtpServerEvent,
  WithOwn,
} from "./server/events.ts";
export type {
  ServerAwaited,
  ServerExtensions,
  ServerLeniencies,
  ServerLimits,
  ServerProtocol,
  SmtpServerOptions,
} from "./server/options.ts";
export type { ReplyInput, ReplyParts } from "./server/replies.ts";
export { SmtpServerSession } from "./server/session.ts";
export {
  afterMode,
  afterRefusal,
  lmtpServerTable,
  type ServerCell,
  type ServerNext,
  type ServerRow,
  type ServerState,
  type ServerTable,
  type ServerVerb,
  serverTable,
} from "./server/table.ts";
export * from "./syntax/index.ts";
export type { Envelope, EnvelopeRecipient } from "./transaction/envelope.ts";
export type { RecipientReport, TransactionEvent, TransactionReport } from "./transaction/events.ts";
export { type EnvelopeProblem, envelopeProblems } from "./transaction/problems.ts";
export { SmtpTransaction, type TransactionOptions } from "./transaction/transaction.ts";
export { SmtpTranscript, type TranscriptLine } from "./transcript.ts";
