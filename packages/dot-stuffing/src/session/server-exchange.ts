import { decodeBase64 } from "./base64.ts";
import { type Prepare, prepared } from "./prepare.ts";
import {
  abortMechanism,
  checkMechanism,
  checkStep,
  type OtherStep,
  type SaslOtherStep,
  type SaslServer,
  type SaslServerStep,
  type SuccessStep,
  THREW,
  type Thrown,
} from "./sasl.ts";

/** What an exchange comes to after one message. */
export type ServerExchangeStep<Mechanism extends SaslServer> =
  | { readonly type: "challenge"; readonly bytes: Uint8Array }
  | { readonly type: "success"; readonly authenticationIdentity: string; readonly authorizationIdentity: string }
  | {
      readonly type: "failure";
      readonly cause: ServerExchangeFailure;
      readonly text: string;
      /** What was thrown on the way, and is to come out. */
      readonly thrown?: Thrown | undefined;
    }
  | { readonly type: "other"; readonly step: OtherStep<Mechanism> };

/** `"error"`: the mechanism threw, or gave no step, or the identity's preparation threw. */
export type ServerExchangeFailure = "refused" | "cancelled" | "malformed" | "error";

/**
 * The server's side of one AUTH exchange: from response lines to a mechanism's messages and back (RFC 4954 §4, RFC 5034
 * §4).
 */
export class ServerExchange<Mechanism extends SaslServer> {
  readonly mechanism: Mechanism;
  readonly #prepare: Prepare | undefined;
  #success: SuccessStep | null;

  /**
   * @param prepare is applied to authorization identities; undefined: they are taken as they are
   * @param success of an exchange that goes on here, what `snapshot` gave
   * @throws TypeError for what is no mechanism
   */
  constructor(mechanism: Mechanism, prepare?: Prepare, success: SuccessStep | null = null) {
    checkMechanism(mechanism, ["next", "abort"]);
    this.mechanism = mechanism;
    this.#prepare = prepare;
    this.#success = success;
  }

  /** The success whose final data was sent and not answered yet. */
  snapshot(): SuccessStep | null {
    return this.#success;
  }

  /** @param response null: no initial response was sent */
  start(response: Uint8Array | null): ServerExchangeStep<Mechanism> {
    return this.take(this.mechanism.next(response));
  }

  /**
   * Takes a response line without its CRLF; `*` cancels. The line is the peer's, and gone: what is thrown ends the
   * exchange.
   */
  respond(line: Uint8Array): ServerExchangeStep<Mechanism> {
    try {
      return this.#respond(line);
    } catch (error) {
      return this.#fail("error", THREW, { error });
    }
  }

  /** Takes the mechanism's next step, from `next` or from the application. @throws TypeError for what is no step */
  take(step: SaslServerStep | SaslOtherStep): ServerExchangeStep<Mechanism> {
    checkStep(step);
    if (!isServerStep(step)) return { type: "other", step: step as OtherStep<Mechanism> };
    if (step.type === "challenge") return step;
    if (step.type === "failure") return { type: "failure", cause: "refused", text: step.text };
    // One that was sent empty stays so (RFC 4954 §4, RFC 5034 §4).
    const identity = step.authorizationIdentity && prepared(step.authorizationIdentity, this.#prepare);
    if (identity === null) return this.#fail("refused", "the authorization identity cannot be prepared");
    const { type, authenticationIdentity, data } = step;
    const success: SuccessStep = { type, authenticationIdentity, authorizationIdentity: identity, data };
    if (data === null) return this.#succeed(success);
    this.#success = success;
    return { type: "challenge", bytes: data };
  }

  #respond(line: Uint8Array): ServerExchangeStep<Mechanism> {
    if (line.length === 1 && line[0] === ASTERISK) return this.#fail("cancelled", "the client cancelled the exchange");
    const response = decodeBase64(line);
    if (response === null) return this.#fail("malformed", "a response that is not base64");
    if (this.#success === null) return this.take(this.mechanism.next(response));
    // The final data went as one more challenge: its answer carries nothing (RFC 4422 §5).
    return response.length === 0 ? this.#succeed(this.#success) : this.#fail("refused", "an answer to the final data");
  }

  #succeed(step: SuccessStep): ServerExchangeStep<Mechanism> {
    const { authenticationIdentity, authorizationIdentity } = step;
    return { type: "success", authenticationIdentity, authorizationIdentity };
  }

  #fail(cause: ServerExchangeFailure, text: string, thrown?: Thrown): ServerExchangeStep<Mechanism> {
    const aborting = abortMechanism(this.mechanism);
    return { type: "failure", cause, text, thrown: thrown ?? aborting };
  }
}

const ASTERISK = 0x2a;

function isServerStep(step: SaslServerStep | SaslOtherStep): step is SaslServerStep {
  return step.type === "challenge" || step.type === "success" || step.type === "failure";
}
