/** The events that the sessions of every protocol here have. */
import type { OtherStep, SaslClient, SaslServer } from "./sasl.ts";

/** A server's client asks for an exchange: answered by `authenticate(mechanism)` or `reject`. */
export interface AuthEvent {
  readonly type: "auth";
  readonly mechanism: string;
  /** Null: absent. The session hands it to the mechanism. Not enumerable, so that no log shows it. */
  readonly initialResponse: Uint8Array | null;
  readonly secret: true;
  readonly answer: "needed";
}

/** A step that only the application can answer, by `proceed`: derive a key, verify credentials, look a user up. */
export interface SaslEvent<Mechanism extends SaslClient | SaslServer> {
  readonly type: "sasl";
  readonly mechanism: Mechanism;
  readonly step: OtherStep<Mechanism>;
  readonly secret: true;
  readonly answer: "needed";
}

/** The end of a session. */
export interface ClosedEvent<Cause extends string> {
  readonly type: "closed";
  readonly cause: Cause;
  readonly answer: "none";
}
