import { checkFunction, checkType, plainChunk } from "../check.ts";

/**
 * The seam between a session and a SASL mechanism (RFC 4422): messages as octets, without base64 and without line ends.
 * Any object of these shapes fits, the `sasl` package's mechanisms among them; a session knows the steps named here and
 * hands every other one to the application.
 */

/** What a client's mechanism does next. */
export type SaslClientStep =
  /** Send these octets. From `start()` null says that there is no initial response, which is not an empty one. */
  | { readonly type: "response"; readonly bytes: Uint8Array | null }
  /** The mechanism gives up: the session cancels the exchange. */
  | { readonly type: "failure"; readonly text: string };

/** Whether a mechanism agrees that the exchange succeeded. */
export type SaslClientOutcome =
  | { readonly type: "success"; readonly serverProved: boolean }
  | { readonly type: "failure"; readonly text: string };

/** A step that no session knows: the application answers it, and hands the mechanism's next step in. */
export interface SaslOtherStep {
  readonly type: string;
}

/** The client's side of one exchange. */
export interface SaslClient {
  /** The registered name, e.g. `"PLAIN"` (RFC 4422 §3.1). */
  readonly name: string;
  /**
   * What it does. One that lets whoever listens read a password or token is not begun without TLS, unless that is
   * wanted.
   */
  readonly traits?: { readonly revealsPassword?: boolean };
  start(): SaslClientStep | SaslOtherStep;
  next(challenge: Uint8Array): SaslClientStep | SaslOtherStep;
  /** The protocol reported success. A mechanism that is not complete answers with a failure. */
  finish(): SaslClientOutcome;
  /** The exchange has ended without success. */
  abort(): void;
}

/** What a server's mechanism does next. */
export type SaslServerStep =
  | { readonly type: "challenge"; readonly bytes: Uint8Array }
  | {
      readonly type: "success";
      readonly authenticationIdentity: string;
      readonly authorizationIdentity: string;
      /** Final data for the client (RFC 4422 §3.6); SMTP and POP3 send it as one more challenge. */
      readonly data: Uint8Array | null;
    }
  | { readonly type: "failure"; readonly text: string };

/** A server's mechanism's last step. */
export type SuccessStep = SaslServerStep & { readonly type: "success" };

/** The server's side of one exchange. */
export interface SaslServer {
  readonly name: string;
  /** @param response null: the client sent no initial response */
  next(response: Uint8Array | null): SaslServerStep | SaslOtherStep;
  /** The exchange has ended without success. */
  abort(): void;
}

/** @throws TypeError naming what a mechanism lacks */
export function checkMechanism(mechanism: object | null, methods: readonly string[]): void {
  for (const name of methods) checkFunction(`mechanism.${name}`, (mechanism as Record<string, unknown> | null)?.[name]);
}

/** What an object of the application's threw, kept until it can come out. */
export interface Thrown {
  readonly error: unknown;
}

/** What is said of an exchange that failed for what was thrown. */
export const THREW = "an error on this side";

/**
 * Tells a mechanism that its exchange has ended without success, which it cannot prevent: what it throws is given back.
 */
export function abortMechanism(mechanism: SaslClient | SaslServer): Thrown | undefined {
  try {
    mechanism.abort();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** @throws TypeError for what is no outcome */
export function checkOutcome(outcome: SaslClientOutcome): SaslClientOutcome {
  if (outcome?.type === "success" || outcome?.type === "failure") return outcome;
  throw new TypeError('"outcome" expected an outcome of the mechanism, with its "type"');
}

/** @throws TypeError for what is no step */
export function checkStep(step: SaslOtherStep): void {
  if (typeof step?.type !== "string") throw new TypeError('"step" expected a step of the mechanism, with its "type"');
  const { type, bytes } = step as SaslOtherStep & { readonly bytes: Uint8Array };
  if (type === "challenge" || (type === "response" && bytes !== null)) plainChunk("step.bytes", bytes);
  if (type === "success") checkSuccess(step as SuccessStep);
}

function checkSuccess({ authenticationIdentity, authorizationIdentity, data }: SuccessStep): void {
  checkType("step.authenticationIdentity", "string", authenticationIdentity);
  checkType("step.authorizationIdentity", "string", authorizationIdentity);
  if (data !== null) plainChunk("step.data", data);
}

/** The steps of a mechanism that a session hands to the application. */
export type OtherStep<Mechanism extends SaslClient | SaslServer> = Exclude<
  ReturnType<Mechanism["next"]>,
  { readonly type: "response" | "challenge" | "success" | "failure" }
>;
