import type { ClosedEvent, SaslClient, SaslEvent } from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities/capabilities.ts";
import type { EsmtpParameter } from "../syntax/parameters/esmtp-parameter.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import type { Reply } from "../syntax/reply/reply.ts";

/** What a reply says: done, not now, or not ever (RFC 5321 §4.2.1). */
export type ReplyOutcome = "accepted" | "transient" | "permanent";

/**
 * What a refusal of AUTH says (RFC 4954 §6): the credentials are wrong; try later; try another mechanism; a password
 * has to be changed first, or given once in plain text.
 */
export type AuthFailure = "credentials" | "temporary" | "mechanism" | "transition-needed" | "other";

/**
 * What every reply event says. Each command has exactly one such event, in the order of the commands; `reply` is null
 * when the connection ended before the reply came, which counts as a temporary failure (RFC 5321 §3.8), and of RCPT and
 * DATA that had not been sent when MAIL, or for DATA every recipient, was refused: they are not sent then; nor is MAIL
 * when RSET was refused in a transaction.
 */
interface Replied {
  readonly ok: boolean;
  /**
   * By the reply's code alone; without a reply `"transient"`. 552 to RCPT is transient where it means too many
   * recipients (RFC 5321 §4.5.3.1.10).
   */
  readonly outcome: ReplyOutcome;
  readonly reply: Reply | null;
}

/** The events that say no more than what was replied, by their types. */
export type PlainEvents = {
  readonly [Type in
    | "helo"
    | "data"
    | "rset"
    | "noop"
    | "help"
    | "starttls"
    | "atrn"
    | "xclient"
    | "xforward"
    | "quit"]: Replied & { readonly type: Type; readonly answer: "none" };
};

/** The events of commands that ask for something by its name, by their types. */
type LookupEvents = {
  readonly [Type in "vrfy" | "expn" | "etrn"]: Replied & {
    readonly type: Type;
    readonly argument: string;
    readonly answer: "none";
  };
};

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
  /**
   * - `"data"`: when `ok`, `waiting` is `"content"`: call `write` and `end`, or `abort`.
   * - `"starttls"`: when `ok`, `waiting` is `"tls"`.
   * - `"xclient"`: when `ok`, all that the session knew is forgotten but TLS: a hello comes next.
   * - `"atrn"`: when `ok`, this session ends: the connection is a server's now, which speaks first (RFC 2645 §5.3).
   */
  | PlainEvents[keyof PlainEvents]
  | LookupEvents[keyof LookupEvents]
  | (Replied & {
      readonly type: "mail";
      readonly from: ReversePath;
      /** As they were sent: to one that it does not know, an old server answers 500, 501 or 504, and not 555. */
      readonly parameters: readonly EsmtpParameter[];
      readonly answer: "none";
    })
  | (Replied & {
      readonly type: "rcpt";
      readonly to: ForwardPath;
      readonly parameters: readonly EsmtpParameter[];
      readonly answer: "none";
    })
  /** A chunk of content other than the last, `size` octets of it. */
  | (Replied & { readonly type: "bdat"; readonly size: number; readonly answer: "none" })
  /** A URL whose content is not the last of the message. */
  | (Replied & { readonly type: "burl"; readonly answer: "none" })
  | MessageEvent
  | DeliveryEvent
  | (Replied & {
      readonly type: "auth";
      readonly mechanism: string;
      /** Whether the server has proved that it knows the credentials, where the mechanism offers that. */
      readonly serverProved: boolean;
      /** What the reply that refused it says; null: none did. */
      readonly failure: AuthFailure | null;
      /** Why the exchange failed, if the mechanism or the session broke it off; else null. */
      readonly text: string | null;
      readonly answer: "none";
    })
  | SaslEvent<Mechanism>
  /** What the server did wrong. A fatal violation ends the session. */
  | {
      readonly type: "violation";
      readonly code: ClientViolationCode;
      readonly text: string;
      /** With `"unexpected-reply"` and `"unexpected-code"`: what the server said. */
      readonly reply?: Reply;
      readonly fatal: boolean;
      readonly answer: "none";
    }
  | ClosedEvent<Exclude<ClientCloseCause, "reply-421" | "reversed">>
  /** With the 421, whether it answered a command or came unasked. */
  | (ClosedEvent<"reply-421"> & { readonly reply: Reply })
  /** After ATRN, with the octets that were received and not read: a server's session goes on with them. */
  | (ClosedEvent<"reversed"> & { readonly unread: readonly Uint8Array[] });

/**
 * What became of a message for one of its accepted recipients: in LMTP, each has a reply of its own (RFC 2033 §4.2).
 */
export interface DeliveryEvent {
  readonly type: "delivery";
  readonly to: ForwardPath;
  readonly outcome: MessageEvent["outcome"];
  readonly ok: boolean;
  readonly reply: Reply | null;
  readonly answer: "none";
}

/**
 * The fate of a message whose DATA was answered with 354, or whose BDAT or BURL was begun. In LMTP a message that the
 * server was given whole has a `"delivery"` event for each recipient before it, and is `"accepted"` if one of these is;
 * one without them, which was broken off or refused before its end, has this fate for all of them.
 */
export interface MessageEvent {
  readonly type: "message";
  /**
   * - `"accepted"`: the server has taken the responsibility for it.
   * - `"transient"`, `"permanent"`: it was refused, by the reply: the one to its end, or one that came unasked while
   *   content was sent.
   * - `"not-accepted"`: it was broken off before its end was sent, or no recipient was accepted.
   * - `"unknown"`: its end was sent, and the connection ended before the reply came (RFC 1047).
   */
  readonly outcome: "accepted" | "transient" | "permanent" | "not-accepted" | "unknown";
  readonly ok: boolean;
  readonly reply: Reply | null;
  /** Octets of content as sent, URLs not counted, without stuffed dots and the final dot (RFC 1870 §5). */
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
  /** Content that DATA had begun was given up, or asked for after a refused MAIL or RSET for recipients not ours. */
  | "aborted"
  | "reversed"
  | "content-not-7bit";
