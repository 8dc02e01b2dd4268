import {
  checkChoice,
  checkFunction,
  checkType,
  isPrintable,
  revealsSecret,
  type SaslClient,
  withDefaults,
} from "dot-stuffing/session";
import type { Capabilities } from "../syntax/capabilities.ts";
import type { LoginFailure } from "./login-failure.ts";
import type { ClientVerb } from "./table.ts";

/** The commands that a login can go by, in the order in which they are thought of. */
export type LoginMethod = "AUTH" | "APOP" | "USER";

/**
 * What a login may use. It tries one method, the first that server and caller have in common, and none after a failure.
 */
export interface LoginOptions<Mechanism extends SaslClient = SaslClient> {
  /**
   * For AUTH: picks one of the mechanisms that the server offers, their names in upper case, e.g.
   * `(offered) => pickMechanism(offered, own, session).mechanism` of `sasl`; null: none is wanted. Without TLS those
   * that show a password or token are not among them. The mechanism is one of these, and new: unless it is,
   * `nextEvent()` throws.
   */
  readonly choose?: (offered: readonly string[]) => Mechanism | null;
  /** For APOP and USER. */
  readonly name?: string;
  /**
   * For APOP: the digest of timestamp and password, e.g. `(timestamp) => apopDigest(timestamp, password)` of `sasl`.
   */
  readonly apop?: (timestamp: string) => string;
  /** For USER. */
  readonly password?: string;
  /**
   * `"any"` (default): the first that can be, and nothing that shows a password or token without TLS (RFC 2384 §4),
   * whatever the session's options say. One that is named is used, or none is, without TLS too if `plaintextWithoutTls`
   * is set; AUTH then also where no mechanism is known to be offered: `choose` is given what is known.
   */
  readonly method?: "any" | LoginMethod;
  /**
   * Whether TLS is begun first, if it is not active. `"required"` (default): no login without it. `"offered"`: where
   * the server announces it, and does not refuse it. `"never"`. The session's `requireTls` makes it required.
   */
  readonly stls?: "required" | "offered" | "never";
}

/** How far a login has come, as plain data: the functions here alone change it. */
export interface LoginProgress {
  /** Whether CAPA was asked, since the connection or TLS began. */
  asked: boolean;
  /** Whether STLS was asked. */
  secured: boolean;
  /** Null: none of its commands was given yet. */
  method: LoginMethod | null;
  /**
   * Whether what the caller handed in has thrown, or given what cannot be used: the caller may go on with something
   * else.
   */
  misfired: boolean;
  /** Null: it goes on. */
  end: { readonly ok: boolean; readonly failure: LoginFailure | LoginRefusal | null } | null;
}

/** @param before one that has misfired: it goes on with what it has asked, and other options */
export function beginLogin(before: LoginProgress | null): LoginProgress {
  const beginning = { asked: false, secured: false, method: null, end: null };
  return { ...(before ?? beginning), misfired: false };
}

/** Why a login went by no method. */
export type LoginRefusal =
  /** TLS is required, and cannot be had. */
  | "no-tls"
  /** Server and caller have no method in common. */
  | "no-method"
  /**
   * What they may have in common shows a password or token, and there is no TLS: that is sent where the session's
   * `plaintextWithoutTls` is set, and `method` names it.
   */
  | "plaintext-only";

/** What a login goes by. */
interface LoginFacts {
  readonly tls: boolean;
  /** Whether STLS is possible: it is not after UTF8 (RFC 6856 §2.1). */
  readonly stlsPossible: boolean;
  readonly requireTls: boolean;
  readonly plaintextWithoutTls: boolean;
  readonly capabilities: Capabilities | null;
  readonly timestamp: string | null;
}

/** What a login gives next: CAPA, STLS, or the command of its method. */
export type LoginStep<Mechanism> =
  | { readonly do: "CAPA" | "STLS" | "APOP" | "USER" }
  | { readonly do: "AUTH"; readonly mechanism: Mechanism };

/**
 * Goes on, once what was done so far has its answer: the next step, or the end.
 *
 * @param give gives the commands of a step
 * @throws what the caller's functions and `give` throw: the login has misfired then, and is where it was
 */
