import { Stuffer } from "dot-stuffing";
import fc from "fast-check";
import { findTimestamp, sizeAsSent, TopCutter } from "pop3-codec/syntax";
import { byteByByte, chunkings, framing, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { cuttings } from "./support.ts";

/** What TOP sends of content, cut as given, and whether nothing more is asked for. */
function cut(chunks: readonly Uint8Array[], lines: number): { wire: string; done: boolean; pushed: number } {
  const cutter = new TopCutter(lines);
  const stuffer = new Stuffer();
  const pieces: Uint8Array[] = [];
  let pushed = 0;
  for (const chunk of chunks) {
    pieces.push(...stuffer.push(cutter.push(chunk)));
    pushed++;
    if (cutter.done) break;
  }
  pieces.push(...stuffer.end());
  return { wire: text(pieces), done: cutter.done, pushed };
}

describe("TopCutter", () => {
  const message = "A: b\r\n.C: d\r\n\r\n1\r\n.2\r\n3\r\n";

  it.each<readonly [string, number, string, boolean]>([
    [message, 0, "A: b\r\n..C: d\r\n\r\n.\r\n", true],
    [message, 1, "A: b\r\n..C: d\r\n\r\n1\r\n.\r\n", true],
    [message, 2, "A: b\r\n..C: d\r\n\r\n1\r\n..2\r\n.\r\n", true],
    [message, 3, "A: b\r\n..C: d\r\n\r\n1\r\n..2\r\n3\r\n.\r\n", true],
    [message, 4, "A: b\r\n..C: d\r\n\r\n1\r\n..2\r\n3\r\n.\r\n", false],
    [message, Number.POSITIVE_INFINITY, "A: b\r\n..C: d\r\n\r\n1\r\n..2\r\n3\r\n.\r\n", false],
    ["A: b\n\n1\n2\n", 1, "A: b\r\n\r\n1\r\n.\r\n", true],
    ["A: b\r\r1\r2\r", 1, "A: b\r\n\r\n1\r\n.\r\n", true],
    ["A: b\r\n\r\n\r\n\r\nx", 2, "A: b\r\n\r\n\r\n\r\n.\r\n", true],
    ["\r\n1\r\n2", 1, "\r\n1\r\n.\r\n", true],
    ["A: b\r\n\r\n1", 1, "A: b\r\n\r\n1\r\n.\r\n", false],
  ])("[POP3-7-1] %j, %d lines", (content, lines, wire, done) => {
    for (const chunks of cuttings(octets(content)))
      expect(cut(chunks, lines)).toMatchObject({ wire, done: expect.any(Boolean) });
    expect(cut([octets(content)], lines).done).toBe(done);
  });

  it("a piece of nothing between CR and LF ends no line", () => {
    const chunks = ["a: b\r", "", "\n\r", "", "\n1\r", "", "\n2\r\n"].map((piece) => octets(piece));
    expect(cut(chunks, 1)).toEqual({ wire: "a: b\r\n\r\n1\r\n.\r\n", done: true, pushed: 7 });
  });

  it.each([0, 1, 1000])("[POP3-7-2] content without an empty line is sent whole: %d lines", (lines) => {
    for (const chunks of cuttings(octets("A: b\r\nC: d"))) {
      expect(cut(chunks, lines)).toMatchObject({ wire: "A: b\r\nC: d\r\n.\r\n", done: false });
    }
    expect(cut([], lines)).toEqual({ wire: ".\r\n", done: false, pushed: 0 });
  });

  it("asks for no more once it has what is wanted, and takes nothing of it", () => {
    const cutter = new TopCutter(1);
    expect(text(cutter.push(octets("A: b\n\n1\n2\n")))).toBe("A: b\n\n1\n");
    expect([cutter.done, cutter.push(octets("3\n")).length]).toEqual([true, 0]);
    expect(cut([octets("\n1\n"), octets("2\n"), octets("3\n")], 1)).toMatchObject({ pushed: 1 });
  });

  it("[POP3-7-1] is the first lines of what RETR sends, in any cutting", () => {
    const cutting = framing({ maxParts: 24 }).chain((content) =>
      chunkings(content).map((chunks) => ({ content, chunks })),
    );
    fc.assert(
      fc.property(cutting, fc.nat({ max: 6 }), ({ content, chunks }, count) => {
        const stuffer = new Stuffer();
        const lines = text([...stuffer.push(content), ...stuffer.end()])
          .split("\r\n")
          .slice(0, -2);
        const blank = lines.indexOf("");
        const wanted = blank < 0 ? lines : lines.slice(0, blank + 1 + count);
        const wire = [...wanted, ".", ""].join("\r\n");
        expect(cut([content], count).wire).toBe(wire);
        expect(cut(chunks, count).wire).toBe(wire);
      }),
      { numRuns: runs(5) },
    );
  });

  it("is linear without an empty line, in tiny pieces too", () => {
    const cutter = new TopCutter(0);
    const piece = octets("x");
    for (let count = 0; count < 2_000_000; count++) cutter.push(piece);
    expect(cutter.done).toBe(false);
  });

  it("takes a Uint8Array of memory of its own alone", () => {
    expect(() => new TopCutter(0).push("a" as never)).toThrow('"bytes" expected a Uint8Array');
    expect(() => new TopCutter(0).push(new Uint8Array(new SharedArrayBuffer(1)))).toThrow("got shared memory");
  });

  it.each([-1, 1.5, Number.NaN])("refuses %d lines", (lines) => {
    expect(() => new TopCutter(lines)).toThrow('"lines" expected');
  });
});

describe("sizeAsSent", () => {
  it.each([
    ["", 0],
    ["a\r\n", 3],
    ["a", 3],
    ["a\n", 3],
    ["a\r", 3],
    ["a\nb\rc\r\n", 9],
    ["\n\r", 4],
    [".\r\n..\r\n", 7],
    ["a\r\r\n", 5],
  ])("[POP3-5-10] %j is %i octets", (content, size) => {
    expect(sizeAsSent(octets(content))).toBe(size);
    for (const chunks of cuttings(octets(content))) expect(sizeAsSent(chunks)).toBe(size);
  });

  it("[POP3-5-12] is what RETR yields after unstuffing", () => {
    fc.assert(
      fc.property(framing({ maxParts: 24 }), (content) => {
        const lines = text(content).replace(/\r\n|\r|\n/g, "\r\n");
        const sent = lines === "" || lines.endsWith("\r\n") ? lines : `${lines}\r\n`;
        expect(sizeAsSent(content)).toBe(sent.length);
        expect(sizeAsSent(byteByByte(content))).toBe(sent.length);
      }),
      { numRuns: runs(3) },
    );
  });

  it("takes nothing else", () => {
    expect(() => sizeAsSent(["a"] as never)).toThrow(TypeError);
  });
});

describe("findTimestamp", () => {
  it.each([
    ["POP3 server ready <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"],
    ["<a@b> <c@d>", "<a@b>"],
    ["<a> <c@d>", "<c@d>"],
    ["<a@b <c@d>", "<c@d>"],
    ["<a b@c> <d@e>", "<d@e>"],
    ["<@b> <a@> <a@b@c> <> <d@e>x", "<d@e>"],
    ["<a@b", null],
    ["a@b>", null],
    ["<a\u00e9@b>", null],
    ["<a\x7f@b>", null],
    ["ready", null],
    ["<!a~@~b!>", "<!a~@~b!>"],
    ["<a>b@c>", null],
  ])("[POP3-7-14] %j", (greeting, expected) => {
    expect(findTimestamp(greeting)).toBe(expected);
  });

  it("[POP3-7-14] is found in one pass", () => {
    const size = 300_000;
    for (const hostile of [
      "<".repeat(size),
      "<a@b".repeat(size / 4),
      `<${"@".repeat(size)}>`,
      "<a@>".repeat(size / 4),
    ]) {
      expect(findTimestamp(hostile)).toBe(null);
      expect(findTimestamp(`${hostile} <a@b>`)).toBe("<a@b>");
    }
  });
});
