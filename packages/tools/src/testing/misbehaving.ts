/** Mechanisms that throw, or give no step, and sessions that are driven on after that. */
import assert from "node:assert/strict";
import type { SaslClient, SaslClientStep, SaslOtherStep, SaslServer, SaslServerStep } from "dot-stuffing/session";
import fc from "fast-check";
import { type Driven, type DrivenSession, drive, driveClient } from "./drive.ts";
import { echo, fake } from "./mechanisms.ts";

/** What a mechanism's call does in place of its answer. `abort` has no answer: it can only throw. */
export const MISBEHAVIOURS = ["throws", "promises", "gives nothing"] as const;
export type Misbehaviour = (typeof MISBEHAVIOURS)[number];

/** What a misbehaving mechanism throws. */
export const MISBEHAVED: Error = new Error("the mechanism's own");

/**
 * A mechanism that misbehaves.
 *
 * @param plan what each of its calls does, in order; null, and after its end: what the mechanism itself does
 * @returns it, with the names of the calls so far, a `!` after those that have misbehaved
 */
export function misbehaving<Mechanism extends SaslClient | SaslServer>(
  mechanism: Mechanism,
  plan: readonly (Misbehaviour | null)[],
): Mechanism & { readonly calls: readonly string[] } {
  const calls: string[] = [];
  const call = (name: string, method: (...args: readonly unknown[]) => unknown, args: readonly unknown[]): unknown => {
    const how = plan[calls.length] ?? null;
    const misbehaves = how !== null && (name !== "abort" || how === "throws");
    calls.push(misbehaves ? `${name}!` : name);
    if (!misbehaves) return Reflect.apply(method, mechanism, args);
    if (how === "throws") throw MISBEHAVED;
    return how === "promises" ? Promise.resolve() : null;
  };
  return new Proxy(mechanism, {
    get: (target, name) => {
      if (name === "calls") return calls;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]) => call(String(name), value as () => unknown, args);
    },
  }) as Mechanism & { readonly calls: readonly string[] };
}

/** What mechanisms do that misbehave at any of their calls. */
export const misbehaviours: fc.Arbitrary<(Misbehaviour | null)[]> = fc.array(
  fc.option(fc.constantFrom(...MISBEHAVIOURS), { freq: 2 }),
  { maxLength: 4 },
);

/** What a session may throw because of such a mechanism. */
export function isOfMisbehaviour(error: unknown): boolean {
  return error === MISBEHAVED || (error instanceof TypeError && /^"(?:step|outcome)" expected /.test(error.message));
}

/** What a session has thrown, in the place of an event. */
export interface Threw {
  readonly type: "threw";
  readonly error: unknown;
}

/** A session that is driven on after whatever it throws. */
export class Enduring<Event> implements DrivenSession<Event | Threw> {
  readonly #session: DrivenSession<Event>;

  constructor(session: DrivenSession<Event>) {
    this.#session = session;
  }

  get waiting(): string {
    return this.#session.waiting;
  }

  receive(chunk: Uint8Array): void {
    this.#session.receive(chunk);
  }

  receiveEnd(): void {
    this.#session.receiveEnd();
  }

  takeOutputPieces(): Uint8Array[] {
    return this.#session.takeOutputPieces();
  }

  *[Symbol.iterator](): Generator<Event | Threw, undefined> {
    const events = this.#session[Symbol.iterator]();
    for (;;) {
      try {
        const { done, value } = events.next();
        if (done) return;
        yield value;
      } catch (error) {
        yield { type: "threw", error };
      }
    }
  }
}

/** A server's session, as far as exchanges go. */
interface AuthenticatingSession<Event> extends DrivenSession<Event> {
  authenticate(mechanism: SaslServer): unknown;
  proceed(step: SaslServerStep | SaslOtherStep): unknown;
  reject(): unknown;
  snapshot(): unknown;
}

/** What became of exchanges with misbehaving mechanisms. */
export interface Misbehaved<Event> extends Driven<Event | Threw> {
  /** The calls of each mechanism. */
  readonly calls: readonly (readonly string[])[];
  /** How often something was thrown, by `authenticate` or as an event. */
  readonly thrown: number;
}

/**
 * Plays lines against a server whose mechanisms misbehave as planned, one plan an exchange. It lets nobody in; where
 * `authenticate` throws it refuses.
 *
 * @throws AssertionError where something else is thrown, or `authenticate` throws and has changed something
 */
