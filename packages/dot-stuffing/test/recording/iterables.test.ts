import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { recorded } from "./echo.ts";

describe("record", () => {
  it("writes down what an iterable gives as far as it is drawn on", () => {
    const lines = recorded((session) => {
      session.write(
        (function* () {
          yield octets(".a.b\r\n");
          yield octets("c");
        })(),
      );
      session.write([octets("d")]);
      session.write(new Set([octets("e")]));
      const endless = { [Symbol.iterator]: () => ({ next: () => ({ done: false as const, value: octets("f") }) }) };
      session.write(endless, 1);
    });
    expect(lines).toEqual([
      'call write [{"$outside":1,"methods":["[Symbol.iterator]"],"fields":[]}]',
      'outside 1 next {"value":{"$octets":".xxx\\\\r\\\\n"},"done":false}',
      'outside 1 next {"value":{"$octets":"x"},"done":false}',
      'outside 1 next {"value":{"$undefined":true},"done":true}',
      'call write [[{"$octets":"x"}]]',
      'call write [{"$set":[{"$octets":"x"}]}]',
      'call write [{"$outside":2,"methods":["[Symbol.iterator]"],"fields":[]},1]',
      'outside 2 next {"done":false,"value":{"$octets":"x"}}',
      'outside 2 next {"done":false,"value":{"$octets":"x"}}',
      "outside 2 return {}",
    ]);
  });

  it("what can be iterated again can be so recorded", () => {
    class Message {
      readonly pieces: readonly string[] = ["a\r\n", "b\r\n"];
      *[Symbol.iterator](): Generator<Uint8Array> {
        yield* this.pieces.map(octets);
      }
    }
    const message = new Message();
    const spent = message[Symbol.iterator]();
    const lines = recorded(
      (session) => {
        session.write(message, 1).write(message).write(spent).write(spent);
        expect(session.takeOutputPieces().map(text).join("")).toBe("a\r\na\r\nb\r\na\r\nb\r\n");
      },
      {},
      { content: true },
    );
    expect(lines.slice(0, 5)).toEqual([
      'call write [{"$outside":1,"methods":["[Symbol.iterator]"],"fields":["pieces"]},1]',
      'outside 1 next {"value":{"$octets":"a\\\\r\\\\n"},"done":false}',
      'outside 1 next {"value":{"$octets":"b\\\\r\\\\n"},"done":false}',
      'outside 1 return {"value":{"$undefined":true},"done":true}',
      'call write [{"$outside":1}]',
    ]);
  });

  it("what can be iterated keeps its other members, and iterates for the application as well", () => {
    class Box {
      readonly name = "box";
      size(): number {
        return 20;
      }
      whole(): object {
        return { box: this };
      }
      [Symbol.iterator](): Iterator<Uint8Array> {
        if (empty) throw new RangeError("empty");
        return [octets("a")].values();
      }
    }
    let empty = false;
    const lines = recorded((session) => {
      session.use(new Box()).receive(octets("!size\r\n!whole\r\n"));
      const [used, size, whole] = [...session];
      expect([used!["name"], size!["said"]]).toEqual(["box", 20]);
      const { box } = whole!["said"] as { readonly box: Box };
      expect([...box].map(text)).toEqual(["a"]);
      for (const _ of box) break;
      empty = true;
      expect(() => [...box]).toThrow("empty");
    });
    expect(lines.filter((line) => line.startsWith("outside"))).toEqual([
      ...['outside 1 name "box"', "outside 1 size 20", 'outside 1 whole {"box":{"$outside":1}}'],
    ]);
  });

  it("writes down that iterating cannot begin", () => {
    const lines = recorded((session) => {
      const unopened = {
        [Symbol.iterator]: () => {
          throw new RangeError("no such file");
        },
      };
      expect(() => session.write(unopened)).toThrow("no such file");
      expect(() => session.write({ [Symbol.iterator]: () => null } as never)).toThrow(TypeError);
    });
    expect(lines).toEqual([
      'call write [{"$outside":1,"methods":["[Symbol.iterator]"],"fields":[]}]',
      ...["outside 1 [Symbol.iterator] threw RangeError", "threw RangeError"],
      'call write [{"$outside":2,"methods":["[Symbol.iterator]"],"fields":[]}]',
      ...["outside 2 next threw TypeError", "threw TypeError"],
    ]);
  });
});
