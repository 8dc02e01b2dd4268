import fc from "fast-check";
import { type Maildrop, type Pop3ServerEvent, type Pop3ServerOptions, Pop3ServerSession, sizeAsSent } from "pop3-codec";
import { byteByByte, octets, pull, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, LOGIN, MAILDROP, MESSAGES, no, play } from "../support.ts";
import { OK } from "./support.ts";

/** A session in which a maildrop is open, its output taken. */
function open(maildrop: Maildrop, options: Pop3ServerOptions = {}): Pop3ServerSession {
  const session = new Pop3ServerSession({ tls: true, ...options });
  say(session, LOGIN, (event) => event.type === "pass" && session.accept(maildrop));
  return session;
}

/** What a session answers to input. */
function say(session: Pop3ServerSession, input: string, take: (event: Pop3ServerEvent) => unknown = () => {}): string {
  session.receive(octets(input));
  return text(pull(session, take));
}

describe("a maildrop", () => {
  it("[POP3-4-4] stays as it was when it was opened", () => {
    const sizes = [10, 20];
    const uniqueIds = ["a", "b"];
    const session = open({ sizes, uniqueIds });
    sizes[0] = 11;
    sizes.push(30);
    uniqueIds[0] = "z";
    uniqueIds.push("c");
    expect(say(session, "STAT\r\nLIST\r\nUIDL\r\n")).toBe(
      `+OK 2 30\r\n${OK}1 10\r\n2 20\r\n.\r\n${OK}1 a\r\n2 b\r\n.\r\n`,
    );
  });

  it("is asked for what is needed, and added up once", () => {
    let asked = 0;
    const source = {
      count: 1000,
      size: (n: number) => {
        asked++;
        return n;
      },
      uniqueId: (n: number) => `u${n}`,
    };
    const session = open(source);
    expect(asked).toBe(0);
    expect(say(session, "STAT\r\n")).toBe("+OK 1000 500500\r\n");
    expect(asked).toBe(1000);
    expect(say(session, "DELE 7\r\nSTAT\r\nRSET\r\nSTAT\r\n")).toBe(`${OK}+OK 999 500493\r\n${OK}+OK 1000 500500\r\n`);
    expect(asked).toBe(1001);
    expect(say(session, "LIST 9\r\nUIDL 9\r\n")).toBe("+OK 9 9\r\n+OK 9 u9\r\n");
    expect(say(open({ ...source, total: 1 }), "STAT\r\n")).toBe("+OK 1000 1\r\n");
  });

  it("whose sizes cannot be has an error where accept() asks for them, and nothing changes", () => {
    const session = open({ count: 2, size: (n) => (n === 1 ? -1 : 2), uniqueId: (n) => (n === 1 ? "" : "b") });
    for (const input of ["DELE 1\r\n", "LIST 1\r\n", "UIDL 1\r\n", "STAT\r\n"]) {
      session.receive(octets(input));
      expect(session.nextEvent()).toMatchObject({ answer: "default" });
      expect(() => session.accept()).toThrow(RangeError);
      expect(() => session.accept()).toThrow(RangeError);
      session.reject("not now");
    }
    expect(say(session, "LIST 2\r\n")).toBe(`${no("not now").repeat(4)}+OK 2 2\r\n`);
  });

  it.each(["STAT", "LIST 2", "UIDL 2", "DELE 2"])(
    "[PRC-3206.4-1] that throws at the default answer to %s throws to the application once, and the client has an answer",
    (command) => {
      let broken = true;
      const fails = (n: number) => {
        if (broken && n === 2) throw new Error("EIO");
        return 3;
      };
      for (const from of ["nextEvent", "takeOutput"] as const) {
        broken = true;
        const session = open({ count: 2, size: fails, uniqueId: (n) => `u${fails(n)}` });
        session.receive(octets(`RETR 1\r\n${command}\r\nNOOP\r\n${command}\r\n`));
        expect(session.nextEvent()).toMatchObject({ type: "retr" });
        session.accept().content(octets("a\r\n"));
        expect(session.nextEvent()).toMatchObject({ answer: "default" });
        let output = "";
        // What was answered before goes out, whichever call commits the answer.
        if (from === "takeOutput") output = text(session.takeOutputPieces());
        expect(() => session.nextEvent()).toThrow("EIO");
        output += text(session.takeOutputPieces());
        expect(output).toBe(`${OK}a\r\n.\r\n${no("[SYS/TEMP] internal error")}`);
        broken = false;
        const figures = { STAT: " 2 6", "LIST 2": " 2 3", "UIDL 2": " 2 u3", "DELE 2": "" }[command];
        expect(say(session, "")).toBe(`${OK}+OK${figures}\r\n`);
      }
    },
  );

  it("whose total is less than what is deleted is told so once, and added up from there on", () => {
    const session = open({ count: 3, total: 10, size: (n) => n * 5, uniqueId: String });
    expect(say(session, "STAT\r\nDELE 1\r\nSTAT\r\n")).toBe(`+OK 3 10\r\n${OK}+OK 2 5\r\n`);
    session.receive(octets("DELE 2\r\n"));
    expect(session.nextEvent()).toMatchObject({ type: "dele", number: 2 });
    expect(() => session.nextEvent()).toThrow(
      new RangeError('"total" expected at least 15, which messages marked as deleted have, got 10'),
    );
    expect(say(session, "STAT\r\nDELE 2\r\nDELE 3\r\nSTAT\r\nRSET\r\nSTAT\r\n")).toBe(
      `${no("[SYS/TEMP] internal error")}+OK 2 25\r\n${OK}${OK}+OK 0 0\r\n${OK}+OK 3 30\r\n`,
    );
  });

  it("whose sizes grow after they were added up is told so once, too", () => {
    let factor = 1;
    const session = open({ count: 2, size: (n) => n * factor, uniqueId: String });
    expect(say(session, "STAT\r\n")).toBe("+OK 2 3\r\n");
    factor = 5;
    session.receive(octets("DELE 1\r\n"));
    session.nextEvent();
    expect(() => session.nextEvent()).toThrow('"total" expected at least 5');
    expect(say(session, "DELE 1\r\nSTAT\r\n")).toBe(`${no("[SYS/TEMP] internal error")}${OK}+OK 1 10\r\n`);
  });

  it("that throws when a message is asked for throws to the application, and the client has an answer", () => {
    const session = open({
      count: 1,
      size: () => {
        throw new Error("disk full");
      },
      uniqueId: () => "a",
    });
    session.receive(octets("RETR 1\r\nNOOP\r\n"));
    expect(() => session.nextEvent()).toThrow("disk full");
    expect(say(session, "")).toBe(`${no("[SYS/TEMP] internal error")}${OK}`);
  });

  it.each([1, 512, 513, 1500, 2000])("that throws at message %j in the midst of a listing loses none of it", (at) => {
    let broken = true;
    const size = (n: number) => {
      if (broken && n === at) throw new Error("disk full");
      return 7;
    };
    const session = open({ count: 2000, size, uniqueId: String }, { highWaterMark: 64 });
    session.receive(octets("LIST\r\nNOOP\r\n"));
    let sent = "";
    const take = () => {
      for (let event = session.nextEvent(); event !== null; event = session.nextEvent());
      for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput()) sent += text(bytes);
    };
    expect(take).toThrow("disk full");
    expect(take).toThrow("disk full");
    broken = false;
    take();
    take();
    expect(sent).toBe(`${OK}${Array.from({ length: 2000 }, (_, index) => `${index + 1} 7\r\n`).join("")}.\r\n${OK}`);
  });

  it("that throws for good can be given up in the midst of a listing: the client sees it cut off", () => {
    const uniqueId = (n: number) => (n === 600 ? "no unique-id" : "id");
    const session = open({ count: 1000, size: () => 1, uniqueId });
    session.receive(octets("UIDL\r\nQUIT\r\n"));
    const sent: string[] = [];
    const take = () => {
      for (const _ of session);
      for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput()) sent.push(text(bytes));
    };
    expect(take).toThrow('"uniqueId" expected 1 to 70 octets from 0x21 to 0x7E (RFC 1939 §7), of message 600');
    expect(take).toThrow('"uniqueId" expected 1 to 70 octets from 0x21 to 0x7E (RFC 1939 §7), of message 600');
    session.abort();
    expect(session.takeOutput()).toBe(null);
    expect(session.nextEvent()).toEqual({ type: "closed", cause: "aborted", answer: "none" });
    expect([session.nextEvent(), session.waiting]).toEqual([null, "closed"]);
    expect(sent.join("")).toMatch(/^\+OK\r\n1 id\r\n.*\r\n512 id\r\n$/s);
    expect(() => session.abort()).toThrow("abort() is not possible");
  });

  it("that has a count is asked, whatever else it has", () => {
    const source = { count: 1, sizes: [7, 7], uniqueIds: ["b", "c"], size: () => 5, uniqueId: () => "a" };
    const session = open(source);
    expect(say(session, "STAT\r\nUIDL 1\r\n")).toBe("+OK 1 5\r\n+OK 1 a\r\n");
    const again = Pop3ServerSession.restore(session.snapshot(), { tls: true }, null, source);
    expect(say(again, "LIST 1\r\n")).toBe("+OK 1 5\r\n");
  });

  it.each<[Partial<Record<string, unknown>>, string]>([
    [{}, '"maildrop" expected { sizes, uniqueIds }'],
    [{ sizes: [1] }, "expected a unique-id for each message"],
    [{ sizes: [1], uniqueIds: [] }, "expected arrays of one length"],
    [{ sizes: [1], uniqueIds: ["a"], needsUtf8: [] }, "expected arrays of one length"],
    [{ sizes: [1], uniqueIds: ["a"], needUtf8: [true] }, "loginDelay, expire alone, got needUtf8"],
    [
      { sizes: [1], uniqueids: ["a"] },
      '"maildrop" expected sizes, uniqueIds, needsUtf8, loginDelay, expire alone, got uniqueids',
    ],
    [{ sizes: [2 ** 53 - 1, 1], uniqueIds: ["a", "b"] }, '"total" expected a whole number, got 9007199254740992'],
    [{ sizes: [1.5], uniqueIds: ["a"] }, '"size" expected a whole number, got 1.5'],
    [{ sizes: [1], uniqueIds: ["x".repeat(71)] }, '"uniqueId" expected 1 to 70 octets'],
    [
      { sizes: [1, 1, 1], uniqueIds: ["!", "~", "\x7f"] },
      '"uniqueId" expected 1 to 70 octets from 0x21 to 0x7E (RFC 1939 §7), of message 3',
    ],
    [{ sizes: [1], uniqueIds: [""] }, '"uniqueId" expected 1 to 70 octets'],
    [
      { sizes: [1], uniqueIds: ["a b"] },
      '"uniqueId" expected 1 to 70 octets from 0x21 to 0x7E (RFC 1939 §7), of message 1',
    ],
    [{ count: 1, size: () => 1 }, "expected a unique-id for each message"],
    [{ count: 1, uniqueId: () => "a" }, '"size" expected a function'],
    [{ count: 1, size: () => 1, uniqueId: () => "a", needsUtf8: 1 }, '"needsUtf8" expected a function'],
    [{ count: 0.5, size: () => 1, uniqueId: () => "a" }, '"count" expected a whole number, got 0.5'],
    [{ count: 1, total: -1, size: () => 1, uniqueId: () => "a" }, '"total" expected a whole number, got -1'],
  ])("[POP3-7-4] %j is refused when it is handed over", (maildrop, message) => {
    expect(() => open(maildrop as unknown as Maildrop)).toThrow(message);
  });

  it("[POP3-5-15] DELE marks, once, and nothing is removed", () => {
    const { output, events } = play(`${LOGIN}DELE 2\r\nDELE 2\r\nRSET\r\nDELE 2\r\n`);
    expect(output).toBe(`${OK.repeat(4)}${no("no such message")}${OK}${OK}`);
    expect(events.map(({ type }) => type)).not.toContain("quit");
  });

  it.each<[string, string, readonly number[], readonly number[]]>([
    ["RETR of a whole message", "RETR 1\r\nRETR 3\r\nDELE 3\r\n", [3], [1]],
    ["TOP, which does not count", "TOP 1 99\r\nRETR 2\r\n", [], [2]],
    ["marks that were taken back", "RETR 2\r\nDELE 2\r\nRSET\r\n", [], [2]],
  ])("[CAPA-6.7-3] under EXPIRE 0 the end names what was retrieved: %s", (_, commands, deleted, expired) => {
    const end = (options: Pop3ServerOptions, maildrop = MAILDROP) =>
      play(`${LOGIN}${commands}QUIT\r\n`, options, (session, event) => {
        if (event.type === "pass") session.accept(maildrop);
        else answer(session, event);
      }).events.find(({ type }) => type === "quit");
    expect(end({ expire: { days: 0 } })).toEqual({ type: "quit", deleted, expired, answer: "needed" });
    expect(end({ expire: { days: 30 } })).toEqual({ type: "quit", deleted, expired: [], answer: "needed" });
    const own = { expire: { days: 0, user: true } };
    expect(end(own, { ...MAILDROP, expire: 7 })).toEqual({ type: "quit", deleted, expired: [], answer: "needed" });
  });

  it("[CAPA-6.7-3] a message broken off does not count as retrieved", () => {
    const session = open(MAILDROP, { expire: { days: 0 } });
    const events: Pop3ServerEvent[] = [];
    say(session, "RETR 1\r\n", (event) => {
      events.push(event);
      if (event.type === "retr") session.accept().write(octets("Sub")).abort();
    });
    expect(events).toMatchObject([{ type: "retr" }, { type: "closed", cause: "aborted" }]);
  });
});

