import fc from "fast-check";
import { byteByByte, chunkings, octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, HELLO, login, nothing, play } from "./support.ts";

describe("properties", () => {
  const CAPA = "+OK\r\nSASL ECHO\r\nPIPELINING\r\n.\r\n";
  const commands: Command[] = [
    (s) => s.capa(),
    login,
    nothing,
    (s) => s.stat().list().uidl().retr(1).top(1, 1).dele(1).list(2).quit(),
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
});
