import { type LineEndings, stuff, unstuff } from "dot-stuffing";
import { ChunkWriter } from "dot-stuffing/session";
import fc from "fast-check";
import { byteByByte, chunkings, everySplit, framing, join, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

/** Writes content; after each chunk the writer is replaced by its snapshot's. */
function write(chunks: readonly Uint8Array[], lineEndings: LineEndings): { written: string; size: number } {
  let writer = new ChunkWriter(lineEndings);
  const pieces: Uint8Array[] = [];
  for (const chunk of chunks) {
    pieces.push(...writer.push(chunk));
    writer = new ChunkWriter(lineEndings, structuredClone(writer.snapshot()));
  }
  pieces.push(...writer.end());
  return { written: text(join(pieces)), size: writer.size };
}

describe("line ends become CRLF, a last line gets one, and dots stay", () => {
  it.each([
    ["", ""],
    ["a\r\n.\r\n", "a\r\n.\r\n"],
    [".a", ".a\r\n"],
    ["a\nb\r.", "a\r\nb\r\n.\r\n"],
    ["a\r", "a\r\n"],
    ["a\n", "a\r\n"],
    ["\n\r", "\r\n\r\n"],
  ])("%j", (content, written) => {
    for (const chunks of [...everySplit(octets(content)), byteByByte(octets(content))]) {
      expect(write(chunks, "normalize")).toEqual({ written, size: written.length });
    }
  });

  it("the content is the one that a Stuffer sends", () => {
    fc.assert(
      fc.property(
        framing().chain((content) => chunkings(content)),
        (chunks) => {
          const { content } = unstuff(stuff(join(chunks)).wire);
          expect(write(chunks, "normalize")).toEqual({ written: text(content), size: content.length });
        },
      ),
      { numRuns: runs(1) },
    );
  });
});

describe("a bare line end that is refused", () => {
  it.each([
    ["a\nb", "an LF without CR at offset 1"],
    ["ab\rc", "a CR without LF at offset 2"],
  ])("%j, by its offset, and the chunk counts as not pushed", (content, found) => {
    const writer = new ChunkWriter("reject");
    expect(() => writer.push(octets(content))).toThrow(`"chunk" expected CRLF line ends, got ${found}`);
    expect(text(join([...writer.push(octets("d\r\n")), ...writer.end()]))).toBe("d\r\n");
  });

  it("is none where the last line has no end, which it gets", () => {
    expect(write([octets("a")], "reject")).toEqual({ written: "a\r\n", size: 3 });
  });

  it("is told of octets alone", () => {
    expect(() => new ChunkWriter("reject").push(5 as unknown as Uint8Array)).toThrow(
      new TypeError('"chunk" expected a Uint8Array, got number'),
    );
  });

  it("is a CR at the end, too", () => {
    const writer = new ChunkWriter("reject");
    writer.push(octets("a\r"));
    expect(() => writer.end()).toThrow("got a CR without LF at offset 1");
  });
});

describe("what comes after something else than content", () => {
  it("finds no CR held back", () => {
    const writer = new ChunkWriter("normalize");
    const pieces = [...writer.push(octets("a\r")), ...writer.flush(), ...writer.flush(), ...writer.push(octets("b"))];
    expect(text(join([...pieces, ...writer.flush(), ...writer.end()]))).toBe("a\r\nb\r\n");
    expect(writer.size).toBe(6);
  });

  it("is refused where a bare CR is", () => {
    const writer = new ChunkWriter("reject");
    writer.push(octets("a\r"));
    expect(() => writer.flush()).toThrow("got a CR without LF at offset 1");
  });
});

it("octets that are nobody's lines pass as they are", () => {
  const content = "\n\r.\r\0\xff\r";
  for (const chunks of everySplit(octets(content))) {
    expect(write(chunks, "preserve")).toEqual({ written: content, size: content.length });
  }
  expect(new ChunkWriter("preserve").push(new Uint8Array(0))).toEqual([]);
  expect(() => new ChunkWriter("keep" as LineEndings)).toThrow(RangeError);
});
