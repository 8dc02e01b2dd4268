import type { ClosedEvent, SaslClient, SaslEvent } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities.ts";
import type { LanguageListing } from "../syntax/language-listing.ts";
import type { ScanListing, UniqueIdListing } from "../syntax/listing.ts";
import type { Response } from "../syntax/response.ts";
import type { LoginMethod, LoginRefusal } from "./login.ts";
import type { LoginFailure } from "./login-failure.ts";

/**
 * What every response event says. Each command has exactly one such event, in the order of the commands and after all
 * that belongs to it. `response` is null when none could be read: the connection ended before it was complete, or its
 * line was too long or malformed.
 */
export interface Responded {
  readonly ok: boolean;
  readonly response: Response | null;
  /** Whether the response has a code though no list of capabilities announced RESP-CODES: it counts all the same. */
  readonly codeUnannounced: boolean;
  readonly answer: "none";
}

/** What happens in a client session. `answer` says what is owed: only a `"sasl"` event needs one. */
export type Pop3ClientEvent<Mechanism extends SaslClient = SaslClient> =
  /** When not `ok`, the session ends. */
  | (Responded & {
      readonly type: "greeting";
      /** For APOP, with its angle brackets; null: the server does not offer it. */
      readonly timestamp: string | null;
    })
  | (Responded & { readonly type: "noop" | "rset" | "utf8" })
  /** `failure` null: the name was taken, or the maildrop is open. */
  | (Responded & { readonly type: "user" | "pass" | "apop"; readonly failure: LoginFailure | null })
  | (Responded & {
      readonly type: "auth";
      readonly mechanism: string;
      readonly failure: LoginFailure | null;
      /** Whether the server has proved that it knows the credentials, where the mechanism offers that. */
      readonly serverProved: boolean;
      /** Why the exchange failed, if the mechanism or the session broke it off; else null. */
      readonly text: string | null;
    })
  | SaslEvent<Mechanism>
  /** The end of what `login` began, after the event of the command that decided it. */
  | {
      readonly type: "login";
      readonly ok: boolean;
      /** What was tried; null: nothing. */
      readonly method: LoginMethod | null;
      readonly failure: LoginFailure | LoginRefusal | null;
      readonly answer: "none";
    }
  /** Capabilities null: unknown, which is not an empty list (RFC 2449 §5). */
  | (Responded & { readonly type: "capa"; readonly capabilities: Capabilities | null })
  /** When `ok`, `waiting` is `"tls"`. */
  | (Responded & { readonly type: "stls" })
  /** Zeros unless `ok`, which +OK without two figures is not either: a violation says so, and `response` has it. */
  | (Responded & { readonly type: "stat"; readonly count: number; readonly size: number })
  /** One entry of LIST's answer. */
  | (ScanListing & { readonly type: "scan-listing"; readonly answer: "none" })
  /** One entry of UIDL's answer. */
  | (UniqueIdListing & { readonly type: "unique-id-listing"; readonly answer: "none" })
  /** The end of the entries. Number null: all messages were asked for. */
  | (Responded & { readonly type: "list" | "uidl"; readonly number: number | null })
  /** One language that the server has. */
  | (LanguageListing & { readonly type: "language-listing"; readonly answer: "none" })
  /** The language in force from this response on; null: the list was asked for, or nothing has changed. */
  | (Responded & { readonly type: "lang"; readonly language: string | null })
  /** A piece of the message that RETR or TOP asked for, stuffing removed: a view of the received chunk. */
  | { readonly type: "content"; readonly number: number; readonly bytes: Uint8Array; readonly answer: "none" }
  /** The end of the message, of `size` octets; not `ok`: refused, or cut off, and what arrived is not the whole. */
  | (Responded & { readonly type: "retr" | "top"; readonly number: number; readonly size: number })
  | (Responded & { readonly type: "dele"; readonly number: number })
  | (Responded & { readonly type: "quit"; readonly deletions: Deletions })
  /** What the server did wrong. A fatal violation ends the session. */
  | {
      readonly type: "violation";
      readonly code: ClientViolationCode;
      readonly text: string;
      readonly fatal: boolean;
      readonly answer: "none";
    }
  | ClosedEvent<ClientCloseCause>;

/** What has become of the messages that were marked as deleted (RFC 1939 §6). */
export type Deletions =
  /** QUIT's +OK: they are gone. */
  | "confirmed"
  /** QUIT's -ERR: some were not removed, and it is not said which. */
  | "in-part"
  /** QUIT was sent, and its response never came. */
  | "unknown"
  /** No maildrop was open, or QUIT was not sent: nothing was removed. */
  | "none";

/** Every kind of violation by a server. */
export type ClientViolationCode =
  | "bare-cr"
  | "bare-lf"
  | "nul"
  | "line-too-long"
  /** Neither `+OK` nor `-ERR`, or figures that are none. */
  | "invalid-response"
  | "unexpected-response"
  /** A line of a listing that is no entry, or an entry of another message than the one asked for. */
  | "invalid-listing"
  /**
   * Numbers of a listing that do not rise: one may have two entries. All entries are handed over; this comes once a
   * listing, in front of the first that is out of order.
   */
  | "unordered-listing"
  /** LIST or UIDL have other entries than STAT has counted. */
  | "contradicts-stat"
  /** A message has another size than was announced. */
  | "size-differs"
  | "too-many-lines"
  | "cut-off"
  | "plaintext-behind-stls"
  | "sasl-incomplete";

/** Why a session ended. */
export type ClientCloseCause = "quit" | "refused" | "end-of-input" | "violation" | "tls-failed" | "timeout";

/** What is no end of the session: it is said, and read over. */
export function warning(code: ClientViolationCode, text: string): Pop3ClientEvent & { readonly type: "violation" } {
  return { type: "violation", code, text, fatal: false, answer: "none" };
}
