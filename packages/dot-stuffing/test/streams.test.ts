import { stuff, unstuff } from "dot-stuffing";
import { chunkings, framing } from "dot-stuffing/arbitraries";
import { ContentError, StuffStream, UnstuffStream } from "dot-stuffing/streams";
import fc from "fast-check";
import { byteByByte, everySplit, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

/** A source that gives chunks as they are asked for, and then goes on or fails. */
function source(chunks: readonly Uint8Array[], failure?: Error): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream(
    {
      pull(controller) {
        const next = left.shift();
        if (next !== undefined) controller.enqueue(next);
        else if (failure === undefined) controller.close();
        else controller.error(failure);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Reads to the end, one piece after the other; what it fails with comes back too. */
async function read(stream: ReadableStream<Uint8Array>) {
  const pieces: Uint8Array[] = [];
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { pieces, bytes: text(pieces), error: null };
      pieces.push(value);
    }
  } catch (error) {
    return { pieces, bytes: text(pieces), error };
  } finally {
    reader.releaseLock();
  }
}

/** Lets everything run that can run without more being asked for. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Reads a message from a connection, and then what is left of the connection. */
async function message(chunks: readonly Uint8Array[], options?: ConstructorParameters<typeof UnstuffStream>[0]) {
  const connection = source(chunks);
  const stream = new UnstuffStream(options);
  const piped = connection.pipeTo(stream.writable, { preventCancel: true }).catch((error: unknown) => error);
  const { bytes, error } = await read(stream.readable);
  const pipeError = await piped;
  const left = text(stream.rest) + (await read(connection)).bytes;
  return { stream, content: bytes, error, pipeError, left };
}

describe("an UnstuffStream", () => {
  describe("[DOT-4.5.2-5] gives content, and leaves what is after it where it is", () => {
    it.each([
      { wire: ".\r\n", content: "", left: "" },
      { wire: "a\r\n..b\r\n.\r\n", content: "a\r\n.b\r\n", left: "" },
      { wire: "a\r\n.\r\nNOOP\r\nQUIT\r\n", content: "a\r\n", left: "NOOP\r\nQUIT\r\n" },
      { wire: ".a\r\n.\r\n.\r\n..\r\n.\r\n", content: "a\r\n", left: ".\r\n..\r\n.\r\n" },
    ])(
      "[DOT-4.5.2-5] gives content, and leaves what is behind it where it is: $wire",
      async ({ wire, content, left }) => {
        for (const chunks of [...everySplit(octets(wire)), byteByByte(octets(wire))]) {
          const found = await message(chunks);
          expect(found).toMatchObject({ content, left, error: null });
          expect(found.stream).toMatchObject({ done: true, size: content.length, violation: null });
        }
      },
    );
  });

  it("says what an Unstuffer says, of any input in any chunks", async () => {
    const cut = framing().chain((wire) => fc.tuple(fc.constant(wire), chunkings(wire)));
    const options = fc.record({
      lineEndings: fc.constantFrom("reject", "normalize", "preserve"),
      maxSize: fc.oneof(fc.nat(12), fc.constant(Number.POSITIVE_INFINITY)),
    });
    await fc.assert(
      fc.asyncProperty(cut, options, async ([wire, chunks], chosen) => {
        const { content, rest, violation } = unstuff(wire, chosen);
        const found = await message(chunks, chosen);
        if (violation === null) {
          expect([found.content, found.left, found.error]).toEqual([text(content), text(rest), null]);
          return;
        }
        expect(found.error).toBeInstanceOf(ContentError);
        expect(found.error).toMatchObject({ violation, message: violation.text });
        expect(text(content).startsWith(found.content)).toBe(true);
        expect(found.left).toBe(text(rest));
      }),
      { numRuns: runs() },
    );
  });

  it.each([
    { wire: "a\nb\r\n.\r\nNOOP", options: {}, violation: { code: "bare-lf", offset: 1 } },
    {
      wire: "a\r\nbc\r\n.\r\nNOOP",
      options: { maxSize: 4 },
      violation: { code: "message-too-big", limit: 4, offset: 4 },
    },
    {
      wire: "abc\r\n.\r\nNOOP",
      options: { maxLineLength: 2 },
      violation: { code: "line-too-long", limit: 2, offset: 2 },
    },
  ])(
    "reads content with a violation to its true end, and fails on both sides: $wire",
    async ({ wire, options, violation }) => {
      for (const chunks of [...everySplit(octets(wire)), byteByByte(octets(wire))]) {
        const { stream, error, pipeError, left } = await message(chunks, options);
        expect(error).toBeInstanceOf(ContentError);
        expect(error).toMatchObject({ name: "ContentError", violation });
        expect(pipeError).toBe(error);
        expect(left).toBe("NOOP");
        expect(stream).toMatchObject({ done: true, violation });
      }
    },
  );

  it.each([
    { wire: "", text: "message cut off after 0 octets", offset: 0 },
    { wire: "a\r\n.", text: "message cut off after 4 octets", offset: 4 },
    { wire: "a\r\n.\r", text: "message cut off after 5 octets", offset: 5 },
  ])("fails where the input ends before the content: $wire", async ({ wire, text, offset }) => {
    for (const chunks of [[octets(wire)], byteByByte(octets(wire))]) {
      const { stream, error, pipeError } = await message(chunks);
      expect(error).toMatchObject({ violation: { code: "cut-off", offset, text }, message: text });
      expect(pipeError).toBe(error);
      expect(stream.done).toBe(false);
    }
  });

  it("fails by the first violation where both are due", async () => {
    expect((await message([octets("a\nb")])).error).toMatchObject({ violation: { code: "bare-lf" } });
  });

  it("refuses what is written after the end, and has not looked at it", async () => {
    const stream = new UnstuffStream();
    const writer = stream.writable.getWriter();
    const first = Buffer.from("a\r\n.\r\nb");
    const writes = Promise.allSettled([writer.write(first), writer.write(octets("c")), writer.closed]);
    expect((await read(stream.readable)).bytes).toBe("a\r\n");
    expect((await writes).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    first.fill(0x58);
    expect([stream.rest.constructor, text(stream.rest)]).toEqual([Uint8Array, "b"]);
  });

  it("reports the longest line", async () => {
    const { stream } = await message([octets(`a\r\n${"b".repeat(2000)}\r\n.\r\n`)]);
    expect(stream).toMatchObject({ longestLine: 2000, size: 2005 });
  });

  it("fails with its source, and gives nothing more", async () => {
    const failure = new Error("connection reset");
    const { bytes, error } = await read(source([octets("a\r\n")], failure).pipeThrough(new UnstuffStream()));
    expect([bytes, error]).toEqual(["a\r\n", failure]);
  });

  it("tells its source when nobody wants the content any more", async () => {
    const reasons: unknown[] = [];
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(octets("a\r\n")),
      cancel: (reason) => void reasons.push(reason),
    });
    const reader = endless.pipeThrough(new UnstuffStream()).getReader();
    expect(text((await reader.read()).value!)).toBe("a\r\n");
    await reader.cancel("disk full");
    await settled();
    expect(reasons).toEqual(["disk full"]);
  });

  it.each([
    ["a string", "a" as unknown as Uint8Array],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(1))],
  ])("fails with a TypeError for %s", async (_, chunk) => {
    expect((await message([chunk])).error).toBeInstanceOf(TypeError);
  });

  it("refuses wrong options at once", () => {
    expect(() => new UnstuffStream({ maxSize: -1 })).toThrow(RangeError);
    expect(() => new StuffStream({ lineEndings: "preserve" as "reject" })).toThrow(RangeError);
  });
});

