import { type LineEndings, StateError, stuff, Unstuffer, type UnstufferOptions, unstuff } from "dot-stuffing";
import { byteByByte, everySplit, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

const POLICIES: readonly LineEndings[] = ["reject", "normalize", "preserve"];

/** All that an unstuffer says about chunks. */
function take(chunks: readonly Uint8Array[], options?: UnstufferOptions) {
  const unstuffer = new Unstuffer(options);
  const violations = [];
  let content = "";
  let consumed = 0;
  for (const chunk of chunks) {
    if (unstuffer.done) break;
    const step = unstuffer.push(chunk);
    content += text(step.content);
    consumed += step.consumed;
    if (step.violation !== null) violations.push(step.violation);
  }
  const { done, size, longestLine } = unstuffer;
  return { content, consumed, violations, done, size, longestLine, end: unstuffer.end() };
}

/**
 * What each policy makes of a wire form: content, and the first violation as code and offset; null: it does not end.
 */
interface Row {
  readonly wire: string;
  readonly reject: readonly [content: string, violation?: string];
  readonly normalize: string;
  readonly preserve: string;
  readonly ends: boolean;
}

const same = (wire: string, content: string): Row => ({
  wire,
  reject: [content],
  normalize: content,
  preserve: content,
  ends: true,
});

describe("[DOT-4.5.2-4] removes one leading dot, whatever follows it", () => {
  it.each<Row>([
    same(".\r\n", ""),
    same("a\r\n.\r\n", "a\r\n"),
    same(".a\r\n.\r\n", "a\r\n"),
    same("..\r\n.\r\n", ".\r\n"),
    same("...\r\n.\r\n", "..\r\n"),
    same(". \r\n.\r\n", " \r\n"),
    same(".\0\r\n.\r\n", "\0\r\n"),
    same("a.b\r\n..\r\n..c\r\n.\r\n", "a.b\r\n.\r\n.c\r\n"),
    same("\r\n\r\n.\r\n", "\r\n\r\n"),
  ])("$wire", ({ wire, reject }) => {
    for (const lineEndings of POLICIES) {
      expect(take([octets(`${wire}rest`)], { lineEndings })).toMatchObject({
        content: reject[0],
        consumed: wire.length,
        violations: [],
        done: true,
        end: null,
        size: reject[0].length,
      });
    }
  });
});

describe("[DOT-4.5.2-6] only CRLF.CRLF ends content, under every policy", () => {
  it.each<Row>([
    { wire: "a\n.\nb", reject: ["a", "bare-lf@1"], normalize: "a\r\n\r\nb", preserve: "a\n.\nb", ends: false },
    { wire: "a\n.\r\nb", reject: ["a", "bare-lf@1"], normalize: "a\r\n\r\nb", preserve: "a\n.\r\nb", ends: false },
    { wire: "a\r\n.\nb", reject: ["a\r\n", "bare-lf@4"], normalize: "a\r\n\r\nb", preserve: "a\r\n\nb", ends: false },
    { wire: "a\r\n.\rb", reject: ["a\r\n", "bare-cr@4"], normalize: "a\r\n\r\nb", preserve: "a\r\n\rb", ends: false },
    { wire: "a\r.\rb", reject: ["a", "bare-cr@1"], normalize: "a\r\n\r\nb", preserve: "a\r.\rb", ends: false },
    { wire: "a\r.\r\nb", reject: ["a", "bare-cr@1"], normalize: "a\r\n\r\nb", preserve: "a\r.\r\nb", ends: false },
    { wire: "a\r.\nb", reject: ["a", "bare-cr@1"], normalize: "a\r\n\r\nb", preserve: "a\r.\nb", ends: false },
    { wire: "a\n.\rb", reject: ["a", "bare-lf@1"], normalize: "a\r\n\r\nb", preserve: "a\n.\rb", ends: false },
    {
      wire: "a\r\n\0.\r\nb",
      reject: ["a\r\n\0.\r\nb"],
      normalize: "a\r\n\0.\r\nb",
      preserve: "a\r\n\0.\r\nb",
      ends: false,
    },
    {
      wire: "a\r\n.\0\r\nb",
      reject: ["a\r\n\0\r\nb"],
      normalize: "a\r\n\0\r\nb",
      preserve: "a\r\n\0\r\nb",
      ends: false,
    },
    {
      wire: "a\r\n.\r\r\nb",
      reject: ["a\r\n", "bare-cr@4"],
      normalize: "a\r\n\r\n\r\nb",
      preserve: "a\r\n\r\r\nb",
      ends: false,
    },
    {
      wire: "a\r\r\n.\r\r\nb",
      reject: ["a", "bare-cr@1"],
      normalize: "a\r\n\r\n\r\n\r\nb",
      preserve: "a\r\r\n\r\r\nb",
      ends: false,
    },
    { wire: "a\r\n. \r\nb", reject: ["a\r\n \r\nb"], normalize: "a\r\n \r\nb", preserve: "a\r\n \r\nb", ends: false },
    { wire: "a\r\n..\r\nb", reject: ["a\r\n.\r\nb"], normalize: "a\r\n.\r\nb", preserve: "a\r\n.\r\nb", ends: false },
    // [DOT-4.5.2-7]: the first CR is a bare CR of the last line.
    { wire: "a\r\r\n.\r\n", reject: ["a", "bare-cr@1"], normalize: "a\r\n\r\n", preserve: "a\r\r\n", ends: true },
  ])("$wire", ({ wire, reject, normalize, preserve, ends }) => {
    const [content, violation] = reject;
    const expected = violation === undefined ? [] : [violation];
    for (const chunks of [...everySplit(octets(wire)), byteByByte(octets(wire))]) {
      const rejected = take(chunks, { lineEndings: "reject" });
      expect(rejected).toMatchObject({ content, done: ends });
      expect(rejected.violations.map(({ code, offset }) => `${code}@${offset}`)).toEqual(expected);
      expect(take(chunks, { lineEndings: "normalize" })).toMatchObject({
        content: normalize,
        done: ends,
        violations: [],
      });
      expect(take(chunks, { lineEndings: "preserve" })).toMatchObject({
        content: preserve,
        done: ends,
        violations: [],
      });
    }
  });
});

it("[DOT-4.5.2-8] every cut of the end and of a stuffed dot gives the same content, end and rest", () => {
  const wire = octets("a\r\n..x\r\n.\r\nNOOP\r\n");
  for (const chunks of everySplit(wire)) {
    expect(take(chunks)).toMatchObject({ content: "a\r\n.x\r\n", consumed: 11, done: true });
  }
});

it("[DOT-4.5.2-5] leaves what stands after the end to the caller, untouched", () => {
  const { content, rest, violation } = unstuff(octets("a\r\n.\r\nMAIL FROM:<>\r\n"));
  expect([text(content), text(rest), violation]).toEqual(["a\r\n", "MAIL FROM:<>\r\n", null]);
});

it("[DOT-4.1.1.4-4] a message that is empty ends at once", () => {
  expect(unstuff(octets(".\r\n"))).toEqual({ content: new Uint8Array(0), rest: new Uint8Array(0), violation: null });
});

it("names content without its end, and throws after the end", () => {
  expect(unstuff(octets("a\r\nb")).violation).toEqual({
    code: "cut-off",
    offset: 4,
    text: "message cut off after 4 octets",
  });
  const unstuffer = new Unstuffer();
  unstuffer.push(octets(".\r\n"));
  expect(unstuffer.end()).toBe(null);
  expect(() => unstuffer.push(octets("a"))).toThrow(StateError);
});

describe("[DOT-1870.5-2] a limit is passed once, at its octet, and the true end is still found", () => {
  it.each<{ wire: string; options: UnstufferOptions; content: string; violations: string[] }>([
    // What was normalised is counted as it comes out, and named by where it came from.
    {
      wire: "a\nb\r\n.\r\n",
      options: { lineEndings: "normalize", maxSize: 2 },
      content: "a\r",
      violations: ["message-too-big@1"],
    },
    {
      wire: "a\rb\r\n.\r\n",
      options: { lineEndings: "normalize", maxSize: 1 },
      content: "a",
      violations: ["message-too-big@1"],
    },
    { wire: "abc\r\n.\r\n", options: { maxSize: 5 }, content: "abc\r\n", violations: [] },
    { wire: "abc\r\n.\r\n", options: { maxSize: 4 }, content: "abc\r", violations: ["message-too-big@4"] },
    { wire: "abc\r\n..\r\nx\r\n.\r\n", options: { maxSize: 5 }, content: "abc\r\n", violations: ["message-too-big@6"] },
    { wire: "abc\r\n.\r\n", options: { maxSize: 0 }, content: "", violations: ["message-too-big@0"] },
    { wire: "abc\r\n.\r\n", options: { maxLineLength: 3 }, content: "abc\r\n", violations: [] },
    { wire: "abcd\r\n.\r\n", options: { maxLineLength: 3 }, content: "abc", violations: ["line-too-long@3"] },
    { wire: "a\r\n.abc\r\n.\r\n", options: { maxLineLength: 3 }, content: "a\r\nabc\r\n", violations: [] },
    {
      wire: "a\r\n.abcd\r\n.\r\n",
      options: { maxLineLength: 3 },
      content: "a\r\nabc",
      violations: ["line-too-long@7"],
    },
    {
      wire: "abcd\n.\r\n.\r\n",
      options: { maxLineLength: 3, maxSize: 2 },
      content: "ab",
      violations: ["message-too-big@2"],
    },
  ])("$wire $options", ({ wire, options, content, violations }) => {
    for (const chunks of [...everySplit(octets(wire)), byteByByte(octets(wire))]) {
      const taken = take(chunks, options);
      expect(taken).toMatchObject({ content, done: true, consumed: wire.length });
      expect(taken.violations.map(({ code, offset }) => `${code}@${offset}`)).toEqual(violations);
    }
  });

  it.each([
    [{ maxSize: -1 }, '"maxSize" expected a whole number of at least 0, or Infinity, got -1'],
    [{ maxSize: 1.5 }, '"maxSize" expected a whole number of at least 0, or Infinity, got 1.5'],
    [{ maxLineLength: Number.NaN }, '"maxLineLength" expected a whole number of at least 0, or Infinity, got NaN'],
    [{ maxLineLength: -1 }, '"maxLineLength" expected a whole number of at least 0, or Infinity, got -1'],
    [{ lineEndings: "keep" as LineEndings }, '"lineEndings" expected one of reject, normalize, preserve, got keep'],
  ])("refuses the options %j", (options, text) => {
    expect(() => new Unstuffer(options)).toThrow(new RangeError(text));
  });
});

describe("[DOT-4.5.3.1.6-1] a line of 998 octets passes at every setting, its stuffed dot not counted", () => {
  it.each([
    { name: "plain", line: "x".repeat(998), sent: "x".repeat(998) },
    { name: "stuffed", line: `.${"x".repeat(997)}`, sent: `..${"x".repeat(997)}` },
  ])("$name", ({ line, sent }) => {
    const wire = octets(`${sent}\r\n.\r\n`);
    for (const options of [{}, { maxLineLength: 998 }]) {
      for (const chunks of [[wire], byteByByte(wire)]) {
        expect(take(chunks, options)).toMatchObject({ content: `${line}\r\n`, longestLine: 998, violations: [] });
      }
    }
  });
});

describe("[DOT-4.5.3.1.6-2] longer lines are allowed and their length reported, or refused once", () => {
  const wire = `a\r\n.${"b".repeat(999)}\r\n${"c".repeat(1500)}\r\n.\r\n`;
  const violation = {
    code: "line-too-long",
    offset: 1002,
    limit: 998,
    text: "a line of more than 998 octets at offset 1002",
  };
  it.each([
    { maxLineLength: Number.POSITIVE_INFINITY, content: wire.slice(0, -3).replace("\n.b", "\nb"), violations: [] },
    { maxLineLength: 998, content: `a\r\n${"b".repeat(998)}`, violations: [violation] },
  ])("limit $maxLineLength", ({ maxLineLength, content, violations }) => {
    for (const chunks of [[octets(wire)], byteByByte(octets(wire))]) {
      expect(take(chunks, { maxLineLength })).toMatchObject({
        ...{ content, violations, longestLine: 1500 },
        ...{ done: true, consumed: wire.length, size: content.length },
      });
    }
  });
});

describe("[DOT-4.1.1.4-6] the first bare CR or LF is one violation, after which nothing is handed over, and the true end is found", () => {
  it.each([
    { wire: "a\nb\rc\r\n.\r\n", content: "a", code: "bare-lf", offset: 1 },
    { wire: "a\r\nb\rc\nd\r\n..e\r\n.\r\n", content: "a\r\nb", code: "bare-cr", offset: 4 },
    { wire: "\n.\r\n.\r\n", content: "", code: "bare-lf", offset: 0 },
    { wire: "a\r\n.\r.\r\n\r\n.\r\n", content: "a\r\n", code: "bare-cr", offset: 4 },
  ] as const)("$wire", ({ wire, content, code, offset }) => {
    const violation = {
      code,
      offset,
      text: `${code === "bare-cr" ? "a CR without LF" : "an LF without CR"} at offset ${offset}`,
    };
    const input = octets(`${wire}NOOP\r\n`);
    for (const chunks of [...everySplit(input), byteByByte(input)]) {
      expect(take(chunks)).toMatchObject({
        content,
        violations: [violation],
        consumed: wire.length,
        done: true,
        end: null,
      });
    }
    const unstuffer = new Unstuffer();
    unstuffer.push(input);
    expect(unstuffer.violation).toEqual(violation);
    expect(unstuff(input)).toEqual({ content: octets(content), rest: octets("NOOP\r\n"), violation });
  });
});

describe("what is handed in", () => {
  it("may be a Buffer: its own slice and subarray change nothing", () => {
    const { content } = new Unstuffer().push(Buffer.from("a\r\n..b\r\n.\r\n"));
    expect(content.every((piece) => piece.constructor === Uint8Array)).toBe(true);
    expect(text(content)).toBe("a\r\n.b\r\n");
  });

  it("is the caller's, and so is what was handed out: writing into it changes nothing that follows", () => {
    const unstuffer = new Unstuffer({ lineEndings: "normalize" });
    for (const piece of unstuffer.push(octets("a\nb\r")).content) piece.fill(0x58);
    for (const piece of unstuffer.push(octets("\nc\r")).content) piece.fill(0x58);
    expect(text(unstuffer.push(octets("\nd\ne\r\n.\r\n")).content)).toBe("\r\nd\r\ne\r\n");
  });

  it("and what unstuff() leaves after the end is a plain view too", () => {
    const { rest } = unstuff(Buffer.from(".\r\nNOOP\r\n"));
    expect([rest.constructor, text(rest)]).toEqual([Uint8Array, "NOOP\r\n"]);
    expect(() => unstuff("a" as unknown as Uint8Array)).toThrow('"wire" expected a Uint8Array, got string');
  });

  it.each([
    ["string", "a" as unknown as Uint8Array],
    ["object", [1] as unknown as Uint8Array],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(1))],
  ])("is refused with a TypeError: %s", (got, chunk) => {
    const unstuffer = new Unstuffer();
    expect(() => unstuffer.push(chunk)).toThrow(new TypeError(`"chunk" expected a Uint8Array, got ${got}`));
    expect(text(unstuffer.push(octets("a\r\n.\r\n")).content)).toBe("a\r\n");
    expect(() => unstuffer.push(octets("b"))).toThrow("push() is not possible after the end; legal now: nothing");
    expect(() => unstuffer.push(octets("b"))).toThrow(expect.objectContaining({ name: "StateError" }));
  });
});

