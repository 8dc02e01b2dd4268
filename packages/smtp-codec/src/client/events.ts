import type { OtherStep, SaslClient } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities/capabilities.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import type { Reply } from "../syntax/reply/reply.ts";

/**
 * What every reply event says. Each command has exactly one such event, in the order of the commands; `reply` is null when
 * the connection ended before the reply came, which counts as a temporary failure (RFC 5321 §3.8).
 */
interface Replied {
  readonly ok: boolean;
  readonly reply: Reply | null;
}

/** What happens in a client session. `answer` says what is owed: only a `"sasl"` event needs one. */
export type SmtpClientEvent<Mechanism extends SaslClient = SaslClient> =
  /** The server's first word; when not `ok` only `quit` is left. */
  | (Replied & {
      readonly type: "greeting";
      /** The first word of the text, which need not be a domain. */
      readonly name: string;
      readonly answer: "none";
    })
  | (Replied & { readonly type: "ehlo"; readonly capabilities: Capabilities | null; readonly answer: "none" })
  | (Replied & { readonly type: "helo" | "rset" | "noop" | "help" | "quit"; readonly answer: "none" })
  | (Replied & { readonly type: "mail"; readonly from: ReversePath; readonly answer: "none" })
  | (Replied & { readonly type: "rcpt"; readonly to: ForwardPath; readonly answer: "none" })
  | (Replied & { readonly type: "vrfy"; readonly argument: string; readonly answer: "none" })
  /** When `ok`, `waiting` is `"content"`: call `write` and `end`, or `abort`. */
  | (Replied & { readonly type: "data"; readonly answer: "none" })
  | MessageEvent
  /** When `ok`, `waiting` is `"tls"`. */
  | (Replied & { readonly type: "starttls"; readonly answer: "none" })
  | (Replied & {
      readonly type: "auth";
      readonly mechanism: string;
      /** Whether the server has proved that it knows the credentials, where the mechanism offers that. */
      readonly serverProved: boolean;
      /** Why the exchange failed, if the mechanism or the session broke it off; else null. */
      readonly text: string | null;
      readonly answer: "none";
    })
  /** A step that only the application can answer, by `proceed`. */
  | {
      readonly type: "sasl";
      readonly mechanism: Mechanism;
      readonly step: OtherStep<Mechanism>;
      readonly secret: true;
      readonly answer: "needed";
    }
  /** What the server did wrong. A fatal violation ends the session. */
  | {
      readonly type: "violation";
      readonly code: ClientViolationCode;
      readonly text: string;
      readonly fatal: boolean;
      readonly answer: "none";
    }
  | { readonly type: "closed"; readonly cause: ClientCloseCause; readonly answer: "none" };

/** The fate of a message whose DATA was answered with 354. */
export interface MessageEvent {
  readonly type: "message";
  /**
   * - `"accepted"`: the server has taken the responsibility for it.
   * - `"transient"`, `"permanent"`: it was refused, by the reply.
   * - `"not-accepted"`: it was broken off before its end was sent.
   * - `"unknown"`: its end was sent, and the connection ended before the reply came (RFC 1047).
   */
  readonly outcome: "accepted" | "transient" | "permanent" | "not-accepted" | "unknown";
  readonly ok: boolean;
  readonly reply: Reply | null;
  /** Octets of content as sent, without stuffed dots and the final dot (RFC 1870 §5). */
  readonly size: number;
  /** How many lines were stuffed. */
  readonly stuffedLines: number;
  readonly answer: "none";
}

/** Every kind of violation by a server. */
export type ClientViolationCode =
  | "bare-cr"
  | "bare-lf"
  | "nul"
  | "line-too-long"
  | "invalid-reply"
  | "codes-differ"
  | "reply-too-long"
  | "unexpected-reply"
  | "unexpected-code"
  | "plaintext-behind-starttls"
  | "sasl-incomplete";

/** Why a session ended. */
export type ClientCloseCause =
  | "quit"
  | "end-of-input"
  | "violation"
  | "reply-421"
  | "tls-failed"
  | "timeout"
  | "aborted"
  | "content-not-7bit";
