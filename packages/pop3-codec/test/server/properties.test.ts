import fc from "fast-check";
import { byteByByte, chunkings, octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { play } from "../support.ts";

describe("properties", () => {
  const lines = fc.constantFrom(
    ...[
      "USER tim",
      "PASS tanstaaf",
      "PASS x",
      "STAT",
      "LIST",
      "LIST 2",
      "UIDL",
      "RETR 1",
      "RETR 9",
      "TOP 1 1",
      "DELE 1",
      "NOOP",
      "RSET",
    ],
    ...[
      "CAPA",
      "AUTH ECHO",
      "AUTH ECHO eWVz",
      "eWVz",
      "*",
      "QUIT",
      "XYZ",
      "",
      "a\nb",
      "a\rb",
      "\0",
      "x".repeat(300),
      "APOP a b",
    ],
  );
  const session = fc.array(lines, { maxLength: 20 }).map((all) => octets(all.map((line) => `${line}\r\n`).join("")));
  const options = { mechanisms: ["ECHO"], stls: true };

  it("chunking never matters", () => {
    const cut = session.chain((input) => fc.tuple(fc.constant(input), chunkings(input)));
    fc.assert(
      fc.property(cut, ([input, chunks]) => {
        const whole = play([input], options);
        expect(play(chunks, options)).toEqual(whole);
        expect(play(byteByByte(input), options)).toEqual(whole);
      }),
      { numRuns: runs() },
    );
  });

  it("no octets make anything throw, and every response is one", () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
      session,
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 4 }), (chunks) => {
        const { output, waiting } = play(chunks, options);
        for (const line of output.split("\r\n").slice(0, -1)) expect(line).toMatch(/^[ -~]*$/);
        expect(["closed", "tls"]).toContain(waiting);
      }),
      { numRuns: runs(2) },
    );
  });
});
