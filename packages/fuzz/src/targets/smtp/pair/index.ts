import fc from "fast-check";
import { holds, same, thrownBy } from "../../../finding.ts";
import { Choices } from "../../../input/choices.ts";
import type { Input } from "../../../input/input.ts";
import type { Target } from "../../../target.ts";
import { choices } from "../../decoder.ts";
import { decide } from "./content.ts";
import { close, dropVain, type Model, modelOf, send } from "./model.ts";
import { policiesOf } from "./policies.ts";
import { Real } from "./real.ts";
import { STEPS } from "./steps.ts";

/**
 * What an application does with a client, of the model-based sequences: held against the model once all is answered.
 */
class Given implements fc.Command<Model, Real> {
  readonly name: string;
  readonly text: string;
  /** Whether what is given next waits for the answer, though it need not. */
  readonly waits: boolean;

  constructor(name: string, text: string) {
    const { texts, free } = STEPS[name]!;
    this.name = name;
    this.waits = !text.endsWith("+");
    const plain = text.replace(/\+$/, "");
    this.text = free || texts.includes(plain) ? plain : texts[0]!;
  }

  check({ client }: Readonly<Model>): boolean {
    return client.state !== "closed";
  }

  run(model: Model, real: Real): void {
    const { text } = this;
    const step = STEPS[this.name]!;
    // After what may end the session nothing can be told of what was given with it.
    const alone = step.settles?.(model, text) === true || Number.isFinite(model.policies.server.maxErrors);
    if (alone) settle(model, real);
    if (model.client.state === "closed") return;
    const throws = step.throws(model, text);
    same(
      thrownBy(() => step.give(real, text)),
      throws,
      `${this} in state ${model.client.expected}`,
    );
    if (throws === "") step.given(model, text);
    if (this.waits || alone || model.client.state === "closed") settle(model, real);
  }

  toString(): string {
    return `${this.name} ${JSON.stringify(this.text)}${this.waits ? "" : "+"}`;
  }
}

/** All is answered: what the client has heard, and where both sides stand. */
function settle(model: Model, real: Real): void {
  const { client, server } = model;
  for (let next = model.given.shift(); next !== undefined; next = model.given.shift()) {
    next.answered();
    if (next.fate !== undefined) model.events.push(next.fate);
    const { maxErrors, maxAuthFailures } = model.policies.server;
    const isOver = server.errors >= maxErrors! || server.authFailures >= maxAuthFailures!;
    if (isOver && client.state !== "closed") close(model, "reply-421");
    if (client.state === "closed") break;
    dropVain(model);
    decide(model);
    send(model);
  }
  holds(model.given.length === 0, "the model knows of no command that is lost");
  same(real.news(), model.events, "the client's events");
  model.events = [];
  same(real.arrived, model.arrived, "messages that have arrived");
  const { now } = real.client;
  const ends = [real.client.waiting, real.server.waiting];
  if (client.state === "closed") {
    same(ends, ["closed", "closed"], "both ends are closed");
    return;
  }
  same(ends, [client.writing === null ? "decision" : "content", "bytes"], "what is next is the client's");
  same([now.state, real.server.now.state], [client.expected, server.state], "the states of both sides");
  same([now.tls, real.server.now.tls], [client.tls, client.tls], "TLS on both sides");
  same(
    [now.authenticated, real.server.now.authenticated],
    [client.authenticated, server.authenticated],
    "who is logged in",
  );
  same(now.capabilities === null, client.capabilities === null, "whether the client knows what is offered");
}

/** What a client that keeps to what is offered may still hear: the rest would be its own mistake. */
const HEARD: ReadonlySet<string> = new Set([
  ...[
    "not-offered",
    "tls-required",
    "authentication-required",
    "bad-sequence",
    "unknown-mechanism",
    "unknown-parameter",
  ],
  ...["message-too-big", "too-many-transactions", "too-many-recipients", "too-many-domains", "too-many-errors"],
  ...["too-many-auth-failures", "cut-off"],
]);

