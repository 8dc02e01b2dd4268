import { type LineEndings, Stuffer, stuff, Unstuffer, unstuff } from "dot-stuffing";
import { content, framing, wireForm } from "dot-stuffing/arbitraries";
import { LineReader } from "dot-stuffing/session";
import fc from "fast-check";
import { type Decoder, heldAfter, inverses, octets, runs, standardProperties, text } from "tools/testing";
import { describe, expect, it } from "vitest";

const POLICIES: readonly LineEndings[] = ["reject", "normalize", "preserve"];
const anyPolicy = fc.constantFrom(...POLICIES);
const limit = (min: number, max: number) => fc.oneof(fc.integer({ min, max }), fc.constant(Number.POSITIVE_INFINITY));

function unstuffing(options: ConstructorParameters<typeof Unstuffer>[0]): Decoder {
  const unstuffer = new Unstuffer(options);
  const figures = () => ({ size: unstuffer.size, longestLine: unstuffer.longestLine, violation: unstuffer.violation });
  return {
    push(chunk) {
      const { content, consumed, violation, done } = unstuffer.push(chunk);
      const said = violation === null ? content : [...content, { ...violation }];
      return { consumed, said: done ? [...said, figures()] : said, done };
    },
    end: () => [{ ...unstuffer.end() }, figures()],
  };
}

function reading(options: ConstructorParameters<typeof LineReader>[0]): Decoder {
  const reader = new LineReader(options);
  return {
    push(chunk) {
      const { line, violation, consumed } = reader.push(chunk);
      return { consumed, said: line === null && violation === null ? [] : [{ line, violation }] };
    },
    end: () => [{ midLine: reader.midLine, ...reader.end() }],
  };
}

/** Stuffing takes input in chunks too. */
function stuffing(options: ConstructorParameters<typeof Stuffer>[0]): Decoder {
  const stuffer = new Stuffer(options);
  return {
    push: (chunk) => ({ consumed: chunk.length, said: stuffer.push(chunk) }),
    end() {
      const { size, wireSize, stuffedLines } = stuffer;
      return [{ size, wireSize, stuffedLines }, ...stuffer.end(), { size: stuffer.size, wireSize: stuffer.wireSize }];
    },
  };
}

describe("an Unstuffer", () => {
  const options = fc.record({ lineEndings: anyPolicy, maxSize: limit(0, 12), maxLineLength: limit(0, 5) });
  const decoders = options.map((chosen) => () => unstuffing(chosen));
  const withMoreBehind = wireForm().map(({ wire }) => octets(`${text(wire)}NOOP\r\n.\r\n`));
  it.each(standardProperties(decoders, fc.oneof(framing(), withMoreBehind)))("%s", (_, check) => check(runs(10)));

  it("[DOT-1939.3-2] holds no input, however long a line is", () => {
    for (const lineEndings of POLICIES)
      expect(heldAfter(unstuffing({ lineEndings }), octets("a".repeat(3000)), 2000)).toBeLessThan(1_000_000);
  });
});

describe("a LineReader", () => {
  const options = fc.record({ lineEndings: anyPolicy, maxLineLength: limit(2, 12) });
  it.each(
    standardProperties(
      options.map((chosen) => () => reading(chosen)),
      framing(),
    ),
  )("%s", (_, check) => check(runs(10)));

  it("[DOT-2.3.8-5] holds one line up to its limit, however long the line is", () => {
    expect(heldAfter(reading({ maxLineLength: 512 }), octets("a".repeat(3000)), 2000)).toBeLessThan(1_000_000);
  });

  it.each(
    inverses<string[]>(
      {
        encode: (lines) => octets(lines.map((line) => `${line}\r\n`).join("")),
        decode(bytes) {
          const reader = new LineReader({ maxLineLength: Number.POSITIVE_INFINITY });
          const lines: string[] = [];
          for (let at = 0; at < bytes.length; ) {
            const { line, violation, consumed } = reader.push(bytes, at);
            if (violation !== null) return null;
            if (line !== null) lines.push(text(line));
            at += consumed;
          }
          return lines;
        },
      },
      content().map((bytes) => text(bytes).replaceAll("\0", "").split("\r\n").slice(0, -1)),
      framing(),
    ),
  )("%s", (_, check) => check(runs(2)));
});

describe("a Stuffer", () => {
  it.each(
    standardProperties(
      fc.constant(() => stuffing({})),
      framing(),
    ),
  )("%s", (_, check) => check(runs(10)));

  it("holds no input, however long a line is", () => {
    expect(heldAfter(stuffing({}), octets("a".repeat(3000)), 2000)).toBeLessThan(1_000_000);
  });

  it("makes of a clean content what it makes by default, whether it refuses the unclean or not", () => {
    fc.assert(
      fc.property(content(), (bytes) => {
        const refusing = stuff(bytes, { lineEndings: "reject", finalLineEnd: "reject" });
        expect(text(refusing.wire)).toBe(text(stuff(bytes).wire));
      }),
      { numRuns: runs() },
    );
  });
});

describe("stuffing and unstuffing", () => {
  const codec = (lineEndings: LineEndings) => ({
    encode: (text: string) => stuff(octets(text)).wire,
    decode(bytes: Uint8Array) {
      const { content, violation } = unstuff(bytes, { lineEndings });
      // What is preserved may hold bare CRs and LFs, which nobody may send (RFC 5321 §2.3.8).
      return violation === null && !/(?<!\r)\n|\r(?!\n)/.test(text(content)) ? text(content) : null;
    },
  });
  const forms = fc.oneof(
    wireForm().map(({ wire }) => wire),
    framing(),
  );
  it.each(
    POLICIES.flatMap((lineEndings) =>
      inverses(codec(lineEndings), content().map(text), forms).map(
        ([title, check]) => [title, lineEndings, check] as const,
      ),
    ),
  )("[DOT-4.5.2-10] %s, under %s", (_, _policy, check) => check(runs(2)));

  it("[DOT-4.5.2-4] gives the content that a wire form stands for, dots that nobody had to put in left out", () => {
    fc.assert(
      fc.property(wireForm(), anyPolicy, ({ wire, content }, lineEndings) => {
        const found = unstuff(wire, { lineEndings });
        expect([text(found.content), found.rest.length, found.violation]).toEqual([text(content), 0, null]);
      }),
      { numRuns: runs() },
    );
  });
});