export function playMisbehaving<Event extends { readonly type: string }>(
  session: AuthenticatingSession<Event>,
  chunks: readonly Uint8Array[],
  plans: readonly (Misbehaviour | null)[][],
): Misbehaved<Event> {
  const calls: (readonly string[])[] = [];
  let thrown = 0;
  const note = (error: unknown) => {
    assert.ok(isOfMisbehaviour(error), String(error));
    thrown++;
  };
  const driven = drive<Event | Threw>(new Enduring(session), chunks, (event) => {
    if (event.type === "threw") note((event as Threw).error);
    else if (event.type === "auth") {
      const mechanism = misbehaving(
        fake((event as unknown as { mechanism: string }).mechanism),
        plans[calls.length] ?? [],
      );
      calls.push(mechanism.calls);
      const before = session.snapshot();
      try {
        session.authenticate(mechanism);
      } catch (error) {
        note(error);
        assert.deepEqual(session.snapshot(), before);
        session.reject();
      }
    } else if (event.type === "sasl") {
      const identities = { authenticationIdentity: "tim", authorizationIdentity: "tim" };
      session.proceed({ type: "success", ...identities, data: null });
    } else if (event.type === "authenticated") session.reject();
  });
  return { ...driven, calls, thrown };
}

/** Lines of exchanges with {@link fake} mechanisms, finished and not. */
export const exchangeLines: fc.Arbitrary<string[]> = fc.array(
  fc.constantFrom("AUTH ECHO", "AUTH ECHO eWVz", "AUTH ASK", "eWVz", "ZGF0YQ==", "", "*", "!", "bm8=", "NOOP"),
  { maxLength: 12 },
);

/**
 * @throws AssertionError unless each mechanism was told once that it failed, and what it threw came out once, after the
 *   end of its exchange
 */
export function checkMisbehaved<Event extends { readonly type: string }>({
  events,
  calls,
  thrown,
}: Misbehaved<Event>): void {
  assert.equal(thrown, calls.filter((each) => each.some((call) => call.endsWith("!"))).length);
  let broken = 0;
  for (const each of calls) {
    assert.ok(each.filter((call) => call.startsWith("abort")).length < 2, "aborted once");
    const at = each.indexOf("next!");
    // At its first call it was the application's.
    if (at < 1) continue;
    broken++;
    assert.deepEqual(
      each.slice(at + 1).map((call) => call.replace("!", "")),
      ["abort"],
    );
  }
  const told = events.filter(({ type }) => type !== "login-failed");
  for (const [index, { type }] of told.entries())
    if (type === "threw") assert.equal(told[index - 1]?.type, "authentication-failed");
  const errors = events.filter((event) => (event as { readonly cause?: unknown }).cause === "error");
  assert.equal(errors.length, broken);
}

/** A client's session, as far as an exchange goes. */
interface ClientLike<Event> extends DrivenSession<Event> {
  proceed(step: SaslClientStep | SaslOtherStep): unknown;
  snapshot(): unknown;
}

/**
 * Has a client authenticate with a misbehaving mechanism, against what a server says.
 *
 * @param begin gives the session its command, with the mechanism
 * @throws AssertionError where something else is thrown, where the command throws and has changed something, and unless
 *   the exchange had one `"auth"` event, which is ok only if the mechanism has agreed, and what was thrown came out
 *   once, after it or a `*`
 */
export function playMisbehavingClient<Event extends { readonly type: string }, Session extends ClientLike<Event>>(
  session: Session,
  begin: (session: Session, mechanism: SaslClient) => unknown,
  chunks: readonly Uint8Array[],
  plan: readonly (Misbehaviour | null)[],
): Driven<Event | Threw> & { readonly calls: readonly string[] } {
  const mechanism = misbehaving(echo(), plan);
  const { calls } = mechanism;
  const before = session.snapshot();
  const misbehaved = () => calls.some((call) => call.endsWith("!"));
  try {
    begin(session, mechanism);
  } catch (error) {
    assert.ok(isOfMisbehaviour(error), String(error));
    assert.deepEqual([session.snapshot(), calls], [before, ["start!"]]);
    return { ...drive<Event | Threw>(session, [], () => {}), calls };
  }
  const driven = driveClient<Event | Threw>(new Enduring(session), chunks, (event) => {
    if (event.type === "threw") assert.ok(isOfMisbehaviour((event as Threw).error), String((event as Threw).error));
    else if (event.type === "sasl") session.proceed({ type: "response", bytes: new Uint8Array(0) });
  });
  const ends = driven.events.filter(({ type }) => type === "auth") as readonly unknown[] as { ok: boolean }[];
  assert.equal(ends.length, 1);
  if (ends[0]!.ok) assert.equal(calls.at(-1), "finish");
  assert.equal(driven.events.filter(({ type }) => type === "threw").length, misbehaved() ? 1 : 0);
  assert.ok(calls.filter((call) => call.startsWith("abort")).length < 2, "aborted once");
  const broken = calls.findIndex((call) => /^(?:next|finish)!$/.test(call));
  if (broken >= 0) {
    const rest = calls.slice(broken + 1).map((call) => call.replace("!", ""));
    assert.deepEqual(rest, ["abort"]);
    assert.equal(driven.output.endsWith("\r\n*\r\n"), calls[broken] === "next!");
  }
  return { ...driven, calls };
}
