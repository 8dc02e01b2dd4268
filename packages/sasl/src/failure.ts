/** A stable code for what went wrong. */
export type FailureReason =
  /** The peer's message is above `maxMessageLength`; it was not read. */
  | "message-too-long"
  /** The peer's message does not follow the mechanism's grammar. */
  | "malformed-message"
  /** The peer's message is not well-formed UTF-8. */
  | "invalid-utf8"
  /** `prepare` refused a name or password of the peer, or nothing was left of it. */
  | "preparation-failed"
  /** The server sent a challenge where the mechanism has none. */
  | "unexpected-challenge"
  /** The server sent an empty challenge where the answer to it could be replayed. */
  | "empty-challenge"
  /** The client sent an initial response to a mechanism in which the server speaks first (RFC 4422 §5). */
  | "unexpected-response"
  /** A mandatory extension, of which SCRAM has none so far (RFC 5802 §5.1, `m=`). */
  | "extensions-not-supported"
  /** The nonce does not begin with one's own and go on, or is not the one that was sent (RFC 5802 §5.1). */
  | "nonce-mismatch"
  /** The iteration count is outside the bounds that the options set; nothing was derived. */
  | "iteration-count"
  /** The derived keys that were given hold for another salt or count, and there is no password. */
  | "keys-outdated"
  /** The two sides are not the ends of one channel, or messages were changed on the way (RFC 5056 §2.1). */
  | "channel-binding-mismatch"
  /** The client believes that no -PLUS was offered, and one was: somebody took it out of the list (RFC 5802 §6). */
  | "channel-binding-stripped"
  /** The client names a type of channel binding that is not at hand, or one under a name without -PLUS. */
  | "channel-binding-unsupported"
  /** A channel binding is required, and the client does not bind. */
  | "channel-binding-required"
  /** The server does not offer what the client, or the characters of its name or password, must have. */
  | "unsupported-offer"
  /** The message is meant for another realm, service, host or port than this one. */
  | "wrong-service"
  /** The client has no credentials: none outside of the mechanism (EXTERNAL), or no token. */
  | "no-credentials"
  /** What should prove the server does not (RFC 5802 §5): it may be somebody else. */
  | "server-not-proved"
  /** The server says why it failed the exchange: see `serverError`. */
  | "server-error"
  /** The server reported success before the mechanism was complete (RFC 4422 §3.6). */
  | "incomplete"
  /** The application says so. It reads like the next in `text`: no text tells them apart. */
  | "unknown-user"
  | "wrong-credentials"
  /** The credentials are good, but do not entitle to the authorization identity. */
  | "not-authorized";

/** Why a server's application turns credentials down (RFC 4422 §3.6). */
export type Rejection = "unknown-user" | "wrong-credentials" | "not-authorized";

/** SCRAM's server-error-values (RFC 5802 §7). */
export const SERVER_ERRORS = [
  "invalid-encoding",
  "extensions-not-supported",
  "invalid-proof",
  "channel-bindings-dont-match",
  "server-does-support-channel-binding",
  "channel-binding-not-supported",
  "unsupported-channel-binding-type",
  "unknown-user",
  "invalid-username-encoding",
  "no-resources",
  "other-error",
] as const;

/** One of SCRAM's server-error-values (RFC 5802 §7). */
export type ScramErrorValue = (typeof SERVER_ERRORS)[number];

/** What SCRAM's `e=` says (RFC 5802 §7). */
export interface ScramError {
  /** A value that the RFC does not know counts as `"other-error"`. */
  readonly value: ScramErrorValue;
  /** The value on the wire. On a client it is the peer's own text. */
  readonly raw: string;
}

/** The exchange has failed and is over. */
export interface Failure {
  readonly type: "failure";
  readonly reason: FailureReason;
  /** The reason in words, for logs. It holds nothing that the peer or the caller gave. */
  readonly text: string;
  /**
   * SCRAM. Client: what the server sent. Server: what it may tell the client in a last message, `e=` and `raw`, where a
   * protocol has room for it; leaving it out is as good.
   */
  readonly serverError?: ScramError;
}

export function failure(reason: FailureReason, serverError?: ScramError): Failure {
  const shown = reason === "unknown-user" ? "wrong-credentials" : reason;
  return { type: "failure", reason, text: shown.replaceAll("-", " "), ...(serverError && { serverError }) };
}