describe("sizes", () => {
  it.each(MESSAGES.map((message, index) => [message, index + 1] as const))(
    "[POP3-5-10] LIST and STAT say of %j what RETR sends of it",
    (message, number) => {
      const size = sizeAsSent(octets(message));
      const maildrop = { sizes: [size], uniqueIds: ["a"] };
      const { output, events } = play(`${LOGIN}STAT\r\nLIST 1\r\nRETR 1\r\n`, {}, (session, event) => {
        if (event.type === "pass") session.accept(maildrop);
        else if (event.type === "retr") session.accept().content(byteByByte(octets(message)));
        else answer(session, event);
      });
      const sent = output.slice(`${OK.repeat(3)}+OK 1 ${size}\r\n+OK 1 ${size}\r\n${OK}`.length, -".\r\n".length);
      expect(sent.replaceAll(/^\./gm, "")).toHaveLength(size);
      expect("sizes" in MAILDROP && MAILDROP.sizes[number - 1]).toBe(size);
      expect(events.filter(({ type }) => type === "size-differs")).toEqual([]);
    },
  );

  it("that are wrong are told, once the message was sent, but for TOP", () => {
    const wrong = (session: Pop3ServerSession, event: Pop3ServerEvent) => {
      if (event.type === "retr" || event.type === "top") session.accept().content(octets("a\n.b"));
      else answer(session, event);
    };
    const { events, output } = play(`${LOGIN}RETR 4\r\nTOP 4 0\r\n`, {}, wrong);
    expect(output).toBe(`${OK.repeat(4)}a\r\n..b\r\n.\r\n${OK}a\r\n..b\r\n.\r\n`);
    expect(events.filter(({ answer: owed }) => owed === "none")).toEqual([
      { type: "size-differs", number: 4, announced: 0, sent: 7, answer: "none" },
      { type: "closed", cause: "end-of-input", answer: "none" },
    ]);
  });
});