describe("a StuffStream", () => {
  it.each([
    { content: "", wire: ".\r\n", size: 0, stuffedLines: 0 },
    { content: "a", wire: "a\r\n.\r\n", size: 3, stuffedLines: 0 },
    { content: ".\n.a\r\n", wire: "..\r\n..a\r\n.\r\n", size: 7, stuffedLines: 2 },
  ])("gives the wire form with its end, and the sizes: $content", async ({ content, wire, size, stuffedLines }) => {
    for (const chunks of [...everySplit(octets(content)), byteByByte(octets(content))]) {
      const stream = new StuffStream();
      expect(await read(source(chunks).pipeThrough(stream))).toMatchObject({ bytes: wire, error: null });
      expect(stream).toMatchObject({ size, wireSize: wire.length, stuffedLines });
    }
  });

  it("and an UnstuffStream give back what a Stuffer makes of any content, in any chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        framing().chain((content) => fc.tuple(fc.constant(content), chunkings(content))),
        async ([content, chunks]) => {
          const expected = unstuff(stuff(content).wire).content;
          const { bytes } = await read(source(chunks).pipeThrough(new StuffStream()).pipeThrough(new UnstuffStream()));
          expect(bytes).toBe(text(expected));
        },
      ),
      { numRuns: runs() },
    );
  });

  it("[DOT-4.1.1.4-9] a source that fails gets no final dot", async () => {
    const { bytes, error } = await read(source([octets("a\r\n")], new Error("disk")).pipeThrough(new StuffStream()));
    expect([bytes, (error as Error).message]).toEqual(["a\r\n", "disk"]);
    const stream = new StuffStream();
    const writer = stream.writable.getWriter();
    void writer.write(octets("a\r\n"));
    const reading = read(stream.readable);
    await settled();
    await writer.abort(new Error("enough"));
    expect(await reading).toMatchObject({ bytes: "a\r\n", error: { message: "enough" } });
  });

  it.each([
    { content: "a\nb", options: { lineEndings: "reject" }, bytes: "", error: "an LF without CR at offset 1" },
    { content: "a", options: { finalLineEnd: "reject" }, bytes: "a", error: '"content" expected a CRLF at its end' },
  ] as const)("fails where its options refuse the content: $content", async ({ content, options, bytes, error }) => {
    const found = await read(source([octets(content)]).pipeThrough(new StuffStream(options)));
    expect(found.bytes).toBe(bytes);
    expect(found.error).toBeInstanceOf(RangeError);
    expect((found.error as Error).message).toContain(error);
  });
});

