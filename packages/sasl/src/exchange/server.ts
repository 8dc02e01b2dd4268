import { failure, type Rejection } from "../failure.ts";
import type {
  AnonymousStep,
  AuthorizeStep,
  Credentials,
  LookupStep,
  MechanismTraits,
  SaslServer,
  ServerStep,
  SuccessStep,
  VerifyStep,
  VerifyTokenStep,
} from "../mechanism.ts";
import { plainOctets } from "../octets.ts";
import { StateError } from "../state-error.ts";
import { checkText } from "../text/text.ts";
import { type ExchangeOptions, messageLimit } from "./limit.ts";

/** A step that the application answers. */
export type Question = VerifyStep | VerifyTokenStep | LookupStep | AuthorizeStep | AnonymousStep;

/** An accepted question: who the client is, and whom it acts as if it is somebody else. */
export type Accepted = Pick<LookupStep, "authenticationIdentity" | "authorizationIdentity">;

/** What a mechanism adds to an exchange: order of calls and limits are kept here. */
export interface ServerScript {
  readonly name: string;
  readonly traits: MechanismTraits;
  /** @param response the initial response, or null */
  start(response: Uint8Array<ArrayBuffer> | null): ServerStep;
  /** The answer to a challenge of the script. */
  next(response: Uint8Array<ArrayBuffer>): ServerStep;
  /** The answer to a lookup of the script, if it makes any. */
  provide?(credentials: Credentials | null, lookup: LookupStep): ServerStep;
  /** The answers to a question, where they are more than success and failure. */
  accept?(accepted: Accepted): ServerStep;
  reject?(reason: Rejection, question: Question): ServerStep;
  /** Overwrites what secrets the script keeps as octets. */
  wipe(): void;
}

type State =
  | { readonly type: "new" }
  | { readonly type: "ended" }
  | Exclude<ServerStep, { type: "success" | "failure" }>;

const REJECTIONS: readonly string[] = ["unknown-user", "wrong-credentials", "not-authorized"] satisfies Rejection[];

/** One exchange. The last step tells what is legal next. */
class ServerExchange implements SaslServer {
  readonly name: string;
  readonly traits: MechanismTraits;
  readonly #limit: number;
  #script: ServerScript | null;
  #state: State = { type: "new" };

  constructor(script: ServerScript, limit: number) {
    this.name = script.name;
    this.traits = script.traits;
    this.#limit = limit;
    this.#script = script;
  }

  next(response: Uint8Array | null): ServerStep {
    const script = this.#script;
    const { type } = this.#state;
    if (script === null || (type !== "new" && type !== "challenge")) throw this.#illegal("next()");
    if (type === "new" && response === null) return this.#enter(script.start(null));
    const octets = plainOctets("response", response);
    if (octets.length > this.#limit) return this.#enter(failure("message-too-long"));
    return this.#enter(type === "new" ? script.start(octets) : script.next(octets));
  }

  accept(authenticationIdentity?: string): ServerStep {
    const question = this.#question("accept()");
    if (question.type === "lookup") throw this.#illegal("accept()");
    const accepted = {
      authenticationIdentity: checkText(
        "authenticationIdentity",
        authenticationIdentity ?? question.authenticationIdentity,
      ),
      authorizationIdentity: question.authorizationIdentity,
    };
    return this.#enter(this.#script?.accept?.(accepted) ?? success(accepted));
  }

  reject(reason: Rejection = "wrong-credentials"): ServerStep {
    const question = this.#question("reject()");
    if (!REJECTIONS.includes(reason)) throw new RangeError(`"reason" expected one of ${REJECTIONS.join(", ")}`);
    return this.#enter(this.#script?.reject?.(reason, question) ?? failure(reason));
  }

  provide(credentials: Credentials | null): ServerStep {
    const script = this.#script;
    if (script?.provide === undefined || this.#state.type !== "lookup") throw this.#illegal("provide()");
    if (typeof credentials !== "object") throw new TypeError('"credentials" expected an object, or null');
    return this.#enter(script.provide(credentials, this.#state));
  }

  abort(): void {
    this.#script?.wipe();
    this.#script = null;
    this.#state = { type: "ended" };
  }

  #enter(step: ServerStep): ServerStep {
    if (step.type === "success" || step.type === "failure") this.abort();
    else this.#state = step;
    return step;
  }

  #question(call: string): Question {
    const { type } = this.#state;
    if (type === "new" || type === "challenge" || type === "ended") throw this.#illegal(call);
    return this.#state;
  }

  #illegal(call: string): StateError {
    const { type } = this.#state;
    if (type === "new") return new StateError(call, "before the start of the exchange", "next(), abort()");
    if (type === "ended") return new StateError(call, "after the end of the exchange", "abort()");
    if (type === "challenge") return new StateError(call, "while a challenge is unanswered", "next(), abort()");
    const answer = type === "lookup" ? "provide()" : "accept()";
    return new StateError(call, `while "${type}" is unanswered`, `${answer}, reject(), abort()`);
  }
}

/** Success; the client acts as itself if it named nobody else (RFC 4422 §3.4.1). */
export function success(
  { authenticationIdentity, authorizationIdentity }: Accepted,
  data: Uint8Array<ArrayBuffer> | null = null,
): SuccessStep {
  authorizationIdentity ??= authenticationIdentity;
  return { type: "success", authenticationIdentity, authorizationIdentity, data };
}

export function serverExchange(script: ServerScript, options: ExchangeOptions): SaslServer {
  return new ServerExchange(script, messageLimit(options));
}
