/**
 * What the sessions of a CRLF-framed, dot-stuffed protocol are built from: a line reader, stored input, pulled events,
 * queued output, and the seam to SASL mechanisms. `smtp-codec` and `pop3-codec` stand on it; so can a codec of one's
 * own.
 *
 * @module
 */
export {
  checkChoice,
  checkFunction,
  checkLimit as checkAtLeast,
  checkNames,
  checkObject,
  checkTexts,
  checkType,
  plainChunk,
  type Type,
  typeOf,
} from "../check.ts";
export { checkLineEndings } from "../line-endings.ts";
export { type LineFound, LineReader, type LineReaderOptions, type LineState, type LineStep } from "../line-reader.ts";
export { StateError } from "../state-error.ts";
export { authSecret, COMMAND_BEGINS, redactAuth, triesAuth, unknownVerb } from "./auth-line.ts";
export { AuthOnlooker, type DueLine } from "./auth-onlooker.ts";
export { decodeBase64, encodeBase64 } from "./base64.ts";
export { binaryText } from "./binary-text.ts";
export { ChunkReader, type ChunkReaderOptions, type ChunkSnapshot } from "./chunk-reader.ts";
export { ChunkWriter } from "./chunk-writer.ts";
export {
  ClientExchange,
  type ClientExchangeOptions,
  type ClientExchangeStep,
  type ClientProgress,
} from "./client-exchange.ts";
export {
  type AuthOptions,
  type AuthTerms,
  type ClientMemory,
  ClientSession,
  type CommandTable,
  type ConcludedExchange,
  type QueuedCommand,
} from "./client-session.ts";
export { conceal } from "./conceal.ts";
export { checkContent, piecesOf, sizeAsSent } from "./content.ts";
export { ContentReader, type ContentSnapshot } from "./content-reader.ts";
export { EventIterator } from "./event-iterator.ts";
export type { AuthEvent, ClosedEvent, SaslEvent } from "./events.ts";
export { checkForm, type Form, orNull } from "./form.ts";
export { Input, type InputSnapshot, type Line, octetsOf } from "./input.ts";
export { isMechanismName, mechanismNames, offeredMechanisms, revealsSecret, showsSecret } from "./mechanism.ts";
export { once } from "./once.ts";
export { type SessionOptions, sessionDefaults, withDefaults } from "./options.ts";
export { outOfRange } from "./out-of-range.ts";
export { Output, type Source } from "./output.ts";
export { type Prepare, prepared } from "./prepare.ts";
export { Queue } from "./queue.ts";
export type {
  OtherStep,
  SaslClient,
  SaslClientOutcome,
  SaslClientStep,
  SaslOtherStep,
  SaslServer,
  SaslServerStep,
  Thrown,
} from "./sasl.ts";
export { ServerExchange, type ServerExchangeFailure, type ServerExchangeStep } from "./server-exchange.ts";
export {
  type Closing,
  closingWords,
  type EndedExchange,
  type FailureCause,
  type ServerMemory,
  ServerSession,
} from "./server-session.ts";
export {
  pull,
  type Saved,
  Session,
  type SessionEvent,
  type SessionMemory,
  type Waiting,
} from "./session.ts";
export { SkippedContent } from "./skipped-content.ts";
export { checkLike, checkWords, pack, readSnapshot, type SessionSnapshot, type Words } from "./snapshot.ts";
export type { ContentStep, StepReader, StepSnapshot, Taken } from "./step-reader.ts";
export { isPrintable, isText, isVisible } from "./text.ts";
export { transitions } from "./transitions.ts";
