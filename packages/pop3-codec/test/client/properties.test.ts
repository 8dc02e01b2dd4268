import fc from "fast-check";
import { Pop3ClientSession } from "pop3-codec";
import { byteByByte, chunkings, driveClient, everySplit, octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, HELLO, login, nothing, play, shown } from "./support.ts";

describe("properties", () => {
  const CAPA = "+OK\r\nSASL ECHO\r\nPIPELINING\r\n.\r\n";
  const commands: Command[] = [
    (s) => s.capa(),
    login,
    nothing,
    (s) =>
      s.stat().list().uidl().lang().retr(1, 9).top(1, 1).capa().lang("de").dele(1).list(2).uidl(2).noop().rset().quit(),
  ];
  const parts = fc.constantFrom(
    "+OK\r\n",
    "-ERR no\r\n",
    "+OK 1 2\r\n",
    "1 2\r\n",
    ".\r\n",
    "..x\r\n",
    "\r\n",
    "\n",
    "x\n.\n",
    "+ eWVz\r\n",
    "-ERR [SYS/TEMP] x\0\r\n",
    "en English\r\n",
    `9 ${"9".repeat(520)}\r\n`,
    "\0",
    "[",
    "\xff",
  );
  const answers = fc
    .array(parts, { maxLength: 16 })
    .map((all) => octets(`${HELLO}${CAPA}+OK\r\n+OK\r\n${all.join("")}`));

  it("chunking never matters", () => {
    const cut = answers.chain((input) => fc.tuple(fc.constant(input), chunkings(input)));
    fc.assert(
      fc.property(cut, ([input, chunks]) => {
        const whole = play([input], commands);
        expect(play(chunks, commands)).toEqual(whole);
        expect(play(byteByByte(input), commands)).toEqual(whole);
      }),
      { numRuns: runs() },
    );
  });

  it("no octets make anything throw, and every command has its event", () => {
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(answers, noise, (input, more) => {
        const { events, waiting, output } = play([input, more], commands);
        expect(waiting).toBe("closed");
        expect(events.at(-1)).toMatchObject({ type: "closed" });
        const given = output.split("\r\n").length - 1;
        expect(events.filter((event) => "ok" in event && event.type !== "greeting").length).toBeGreaterThanOrEqual(
          given,
        );
      }),
      { numRuns: runs(2) },
    );
  });

  it("chunking never matters before STLS and after it, nor in a login", () => {
    const word = fc.constantFrom("+OK\r\n", "-ERR\r\n", "STLS\r\n", "USER\r\n", ".\r\n", "+O", "\n", "\0\r\n");
    const part = fc.array(word, { maxLength: 8 }).map((words) => octets(words.join("")));
    const cut = part.chain((input) => fc.tuple(fc.constant(input), chunkings(input)));
    const run = (before: readonly Uint8Array[], behind: readonly Uint8Array[]): unknown[] => {
      const session = new Pop3ClientSession().login({ name: "tim", password: "tanstaaf" });
      const plain = driveClient(session, [octets("+OK\r\n+OK\r\n"), ...before], () => {}, false);
      if (session.waiting !== "tls") return [plain];
      session.tlsEstablished();
      return [plain, driveClient(session, behind, () => {})];
    };
    fc.assert(
      fc.property(cut, cut, ([before, beforeCut], [behind, behindCut]) => {
        const whole = run([before], [behind]);
        expect(run(beforeCut, behindCut)).toEqual(whole);
        expect(run(byteByByte(before), byteByByte(behind))).toEqual(whole);
      }),
      { numRuns: runs() },
    );
  });

  it("a message ends where it ends, wherever the input is cut", () => {
    const wire = octets(`${HELLO}+OK\r\n+OK\r\n+OK\r\n..\r\n.\n.\r.\r\nx.\r\n.\r\n+OK\r\n`);
    const whole = play([wire], [login, nothing, (s) => s.retr(1).noop()]);
    for (const chunks of everySplit(wire)) {
      expect(play(chunks, [login, nothing, (s) => s.retr(1).noop()])).toEqual(whole);
    }
    expect(shown(whole).slice(3, 6)).toEqual(["content .\r\n\n.\r.\r\nx.\r\n", "retr ok", "noop ok"]);
  });
});
