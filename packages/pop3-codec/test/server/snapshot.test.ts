import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import {
  type Maildrop,
  type Pop3ServerEvent,
  type Pop3ServerOptions,
  Pop3ServerSession,
  type SaslServer,
} from "pop3-codec";
import { byteByByte, chunkings, drive, octets, parseTranscript, runs, withMemory } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, fake, LOGIN, MAILDROP, MESSAGES } from "../support.ts";

const SOURCE: Maildrop = {
  count: 4,
  size: (n) => ("sizes" in MAILDROP ? MAILDROP.sizes[n - 1]! : 0),
  uniqueId: (n) => `uid-${n}`,
};
const OPTIONS: Pop3ServerOptions = {
  plaintextWithoutTls: true,
  mechanisms: ["ECHO", "ASK"],
  utf8: true,
  languages: [{ language: "en", text: "English" }],
  apop: { timestamp: "<1@a>" },
  expire: { days: 0 },
  highWaterMark: 20,
};

/** A session that is replaced, between any two calls, by one restored from its snapshot. */
class Moving {
  readonly #move: boolean;
  readonly #maildrop: Maildrop;
  #session = new Pop3ServerSession(OPTIONS);
  #mechanism: SaslServer | null = null;
  #left: Uint8Array[] = []; // of the message that is being written

  constructor(move: boolean, maildrop: Maildrop) {
    this.#move = move;
    this.#maildrop = maildrop;
  }

