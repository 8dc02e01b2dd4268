import type { AuthEvent, ClosedEvent, SaslEvent, SaslServer } from "dot-stuffing/session";
import type { Attribute, XclientName, XforwardName } from "../syntax/command/attributes.ts";
import type { FaultCode } from "../syntax/fault.ts";
import type { EsmtpParameter } from "../syntax/parameters/esmtp-parameter.ts";
import type { MailParameters, RcptParameters } from "../syntax/parameters/sets.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import type { Reply } from "../syntax/reply/reply.ts";
import type { WithProtocol } from "../trace/protocol.ts";

/** Typed parameters, with those that the application registered under its names for them. */
export type WithOwn<Parameters> = Parameters & Readonly<Record<string, unknown>>;

/** A recipient that was accepted. */
export interface AcceptedRecipient {
  readonly to: ForwardPath;
  readonly parameters: WithOwn<RcptParameters>;
}

/**
 * What happens in a server session. `answer` says what is owed: `"needed"`: the session waits until it is answered;
 * `"default"`: the session answers by itself unless the application does first; `"none"`: nothing.
 */
export type SmtpServerEvent<Mechanism extends SaslServer = SaslServer> =
  /**
   * The connection stands. `accept` (the default) greets; `reject` greets with 554, and then only QUIT does anything.
   */
  | { readonly type: "connect"; readonly answer: "default" }
  /** A transaction that is open is aborted by an accepted one. */
  | {
      readonly type: "helo" | "ehlo" | "lhlo";
      readonly name: string;
      /** `"other"`: neither a domain nor an address literal. */
      readonly nameKind: "domain" | "address-literal" | "other";
      /** Text after the name, which a leniency takes; absent if there is none. */
      readonly trailing?: string;
      readonly answer: "default";
    }
  | {
      readonly type: "mail";
      readonly from: ReversePath;
      /** With REQUIRETLS, `ret` is never `"FULL"` (RFC 8689 §5). */
      readonly parameters: WithOwn<MailParameters>;
      /** The parameters as they were written. */
      readonly rawParameters: readonly EsmtpParameter[];
      /** What XFORWARD said of the client that the message came from; mostly nothing. */
      readonly forwarded: readonly Attribute<XforwardName>[];
      readonly answer: "needed";
    }
  | {
      readonly type: "rcpt";
      readonly to: ForwardPath;
      readonly parameters: WithOwn<RcptParameters>;
      /** The parameters as they were written. */
      readonly rawParameters: readonly EsmtpParameter[];
      readonly answer: "needed";
    }
  /** DATA with at least one accepted recipient. `accept` (the default) sends 354. */
  | { readonly type: "data"; readonly with: WithProtocol; readonly answer: "default" }
  /**
   * A chunk of content follows (RFC 3030 §2). `accept` (the default) sends nothing, as the reply comes after the chunk;
   * `reject` has it read over, and refuses the message there.
   */
  | {
      readonly type: "bdat";
      /** Octets of this chunk. */
      readonly size: number;
      readonly last: boolean;
      readonly with: WithProtocol;
      readonly answer: "default";
    }
  /**
   * A piece of the message, stuffing removed: a view of the received chunk, valid as long as that is left alone.
   * `reject` refuses the message: the rest is read without further pieces, and refused at its end.
   */
  | { readonly type: "content"; readonly bytes: Uint8Array; readonly with: WithProtocol; readonly answer: "none" }
  /**
   * A chunk that is not the last has come. `accept` is the default; `reject` refuses the message: what arrived must be
   * forgotten.
   */
  | {
      readonly type: "chunk";
      /** Octets of content so far. */
      readonly size: number;
      readonly answer: "default";
    }
  /**
   * Content that is to be fetched from a URL, and stands after what came by BDAT and BURL before (RFC 4468 §3.2).
   * Accept it once it is fetched: with `last` nothing is sent, as a `"message"` event follows. Rejected, the message is
   * refused, and what arrived must be forgotten.
   */
  | {
      readonly type: "burl";
      /** Whoever has it can read the content. Not enumerable, so that no log shows it. */
      readonly url: string;
      readonly last: boolean;
      readonly with: WithProtocol;
      readonly secret: true;
      readonly answer: "needed";
    }
  /**
   * The whole message has come. Accepting it takes the responsibility for it (RFC 5321 §6.1). In LMTP nothing is owed
   * for it: a `"delivery"` event for each recipient follows.
   */
  | {
      readonly type: "message";
      readonly from: ReversePath;
      /** The accepted recipients in order, repeats included. */
      readonly recipients: readonly AcceptedRecipient[];
      readonly parameters: WithOwn<MailParameters>;
      /** Octets of content (RFC 1870 §5), whatever `parameters.size` declared; what BURL named is not counted. */
      readonly size: number;
      /** Whether no line is left without its CRLF: by BDAT that may be. Of a URL's content nothing is known. */
      readonly endsInCrlf: boolean;
      /** For the Received header field. */
      readonly with: WithProtocol;
      readonly answer: "needed" | "none";
    }
  /** LMTP: what becomes of the message for one recipient. Each reply can be taken at once (RFC 2033 §5). */
  | { readonly type: "delivery"; readonly to: ForwardPath; readonly index: number; readonly answer: "needed" }
  /** The end of a message that was refused while it came: what arrived must be forgotten. */
  | { readonly type: "refused"; readonly reply: Reply; readonly answer: "default" }
  /** The open mail transaction is gone: what arrived of it must be forgotten. */
  | { readonly type: "aborted"; readonly cause: AbortCause; readonly answer: "none" }
  | { readonly type: "rset"; readonly answer: "default" }
  | { readonly type: "noop" | "help"; readonly argument: string | null; readonly answer: "default" }
  /** With `smtputf8` the reply may hold UTF-8 (RFC 6531 §3.7.4.2). */
  | { readonly type: "vrfy"; readonly argument: string; readonly smtputf8: boolean; readonly answer: "default" }
  | { readonly type: "expn"; readonly argument: string; readonly smtputf8: boolean; readonly answer: "needed" }
  /**
   * Asks for the mail that waits for a host; `"@"`: and for all below it; `"#"`: in a queue of that name (RFC 1985 §5).
   */
  | { readonly type: "etrn"; readonly option: "@" | "#" | null; readonly node: string; readonly answer: "needed" }
  /**
   * Asks for the mail of these domains, null: of all the client's, over this connection (RFC 2645). Accepted, the
   * session ends: a client's session takes its place, which the server begins once the greeting has come.
   */
  | { readonly type: "atrn"; readonly domains: readonly string[] | null; readonly answer: "needed" }
  /**
   * What a trusted proxy says of the client that it speaks for: all that it has said so far. Accepted, the session is
   * as after the greeting, which is sent again, and authenticated where LOGIN says so.
   */
  | { readonly type: "xclient"; readonly attributes: readonly Attribute<XclientName>[]; readonly answer: "needed" }
  /** What a trusted filter says of the client that the next message came from: all that it has said for it. */
  | { readonly type: "xforward"; readonly attributes: readonly Attribute<XforwardName>[]; readonly answer: "needed" }
  | { readonly type: "quit"; readonly answer: "default" }
  /** `accept` (the default) sends 220; then `waiting` is `"tls"`. */
  | { readonly type: "starttls"; readonly answer: "default" }
  | AuthEvent
  | SaslEvent<Mechanism>
  | {
      readonly type: "authenticated";
      readonly authenticationIdentity: string;
      readonly authorizationIdentity: string;
      readonly answer: "default";
    }
  | {
      readonly type: "authentication-failed";
      /**
       * `"error"`: the mechanism, or `prepare`, threw at a line of the client's: what it threw comes out of
       * `nextEvent()` after this event. It is answered with 454.
       */
      readonly cause: "refused" | "cancelled" | "malformed" | "error";
      /** What the mechanism or the session says about it; not sent. */
      readonly text: string;
      readonly reply: Reply;
      readonly answer: "default";
    }
  /**
   * A verb that is not SMTP's. An application that knows it answers with `reply`; the default is 500. The argument of
   * one that begins with AUTH is not enumerable.
   */
  | { readonly type: "unknown"; readonly verb: string; readonly argument: string | null; readonly answer: "default" }
  | ServerViolation
  | ClosedEvent<Exclude<CloseCause, "reversed">>
  /** After an accepted ATRN, with the octets that were received and not read: a client's session goes on with them. */
  | (ClosedEvent<"reversed"> & { readonly unread: readonly Uint8Array[] });