describe("a message", () => {
  const begin = (command: string, options: Pop3ServerOptions = {}) => {
    const session = open(MAILDROP, options);
    say(session, command, ({ type }) => (type === "retr" || type === "top") && session.accept());
    return session;
  };

  it("says when no more of it is wanted", () => {
    const top = begin("TOP 1 1\r\n");
    const wanted: boolean[] = [];
    for (const piece of ["a: b\r\n", "\r\n", "one\r\n", "two\r\n"]) {
      top.write(octets(piece));
      wanted.push(top.contentWanted);
    }
    expect(wanted).toEqual([true, true, false, false]);
    expect(say(top.end(), "")).toBe("a: b\r\n\r\none\r\n.\r\n");
    const retr = begin("RETR 1\r\n");
    expect([retr.contentWanted, retr.end().contentWanted]).toEqual([true, false]);
  });

  it("is drawn on only as far as TOP wants it", () => {
    let drawn = 0;
    let closed = false;
    function* pieces() {
      try {
        for (;;) {
          drawn++;
          yield octets("x: y\r\n\r\n");
        }
      } finally {
        closed = true;
      }
    }
    expect(say(begin("TOP 1 0\r\n").content(pieces()), "")).toBe("x: y\r\n\r\n.\r\n");
    expect([drawn, closed]).toEqual([1, true]);
  });

  it("[POP3-5-12] with line ends of its own is refused where the options say so; what was refused was not written", () => {
    for (const command of ["RETR 1\r\n", "TOP 1 0\r\n"]) {
      const session = begin(command, { lineEndings: "reject" });
      session.write(octets("a: b\r\n"));
      expect(() => session.write(octets("x\ny\r\n\r\n"))).toThrow(
        '"chunk" expected CRLF line ends, got an LF without CR',
      );
      expect(say(session.content(octets("\r\n.\r\n")), "")).toBe(
        `a: b\r\n\r\n${command.startsWith("RETR") ? "..\r\n" : ""}.\r\n`,
      );
    }
    expect(() => new Pop3ServerSession({ lineEndings: "preserve" as "reject" })).toThrow(
      '"lineEndings" expected one of',
    );
  });

  it.each([
    ["a text", "a: b"],
    ["nothing", undefined],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(4))],
  ])("is not %s", (_, bytes) => {
    for (const command of ["RETR 1\r\n", "TOP 1 0\r\n"])
      expect(() => begin(command).write(bytes as unknown as Uint8Array)).toThrow(TypeError);
  });

  it("of any octets, in any pieces, is what a plain reading makes of it", () => {
    const lines = fc.array(fc.constantFrom("", ".", "..", ".a", "a: b", "x".repeat(100)), { maxLength: 12 });
    const ends = fc.constantFrom("\r\n", "\n", "\r");
    fc.assert(
      fc.property(lines, ends, fc.nat({ max: 6 }), fc.nat({ max: 5 }), (all, end, size, count) => {
        const content = all.map((line) => `${line}${end}`).join("");
        const pieces = Array.from({ length: Math.ceil(content.length / (size + 1)) }, (_, index) =>
          octets(content.slice(index * (size + 1), (index + 1) * (size + 1))),
        );
        const empty = all.indexOf("");
        const wanted = empty < 0 ? all : all.slice(0, empty + 1 + count);
        const wire = (some: readonly string[]) =>
          `${some.map((line) => `${line.replace(/^\./, "..")}\r\n`).join("")}.\r\n`;
        expect(say(begin("RETR 1\r\n").content(pieces), "")).toBe(wire(all));
        expect(say(begin(`TOP 1 ${count}\r\n`).content(pieces), "")).toBe(wire(wanted));
      }),
      { numRuns: runs() },
    );
  });
});

