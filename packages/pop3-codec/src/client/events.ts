import type { OtherStep, SaslClient } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities.ts";
import type { Response } from "../syntax/response.ts";

/**
 * What every response event says. Each command has exactly one such event, in the order of the commands and behind all that
 * belongs to it; `response` is null when the connection ended before the response was complete.
 */
interface Responded {
  readonly ok: boolean;
  readonly response: Response | null;
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
  | (Responded & { readonly type: "user" | "pass" | "apop" | "noop" | "rset" })
  | (Responded & {
      readonly type: "auth";
      readonly mechanism: string;
      /** Whether the server has proved that it knows the credentials, where the mechanism offers that. */
      readonly serverProved: boolean;
      /** Why the exchange failed, if the mechanism or the session broke it off; else null. */
      readonly text: string | null;
    })
  /** A step that only the application can answer, by `proceed`. */
  | {
      readonly type: "sasl";
      readonly mechanism: Mechanism;
      readonly step: OtherStep<Mechanism>;
      readonly secret: true;
      readonly answer: "needed";
    }
  /** Capabilities null: unknown, which is not an empty list (RFC 2449 §5). */
  | (Responded & { readonly type: "capa"; readonly capabilities: Capabilities | null })
  /** When `ok`, `waiting` is `"tls"`. */
  | (Responded & { readonly type: "stls" })
  /** Zeros unless `ok`. */
  | (Responded & { readonly type: "stat"; readonly count: number; readonly size: number })
  /** One entry of LIST's answer. */
  | { readonly type: "scan-listing"; readonly number: number; readonly size: number; readonly answer: "none" }
  /** One entry of UIDL's answer. */
  | { readonly type: "unique-id-listing"; readonly number: number; readonly uniqueId: string; readonly answer: "none" }
  /** The end of the entries. Number null: all messages were asked for. */
  | (Responded & { readonly type: "list" | "uidl"; readonly number: number | null })
  /** A piece of the message that RETR or TOP asked for, stuffing removed: a view of the received chunk. */
  | { readonly type: "content"; readonly number: number; readonly bytes: Uint8Array; readonly answer: "none" }
  /** The end of the message; not `ok`: refused, or cut off, and what arrived is not the whole. */
  | (Responded & { readonly type: "retr" | "top"; readonly number: number; readonly size: number })
  | (Responded & { readonly type: "dele"; readonly number: number })
  /** When `ok`, the server has removed what was marked as deleted. */
  | (Responded & { readonly type: "quit" })
  /** What the server did wrong. A fatal violation ends the session. */
  | {
      readonly type: "violation";
      readonly code: ClientViolationCode;
      readonly text: string;
      readonly fatal: boolean;
      readonly answer: "none";
    }
  | { readonly type: "closed"; readonly cause: ClientCloseCause; readonly answer: "none" };

/** Every kind of violation by a server. */
export type ClientViolationCode =
  | "bare-cr"
  | "bare-lf"
  | "nul"
  | "line-too-long"
  | "invalid-response"
  | "unexpected-response"
  | "invalid-listing"
  | "cut-off"
  | "plaintext-behind-stls"
  | "sasl-incomplete";

/** Why a session ended. */
export type ClientCloseCause = "quit" | "refused" | "end-of-input" | "violation" | "tls-failed" | "timeout";
