import fc from "fast-check";
import { type Pop3ServerEvent, type Pop3ServerOptions, Pop3ServerSession } from "pop3-codec";
import { byteByByte, chunkings, drive, join, octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, play } from "../support.ts";

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
    ...["STLS", "UTF8", "LANG", "LANG *", "LANG de", "USER gr\xc3\xbc\xc3\x9f", "USER \xff", "AUTH", "LAST", "TOP 2 0"],
  );
  const session = fc.array(lines, { maxLength: 20 }).map((all) => octets(all.map((line) => `${line}\r\n`).join("")));
  const options: Pop3ServerOptions = {
    mechanisms: ["ECHO"],
    stls: true,
    utf8: "user",
    languages: [{ language: "en", text: "English" }],
    expire: { days: 0 },
  };

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

  it("[STLS-4-3] chunking never matters before and after TLS, and nothing from before it is run after it", () => {
    /** Plays a segment in plaintext, the handshake if there is one, and a segment after it. */
    const both = (plain: readonly Uint8Array[], tls: readonly Uint8Array[]) => {
      const server = new Pop3ServerSession({ plaintextWithoutTls: true, greeting: "", ...options });
      const take = (event: Pop3ServerEvent) => answer(server, event);
      const before = drive(server, plain, take, false);
      if (server.waiting !== "tls") return [before];
      server.tlsEstablished();
      return [before, drive(server, tls, take)];
    };
    const cut = session.chain((input) => fc.tuple(fc.constant(input), chunkings(input)));
    const stls = octets("STLS\r\n");
    fc.assert(
      fc.property(cut, cut, ([first, firstCut], [second, secondCut]) => {
        const whole = both([stls, first], [second]);
        expect(both([join([stls, first])], [second])).toEqual(whole);
        expect(both([stls, ...firstCut], secondCut)).toEqual(whole);
        expect(both(byteByByte(join([stls, first])), byteByByte(second))).toEqual(whole);
        const clean = both([stls], [second]);
        expect(whole[1]!.output).toBe(clean[1]!.output);
        expect(whole[0]!.events.filter(({ type }) => type === "violation")).toHaveLength(first.length === 0 ? 0 : 1);
      }),
      { numRuns: runs(0.5) },
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
        expect(output).toMatch(/^(?:.*\r\n)*$/);
        expect(["closed", "tls"]).toContain(waiting);
      }),
      { numRuns: runs(2) },
    );
  });
});
