import type { LineEndings } from "dot-stuffing";
import { Input, type LineReaderOptions } from "dot-stuffing/session";
import fc from "fast-check";
import { chunkings, framing, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { lines } from "../reference.ts";

describe("an input", () => {
  it("hands out and skips octets that are not lines", () => {
    const input = new Input();
    expect([input.peek(), input.pending]).toEqual([null, 0]);
    input.skip(0);
    input.push(octets("a\r\nraw"));
    input.push(octets("more\r\n"));
    input.push(octets(""));
    expect(text(input.next() as Uint8Array)).toBe("a");
    expect([text(input.peek()!), input.pending]).toEqual(["raw", 9]);
    input.skip(2);
    input.release();
    expect([text(input.peek()!), input.pending]).toEqual(["wmore\r\n", 7]);
    input.skip(1);
    expect(text(input.next() as Uint8Array)).toBe("more");
    expect(input.peek()).toBe(null);
  });

  it.each<[LineReaderOptions, string, string]>([
    [{}, "a\0b\rc\r\n", "\n\r\nd\r\n"],
    [{}, "a\nb\r\n", ""],
    [{ maxLineLength: 4 }, "abcdef\r\n", "\r\n"],
    [{ maxLineLength: 4, lineEndings: "normalize" }, "abcdef\r", "\rx"],
    [{ maxLineLength: 4, lineEndings: "normalize" }, "abcdef\n", "\n"],
  ])("reads a dropped line to its end and no further: %j %j %j", (options, dropped, rest) => {
    fc.assert(
      fc.property(chunkings(octets(dropped + rest)), (chunks) => {
        const input = new Input(options);
        expect(input.passDropped()).toBe(true);
        let found: ReturnType<Input["next"]> = null;
        let left = "";
        for (const chunk of chunks) {
          input.push(chunk);
          found ??= input.next();
          if (found === null || !input.passDropped()) continue;
          for (let bytes = input.peek(); bytes !== null; bytes = input.peek()) {
            left += text(bytes);
            input.skip(bytes.length);
          }
        }
        expect(found).toMatchObject({ text: expect.any(String) });
        // Whether a CR stands alone the octet after it tells.
        expect([input.passDropped(), left]).toEqual([rest !== "" || !dropped.endsWith("\r"), rest]);
      }),
      { numRuns: runs(0.3) },
    );
  });

  it("gives all that it holds away, in copies", () => {
    const input = new Input();
    const chunks = [octets("a\r\nbc"), octets("d")];
    for (const chunk of chunks) input.push(chunk);
    expect(text(input.next() as Uint8Array)).toBe("a");
    const rest = input.takeRest();
    for (const chunk of chunks) chunk.fill(0x58);
    expect([rest.map((piece) => text(piece)), input.pending, input.takeRest()]).toEqual([["bc", "d"], 0, []]);
  });

  it("forgets what it holds, and says whether there was anything", () => {
    const input = new Input();
    expect(input.discard()).toBe(false);
    input.push(octets("half"));
    expect(input.discard()).toBe(true);
    input.push(octets("half"));
    expect([input.next(), input.midLine]).toEqual([null, true]);
    expect([input.discard(), input.midLine, input.end()]).toEqual([true, false, null]);
    input.push(octets("b\nc"));
    expect(input.next()).toMatchObject({ code: "bare-lf", offset: 9 });
    expect([input.discard(), input.midLine]).toEqual([true, false]);
    input.push(octets("d\r\n"));
    expect(text(input.next() as Uint8Array)).toBe("d");
  });

  it("copies the unread rest once: the caller may reuse its buffers", () => {
    const input = new Input();
    const chunks = [octets("a\r\nb\r\n"), octets("c\r\nd\r\n")];
    for (const chunk of chunks) input.push(chunk);
    expect(text(input.next() as Uint8Array)).toBe("a");
    input.release();
    for (const chunk of chunks) chunk.fill(0x58);
    const rest = [];
    for (let line = input.next(); line !== null; line = input.next()) {
      rest.push(text(line as Uint8Array));
      input.release();
    }
    expect(rest).toEqual(["b", "c", "d"]);
  });

  it("keeps tiny chunks that wait in memory of their own size", () => {
    const input = new Input({ maxLineLength: 20_002 });
    for (let count = 0; count < 20_000; count++) {
      input.push(Uint8Array.of(0x61 + (count % 26)));
      input.release();
    }
    input.push(octets("\r\n"));
    let memory = 0;
    const held: Uint8Array[] = [];
    const taken = (input.pending - 2) / 2;
    while (held.reduce((length, piece) => length + piece.length, 0) < taken) {
      const piece = input.peek()!;
      held.push(piece);
      memory += piece.buffer.byteLength;
      input.skip(piece.length);
      input.release();
    }
    expect(memory).toBeLessThan(4 * 20_000);
    const line = `${text(held)}${text(input.next() as Uint8Array)}`;
    expect(line).toBe(Array.from({ length: 20_000 }, (_, at) => String.fromCharCode(0x61 + (at % 26))).join(""));
  });

  it("counts octets that were skipped into the places of violations", () => {
    const input = new Input();
    input.push(octets("raw\r\na\nb"));
    input.skip(5);
    expect(input.next()).toMatchObject({ code: "bare-lf", offset: 6 });
  });

  it("reads a line on through all the chunks that there are", () => {
    const input = new Input();
    for (const chunk of ["a", "b", "c\r\nd"]) input.push(octets(chunk));
    expect(text(input.next() as Uint8Array)).toBe("abc");
    expect([input.next(), input.pending, input.midLine]).toEqual([null, 0, true]);
  });

  it("goes on in the midst of a chunk that was copied, with others after it", () => {
    const input = new Input();
    for (const chunk of ["a\r\n", "b\r\nc\r\nd"]) input.push(octets(chunk));
    const found = [input.next(), input.next()];
    input.release();
    found.push(input.next());
    for (const chunk of ["e", "f\r\n"]) {
      input.push(octets(chunk));
      input.release();
    }
    found.push(input.next());
    expect(found.map((line) => text(line as Uint8Array))).toEqual(["a", "b", "c", "def"]);
  });

  it("goes on in the midst of a copy that was made before, with a chunk after it", () => {
    const input = new Input();
    input.push(octets("a\r\nb\r\nc\r\nd"));
    const found = [input.next()];
    input.release();
    found.push(input.next());
    input.push(octets("e\r\n"));
    input.release();
    found.push(input.next(), input.next());
    expect(found.map((line) => text(line as Uint8Array))).toEqual(["a", "b", "c", "de"]);
  });

  it("copies chunks that do not fit into the memory of the last copy", () => {
    const input = new Input({ maxLineLength: 1000 });
    const parts = ["a".repeat(40), "b".repeat(24), "c".repeat(40), "d".repeat(500), "e\r\n"];
    for (const part of parts) {
      const chunk = octets(part);
      input.push(chunk);
      input.release();
      chunk.fill(0x58);
    }
    expect(`${text(input.next() as Uint8Array)}\r\n`).toBe(parts.join(""));
  });

  it("takes nothing of a snapshot but copies", () => {
    const input = new Input();
    input.push(octets("a\r\nb\r\n"));
    input.next();
    const snapshot = input.snapshot();
    const restored = new Input();
    restored.restore({ ...snapshot, unread: snapshot.unread.map((chunk) => chunk.slice()) });
    const shared = new Input();
    const unread = snapshot.unread.map((chunk) => chunk.slice());
    shared.restore({ ...snapshot, unread });
    for (const chunk of unread) chunk.fill(0x58);
    for (const each of [restored, shared]) expect(text(each.next() as Uint8Array)).toBe("b");
  });

  it("refuses what is no chunk", () => {
    expect(() => new Input().push("a" as unknown as Uint8Array)).toThrow(
      new TypeError('"chunk" expected a Uint8Array, got string'),
    );
  });

  it("lets go of chunks that were read while others wait", () => {
    const input = new Input();
    const chunks = [octets("a\r\n"), octets("b\r\nc\r\n"), octets("d\r\n")];
    for (const chunk of chunks) input.push(chunk);
    expect(text(input.next() as Uint8Array)).toBe("a");
    input.release();
    chunks[1]!.fill(0x58);
    chunks[2]!.fill(0x58);
    const rest = [input.next(), input.next(), input.next()];
    expect(rest.map((line) => text(line as Uint8Array))).toEqual(["b", "c", "d"]);
  });
});

const cut = framing().chain((whole) => fc.tuple(fc.constant(whole), chunkings(whole)));
const lineEndings = fc.constantFrom<LineEndings>("reject", "normalize", "preserve");
const limit = fc.oneof(fc.integer({ min: 2, max: 8 }), fc.constant(Number.POSITIVE_INFINITY));

/** Chunks are let go at once, read or not, and overwritten; `eager` says which are read before the next is pushed. */
function linesInChunks(chunks: readonly Uint8Array[], options: LineReaderOptions, eager: readonly boolean[]): string[] {
  const input = new Input(options);
  const found: string[] = [];
  const read = () => {
    for (let line = input.next(); line !== null; line = input.next()) {
      found.push(line instanceof Uint8Array ? text(line) : `${line.code}@${line.offset}`);
    }
  };
  for (const [index, chunk] of chunks.entries()) {
    const buffer = chunk.slice();
    input.push(buffer);
    if (eager[index % eager.length]) read();
    input.release();
    buffer.fill(0x58);
  }
  read();
  expect(input.pending).toBe(0);
  return found;
}

it("an input is read as lines, whenever its chunks are let go and overwritten", () => {
  const options = fc.record({ lineEndings, lfEndsLine: fc.boolean(), maxLineLength: limit });
  const eager = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(cut, options, eager, ([whole, chunks], chosen, read) => {
      expect(linesInChunks(chunks, chosen, read)).toEqual(lines(text(whole), chosen));
    }),
    { numRuns: runs(20) },
  );
});
