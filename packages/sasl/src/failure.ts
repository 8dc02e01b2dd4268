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

/** The exchange has failed and is over. */
export interface Failure {
  readonly type: "failure";
  readonly reason: FailureReason;
  /** The reason in English, for logs. It holds nothing that the peer or the caller gave. */
  readonly text: string;
}

export function failure(reason: FailureReason): Failure {
  return { type: "failure", reason, text: TEXTS[reason] };
}
