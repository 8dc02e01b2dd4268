import fc from "fast-check";
import {
  type Pop3ClientEvent,
  Pop3ClientSession,
  type Pop3ServerEvent,
  type Pop3ServerOptions,
  Pop3ServerSession,
} from "pop3-codec";
import { plainClient, plainServer, type SaslClient } from "sasl";
import { byteByByte, cutAt, octets, SessionPair } from "tools/testing";
import { LEGAL_ORDER } from "../../../../pop3-codec/test/client/legal-order.ts";
import { holds, latin1, same, thrownBy } from "../../finding.ts";
import { Choices } from "../../input/choices.ts";
import type { Input } from "../../input/input.ts";
import type { Target } from "../../target.ts";
import { choices } from "../decoder.ts";
import { Forked } from "../forked.ts";
import { topOf } from "./listing.ts";

/** As RETR sends them: every line end is a CRLF, and so is what ends the last line. */
const MESSAGES = [
  "Subject: one\r\n\r\n.dot\r\nlast\r\n",
  "Subject: two\r\n\r\n.\r\nbare\r\n",
  "no header end\r\n",
  "",
] as const;
const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";

/** What both sides allow, and how octets get from one to the other. */
interface Policies {
  readonly stls: boolean;
  readonly apop: boolean;
  readonly mechanism: boolean;
  readonly plaintextOnServer: boolean;
  readonly plaintextOnClient: boolean;
  readonly requireTls: boolean;
  readonly pipelining: boolean;
  readonly top: boolean;
  readonly utf8: boolean;
  readonly languages: boolean;
  readonly cut: "whole" | "byte by byte" | "in two";
  /** So many times in one the sessions are replaced by ones restored from snapshots; 0: never. */
  readonly restores: number;
}

function policiesOf(choices: Choices): Policies {
  const policies: Policies = {
    stls: choices.pick(true, false),
    apop: choices.pick(true, false),
    mechanism: choices.pick(true, false),
    plaintextOnServer: choices.pick(true, false),
    plaintextOnClient: choices.pick(true, false),
    requireTls: choices.rarely(),
    pipelining: choices.pick(true, false),
    top: choices.pick(true, false),
    utf8: choices.pick(true, false),
    languages: choices.pick(true, false),
    cut: choices.pick("whole", "byte by byte", "in two"),
    restores: choices.pick(0, 1, 3),
  };
  // Without a way to log in there is no server.
  return { ...policies, stls: policies.stls || !(policies.apop || policies.plaintextOnServer) };
}

/** What the fixture's states, and what the RFCs say of marks, TLS and UTF8, lead to. */
interface Model {
  readonly policies: Policies;
  state: string;
  tls: boolean;
  timestamp: boolean;
  utf8: boolean;
  /** Whether UTF8 was given, whatever became of it: no STLS comes after it (RFC 6856 §2.1). */
  utf8Given: boolean;
  readonly marked: Set<number>;
  /** The client's events since the last time that all was answered. */
  expected: string[];
}

/** A client and a server in memory, both of which may become others at any time. */
class Real {
  readonly policies: Policies;
  readonly client: Forked<Pop3ClientSession<SaslClient>, Pop3ClientEvent<SaslClient>>;
  readonly server: Forked<
    Pop3ServerSession<ReturnType<typeof plainServer>>,
    Pop3ServerEvent<ReturnType<typeof plainServer>>
  >;
  readonly pair: SessionPair<Pop3ClientEvent<SaslClient>, Pop3ServerEvent<ReturnType<typeof plainServer>>>;
  /** What QUIT has handed to the server's application. */
  deleted: readonly number[] | null = null;
  #mechanism: SaslClient | null = null;
  #servers: ReturnType<typeof plainServer> | null = null;
  /** The client's events that have been looked at. */
  #seen = 0;