/** What the client did wrong. The session goes on unless it is fatal. */
export interface ServerViolation {
  readonly type: "violation";
  readonly code: ServerViolationCode;
  /** The part of the command that is wrong, the octet's offset, or null. */
  readonly field: string | number | null;
  /** For a log: names limits and expectations, never what the client sent. */
  readonly text: string;
  /**
   * What is sent unless the application replies otherwise; null in content, which is answered at its end, and where
   * LMTP has nobody to answer for.
   */
  readonly reply: Reply | null;
  /** Whether the connection is closed after the reply. */
  readonly fatal: boolean;
  readonly answer: "default" | "none";
}

/** Every kind of {@link ServerViolation}. */
export type ServerViolationCode =
  | FaultCode
  | "bare-cr"
  | "bare-lf"
  | "nul"
  | "line-too-long"
  | "message-too-big"
  | "cut-off"
  | "not-offered"
  | "bad-sequence"
  | "tls-required"
  | "authentication-required"
  | "unknown-mechanism"
  | "too-many-transactions"
  | "too-many-recipients"
  | "too-many-domains"
  | "too-many-errors"
  | "too-many-auth-failures"
  | "early-talker"
  | "plaintext-behind-starttls";

/** Why a mail transaction was dropped. */
export type AbortCause =
  | "rset"
  | "hello"
  | "quit"
  | "closed"
  /** BDAT or BURL without recipients, a BURL that says nothing, or DATA of BINARYMIME. */
  | "refused";

/** Why a session ended. */
export type CloseCause =
  | "quit"
  | "end-of-input"
  | "violation"
  | "reply-421"
  | "tls-failed"
  | "timeout"
  | "shutdown"
  | "reversed";