function run(input: Input): void {
  const policies = policiesOf(new Choices(input.choices));
  const commands = input.ops.flatMap((op) =>
    op.kind === "call" && Object.hasOwn(STEPS, op.name) ? [new Given(op.name, op.text)] : [],
  );
  const [model, real] = [modelOf(policies), new Real(policies)];
  fc.modelRun(() => ({ model, real }), commands);
  if (model.client.state !== "closed") settle(model, real);
  for (const event of real.pair.serverEvents)
    if (event.type === "violation")
      holds(HEARD.has(event.code), () => `the client has sent what it must not: ${event.code}`);
}

/** A call of one of these names, waited for or not. */
function callOf(names: readonly string[]) {
  return fc
    .constantFrom(...names)
    .chain((name) => {
      const { texts } = STEPS[name]!;
      // The first is mostly what goes well.
      const text = fc.oneof(fc.constant(texts[0]!), fc.constantFrom(...texts.slice(0, 3)), fc.constantFrom(...texts));
      return fc.tuple(fc.constant(name), text, fc.boolean());
    })
    .map(([name, text, waits]) => ({ kind: "call", name, text: waits ? text : `${text}+` }) as const);
}

const names = Object.keys(STEPS);
const anything = callOf(names.filter((name) => !["shutdown", "timeout", "quit", "atrn"].includes(name)));
const anyMail = callOf(names.filter((name) => name.startsWith("mail")));
const anyRcpt = callOf(names.filter((name) => name.startsWith("rcpt")));
const written = callOf(["write", "write", "write", "restore", "noop"]);
const begun = callOf(["data", "bdat", "bdat", "bdatEager"]);
const ended = callOf(["end", "end", "endWith", "abort"]);
const between = callOf(["rset", "noop", "ehlo", "vrfy", "xforward", "help"]);

/** One message, or an attempt at one. */
const message = fc
  .tuple(
    anyMail,
    fc.array(anyRcpt, { minLength: 1, maxLength: 4 }),
    begun,
    fc.array(written, { maxLength: 4 }),
    ended,
    fc.array(between, { maxLength: 2 }),
  )
  .map(([mail, rcpts, begins, writes, ends, others]) => [mail, ...rcpts, begins, ...writes, ends, ...others]);
const logins = fc.array(callOf(["authWrong", "authWrong", "authDigestWrong", "auth"]), { minLength: 1, maxLength: 6 });
const call = (name: string, text = "") => ({ kind: "call", name, text }) as const;
const BEGINNINGS = [
  [call("ehlo")],
  [call("ehlo"), call("starttls"), call("ehlo"), call("auth")],
  [call("ehlo"), call("auth")],
  [call("ehlo"), call("authDigest")],
  [call("helo")],
  [],
];

/** Model-based command sequences between our client and our server, pipelined or not, by any policies. */
export const smtpPair: Target = {
  name: "smtp-pair",
  files: ["smtp-codec/src/server/", "smtp-codec/src/client/"],
  lines: ["NOOP\r\n"],
  calls: Object.fromEntries(names.map((name) => [name, STEPS[name]!.texts.flatMap((text) => [text, `${text}+`])])),
  inputs: fc
    .tuple(
      choices,
      fc.constantFrom(...BEGINNINGS),
      fc.array(
        fc.oneof(
          { weight: 6, arbitrary: message },
          { weight: 4, arbitrary: anything.map((one) => [one]) },
          { weight: 2, arbitrary: logins },
        ),
        { maxLength: 6 },
      ),
      fc.constantFrom(["quit"], [], ["shutdown"], ["timeout"], ["atrn"]),
    )
    .map(([chosen, beginning, calls, last]) => ({
      choices: chosen,
      ops: [...beginning, ...calls.flat(), ...last.map((name) => call(name))],
    })),
  run,
};