  constructor(policies: Policies) {
    this.policies = policies;
    const { stls, apop, mechanism, plaintextOnServer, plaintextOnClient, requireTls, pipelining, top, cut } = policies;
    const ofServer: Pop3ServerOptions = {
      stls,
      top,
      apop: apop ? { timestamp: "<1@a>" } : null,
      mechanisms: mechanism ? ["PLAIN"] : [],
      utf8: policies.utf8,
      languages: policies.languages ? [{ language: "de", text: "Deutsch" }] : [],
      plaintextWithoutTls: plaintextOnServer,
      maxErrors: Number.POSITIVE_INFINITY,
      maxFailedLogins: Number.POSITIVE_INFINITY,
    };
    const ofClient = { plaintextWithoutTls: plaintextOnClient, requireTls, pipelining };
    this.client = new Forked(new Pop3ClientSession<SaslClient>(ofClient), policies.restores, (snapshot) =>
      Pop3ClientSession.restore(snapshot, ofClient, this.#mechanism),
    );
    this.server = new Forked(
      new Pop3ServerSession<ReturnType<typeof plainServer>>(ofServer),
      policies.restores,
      (snapshot) => Pop3ServerSession.restore(snapshot, ofServer, this.#servers),
    );
    const cuts = {
      whole: undefined,
      "byte by byte": byteByByte,
      "in two": (bytes: Uint8Array) => cutAt(bytes, [bytes.length >> 1]),
    };
    this.pair = new SessionPair<Pop3ClientEvent<SaslClient>, Pop3ServerEvent<ReturnType<typeof plainServer>>>(
      { session: this.client, answer: () => {} },
      { session: this.server, answer: (event) => this.#answer(event) },
      cuts[cut],
    ).run();
    this.news();
  }

  /** A server whose only user is tim with the password "tanstaaf". */
  #answer(event: Pop3ServerEvent<ReturnType<typeof plainServer>>): void {
    const { now } = this.server;
    if (event.type === "quit" && event.answer === "needed") this.deleted = event.deleted;
    if (event.type === "auth") {
      this.#servers = plainServer();
      now.authenticate(this.#servers);
    } else if (event.type === "sasl") now.proceed(event.mechanism.accept("tim"));
    else if (event.type === "pass" && event.password !== "tanstaaf") now.reject();
    else if (event.type === "pass" || event.type === "apop" || event.type === "authenticated")
      now.accept({ sizes: MESSAGES.map(({ length }) => length), uniqueIds: MESSAGES.map((_, at) => `uid-${at + 1}`) });
    else if (event.type === "retr" || event.type === "top") now.accept().content(octets(MESSAGES[event.number - 1]!));
    else if (event.answer === "needed") now.accept();
  }

  auth(): void {
    const mechanism = plainClient({ authenticationIdentity: "tim", password: "tanstaaf" });
    this.client.now.auth(mechanism, { force: true });
    this.#mechanism = mechanism;
  }

  /** Lets both sides do all that they can, and gives the client's events since. */
  news(): string[] {
    this.pair.run();
    const news = this.pair.clientEvents.slice(this.#seen);
    this.#seen = this.pair.clientEvents.length;
    return news.map(told);
  }
}

/** An event in words, as the model says it. */
function told(event: Pop3ClientEvent<SaslClient>): string {
  switch (event.type) {
    case "content":
      return `content ${event.number} ${latin1(event.bytes)}`;
    case "scan-listing":
      return `scan-listing ${event.number} ${event.size}`;
    case "unique-id-listing":
      return `unique-id-listing ${event.number} ${event.uniqueId}`;
    case "language-listing":
      return `language-listing ${event.language}`;
    case "violation":
      return `violation ${event.code}`;
    case "closed":
      return `closed ${event.cause}`;
    case "stat":
      return `stat ${event.ok ? `ok ${event.count} ${event.size}` : "no"}`;
    case "quit":
      return `quit ${event.ok ? "ok" : "no"} ${event.deletions}`;
    default:
      return "ok" in event ? `${event.type} ${event.ok ? "ok" : "no"}` : event.type;
  }
}

/** A command: what it needs besides the fixture's state, whether it succeeds, and what that changes. */
interface Step {
  readonly verb: string;
  give(real: Real, number: number): unknown;
  /** Whether the client gives it, in a state that allows it. */
  readonly given?: (model: Model) => boolean;
  readonly ok?: (model: Model, number: number) => boolean;
  readonly done?: (model: Model, number: number) => void;
  /** The events in front of its own. */
  readonly before?: (model: Model, number: number) => readonly string[];
  /** What its own event says besides. */
  readonly says?: (model: Model) => string;
}

const isThere = ({ marked }: Model, number: number) => number >= 1 && number <= MESSAGES.length && !marked.has(number);
const left = (model: Model) => MESSAGES.map((_, at) => at + 1).filter((number) => isThere(model, number));
const scanListing = (number: number) => `scan-listing ${number} ${MESSAGES[number - 1]!.length}`;
const content = (number: number, text: string) => (text === "" ? [] : [`content ${number} ${text}`]);
const total = (model: Model) => left(model).reduce((sum, number) => sum + MESSAGES[number - 1]!.length, 0);
const mayLogin = ({ policies, tls }: Model) => tls || !policies.requireTls;
const mayShow = (model: Model) => model.tls || (mayLogin(model) && model.policies.plaintextOnClient);
const isShown = ({ policies, tls }: Model) => tls || policies.plaintextOnServer;

/** By the names that calls have in an input; those with a number take it as their text. */
const STEPS: Readonly<Record<string, Step>> = {
  user: { verb: "USER", give: ({ client }) => client.now.user("tim"), given: mayShow, ok: isShown },
  pass: { verb: "PASS", give: ({ client }) => client.now.pass("tanstaaf") },
  passWrong: { verb: "PASS", give: ({ client }) => client.now.pass("wrong"), ok: () => false },
  apop: {
    verb: "APOP",
    give: ({ client }) => client.now.apop("tim", DIGEST),
    given: (model) => mayLogin(model) && model.timestamp,
  },
  auth: {
    verb: "AUTH",
    give: (real) => real.auth(),
    given: mayShow,
    ok: (model) => model.policies.mechanism && isShown(model),
  },
  stls: {
    verb: "STLS",
    give: ({ client }) => client.now.stls(),
    given: ({ tls, utf8Given }) => !tls && !utf8Given,
    ok: ({ policies }) => policies.stls,
    done: (model) => {
      model.tls = true;
      model.timestamp = false;
    },
  },
  utf8: {
    verb: "UTF8",
    give: ({ client }) => client.now.utf8(),
    ok: ({ policies }) => policies.utf8,
    done: (model) => {
      model.utf8 = true;
    },
  },
  lang: { verb: "LANG", give: ({ client }) => client.now.lang("*"), ok: ({ policies }) => policies.languages },
  langs: {
    verb: "LANG",
    give: ({ client }) => client.now.lang(),
    ok: ({ policies }) => policies.languages,
    before: ({ policies }) => (policies.languages ? ["language-listing de"] : []),
  },
  capa: { verb: "CAPA", give: ({ client }) => client.now.capa() },
  stat: {
    verb: "STAT",
    give: ({ client }) => client.now.stat(),
    says: (model) => ` ${left(model).length} ${total(model)}`,
  },
  lists: { verb: "LIST", give: ({ client }) => client.now.list(), before: (model) => left(model).map(scanListing) },
  list: {
    verb: "LIST",
    give: ({ client }, number) => client.now.list(number),
    ok: isThere,
    before: (_, number) => [scanListing(number)],
  },
  uidls: {
    verb: "UIDL",
    give: ({ client }) => client.now.uidl(),
    before: (model) => left(model).map((number) => `unique-id-listing ${number} uid-${number}`),
  },
  uidl: {
    verb: "UIDL",
    give: ({ client }, number) => client.now.uidl(number),
    ok: isThere,
    before: (_, number) => [`unique-id-listing ${number} uid-${number}`],
  },
  retr: {
    verb: "RETR",
    give: ({ client }, number) => client.now.retr(number, MESSAGES[number - 1]?.length ?? null),
    ok: isThere,
    before: (_, number) => content(number, MESSAGES[number - 1]!),
  },
  top: {
    verb: "TOP",
    give: ({ client }, number) => client.now.top(number, 1),
    ok: (model, number) => model.policies.top && isThere(model, number),
    before: (_, number) => content(number, topOf(MESSAGES[number - 1]!, 1)),
  },
  dele: {
    verb: "DELE",
    give: ({ client }, number) => client.now.dele(number),
    ok: isThere,
    done: ({ marked }, number) => marked.add(number),
  },
  noop: { verb: "NOOP", give: ({ client }) => client.now.noop() },
  rset: { verb: "RSET", give: ({ client }) => client.now.rset(), done: ({ marked }) => marked.clear() },
  quit: {
    verb: "QUIT",
    give: ({ client }) => client.now.quit(),
    says: ({ state }) => (state === "transaction" ? " confirmed" : " none"),
  },
};
const NUMBERED = new Set(["list", "uidl", "retr", "top", "dele"]);
const NUMBERS = ["1", "2", "3", "4", "9", "5"];

/** A command of the model-based sequences: given to the client, and held against the fixture once it is answered. */
class Given implements fc.Command<Model, Real> {
  readonly name: string;
  readonly text: string;
  readonly number: number;
  /** Whether what is given next waits for the answer, though it need not. */
  readonly waits: boolean;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    this.waits = !text.endsWith("+");
    // Numbers that cannot be sent are the business of `pop3-client`.
    this.number = Math.abs(Number.parseInt(text, 10) % 1000 || 1);
  }

  check({ state }: Readonly<Model>): boolean {
    return state !== "closed";
  }

  run(model: Model, real: Real): void {
    const { number } = this;
    const step = STEPS[this.name]!;
    const before = model.state;
    const next = LEGAL_ORDER[step.verb]![before];
    if (next === undefined || !(step.given?.(model) ?? true)) {
      same(
        thrownBy(() => step.give(real, number)),
        "StateError",
        `${this} in state ${before}`,
      );
      return;
    }
    step.give(real, number);
    if (step.verb === "UTF8") model.utf8Given = true;
    const ok = step.ok?.(model, number) ?? true;
    if (ok) model.expected.push(...(step.before?.(model, number) ?? []));
    model.expected.push(`${step.verb.toLowerCase()} ${ok ? `ok${step.says?.(model) ?? ""}` : "no"}`);
    if (ok) step.done?.(model, number);
    if (next === "closed") model.expected.push("closed quit");
    // Whether a name was taken, and who is logged in, decides what is legal next.
    const decides = before !== "transaction" || next !== "transaction";
    if (next === "busy") model.state = ok && step.verb !== "STLS" ? "transaction" : "authorization";
    else model.state = ok ? next : before === "name" ? "authorization" : before;
    if (!this.waits && !decides) return;
    settle(model, real);
    if (next === "closed" && before === "transaction")
      same(real.deleted, [...model.marked].sort(), "what QUIT removes is what was marked");
  }

  toString(): string {
    return `${this.name} ${this.text}`.trimEnd();
  }
}

/** All is answered: what the client has heard, and where both sides stand. */
function settle(model: Model, real: Real): void {
  const { client, server } = real;
  same(real.news(), model.expected, "the client's events");
  model.expected = [];
  const { now } = client;
  same([now.state, now.tls, server.now.tls], [model.state, model.tls, model.tls], "the state, and TLS on both sides");
  if (model.state === "closed") same([client.waiting, server.waiting], ["closed", "closed"], "both ends are closed");
  else {
    same([client.waiting, server.waiting], ["decision", "bytes"], "the next command is the client's");
    same(server.now.state, model.state, "the server's state");
    same([server.now.utf8, now.timestamp !== null], [model.utf8, model.timestamp], "UTF8, and the timestamp");
  }
}

function run(input: Input): void {
  const policies = policiesOf(new Choices(input.choices));
  const commands = input.ops.flatMap((op) =>
    op.kind === "call" && Object.hasOwn(STEPS, op.name) ? [new Given(op.name, op.text)] : [],
  );
  const real = new Real(policies);
  const model: Model = {
    policies,
    state: "authorization",
    tls: false,
    timestamp: policies.apop,
    utf8: false,
    utf8Given: false,
    marked: new Set(),
    expected: [],
  };
  fc.modelRun(() => ({ model, real }), commands);
  settle(model, real);
  const violation = real.pair.serverEvents.find(
    (event) => event.type === "violation" && !["not-offered", "tls-required", "no-such-message"].includes(event.code),
  );
  holds(violation === undefined, () => `the client has sent what it must not: ${JSON.stringify(violation)}`);
}

/** A command of these names, numbered or not, waited for or not. */
function commandOf(names: readonly string[]): fc.Arbitrary<Given> {
  return fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...NUMBERS), fc.boolean())
    .map(([name, number, waits]) => new Given(name, `${NUMBERED.has(name) ? number : ""}${waits ? "" : "+"}`));
}

const anything = commandOf(Object.keys(STEPS));
/** Marks, what clears them, and what shows them. */
const marking = commandOf([...NUMBERED, "dele", "dele", "dele", "rset", "rset", "stat", "lists", "uidls"]);
const LOGINS = [[], ["apop"], ["user", "pass"], ["auth"], ["capa", "stls", "capa", "auth"]] as const;

/** Model-based command sequences between our client and our server, pipelined or not, by any policies. */
export const pop3Pair: Target = {
  name: "pop3-pair",
  files: ["pop3-codec/src/server/", "pop3-codec/src/client/"],
  lines: ["NOOP\r\n"],
  calls: Object.fromEntries(
    Object.keys(STEPS).map((name) => [name, NUMBERED.has(name) ? NUMBERS.flatMap((n) => [n, `${n}+`]) : ["", "+"]]),
  ),
  inputs: fc
    .tuple(
      choices,
      fc.constantFrom(...LOGINS),
      fc.commands<Model, Real>([anything, marking, marking], { maxCommands: 20 }),
    )
    .map(([chosen, login, commands]) => ({
      choices: chosen,
      // What fast-check makes of commands can be run, and shown.
      ops: [...login, ...Array.from(commands, String)].map((command) => {
        const [name = "", text = ""] = command.split(" ");
        return { kind: "call", name, text } as const;
      }),
    })),
  run,
};
