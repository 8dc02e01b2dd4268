/** What an exchange can fail of, with the text that goes to the log. No text tells an unknown user from a wrong password. */
const TEXTS = {
  /** The peer's message is above `maxMessageLength`; it was not read. */
  "message-too-long": "the message is longer than the limit",
  /** The peer's message does not follow the mechanism's grammar. */
  "malformed-message": "the message does not follow the mechanism's grammar",
  /** The peer's message is not well-formed UTF-8. */
  "invalid-utf8": "the message is not well-formed UTF-8",
  /** `prepare` refused a name or password of the peer, or nothing was left of it. */
  "preparation-failed": "a name or password cannot be prepared",
  /** The server sent a challenge where the mechanism has none. */
  "unexpected-challenge": "the server sent a challenge that the mechanism does not have",
  /** The server sent an empty challenge where the answer to it could be replayed. */
  "empty-challenge": "the server sent an empty challenge",
  /** The client sent an initial response to a mechanism in which the server speaks first (RFC 4422 §5). */
  "unexpected-response": "the client sent an initial response that the mechanism does not have",
  /** A mandatory extension, of which SCRAM has none so far (RFC 5802 §5.1, `m=`). */
  "extensions-not-supported": "the message has an extension that must be understood and is not",
  /** The nonce does not begin with one's own and go on, or is not the one that was sent (RFC 5802 §5.1). */
  "nonce-mismatch": "the nonce does not match",
  /** The iteration count is outside the bounds that the options set; nothing was derived. */
  "iteration-count": "the iteration count is outside the bounds",
  /** The derived keys that were given hold for another salt or count, and there is no password. */
  "keys-outdated": "the derived keys do not match",
  /** The two sides are not the ends of one channel, or messages were changed on the way (RFC 5056 §2.1). */
  "channel-binding-mismatch": "the channel bindings do not match",
  /** The client believes that no -PLUS was offered, and one was: somebody took it out of the list (RFC 5802 §6). */
  "channel-binding-stripped": "the channel binding was not offered to the client",
  /** The client names a type of channel binding that is not at hand, or one under a name without -PLUS. */
  "channel-binding-unsupported": "the channel binding is not supported",
  /** A channel binding is required, and the client does not bind. */
  "channel-binding-required": "the client does not bind the channel",
  /** The server does not offer what the client, or the characters of its name or password, must have. */
  "unsupported-offer": "the server does not offer what the client needs",
  /** The message is meant for another realm, service, host or port than this one. */
  "wrong-service": "the message is meant for another service",
  /** The client has no credentials: none outside of the mechanism (EXTERNAL), or no token. */
  "no-credentials": "there are no credentials",
  /** What should prove the server does not (RFC 5802 §5): it may be somebody else. */
  "server-not-proved": "the server did not prove that it knows the credentials",
  /** The server says why it failed the exchange: see `serverError`. */
  "server-error": "the server reported an error",
  /** The server reported success before the mechanism was complete (RFC 4422 §3.6). */
  incomplete: "the server reported success before the mechanism was complete",
  "unknown-user": "the credentials were not accepted",
  "wrong-credentials": "the credentials were not accepted",
  /** The credentials are good, but do not entitle to the authorization identity. */
  "not-authorized": "the authorization identity is not permitted",
} as const;

/** A stable code for what went wrong. */
export type FailureReason = keyof typeof TEXTS;

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
  /** The reason in English, for logs. It holds nothing that the peer or the caller gave. */
  readonly text: string;
  /**
   * SCRAM. Client: what the server sent. Server: what it may tell the client in a last message, `e=` and `raw`, where a
   * protocol has room for it; leaving it out is as good.
   */
  readonly serverError?: ScramError;
}

export function failure(reason: FailureReason, serverError?: ScramError): Failure {
  const step: Failure = { type: "failure", reason, text: TEXTS[reason] };
  return serverError === undefined ? step : { ...step, serverError };
}