describe("on the wire", () => {
  const everyOctet = text(Uint8Array.from({ length: 256 }, (_, octet) => octet)).replace(/[\r\n]/g, "");
  for (const { id, what, wire, content } of [
    {
      id: "[DOT-4.1.1.4-5]",
      what: "the CRLF before the final dot is content",
      wire: "a\r\n\r\n.\r\n",
      content: "a\r\n\r\n",
    },
    {
      id: "[DOT-1870.5-1]",
      what: "CRLFs are counted, removed dots and the final line are not",
      wire: "..a\r\n.b\r\n.\r\n",
      content: ".a\r\nb\r\n",
    },
    {
      id: "[DOT-1939.3-1]",
      what: "a POP3 listing is read alike",
      wire: "1 120\r\n..2\r\n.\r\n",
      content: "1 120\r\n.2\r\n",
    },
  ]) {
    it(`${id} ${what}`, () => {
      for (const lineEndings of POLICIES) {
        for (const chunks of [[octets(wire)], byteByByte(octets(wire))]) {
          expect(take(chunks, { lineEndings })).toMatchObject({
            content,
            size: content.length,
            done: true,
            violations: [],
          });
        }
      }
    });
  }

  it("[DOT-4.5.2-9] every octet but CR and LF passes both ways unchanged", () => {
    const content = `.${everyOctet}\r\n${everyOctet}\r\n`;
    const wire = `..${everyOctet}\r\n${everyOctet}\r\n.\r\n`;
    expect(text(stuff(octets(content)).wire)).toBe(wire);
    expect(text(unstuff(octets(wire)).content)).toBe(content);
  });

  it("[DOT-4.5.2-7] CR CRLF.CRLF ends content", () => {
    for (const chunks of everySplit(octets("a\r\r\n.\r\n"))) {
      expect(take(chunks, { lineEndings: "preserve" })).toMatchObject({ content: "a\r\r\n", done: true });
    }
  });

  it("[DOT-4.1.1.4-8] preserved bare CR and LF start no line: a dot after them stays", () => {
    const wire = octets(".a\n.b\r.c\r\n.d\n\r\n.\r\n");
    for (const chunks of [...everySplit(wire), byteByByte(wire)]) {
      expect(take(chunks, { lineEndings: "preserve" })).toMatchObject({ content: "a\n.b\r.c\r\nd\n\r\n", done: true });
    }
  });

  it("[DOT-1939.3-2] at most four octets are held back between pushes", () => {
    const unstuffer = new Unstuffer();
    let consumed = 0;
    for (const chunk of byteByByte(octets("ab\r\n\r\ncd\r\n.\r"))) {
      consumed += unstuffer.push(chunk).consumed;
      expect(consumed - unstuffer.size).toBeLessThanOrEqual(4);
    }
    expect(unstuffer.done).toBe(false);
  });
});

