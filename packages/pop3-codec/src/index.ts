/**
 * POP3 without I/O (RFC 1939): the syntax, and both sides of a session.
 *
 * @module
 */
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
} from "dot-stuffing/session";
export type { ClientCloseCause, ClientViolationCode, Deletions, Pop3ClientEvent } from "./client/events.ts";
export type { LoginMethod, LoginOptions, LoginRefusal } from "./client/login.ts";
export type { LoginFailure } from "./client/login-failure.ts";
export type { ClientLeniencies, Pop3ClientOptions } from "./client/options.ts";
export type { Pop3ClientWaiting } from "./client/reader.ts";
export { Pop3ClientSession } from "./client/session.ts";
export { type ClientRow, type ClientState, type ClientTable, type ClientVerb, clientTable } from "./client/table.ts";
export type {
  FetchedMessage,
  ListedMessage,
  MissingMessage,
  RefusedMessage,
  RetrievalEvent,
  RetrievalFailure,
  RetrievalReport,
  UnmarkedMessage,
} from "./retrieval/events.ts";
export type { RetrievalSnapshot } from "./retrieval/memory.ts";
export type { RetrievalOptions } from "./retrieval/options.ts";
export { Pop3Retrieval } from "./retrieval/retrieval.ts";
export type { Pop3ServerWaiting } from "./server/engine.ts";
export type {
  CloseCause,
  FailedLogin,
  Pop3ServerEvent,
  ResponseInput,
  ServerViolation,
  ServerViolationCode,
} from "./server/events.ts";
export type { Maildrop, MaildropArrays, MaildropSource, UserPolicies } from "./server/maildrop.ts";
export type { Pop3ServerOptions, ServerLeniencies } from "./server/options.ts";
export { Pop3ServerSession } from "./server/session.ts";
export {
  type ServerCell,
  type ServerRow,
  type ServerState,
  type ServerTable,
  type ServerVerb,
  serverTable,
} from "./server/table.ts";
export * from "./syntax/index.ts";
export { Pop3Transcript, type TranscriptLine, type TranscriptOptions } from "./transcript.ts";
