import { StateError, Stuffer, type StufferOptions, stuff } from "dot-stuffing";
import fc from "fast-check";
import { byteByByte, chunkings, everySplit, framing, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

function take(chunks: readonly Uint8Array[], options?: StufferOptions) {
  const stuffer = new Stuffer(options);
  const pieces = chunks.flatMap((chunk) => stuffer.push(chunk));
  const wire = text([...pieces, ...stuffer.end()]);
  const { size, wireSize, stuffedLines } = stuffer;
  return { wire, size, wireSize, stuffedLines };
}

describe("[DOT-4.5.2-1] puts one dot before each line that begins with one", () => {
  it.each([
    { content: "", wire: ".\r\n", stuffedLines: 0 },
    { content: "a\r\n", wire: "a\r\n.\r\n", stuffedLines: 0 },
    { content: ".\r\n", wire: "..\r\n.\r\n", stuffedLines: 1 },
    { content: "..\r\n", wire: "...\r\n.\r\n", stuffedLines: 1 },
    { content: ".a\r\na.\r\n", wire: "..a\r\na.\r\n.\r\n", stuffedLines: 1 },
    { content: "\r\n.\r\n\r\n", wire: "\r\n..\r\n\r\n.\r\n", stuffedLines: 1 },
    // A missing line end is added, a CR completed.
    { content: "a", wire: "a\r\n.\r\n", stuffedLines: 0 },
    { content: ".", wire: "..\r\n.\r\n", stuffedLines: 1 },
    { content: "a\r", wire: "a\r\n.\r\n", stuffedLines: 0 },
    // Bare line ends are made CRLF, and dots judged after them.
    { content: "a\n.\nb", wire: "a\r\n..\r\nb\r\n.\r\n", stuffedLines: 1 },
    { content: "a\r.\rb", wire: "a\r\n..\r\nb\r\n.\r\n", stuffedLines: 1 },
    { content: "a\n\r.b", wire: "a\r\n\r\n..b\r\n.\r\n", stuffedLines: 1 },
    { content: "a\r\r\n.", wire: "a\r\n\r\n..\r\n.\r\n", stuffedLines: 1 },
    { content: "\0\xff\x1a\r\n", wire: "\0\xff\x1a\r\n.\r\n", stuffedLines: 0 },
  ])("$content", ({ content, wire, stuffedLines }) => {
    const size = wire.length - 3 - stuffedLines;
    for (const chunks of [...everySplit(octets(content)), byteByByte(octets(content))]) {
      expect(take(chunks)).toEqual({ wire, size, wireSize: wire.length, stuffedLines });
    }
  });
});

describe("[DOT-2.3.8-4] refuses a bare CR or LF by its offset, and counts the chunk as not pushed", () => {
  it.each([
    { chunks: ["a\nb"], expected: /an LF without CR at offset 1/ },
    { chunks: ["a\rb"], expected: /a CR without LF at offset 1/ },
    { chunks: ["ab\r", "c"], expected: /a CR without LF at offset 2/ },
    { chunks: ["ab\r\n", "\n"], expected: /an LF without CR at offset 4/ },
  ])("$chunks", ({ chunks, expected }) => {
    const stuffer = new Stuffer({ lineEndings: "reject" });
    const last = octets(chunks.at(-1)!);
    for (const chunk of chunks.slice(0, -1)) stuffer.push(octets(chunk));
    const { size } = stuffer;
    expect(() => stuffer.push(last)).toThrow(expected);
    expect(() => stuffer.push(last)).toThrow(RangeError);
    expect(stuffer.size).toBe(size);
    // What follows is read as if the refused chunk had not been there.
    expect(text([...stuffer.push(octets("\r\n".slice(chunks[0]!.endsWith("\r") ? 1 : 0))), ...stuffer.end()])).toMatch(
      /\r?\n\.\r\n$/,
    );
  });

  it("a last CR is bare too", () => {
    const stuffer = new Stuffer({ lineEndings: "reject" });
    stuffer.push(octets("a\r"));
    expect(() => stuffer.end()).toThrow(/a CR without LF at offset 1/);
    expect(text([...stuffer.push(octets("\n")), ...stuffer.end()])).toBe("\r\n.\r\n");
  });
});

it("[DOT-4.1.1.4-9] without end() there is no final dot, and after it nothing", () => {
  const stuffer = new Stuffer();
  expect(text(stuffer.push(octets("a\r\n")))).toBe("a\r\n");
  expect(stuffer.wireSize).toBe(3);
  stuffer.end();
  expect(() => stuffer.end()).toThrow(StateError);
  expect(() => stuffer.push(octets("b"))).toThrow("push() is not possible after end(); legal now: nothing");
  expect(() => stuffer.end()).toThrow("end() is not possible after end(); legal now: nothing");
});

it("stuff() is one push and the end", () => {
  const { wire, size, stuffedLines } = stuff(octets(".a\n"));
  expect([text(wire), size, stuffedLines]).toEqual(["..a\r\n.\r\n", 4, 1]);
  expect(() => stuff(octets("a\n"), { lineEndings: "reject" })).toThrow(RangeError);
  expect(() => new Stuffer({ lineEndings: "preserve" as "reject" })).toThrow(
    '"lineEndings" expected one of normalize, reject',
  );
  expect(() => new Stuffer({ finalLineEnd: "keep" as "add" })).toThrow('"finalLineEnd" expected one of add, reject');
});

describe("properties", () => {
  const cut = framing().chain((content) => fc.tuple(fc.constant(content), chunkings(content)));

  it("[DOT-2.3.8-3] no input in any chunks puts a bare CR or LF, or an early end, on the wire", () => {
    fc.assert(
      fc.property(cut, ([, chunks]) => {
        const { wire } = take(chunks);
        expect(wire).not.toMatch(/(?:^|[^\r])\n|\r(?!\n)/);
        expect(`\r\n${wire}`.indexOf("\r\n.\r\n")).toBe(wire.length - 3);
      }),
      { numRuns: runs(10) },
    );
  });
});

describe("on the wire", () => {
  for (const { id, what, content, wire } of [
    {
      id: "[DOT-4.5.2-2]",
      what: "the first octet stands at a line start",
      content: ".a\r\n.b\r\n",
      wire: "..a\r\n..b\r\n.\r\n",
    },
    {
      id: "[DOT-4.5.2-3]",
      what: "dots are judged on the lines sent",
      content: "a\n.\nb",
      wire: "a\r\n..\r\nb\r\n.\r\n",
    },
    {
      id: "[DOT-2.3.8-3]",
      what: "each CR and LF alone is sent as a CRLF",
      content: "\n\r\r\n.\n\n\r",
      wire: "\r\n\r\n\r\n..\r\n\r\n\r\n.\r\n",
    },
    { id: "[DOT-4.1.1.4-1]", what: "no CRLF is added behind one", content: "a\r\n\r\n", wire: "a\r\n\r\n.\r\n" },
    { id: "[DOT-4.1.1.4-2]", what: "a missing CRLF is added", content: "a", wire: "a\r\n.\r\n" },
    { id: "[DOT-4.1.1.4-2]", what: "a last CR is completed", content: "a\r", wire: "a\r\n.\r\n" },
    { id: "[DOT-4.1.1.4-3]", what: "empty content is the final dot alone", content: "", wire: ".\r\n" },
  ]) {
    it(`${id} ${what}`, () => {
      for (const chunks of [...everySplit(octets(content)), byteByByte(octets(content))])
        expect(take(chunks).wire).toBe(wire);
    });
  }

  describe("[DOT-4.1.1.4-2] a missing CRLF is refused if that is wanted, and can still follow", () => {
    it.each([
      { content: "a", sent: "a" },
      { content: "a\r\n.b", sent: "a\r\n..b" },
      { content: "a\r", sent: "a" },
    ])("$content", ({ content, sent }) => {
      for (const chunks of [...everySplit(octets(content)), byteByByte(octets(content))]) {
        const stuffer = new Stuffer({ finalLineEnd: "reject" });
        expect(text(chunks.flatMap((chunk) => stuffer.push(chunk)))).toBe(sent);
        expect(() => stuffer.end()).toThrow('"content" expected a CRLF at its end');
        const rest = stuffer.push(octets(content.endsWith("\r") ? "\n" : "\r\n"));
        expect(text([...rest, ...stuffer.end()])).toBe("\r\n.\r\n");
      }
    });
  });

  it("[DOT-2.3.8-4] a bare CR and a bare LF are sent as one CRLF each, a CRLF as it is, in any chunks", () => {
    const content = octets("a\rb\nc\r\nd\n\re\r\r\n");
    for (const chunks of [...everySplit(content), byteByByte(content)]) {
      expect(take(chunks).wire).toBe("a\r\nb\r\nc\r\nd\r\n\r\ne\r\n\r\n.\r\n");
    }
  });

  it("writing into what was handed out changes nothing that follows", () => {
    const stuffer = new Stuffer();
    for (const piece of stuffer.push(octets(".a\n.b\rc\r"))) piece.fill(0x58);
    for (const piece of stuffer.push(octets("\nd\r"))) piece.fill(0x58);
    expect(text([...stuffer.push(octets("\n.e\nf")), ...stuffer.end()])).toBe("\r\n..e\r\nf\r\n.\r\n");
    for (const piece of new Stuffer().end()) piece.fill(0x58);
    expect(text(stuff(octets("a")).wire)).toBe("a\r\n.\r\n");
  });

  it("may be a Buffer: its own slice and subarray change nothing", () => {
    const pieces = new Stuffer().push(Buffer.from("a\r\n.b"));
    expect(pieces.every((piece) => piece.constructor === Uint8Array)).toBe(true);
    expect(text(pieces)).toBe("a\r\n..b");
    expect(() => new Stuffer().push(new Uint8Array(new SharedArrayBuffer(1)))).toThrow(
      new TypeError('"chunk" expected a Uint8Array, got shared memory'),
    );
  });
});

it("[DOT-4.1.1.4-2] refuses a last line without its end where that is asked for, and goes on", () => {
  for (const [content, complete] of [
    ["a", "\r\n"],
    ["a\r", "\n"],
  ] as const) {
    const stuffer = new Stuffer({ finalLineEnd: "reject" });
    stuffer.push(octets(content));
    expect(() => stuffer.end()).toThrow('"content" expected a CRLF at its end');
    stuffer.push(octets(complete));
    expect(text(stuffer.end())).toBe(".\r\n");
  }
  expect(() => new Stuffer({ finalLineEnd: "keep" as "add" })).toThrow('"finalLineEnd" expected one of add, reject');
});

it.each([
  ["dots", ".\r\n", "..\r\n"],
  ["bare line ends", "\n", "\r\n"],
])("[DOT-4.5.2-1] more %s in a chunk than one block of memory takes lose nothing", (_, line, sent) => {
  expect(text(stuff(octets(line.repeat(2000))).wire)).toBe(`${sent.repeat(2000)}.\r\n`);
});