it.each([
  ["stuffed dots", "..ab\r\n", ".ab\r\n", {}],
  ["bare line ends", "a\n", "a\r\n", { lineEndings: "normalize" }],
] as const)(
  "[DOT-4.5.2-4] more %s in a chunk than one block of memory takes lose nothing",
  (_, sent, line, options) => {
    const wire = octets(`${sent.repeat(1200)}\r\n.\r\n`);
    const content = `${line.repeat(1200)}\r\n`;
    expect(take([wire], options)).toMatchObject({ content, size: content.length, done: true, violations: [] });
  },
);

describe("in the midst of long text, an LF without CR is one, whatever stands in front of it", () => {
  // Long enough for a leap: a line end less far on is looked for octet by octet.
  const long = "text ".repeat(100);
  it.each(["\n\n", "\0\n", "\t\n", "\x0b\n", "\n\n.\r\n", "\n.\n"])("%j", (inside) => {
    const wire = octets(`${long}\r\n${long}${inside}${long}\r\n.\r\n`);
    const content = `${long}\r\n${long}${inside}${long}\r\n`;
    expect(take([wire], { lineEndings: "preserve" })).toMatchObject({ content, violations: [], done: true });
    const code = "bare-lf";
    const offset = long.length * 2 + 2 + inside.indexOf("\n");
    expect(take([wire])).toMatchObject({ violations: [{ code, offset }], done: true, end: null });
  });
});