describe("listings", () => {
  it("[POP3-5-3] [POP3-5-7] of many messages leave out the marked ones, in whatever pieces they are taken", () => {
    const count = 3000;
    const maildrop = { count, size: (n: number) => 2 * n, uniqueId: (n: number) => `<${n}>` };
    for (const highWaterMark of [0, 100, 65_536, Number.POSITIVE_INFINITY]) {
      const session = open(maildrop, { highWaterMark });
      const marked = [1, 512, 513, 1024, 3000];
      say(session, marked.map((n) => `DELE ${n}\r\n`).join(""));
      const left = Array.from({ length: count }, (_, index) => index + 1).filter((n) => !marked.includes(n));
      expect(say(session, "LIST\r\n")).toBe(`${OK}${left.map((n) => `${n} ${2 * n}\r\n`).join("")}.\r\n`);
      expect(say(session, "UIDL\r\nNOOP\r\n")).toBe(`${OK}${left.map((n) => `${n} <${n}>\r\n`).join("")}.\r\n${OK}`);
    }
  });

  it.each([0, 511, 512, 513, 1024])("of %d messages end once", (count) => {
    const maildrop = { count, size: () => 1, uniqueId: () => "a" };
    const expected = Array.from({ length: count }, (_, index) => `${index + 1} 1\r\n`).join("");
    expect(say(open(maildrop, { highWaterMark: 0 }), "LIST\r\nLIST\r\n")).toBe(`${OK}${expected}.\r\n`.repeat(2));
  });

  it("go out to their end when the session closes meanwhile", () => {
    const session = open({ count: 5000, size: () => 1, uniqueId: () => "a" }, { highWaterMark: 100 });
    session.receive(octets("LIST\r\n"));
    for (const _ of session);
    expect(session.waiting).toBe("output");
    session.shutdown();
    const output = say(session, "");
    expect(output.startsWith(`${OK}1 1\r\n2 1\r\n`)).toBe(true);
    expect(output.endsWith("5000 1\r\n.\r\n")).toBe(true);
    expect(session.waiting).toBe("closed");
  });
});