describe.each([
  ["an UnstuffStream", () => new UnstuffStream({ lineEndings: "normalize" })],
  ["a StuffStream", () => new StuffStream()],
])("backpressure in %s", (_, make) => {
  const chunk = octets(".a\r\n..b\n".repeat(4096));

  it("asks for a chunk when the one before it has been taken", async () => {
    let asked = 0;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      asked++;
      controller.enqueue(chunk);
    };
    const endless = new ReadableStream({ pull }, { highWaterMark: 0 });
    const reader = endless.pipeThrough(make()).getReader();
    await settled();
    const before = asked; // what the writable side holds while nobody reads
    expect(before).toBeLessThanOrEqual(1);
    for (let taken = 1; taken <= 20; taken++) {
      expect((await reader.read()).done).toBe(false);
      await settled();
      expect(asked).toBeLessThanOrEqual(taken + 1);
    }
    await reader.cancel();
  });

  it("makes one chunk of a chunk, in memory of its own that can be given away", async () => {
    const stream = make();
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const first = chunk.slice();
    const writing = writer.write(first);
    const { value } = await reader.read();
    await writing;
    const then = text(value!);
    first.fill(0x58); // the writer may use its chunk again
    expect(text(value!)).toBe(then);
    expect(value!.buffer.byteLength).toBe(value!.length);
    structuredClone(value, { transfer: [value!.buffer] });
    void writer.write(chunk.slice());
    expect(text((await reader.read()).value!)).toHaveLength(then.length);
    await reader.cancel();
  });
});