  get session(): Pop3ServerSession {
    if (!this.#move) return this.#session;
    const snapshot = structuredClone(this.#session.snapshot());
    this.#session = Pop3ServerSession.restore(snapshot, OPTIONS, this.#mechanism, this.#maildrop);
    return this.#session;
  }

  get waiting(): string {
    return this.session.waiting;
  }

  receive(chunk: Uint8Array): void {
    this.session.receive(chunk);
  }

  receiveEnd(): void {
    this.session.receiveEnd();
  }

  *[Symbol.iterator](): Generator<Pop3ServerEvent> {
    for (;;) {
      const event = this.session.nextEvent();
      if (event !== null) yield event;
      else if (!this.#write()) return;
    }
  }

  takeOutputPieces(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let bytes = this.session.takeOutput(); bytes !== null; bytes = this.session.takeOutput()) pieces.push(bytes);
    return pieces;
  }

  answer(event: Pop3ServerEvent): void {
    if (event.type === "pass" && event.password === "tanstaaf") this.session.accept(this.#maildrop);
    else if (event.type === "retr" || event.type === "top") {
      this.session.accept();
      this.#left = byteByByte(octets(MESSAGES[event.number - 1]!));
    } else if (event.type === "auth") {
      this.#mechanism = fake(event.mechanism);
      this.session.authenticate(this.#mechanism);
    } else if (event.type === "apop" || event.type === "authenticated") this.session.accept(this.#maildrop);
    else answer(this.session, event);
  }

  /** Writes some more of a message, one octet at a time. */
  #write(): boolean {
    if (this.waiting !== "content") return false;
    const piece = this.#left.shift();
    if (piece === undefined) this.session.end();
    else this.session.write(piece);
    return true;
  }
}

function play(chunks: readonly Uint8Array[], move: boolean, maildrop = MAILDROP) {
  const moving = new Moving(move, maildrop);
  const driven = drive(moving, chunks, (event: Pop3ServerEvent) => moving.answer(event));
  // A mechanism object is the one that was handed in, and not to be compared.
  return {
    ...driven,
    events: driven.events.map((event) => ({ ...event, mechanism: null, secrets: secretsOf(event) })),
  };
}

function secretsOf(event: Pop3ServerEvent): unknown {
  if (event.type === "pass") return event.password;
  if (event.type === "apop") return event.digest;
  return event.type === "auth" ? event.initialResponse : null;
}

describe("a server restored from a snapshot", () => {
  const folder = new URL("../seed/", import.meta.url);
  const seeds = readdirSync(folder)
    .filter((name) => name.endsWith(".txt"))
    .map((name) => {
      const { lines } = parseTranscript(readFileSync(new URL(name, folder), "utf8"));
      const sent = lines.filter(({ from }) => from === "C").map(({ printed }) => `${printed}\r\n`);
      return [name, octets(sent.join(""))] as const;
    });

  it.each(seeds)("goes on after every step of the seed page's %s", (_, input) => {
    expect(play([input], true)).toEqual(play([input], false));
    expect(play(byteByByte(input), true)).toEqual(play([input], false));
  });

  const lines = fc.constantFrom(
    ...["USER tim", "PASS tanstaaf", "PASS x", "APOP tim c4c9334bac560ecc979e58001b3e22fb", "AUTH ECHO", "AUTH ASK"],
    ...["AUTH ECHO ZGF0YQ==", "eWVz", "", "*", "UTF8", "LANG en", "STAT", "LIST", "UIDL", "LIST 2", "RETR 1", "RETR 2"],
    ...["TOP 1 1", "DELE 1", "DELE 3", "RSET", "NOOP", "CAPA", "QUIT", "nonsense", "a\nb"],
  );
  const input = fc
    .tuple(fc.boolean(), fc.array(lines, { maxLength: 12 }))
    .map(([login, all]) => octets(`${login ? LOGIN : ""}${all.map((line) => `${line}\r\n`).join("")}`));

  it("goes on as if nothing had happened, after any step, however the input is cut", () => {
    const cut = input.chain((bytes) => fc.tuple(fc.constant(bytes), chunkings(bytes)));
    fc.assert(
      fc.property(cut, fc.constantFrom(MAILDROP, SOURCE), ([bytes, chunks], maildrop) => {
        expect(play(chunks, true, maildrop)).toEqual(play([bytes], false, maildrop));
      }),
      { numRuns: runs(0.5) },
    );
  });

  it("goes on in the middle of a listing of many messages", () => {
    const maildrop = { count: 2000, size: (n: number) => n, uniqueId: (n: number) => `u${n}` };
    const bytes = octets(`${LOGIN}DELE 700\r\nUIDL\r\nLIST\r\nSTAT\r\n`);
    expect(play([bytes], true, maildrop)).toEqual(play([bytes], false, maildrop));
  });

  it("shares nothing with the session that it was taken from", () => {
    const session = new Pop3ServerSession(OPTIONS);
    const say = (one: Pop3ServerSession, text: string) =>
      drive(one, [octets(text)], (event) => answer(one, event), false).output;
    say(session, `${LOGIN}DELE 1\r\n`);
    const snapshot = session.snapshot();
    const other = Pop3ServerSession.restore(snapshot, OPTIONS);
    expect(say(session, "DELE 2\r\nRSET\r\nSTAT\r\n")).toBe("+OK\r\n+OK\r\n+OK 4 76\r\n");
    expect(say(other, "DELE 3\r\nSTAT\r\n")).toBe("+OK\r\n+OK 2 33\r\n");
    expect(say(Pop3ServerSession.restore(snapshot, OPTIONS), "STAT\r\n")).toBe("+OK 3 48\r\n");
  });

  it("needs what is no data, and is of a POP3 server", () => {
    const session = new Pop3ServerSession(OPTIONS);
    drive(session, [octets(LOGIN)], ({ type }) => type === "pass" && session.accept(SOURCE), false);
    expect(() => Pop3ServerSession.restore(session.snapshot(), OPTIONS)).toThrow('"maildrop" expected');
    expect(() => Pop3ServerSession.restore({ version: 1, role: "smtp-server", data: {} }, OPTIONS)).toThrow(TypeError);
  });

  it.each<[object, string]>([
    [{ mode: "lines" }, "one of connect, commands, content, sasl, tls, closed at snapshot.data.memory.mode, got lines"],
    [{ state: "busy" }, "one of authorization, name, transaction at snapshot.data.memory.state, got busy"],
    [{ listing: { type: "top", next: 1 } }, "one of list, uidl at snapshot.data.memory.listing.type, got top"],
  ])("is refused with %j in its memory", (changed, message) => {
    const snapshot = withMemory(new Pop3ServerSession(OPTIONS).snapshot(), changed);
    expect(() => Pop3ServerSession.restore(snapshot, OPTIONS)).toThrow(TypeError);
    expect(() => Pop3ServerSession.restore(snapshot, OPTIONS)).toThrow(message);
  });
});
