import type { AuthEvent, ClosedEvent, SaslEvent, SaslServer } from "dot-stuffing/session";
import type { FaultCode } from "../syntax/fault.ts";

/** A response as an application gives it: its text, or parts of it. */
export type ResponseInput =
  | string
  | {
      /** A response code without its brackets; null: none. What stands where is RFC 2449 §8's and its successors'. */
      readonly code?: string | null;
      readonly text?: string;
      /** In the answer to LANG: the language that texts are in from here on. */
      readonly language?: string;
    };

/**
 * What happens in a server session. `answer` says what is owed: `"needed"`: the session waits until it is answered;
 * `"default"`: the session answers by itself unless the application does first; `"none"`: nothing.
 */
export type Pop3ServerEvent<Mechanism extends SaslServer = SaslServer> =
  /** The connection stands. `accept` (the default) greets; `reject` sends -ERR and closes. */
  | { readonly type: "connect"; readonly answer: "default" }
  /** `accept` is the default for every name, so that names cannot be found out; `reject` is a failed login. */
  | { readonly type: "user"; readonly name: string; readonly answer: "default" }
  /** A login: answered by `accept(maildrop)` or `reject`. */
  | {
      readonly type: "pass";
      readonly name: string;
      /** Not enumerable, so that no log shows it. */
      readonly password: string;
      readonly secret: true;
      readonly answer: "needed";
    }
  /** A login: answered by `accept(maildrop)` or `reject`; `sasl`'s `verifyApop` compares the digest. */
  | {
      readonly type: "apop";
      readonly name: string;
      /** The greeting's, with its angle brackets. */
      readonly timestamp: string;
      /** 32 lower-case hexadecimal digits. Not enumerable. */
      readonly digest: string;
      readonly secret: true;
      readonly answer: "needed";
    }
  | AuthEvent
  | SaslEvent<Mechanism>
  /** A login by AUTH: answered by `accept(maildrop)` or `reject`. */
  | {
      readonly type: "authenticated";
      readonly authenticationIdentity: string;
      readonly authorizationIdentity: string;
      readonly answer: "needed";
    }
  | FailedLogin
  /**
   * A login failed, whichever way it was tried, and not by IN-USE, LOGIN-DELAY or a code of SYS. `delay`: how long to
   * wait before going on, so that guessing is slow, in seconds; an application that awaits it in its loop over the
   * events holds the response back.
   */
  | { readonly type: "login-failed"; readonly failures: number; readonly delay: number; readonly answer: "none" }
  /** `accept` (the default) sends +OK; then `waiting` is `"tls"`. */
  | { readonly type: "stls"; readonly answer: "default" }
  /** `accept` (the default) turns UTF-8 mode on (RFC 6856 §2.1). */
  | { readonly type: "utf8"; readonly answer: "default" }
  | { readonly type: "capa" | "stat" | "noop" | "rset"; readonly answer: "default" }
  | {
      readonly type: "lang";
      /** What was asked for; `"*"`: the server's choice; null: the list of languages. */
      readonly range: string | null;
      /**
       * The first of the option's languages that the range matches, which is the default; null: none, and the default
       * is -ERR.
       */
      readonly language: string | null;
      /** Who has logged in, or null: languages may be a user's. */
      readonly user: string | null;
      readonly answer: "default";
    }
  /** The list of mechanisms was asked for by AUTH alone. */
  | { readonly type: "auth-list"; readonly answer: "default" }
  /** Number null: all messages. */
  | { readonly type: "list" | "uidl"; readonly number: number | null; readonly answer: "default" }
  | { readonly type: "dele"; readonly number: number; readonly answer: "default" }
  /** `accept`, and `waiting` is `"content"`: write the message; or `reject`. */
  | { readonly type: "retr"; readonly number: number; readonly size: number; readonly answer: "needed" }
  /** As `retr`: the session cuts the message itself. */
  | {
      readonly type: "top";
      readonly number: number;
      readonly lines: number;
      readonly size: number;
      readonly answer: "needed";
    }
  /**
   * RETR (`lines` null) or TOP of a message that needs UTF8, which was not given before the login. The default is -ERR
   * [UTF8]; after `accept` a surrogate without UTF-8 in its header is to be written. Its size is the one that LIST
   * should have had (RFC 6856 §2.1): a maildrop can go by the session's `utf8`.
   */
  | {
      readonly type: "surrogate";
      readonly number: number;
      readonly lines: number | null;
      readonly size: number;
      readonly answer: "default";
    }
  /**
   * RETR sent a message that has not the size that was announced: the maildrop's sizes are wrong, or the message
   * changed, or a surrogate was sent and the size is that of the message it stands for.
   */
  | {
      readonly type: "size-differs";
      readonly number: number;
      readonly announced: number;
      readonly sent: number;
      readonly answer: "none";
    }
  /**
   * The end. In a transaction the numbers marked as deleted are to be removed now: `accept` once they are, `reject` if
   * some were not; elsewhere there is nothing to remove, and `accept` is the default.
   */
  | {
      readonly type: "quit";
      readonly deleted: readonly number[];
      /** Under EXPIRE 0: what else RETR sent to its end, which may be removed too (RFC 2449 §6.7). Usually empty. */
      readonly expired: readonly number[];
      readonly answer: "needed" | "default";
    }
  /**
   * A verb that no document has. An application that knows it answers by `accept`; the default is -ERR. The argument of
   * one that begins with AUTH is not enumerable.
   */
  | { readonly type: "unknown"; readonly verb: string; readonly argument: string | null; readonly answer: "default" }
  | ServerViolation
  /** Without a `quit` event before it nothing is to be deleted. */
  | ClosedEvent<CloseCause>;

/**
 * A login that failed before the application was asked for a maildrop: by AUTH, or because a password or name cannot be
 * prepared.
 */
export interface FailedLogin {
  readonly type: "authentication-failed";
  /**
   * `"error"`: the mechanism, or `prepare`, threw at a line of the client's: what it threw comes out of `nextEvent()`
   * after this event. It is answered with SYS/TEMP.
   */
  readonly cause: "refused" | "cancelled" | "malformed" | "error";
  /** What the mechanism or the session says about it; not sent. */
  readonly text: string;
  readonly answer: "default";
}

/** What the client did wrong. The session goes on unless it is fatal. */
export interface ServerViolation {
  readonly type: "violation";
  readonly code: ServerViolationCode;
  /** The part of the command that is wrong, the octet's offset, or null. */
  readonly field: string | number | null;
  /**
   * Names limits and expectations, never what the client sent: for a log, and without offsets in the default response.
   */
  readonly text: string;
  /** Whether the session closes after the response. */
  readonly fatal: boolean;
  readonly answer: "default" | "none";
}

/** Every kind of {@link ServerViolation}. */
export type ServerViolationCode =
  | FaultCode
  | "bare-cr"
  | "bare-lf"
  | "nul"
  | "not-offered"
  | "bad-sequence"
  | "tls-required"
  | "no-such-message"
  | "unknown-mechanism"
  | "too-many-errors"
  | "too-many-logins"
  | "plaintext-behind-stls";

/** Why a session ended. */
export type CloseCause =
  | "quit"
  | "refused"
  | "end-of-input"
  | "violation"
  | "tls-failed"
  | "timeout"
  | "shutdown"
  | "aborted";
