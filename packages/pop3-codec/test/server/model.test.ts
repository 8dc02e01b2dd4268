import fc from "fast-check";
import { Pop3ServerSession } from "pop3-codec";
import { octets, pull, runs, text } from "tools/testing";
import { expect, it } from "vitest";
import { answer, LOGIN, MAILDROP } from "../support.ts";
import { cell } from "./fixture.ts";

/** What a client knows of the session: the fixture's states, and what RFC 1939 says of marks. */
interface Model {
  state: "authorization" | "name" | "transaction" | "sasl" | "tls" | "closed";
  name: string;
  tls: boolean;
  utf8: boolean;
  marked: Set<number>;
  /** What QUIT is to hand over. */
  deleted: readonly number[] | null;
}

class Server {
  readonly session = new Pop3ServerSession({
    plaintextWithoutTls: true,
    stls: true,
    utf8: true,
    greeting: "",
    languages: [{ language: "en", text: "" }],
    apop: { timestamp: "<1@a>" },
    mechanisms: ["ECHO"],
    maxErrors: Number.POSITIVE_INFINITY,
    maxFailedLogins: Number.POSITIVE_INFINITY,
  });
  deleted: readonly number[] | null = null;

  constructor() {
    this.say("");
  }

  say(line: string): string {
    this.session.receive(octets(line));
    const pieces = pull(this.session, (event) => {
      if (event.type === "quit" && event.answer === "needed") this.deleted = event.deleted;
      answer(this.session, event);
    });
    return text(pieces);
  }
}

const SIZES = "sizes" in MAILDROP ? MAILDROP.sizes : [];
const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";

/** A command, what its answer begins with where the fixture allows it, and what it changes. */
class Line implements fc.Command<Model, Server> {
  readonly line: string;
  readonly #expected: (model: Model) => string;
  readonly #effect: (model: Model) => void;

  constructor(
    line: string,
    expected: (model: Model) => string = () => "+OK",
    effect: (model: Model) => void = () => {},
  ) {
    this.line = line;
    this.#expected = expected;
    this.#effect = effect;
  }

  check({ state }: Readonly<Model>): boolean {
    return state !== "closed" && state !== "sasl" && state !== "tls";
  }

  run(model: Model, server: Server): void {
    const verb = this.line.split(" ", 1)[0]!;
    const state = model.state as "authorization" | "name" | "transaction";
    const next = verb === "STLS" && (model.tls || model.utf8) ? "-" : cell(verb, state);
    const expected = next === "-" ? "-ERR" : this.#expected(model);
    const output = server.say(`${this.line}\r\n`);
    expect(`${this.line}: ${output.slice(0, expected.length)}`).toBe(`${this.line}: ${expected}`);
    if (expected.startsWith("-ERR") || next === "-") {
      // RFC 1939 §7: any command but a successful PASS takes the name away.
      if (state === "name") model.state = "authorization";
    } else {
      this.#effect(model);
      model.state = next as Model["state"];
    }
    expect(server.session.state).toBe(
      model.state === "transaction" || model.state === "name" ? model.state : stateOf(model, state),
    );
    expect(server.deleted).toEqual(model.deleted);
  }

  toString(): string {
    return this.line;
  }
}

/** What `state` says while the input is not commands: where the session will be if nothing comes of it. */
function stateOf({ state }: Model, before: string): string {
  return state === "closed" && before === "transaction" ? "transaction" : "authorization";
}

/** What the client sends in an exchange of AUTH. */
class Response implements fc.Command<Model, Server> {
  readonly line: string;
  readonly #ok: boolean;

  constructor(line: string, ok: boolean) {
    this.line = line;
    this.#ok = ok;
  }

  check({ state }: Readonly<Model>): boolean {
    return state === "sasl";
  }

