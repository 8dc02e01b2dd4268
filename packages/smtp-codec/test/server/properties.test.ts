import fc from "fast-check";
import { byteByByte, chunkings, octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, play } from "../support.ts";

describe("properties", () => {
  const lines = fc.constantFrom(
    ...[
      "EHLO a",
      "HELO a",
      "MAIL FROM:<a@b> SIZE=10",
      "MAIL FROM:<>",
      "RCPT TO:<c@d>",
      "RCPT TO:<Postmaster>",
      "DATA",
      "x",
      "..y",
      ".",
    ],
    ...[
      "a\nb",
      "a\rb",
      "\n.\n",
      "RSET",
      "NOOP",
      "VRFY x",
      "HELP",
      "AUTH ECHO",
      "AUTH ECHO eWVz",
      "AUTH ASK",
      "eWVz",
      "*",
      "",
      "\0",
    ],
    ...["x".repeat(600), "y".repeat(13_000), "FOO bar", "QUIT", "STARTTLS", "MAIL FROM:<a@b> SIZE=999999999999"],
    ...[
      "BDAT 0",
      "BDAT 5\r\nab\ncd",
      "BDAT 3 LAST\r\na\r",
      "BDAT 2 LAST",
      "BDAT",
      "MAIL FROM:<a@b> BODY=BINARYMIME",
      "LHLO a",
    ],
  );
  const input = fc
    .array(lines, { maxLength: 20 })
    .map((all) => octets(`${EHLO}LHLO x\r\n${all.map((line) => `${line}\r\n`).join("")}`));
  const options = fc.record({
    lineEndings: fc.constantFrom("reject" as const, "normalize" as const, "preserve" as const),
    starttls: fc.boolean(),
    chunking: fc.constant(true),
    binaryMime: fc.boolean(),
    protocol: fc.constantFrom("smtp" as const, "lmtp" as const),
    requireAuth: fc.boolean(),
    maxErrors: fc.constantFrom(2, 20),
  });
  /** Mechanism objects are fresh in every run: what they are called is compared. */
  const shown = (played: ReturnType<typeof play>) => JSON.parse(JSON.stringify(played));

  it("chunking never matters", () => {
    const cut = input.chain((whole) => fc.tuple(fc.constant(whole), chunkings(whole)));
    fc.assert(
      fc.property(cut, options, ([whole, chunks], chosen) => {
        const more = { mechanisms: ["ECHO", "ASK"], ...chosen };
        const expected = shown(play([whole], more));
        expect(shown(play(chunks, more))).toEqual(expected);
        expect(shown(play(byteByByte(whole), more))).toEqual(expected);
      }),
      { numRuns: runs(0.5) },
    );
  });

  it("no octets make anything throw, whatever the answers, and every reply line is one", () => {
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(input, noise, options, fc.infiniteStream(fc.boolean()), (whole, more, chosen, answers) => {
        const { output, waiting } = play(
          [whole, more, whole],
          { mechanisms: ["ECHO", "ASK"], ...chosen },
          (session, event) => {
            if (event.type === "auth" || event.type === "sasl" || answers.next().value || event.answer !== "needed")
              accept(session, event);
            else session.reject();
          },
        );
        for (const line of output.split("\r\n").slice(0, -1)) expect(line).toMatch(/^[2-5][0-5]\d[ -][ -~]*$/);
        expect(["closed", "tls"]).toContain(waiting);
      }),
      { numRuns: runs() },
    );
  });
});