export function proceedLogin<Mechanism extends SaslClient>(
  login: LoginProgress,
  options: LoginOptions<Mechanism>,
  facts: LoginFacts,
  give: (step: LoginStep<Mechanism>) => void,
): void {
  login.misfired = false;
  try {
    const step = nextStep(options, login, facts);
    if (step.do === "fail") {
      login.end = { ok: false, failure: step.failure };
      return;
    }
    if (step.do === "CAPA") login.asked = true;
    else if (step.do === "STLS") login.secured = true;
    else login.method = step.do;
    give(step);
  } catch (error) {
    login.method = null; // CAPA and STLS have nothing that throws
    login.misfired = true;
    throw error;
  }
}

/**
 * A command has been answered, or the greeting: the end, but for +OK to USER, which PASS follows, and for what the
 * application had given before.
 */
export function loginAnswered(login: LoginProgress, verb: ClientVerb | "greeting", failure: LoginFailure | null): void {
  const { end, method } = login;
  // PASS is not sent after -ERR to USER: it ends nothing any more.
  if (end !== null || (method === null && verb !== "greeting")) return;
  if (verb !== "USER" || failure !== null) login.end = { ok: failure === null, failure };
}

/** TLS has begun: what the server is capable of is asked anew. */
export function loginSecured(login: LoginProgress): void {
  login.asked = false;
}

/** Ends a login that has misfired. */
export function giveLoginUp(login: LoginProgress): void {
  login.end = { ok: false, failure: "broken-off" };
}

/** No failure of a step leads to a weaker one. */
function nextStep<Mechanism extends SaslClient>(
  { choose, name, apop, password, method = "any", stls = "required" }: LoginOptions<Mechanism>,
  { asked, secured }: Readonly<LoginProgress>,
  { tls, stlsPossible, requireTls, plaintextWithoutTls, capabilities, timestamp }: LoginFacts,
): LoginStep<Mechanism> | { readonly do: "fail"; readonly failure: LoginRefusal } {
  if (capabilities === null && !asked) return { do: "CAPA" };
  if (!tls) {
    const required = requireTls || stls === "required";
    // Where the capabilities are not known the server may have STLS all the same: asking tells.
    const announced = capabilities?.tags.has("STLS") ?? required;
    if ((required || stls === "offered") && announced && stlsPossible && !secured) return { do: "STLS" };
    if (required) return { do: "fail", failure: "no-tls" };
  }
  const open = tls || (plaintextWithoutTls && method !== "any");
  const may = (wanted: LoginMethod) => method === "any" || method === wanted;
  let failure: LoginRefusal = "no-method";
  if (choose !== undefined && may("AUTH")) {
    const listed = capabilities?.sasl ?? [];
    const offered = listed.filter((mechanism) => open || !revealsSecret(mechanism));
    if (offered.length < listed.length) failure = "plaintext-only";
    const mechanism = offered.length > 0 || method === "AUTH" ? choose(offered) : null;
    if (mechanism !== null) return { do: "AUTH", mechanism };
  }
  if (name !== undefined) {
    const utf8 = takesUtf8(capabilities);
    if (apop !== undefined && timestamp !== null && may("APOP") && (utf8 || isPrintable(name))) return { do: "APOP" };
    const writable = password !== undefined && (utf8 || isPrintable(name + password));
    if (writable && may("USER") && (capabilities?.tags.has("USER") ?? true)) {
      if (open) return { do: "USER" };
      failure = "plaintext-only";
    }
  }
  return { do: "fail", failure };
}

const DEFAULTS: Required<Pick<LoginOptions, "method" | "stls">> & Readonly<Record<Given, unknown>> = {
  ...{ method: "any", stls: "required" },
  ...{ choose: undefined, name: undefined, apop: undefined, password: undefined },
};

type Given = "choose" | "name" | "apop" | "password";

/**
 * @throws TypeError or RangeError naming the option that cannot be: a word that is misspelt must not mean that TLS is
 *   not needed
 */
export function checkLogin<Mechanism extends SaslClient>(place: string, options: LoginOptions<Mechanism>): void {
  const { choose, name, apop, password, method, stls } = withDefaults(place, options, DEFAULTS);
  checkChoice("method", method, ["any", "AUTH", "APOP", "USER"]);
  checkChoice("stls", stls, ["required", "offered", "never"]);
  for (const [option, given] of Object.entries({ choose, apop })) if (given !== undefined) checkFunction(option, given);
  for (const [option, given] of Object.entries({ name, password }))
    if (given !== undefined) checkType(option, "string", given);
}

/** Whether names and passwords may be UTF-8 (RFC 6856 §2.2). */
export function takesUtf8(capabilities: Capabilities | null): boolean {
  const capability = capabilities?.tags.get("UTF8");
  return capability?.tag === "UTF8" && capability.user;
}
