import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Output } from "dot-stuffing/session";
import fc from "fast-check";
import { join, octets, text } from "tools/testing";
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

  it("gives a long piece in parts, joined to nothing, and counts what was taken", () => {
    const output = new Output(10);
    const piece = octets("0123456789".repeat(1001));
    output.text("250 ok\r\n");
    output.bytes(piece);
    output.text("221 bye\r\n");
    const parts: string[] = [];
    for (let bytes = output.take(4096); bytes !== null; bytes = output.take(4096)) {
      parts.push(text(bytes));
      expect(output.taken).toBe(parts.join("").length);
      expect(join(output.snapshot().map((each) => (typeof each === "string" ? octets(each) : each)))).toHaveLength(
        output.end - output.taken,
      );
    }
    expect(parts.map(({ length }) => length)).toEqual([8, 4096, 4096, 1818 + 9]);
    expect(parts.join("")).toBe(`250 ok\r\n${text(piece)}221 bye\r\n`);
  });

  it("gives short pieces in parts below its limit", () => {
    const output = new Output(10);
    output.bytes(octets("12345"));
    output.bytes(octets("6"));
    expect([2, 2, 2].map((limit) => text(output.take(limit)!))).toEqual(["12", "34", "56"]);
    expect(output.take()).toBeNull();
  });

  it("is not full of a piece that has begun to leave, but of what is after it", () => {
    const output = new Output(10);
    output.bytes(octets("x".repeat(100)));
    expect(output.full).toBe(true);
    output.take(1);
    expect([output.full, output.empty]).toEqual([false, false]);
    output.text("more than ten");
    expect(output.full).toBe(true);
    output.discard();
    output.text("more than ten");
    expect(output.full).toBe(true);
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

  it("moves a piece only a bounded number of times, however many are after it", () => {
    const moved = { count: 0 };
    const { splice, slice } = Array.prototype;
    // What a call leaves in the array, or copies out of it, was moved.
    Array.prototype.splice = function (this: unknown[], ...args: [number, number]) {
      const taken = Reflect.apply(splice, this, args);
      moved.count += this.length + taken.length;
      return taken;
    };
    Array.prototype.slice = function (this: unknown[], ...args) {
      const copy = Reflect.apply(slice, this, args);
      moved.count += copy.length;
      return copy;
    };
    try {
      const output = new Output(65_536);
      const piece = new Uint8Array(5000);
      for (let count = 0; count < 2000; count++) output.bytes(piece);
      while (output.take() !== null);
    } finally {
      Object.assign(Array.prototype, { splice, slice });
    }
    expect(moved.count).toBeLessThan(3 * 2000);
  });

  it("lets go of what was taken, while there is more", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const output = new Output(65_536);
    const queued = [1, 2, 3].map((fill) => {
      const piece = new Uint8Array(5000).fill(fill);
      output.bytes(piece);
      return new WeakRef(piece);
    });
    output.take();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(queued.map((piece) => piece.deref()?.[0])).toEqual([undefined, 2, 3]);
    expect(output.takePieces().map(([first]) => first)).toEqual([2, 3]);
  });

  it("snapshots what was not taken", () => {
    const output = new Output(65_536);
    const pieces = Array.from({ length: 9 }, (_, index) => new Uint8Array(4096).fill(index));
    const left = (found: readonly unknown[], taken: number) =>
      found.length === 9 - taken && found.every((piece, index) => piece === pieces[taken + index]);
    for (const piece of pieces) output.bytes(piece);
    for (let taken = 1; taken < 9; taken++) {
      expect(output.take()).toBe(pieces[taken - 1]);
      expect(left(output.snapshot(), taken)).toBe(true);
      expect(output.empty).toBe(false);
      const restored = new Output(65_536);
      restored.restore(output.snapshot(), output.taken, output.begun);
      expect(left(restored.takePieces(), taken)).toBe(true);
    }
    output.text("end");
    output.text(" of it");
    expect([output.take(), text(output.take()!), output.take(), output.snapshot()]).toEqual([
      ...[pieces[8], "end of it", null, []],
    ]);
  });

  it("counts what was queued and what was taken in one measure, text and octets alike, from one snapshot to the next", () => {
    let output = new Output(65_536);
    const counts = () => [output.taken, output.end];
    output.text("\u00e9\r\n");
    output.bytes(new Uint8Array(5000));
    expect(counts()).toEqual([0, 5003]);
    output.take();
    expect(counts()).toEqual([3, 5003]);
    const restored = new Output(65_536);
    restored.restore(output.snapshot(), output.taken, output.begun);
    output = restored;
    output.bytes(octets("end"));
    expect(counts()).toEqual([3, 5006]);
    output.takePieces();
    expect(counts()).toEqual([5006, 5006]);
  });

  it("is as full as it was, from a snapshot with a piece of which a part was taken", () => {
    const output = new Output(10);
    output.bytes(new Uint8Array(5000));
    expect(output.take(1000)).toHaveLength(1000);
    const restored = new Output(10);
    restored.restore(output.snapshot(), output.taken, output.begun);
    expect([output.full, restored.full]).toEqual([false, false]);
    expect(restored.take()).toHaveLength(4000);
    expect(restored.begun).toBe(0);
  });

  it("forgets what is queued, sources among it, and goes on", () => {
    const output = new Output(4);
    output.text("12345");
    output.take();
    output.from(() => "more of it");
    output.discard();
    expect([output.full, output.empty, output.take(), output.taken, output.end]).toEqual([false, true, null, 5, 5]);
    output.text("6");
    expect([text(output.take()!), output.taken]).toEqual(["6", 6]);
  });

  it("gives all that was queued, in order, whenever it is taken", () => {
    const steps = fc.array(fc.oneof(fc.constant("take"), fc.integer({ min: 0, max: 10_000 })), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (steps) => {
        const output = new Output(20_000);
        let queued = "";
        let taken = "";
        for (const step of steps) {
          if (typeof step === "number") {
            const piece = String.fromCharCode(0x61 + (step % 26)).repeat(step);
            queued += piece;
            if (step % 2) output.text(piece);
            else output.bytes(octets(piece));
          } else taken += text(output.take() ?? new Uint8Array(0));
          expect(output.full).toBe(queued.length - taken.length > 20_000);
        }
        expect(taken + text(output.takePieces())).toBe(queued);
        expect([output.empty, output.full]).toEqual([true, false]);
      }),
    );
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