  run(model: Model, server: Server): void {
    expect(server.say(`${this.line}\r\n`)).toMatch(this.#ok ? /^\+OK\r\n$/ : /^-ERR /);
    model.state = this.#ok ? "transaction" : "authorization";
    expect(server.session.state).toBe(model.state);
  }

  toString(): string {
    return `response ${this.line}`;
  }
}

class Handshake implements fc.Command<Model, Server> {
  check({ state }: Readonly<Model>): boolean {
    return state === "tls";
  }

  run(model: Model, server: Server): void {
    expect(server.session.waiting).toBe("tls");
    server.session.tlsEstablished();
    model.tls = true;
    model.state = "authorization";
  }

  toString(): string {
    return "handshake";
  }
}

const there = (number: number) => (model: Model) =>
  number > 0 && number <= SIZES.length && !model.marked.has(number) ? "+OK" : "-ERR";
const total = ({ marked }: Model) => {
  const left = SIZES.filter((_, index) => !marked.has(index + 1));
  return `+OK ${left.length} ${left.reduce((sum, size) => sum + size, 0)}\r\n`;
};
const listed = (value: (number: number) => unknown) => (model: Model) => {
  const left = SIZES.flatMap((_, index) => (model.marked.has(index + 1) ? [] : [index + 1]));
  return `+OK\r\n${left.map((number) => `${number} ${value(number)}\r\n`).join("")}.\r\n`;
};

const number = fc.integer({ min: 0, max: SIZES.length + 1 });
const commands = [
  fc.constantFrom("tim", "tom").map((name) => new Line(`USER ${name}`, undefined, (model) => void (model.name = name))),
  fc
    .constantFrom("tanstaaf", "x")
    .map((word) => new Line(`PASS ${word}`, ({ name }) => (name === "tim" && word === "tanstaaf" ? "+OK" : "-ERR"))),
  fc.constant(new Line(`APOP tim ${DIGEST}`)),
  fc.constant(new Line("AUTH ECHO", () => "+ ")),
  fc.constantFrom(new Response("eWVz", true), new Response("bm8=", false), new Response("*", false)),
  fc.constant(new Line("STLS")),
  fc.constant(new Handshake()),
  fc.constant(new Line("UTF8", undefined, (model) => void (model.utf8 = true))),
  fc.constantFrom(new Line("CAPA"), new Line("LANG"), new Line("LANG en"), new Line("LANG de", () => "-ERR")),
  fc.constantFrom(new Line("STAT", total), new Line("NOOP"), new Line("STAT", total)),
  fc.constantFrom(
    new Line(
      "LIST",
      listed((n) => SIZES[n - 1]),
    ),
    new Line(
      "UIDL",
      listed((n) => `uid-${n}`),
    ),
  ),
  number.map((n) => new Line(`LIST ${n}`, there(n))),
  number.map((n) => new Line(`UIDL ${n}`, there(n))),
  number.map((n) => new Line(`RETR ${n}`, there(n))),
  number.map((n) => new Line(`TOP ${n} 0`, there(n))),
  number.map((n) => new Line(`DELE ${n}`, there(n), ({ marked }) => void marked.add(n))),
  fc.constant(new Line("RSET", undefined, ({ marked }) => marked.clear())),
  fc.constantFrom(new Line("LAST"), new Line("XTND XMIT")),
  fc.constant(
    new Line("QUIT", undefined, (model) => {
      if (model.state === "transaction") model.deleted = [...model.marked].sort();
    }),
  ),
];

it("[POP3-3-6] every command does in every state what the RFCs say, and no more", () => {
  const setup = (loggedIn: boolean) => (): { model: Model; real: Server } => {
    const real = new Server();
    if (loggedIn) real.say(LOGIN);
    const state = loggedIn ? "transaction" : "authorization";
    return { model: { state, name: "", tls: false, utf8: false, marked: new Set(), deleted: null }, real };
  };
  fc.assert(
    fc.property(fc.boolean(), fc.commands(commands, { maxCommands: 60 }), (loggedIn, cmds) => {
      fc.modelRun(setup(loggedIn), cmds);
    }),
    { numRuns: runs(3) },
  );
});
