import { Output } from "dot-stuffing/session";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";

describe("Output", () => {
  it("gives text and short pieces that follow one another in one write, and long ones as they are", () => {
    const output = new Output(65_536);
    const long = new Uint8Array(5000).fill(0x61);
    output.text("");
    expect([output.take(), output.empty]).toEqual([null, true]);
    output.text("250 ok\r\n");
    output.text("354 \u00e9\r\n");
    output.bytes(octets("short"));
    output.bytes(new Uint8Array(0));
    output.bytes(long);
    output.bytes(octets("end"));
    expect(text(output.take()!)).toBe("250 ok\r\n354 \xc3\xa9\r\nshort");
    expect(output.take()).toBe(long);
    expect(text(output.take()!)).toBe("end");
    expect([output.take(), output.empty]).toEqual([null, true]);
  });

  it("is full above its mark, until it was taken", () => {
    const output = new Output(4);
    output.text("1234");
    expect(output.full).toBe(false);
    output.bytes(octets("5"));
    expect(output.full).toBe(true);
    expect(output.takePieces().map(text)).toEqual(["12345"]);
    expect([output.full, output.takePieces()]).toEqual([false, []]);
  });

  it("draws on a source only as far as its octets are taken", () => {
    const output = new Output(10);
    let made = 0;
    output.text("head\r\n");
    output.from(() => (made++ < 100 ? (made % 2 ? "text\r\n" : octets("bytes\r\n")) : null));
    expect([made, output.full]).toEqual([1, true]);
    let taken = "";
    for (let bytes = output.take(); bytes !== null; bytes = output.take()) {
      taken += text(bytes);
      expect(made * 6).toBeLessThan(taken.length + 40);
    }
    expect(taken).toBe(`head\r\n${"text\r\nbytes\r\n".repeat(50)}`);
    expect([output.full, output.empty]).toEqual([false, true]);
  });

  it("makes a short source's octets part of the same write", () => {
    const output = new Output(100);
    const lines = ["1 20\r\n", "2 30\r\n", ".\r\n"];
    output.text("+OK\r\n");
    output.from(() => lines.shift() ?? null);
    output.text("+OK bye\r\n");
    expect([output.full, output.takePieces().map(text)]).toEqual([false, ["+OK\r\n1 20\r\n2 30\r\n.\r\n+OK bye\r\n"]]);
  });

  it("loses nothing by a source that throws, and asks it again", () => {
    const output = new Output(4);
    const steps: (string | Error | null)[] = [new Error("first"), new Error("1"), "12345", new Error("2"), "6", null];
    output.text("head");
    output.from(() => {
      const step = steps.shift()!;
      if (step instanceof Error) throw step;
      return step;
    });
    expect([text(output.take()!), output.full]).toEqual(["head", true]);
    expect(text(output.take()!)).toBe("12345");
    expect(output.takePieces().map(text)).toEqual(["6"]);
    expect([output.take(), output.full]).toEqual([null, false]);
    output.from(() => {
      throw new Error("always");
    });
    expect(() => output.take()).toThrow("always");
    expect(() => output.takePieces()).toThrow("always");
    expect(output.full).toBe(true);
  });

  it("gives octets and text of a source as they follow one another, with what was queued before", () => {
    const pieces = ["\u00e9", octets("b"), "c", octets("d"), "e", null];
    const output = new Output(100);
    output.text("a");
    output.from(() => pieces.shift()!);
    expect(text(output.take()!)).toBe("a\xc3\xa9bcde");
  });

  it("joins texts of any length and octets of fewer than 4096, and no others", () => {
    const lengths = (...pieces: readonly (string | Uint8Array)[]) => {
      const output = new Output(65_536);
      for (const piece of pieces) typeof piece === "string" ? output.text(piece) : output.bytes(piece);
      expect(output.empty).toBe(false);
      return output.takePieces().map(({ length }) => length);
    };
    expect(lengths("a".repeat(5000), octets("b"), "c".repeat(5000))).toEqual([10_001]);
    expect(lengths(new Uint8Array(4095), octets("b"))).toEqual([4096]);
    expect(lengths(new Uint8Array(4096), octets("b"), new Uint8Array(4096), new Uint8Array(5000))).toEqual([
      4096, 1, 4096, 5000,
    ]);
  });

  it("queues nothing where there is nothing", () => {
    const output = new Output(4);
    output.bytes(new Uint8Array(0));
    expect([output.empty, output.take(), output.takePieces()]).toEqual([true, null, []]);
  });

  it("gives a list of what is there, while a source has more", () => {
    const output = new Output(4);
    let made = 0;
    output.from(() => (made++ < 3 ? octets("12345") : null));
    expect(output.takePieces().map(text)).toEqual(["12345"]);
    expect(output.full).toBe(true);
  });

  it("refuses a mark outside its range", () => {
    expect(() => new Output(-1)).toThrow('"highWaterMark" expected a whole number of at least 0, or Infinity, got -1');
  });
});
