import { demandOneOf, wrongType } from "../check.ts";
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
import { demandLegal } from "../state-error.ts";
import { checkText } from "../text/text.ts";
import type { Described } from "../traits.ts";
import { type ExchangeOptions, messageLimit } from "./limit.ts";
import { challenge } from "./steps.ts";

/** A step that the application answers. */
export type Question = VerifyStep | VerifyTokenStep | LookupStep | AuthorizeStep | AnonymousStep;

/** An accepted question: who the client is, and whom it acts as if it is somebody else. */
export type Accepted = Pick<LookupStep, "authenticationIdentity" | "authorizationIdentity">;

/** What a mechanism adds to an exchange: order of calls and limits are kept here. */
export interface ServerScript {
  /**
   * @param response the initial response, or null. Default: without one an empty challenge, by which the client is
   *   asked for it (RFC 4422 §3), and else as {@link next}
   */
  start?(response: Uint8Array<ArrayBuffer> | null): ServerStep;
  /** The answer to a challenge of the script. */
  next(response: Uint8Array<ArrayBuffer>): ServerStep;
  /**
   * The answer to a lookup of the script, if it makes any.
   *
   * @param missing why there are no credentials, which fails the exchange after the computation that they would cost
   */
  provide?(credentials: Credentials | null, lookup: LookupStep, missing: Rejection): ServerStep;
  /**
   * The answers to a question, where they are more than success and failure.
   *
   * @param named whom the application has named, if anybody
   */
  accept?(accepted: Accepted, named: string | undefined): ServerStep;
  reject?(reason: Rejection): ServerStep;
  /** Overwrites what secrets the script keeps as octets, if it keeps any. */
  wipe?(): void;
}

type State =
  | { readonly type: "new" }
  | { readonly type: "ended" }
  | Exclude<ServerStep, { type: "success" | "failure" }>;

/**
 * Which calls are legal besides `abort()`. Every state that has no name here is a question to be answered with yes or
 * no.
 */
function legalIn(state: State["type"]): readonly string[] {
  if (state === "new" || state === "challenge") return ["next()"];
  if (state === "lookup") return ["provide()", "reject()"];
  return state === "ended" ? [] : ["accept()", "reject()"];
}

const NEW: State = { type: "new" };
const ENDED: State = { type: "ended" };
const REJECTIONS: readonly string[] = ["unknown-user", "wrong-credentials", "not-authorized"] satisfies Rejection[];

/** A server's side of one exchange. The last step tells what is legal next. */
export class ServerExchange implements SaslServer {
  readonly name: string;
  readonly traits: MechanismTraits;
  readonly #limit: number;
  /** Null once the exchange is over. */
  #script: ServerScript | null;
  #state: State = NEW;

  constructor({ name, traits }: Described, script: ServerScript, options: ExchangeOptions) {
    this.#limit = messageLimit(options);
    this.name = name;
    this.traits = traits;
    this.#script = script;
  }

  next(response: Uint8Array | null): ServerStep {
    return this.#during("next()", (script, { type }) => {
      const isFirst = type === "new";
      const octets = isFirst && response === null ? null : plainOctets("response", response);
      if (octets !== null && octets.length > this.#limit) return failure("message-too-long");
      if (isFirst && script.start) return script.start(octets);
      return octets === null ? challenge("") : script.next(octets);
    });
  }

  accept(authenticationIdentity?: string): ServerStep {
    return this.#during<Exclude<Question, LookupStep>>("accept()", (script, question) => {
      const { authenticationIdentity: sent, authorizationIdentity } = question;
      const accepted = {
        authenticationIdentity: checkText("authenticationIdentity", authenticationIdentity ?? sent),
        // Who names itself acts as itself, by whatever name the application knows it.
        authorizationIdentity: authorizationIdentity === sent ? null : authorizationIdentity,
      };
      return script.accept?.(accepted, authenticationIdentity) ?? success(accepted);
    });
  }

  reject(reason: Rejection = "wrong-credentials"): ServerStep {
    return this.#during<Question>("reject()", (script, question) => {
      demandOneOf("reason", reason, REJECTIONS);
      // To fail a lookup at once would tell, in steps or in time, that there is no such user.
      if (question.type === "lookup" && reason !== "not-authorized") return script.provide!(null, question, reason);
      return script.reject?.(reason) ?? failure(reason);
    });
  }

  abort(): void {
    this.#script?.wipe?.();
    this.#script = null;
    this.#state = ENDED;
  }

  provide(credentials: Credentials | null): ServerStep {
    return this.#during<LookupStep>("provide()", (script, lookup) => {
      if (typeof credentials !== "object") throw wrongType("credentials", "an object, or null", credentials);
      return script.provide!(credentials, lookup, "unknown-user");
    });
  }

  /** Goes on with what a call comes to, in a state that it is legal in. */
  #during<Legal extends State>(call: string, work: (script: ServerScript, state: Legal) => ServerStep): ServerStep {
    demandLegal(call, this.#state.type, legalIn(this.#state.type));
    const script = this.#script!;
    const step = work(script, this.#state as Legal);
    if (this.#script === null) {
      // Ended by whom the script has called, as `prepare`: the step is nobody's, and nor is what the script has kept
      // since.
      script.wipe?.();
      return this.#during(call, work); // throws: nothing is legal any more
    }
    if (step.type === "success" || step.type === "failure") this.abort();
    else this.#state = step;
    return step;
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

/**
 * What follows once the client has proved who it is: success, or where it names somebody else to act as, the question
 * whether it may (RFC 4422 §3.4.1).
 */
export function authorizeOther(accepted: Accepted, data?: Uint8Array<ArrayBuffer>): AuthorizeStep | SuccessStep {
  const { authenticationIdentity, authorizationIdentity } = accepted;
  if (authorizationIdentity === null || authorizationIdentity === authenticationIdentity)
    return success(accepted, data);
  return { type: "authorize", authenticationIdentity, authorizationIdentity };
}
