import fc from "fast-check";
import {
  Pop3ClientSession,
  type Pop3ServerEvent,
  type Pop3ServerOptions,
  Pop3ServerSession,
  StateError,
} from "pop3-codec";
import { byteByByte, chunkings, drive, echo, join, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, fake, LOGIN, MAILDROP, no } from "../support.ts";

/** Octets of the layer as they go over the wire: no command can be read in them. */
const seal = (bytes: Uint8Array) => bytes.map((octet) => octet ^ 0xff);

const options: Pop3ServerOptions = {
  ...{ greeting: "", mechanisms: ["ECHO"], plaintextWithoutTls: true, utf8: true },
  languages: [
    { language: "en", text: "English" },
    { language: "de", text: "Deutsch" },
  ],
  translate: (words, language) => (language === "de" ? "nein" : words),
};

/** A server whose AUTH negotiates a security layer, fed with what is on the wire. */
class Layered {
  readonly session: Pop3ServerSession = new Pop3ServerSession(options);
  readonly events: Pop3ServerEvent["type"][] = [];
  /** What was sent as it is, and what was sent protected, by what it says. */
  plain = "";
  covered = "";
  #begun = false;

  receive(wire: Uint8Array): this {
    this.session.receive(this.#begun ? seal(wire) : wire);
    for (const event of this.session) {
      this.events.push(event.type);
      answer(this.session, event);
      if (event.type !== "authenticated") continue;
      const unread = this.session.beginSecurityLayer();
      this.#take();
      this.#begun = true;
      for (const piece of unread) this.session.receive(seal(piece));
    }
    this.#take();
    return this;
  }

  #take(): void {
    const output = text(this.session.takeOutputPieces());
    if (this.#begun) this.covered += output;
    else this.plain += output;
  }
}

/** A session whose login was just accepted. */
function loggedIn(input: string, login: Pop3ServerEvent["type"]): Pop3ServerSession {
  const session = new Pop3ServerSession(options);
  for (const event of session.receive(octets(input))) {
    if (event.type !== login) answer(session, event);
    else if (event.answer === "needed") break;
  }
  return session.accept(MAILDROP);
}

describe("a security layer", () => {
  const wire = join([
    octets("UTF8\r\nAUTH ECHO\r\neWVz\r\n"),
    seal(octets("STAT\r\nCAPA\r\nNOOP\r\nX\r\nLANG de\r\nX\r\nQUIT\r\n")),
  ]);
  const check = (chunks: readonly Uint8Array[]) => {
    const server = new Layered();
    for (const chunk of chunks) server.receive(chunk);
    expect(server.plain).toBe("+OK\r\n+OK\r\n+ d2hhdD8=\r\n+OK\r\n");
    expect(server.covered).toMatch(/^\+OK 4 76\r\n\+OK\r\n[^.]*\r\n\.\r\n\+OK\r\n-ERR unknown command\r\n/);
    expect(server.covered.endsWith(`+OK de nein\r\n${no("nein")}+OK\r\n`)).toBe(true);
    expect(server.events).toEqual([
      ...["connect", "utf8", "auth", "authenticated"],
      ...["stat", "capa", "noop", "unknown", "lang", "unknown", "quit", "closed"],
    ]);
  };

  it("[PAUTH-4-20] begins for the server after the CRLF of its +OK: what came with the response is no command", () => {
    check([wire]);
    check(byteByByte(wire));
    fc.assert(fc.property(chunkings(wire), check));
  });

  it("[PAUTH-4-20] has the protected octets after an initial response handed out, as they came", () => {
    const session = loggedIn("AUTH ECHO eWVz\r\n\0\0\0\x02\r\n", "authenticated");
    session.receive(octets("NOOP"));
    expect(text(session.beginSecurityLayer())).toBe("\0\0\0\x02\r\nNOOP");
    expect([session.nextEvent(), session.state, text(session.takeOutputPieces())]).toEqual([
      ...[null, "transaction", "+OK\r\n+OK\r\n"],
    ]);
  });

  it("[PAUTH-4-20] makes the server forget UTF8 and the language, which the client gave before", () => {
    const session = loggedIn("UTF8\r\nLANG de\r\nAUTH ECHO eWVz\r\n", "authenticated");
    expect(session.utf8).toBe(true);
    expect(session.beginSecurityLayer()).toEqual([]);
    expect(session.utf8).toBe(false);
    const { output } = drive(session, [octets("X\r\n")], () => {}, false);
    expect(output.endsWith(no("unknown command"))).toBe(true);
  });

  it("goes on in a session that was restored", () => {
    const session = loggedIn("AUTH ECHO eWVz\r\n\0", "authenticated");
    const restored = Pop3ServerSession.restore(structuredClone(session.snapshot()), options);
    expect(text(restored.beginSecurityLayer())).toBe("\0");
    expect(() => restored.beginSecurityLayer()).toThrow(StateError);
  });

  it("begins nowhere else than after AUTH, and once", () => {
    const message =
      "beginSecurityLayer() is not possible other than at the end of AUTH; legal now: it right after a successful AUTH";
    const refuses = (session: Pop3ServerSession) => expect(() => session.beginSecurityLayer()).toThrow(message);
    refuses(new Pop3ServerSession(options));
    refuses(loggedIn(LOGIN, "pass"));
    const late = loggedIn("AUTH ECHO eWVz\r\nNOOP\r\n", "authenticated");
    expect(late.nextEvent()).toMatchObject({ type: "noop" });
    refuses(late);
    const inside = loggedIn("AUTH ECHO eWVz\r\nNO", "authenticated");
    expect(inside.nextEvent()).toBe(null);
    refuses(inside);
    const closed = loggedIn("AUTH ECHO eWVz\r\n", "authenticated");
    closed.shutdown();
    refuses(closed);
    const owed = new Pop3ServerSession(options);
    for (const event of owed.receive(octets("AUTH ECHO eWVz\r\n"))) {
      if (event.type === "auth") owed.authenticate(fake("ECHO"));
      refuses(owed);
      if (event.type === "authenticated") owed.reject();
    }
    refuses(owed);
    const done = loggedIn("AUTH ECHO eWVz\r\n", "authenticated");
    done.beginSecurityLayer();
    refuses(done);
  });

  it("is begun by both roles at the same octets, and nothing of the session after it is in the clear", () => {
    const server = new Layered();
    const client = new Pop3ClientSession();
    const lines: string[] = [];
    let begun = false;
    const send = () => {
      const wire = join(client.takeOutputPieces());
      const before = [server.plain.length, server.covered.length] as const;
      server.receive(begun ? seal(wire) : wire);
      return [octets(server.plain.slice(before[0])), seal(octets(server.covered.slice(before[1])))] as const;
    };
    for (let turn = 0; turn < 12 && client.waiting !== "closed"; turn++) {
      const [plain, covered] = send();
      client.receive(plain);
      for (const event of client) {
        lines.push(event.type);
        if (event.type === "greeting") client.capa();
        if (event.type === "capa") client.auth(echo());
        if (event.type !== "auth") continue;
        expect(client.beginSecurityLayer()).toEqual([]);
        begun = true;
        client.capa();
      }
      client.receive(seal(covered));
      for (const event of client) {
        lines.push(event.type);
        if (event.type === "capa") client.stat();
        if (event.type === "stat") client.quit();
      }
    }
    expect(lines).toEqual(["greeting", "capa", "auth", "capa", "stat", "quit", "closed"]);
    expect(server.plain.split("\r\n").slice(-3)).toEqual(["+ d2hhdD8=", "+OK", ""]);
    expect(server.events.slice(-4)).toEqual(["capa", "stat", "quit", "closed"]);
  });
});
