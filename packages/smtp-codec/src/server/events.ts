import type { OtherStep, SaslServer } from "dot-stuffing/session";
import type { EsmtpParameter } from "../syntax/parameters/esmtp-parameter.ts";
import type { MailParameters } from "../syntax/parameters/sets.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import type { Reply } from "../syntax/reply/reply.ts";

/**
 * What happens in a server session. `answer` says what is owed: `"needed"`: the session waits until it is answered;
 * `"default"`: the session answers by itself unless the application does first; `"none"`: nothing.
 */
export type SmtpServerEvent<Mechanism extends SaslServer = SaslServer> =
  /** The connection stands. `accept` (the default) greets; `reject` greets with 554, and then only QUIT does anything. */
  | { readonly type: "connect"; readonly answer: "default" }
  | {
      readonly type: "helo" | "ehlo";
      readonly name: string;
      /** `"other"`: neither a domain nor an address literal. */
      readonly nameKind: "domain" | "address-literal" | "other";
      readonly answer: "default";
    }
  | {
      readonly type: "mail";
      readonly from: ReversePath;
      readonly parameters: MailParameters;
      /** The parameters as they were written. */
      readonly rawParameters: readonly EsmtpParameter[];
      readonly answer: "needed";
    }
  | { readonly type: "rcpt"; readonly to: ForwardPath; readonly answer: "needed" }
  /** DATA with at least one accepted recipient. `accept` (the default) sends 354. */
  | { readonly type: "data"; readonly answer: "default" }
  /**
   * A piece of the message, stuffing removed: a view of the received chunk, valid as long as that is left alone.
   * `reject` refuses the message: the rest is read without further pieces, and refused at its end.
   */
  | { readonly type: "content"; readonly bytes: Uint8Array; readonly answer: "none" }
  /** The whole message has come. Accepting it takes the responsibility for it (RFC 5321 §6.1). */
  | {
      readonly type: "message";
      readonly from: ReversePath;
      /** The accepted recipients in order, repeats included. */
      readonly recipients: readonly ForwardPath[];
      readonly parameters: MailParameters;
      /** Octets of content (RFC 1870 §5). */
      readonly size: number;
      readonly answer: "needed";
    }
  /** The end of a message that was refused while it came: what arrived must be forgotten. */
  | { readonly type: "refused"; readonly reply: Reply; readonly answer: "default" }
  /** The open mail transaction is gone: what arrived of it must be forgotten. */
  | { readonly type: "aborted"; readonly cause: AbortCause; readonly answer: "none" }
  | { readonly type: "rset"; readonly answer: "default" }
  | { readonly type: "noop" | "help"; readonly argument: string | null; readonly answer: "default" }
  | { readonly type: "vrfy"; readonly argument: string; readonly answer: "default" }
  | { readonly type: "quit"; readonly answer: "default" }
  /** `accept` (the default) sends 220; then `waiting` is `"tls"`. */
  | { readonly type: "starttls"; readonly answer: "default" }
  /** Answered by `authenticate(mechanism)` or `reject`. */
  | {
      readonly type: "auth";
      readonly mechanism: string;
      /** Null: absent. The session hands it to the mechanism. Not enumerable, so that no log shows it. */
      readonly initialResponse: Uint8Array | null;
      readonly secret: true;
      readonly answer: "needed";
    }
  /** A step that only the application can answer, by `proceed`: verify credentials, look a user up. */
  | {
      readonly type: "sasl";
      readonly mechanism: Mechanism;
      readonly step: OtherStep<Mechanism>;
      readonly secret: true;
      readonly answer: "needed";
    }
  | {
      readonly type: "authenticated";
      readonly authenticationIdentity: string;
      readonly authorizationIdentity: string;
      readonly answer: "default";
    }
  | {
      readonly type: "authentication-failed";
      readonly cause: "refused" | "cancelled" | "malformed";
      /** What the mechanism or the session says about it; not sent. */
      readonly text: string;
      readonly reply: Reply;
      readonly answer: "default";
    }
  /** A verb that is not SMTP's. An application that knows it answers with `reply`; the default is 500. */
  | { readonly type: "unknown"; readonly verb: string; readonly argument: string | null; readonly answer: "default" }
  | ServerViolation
  | { readonly type: "closed"; readonly cause: CloseCause; readonly answer: "none" };

/** What the client did wrong. The session goes on unless it is fatal. */
export interface ServerViolation {
  readonly type: "violation";
  readonly code: ServerViolationCode;
  /** The part of the command that is wrong, the octet's offset, or null. */
  readonly field: string | number | null;
  /** For a log: names limits and expectations, never what the client sent. */
  readonly text: string;
  /** What is sent unless the application replies otherwise; null in content, which is answered at its end. */
  readonly reply: Reply | null;
  /** Whether the connection is closed behind the reply. */
  readonly fatal: boolean;
  readonly answer: "default" | "none";
}

/** Every kind of {@link ServerViolation}. */
export type ServerViolationCode =
  | "bare-cr"
  | "bare-lf"
  | "nul"
  | "line-too-long"
  | "message-too-big"
  | "cut-off"
  | "unknown-verb"
  | "not-offered"
  | "bad-sequence"
  | "tls-required"
  | "authentication-required"
  | "invalid-octet"
  | "missing-argument"
  | "unexpected-argument"
  | "invalid-argument"
  | "invalid-path"
  | "smtputf8-needed"
  | "invalid-parameter"
  | "repeated-parameter"
  | "unknown-parameter"
  | "unknown-mechanism"
  | "too-many-recipients"
  | "too-many-errors"
  | "plaintext-behind-starttls";

/** Why a mail transaction was dropped. */
export type AbortCause = "rset" | "hello" | "quit" | "closed";

/** Why a session ended. */
export type CloseCause = "quit" | "end-of-input" | "violation" | "reply-421" | "tls-failed" | "timeout" | "shutdown";
