import { conceal, StateError } from "dot-stuffing/session";
import fc from "fast-check";
import { octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Options, recorded } from "./echo.ts";

describe("record", () => {
  it("keeps chunks, and cuts their lines", () => {
    const lines = recorded(
      (session) => {
        expect(session.receive(octets("a\r\nb\\\xe9\r\n\r\nc"))).toBe(session);
        session.receive(octets("")).receive(octets("\r")).receive(octets("\n"));
        expect([...session].map((event) => text(event["bytes"] as Uint8Array))).toEqual(["a", "b\\\xe9", "", "c"]);
        expect(session.snapshot()).toBe("open");
      },
      {},
      { content: true },
    );
    expect(lines).toEqual([
      ...["C: a", "C+ b\\\\\\xe9", "C+", "C+ c\\", "C: \\", "C: \\r\\", "C: \\n\\"],
      ...['event line {"bytes":{"$octets":"a"}}', 'event line {"bytes":{"$octets":"b\\\\\\\\\\\\xe9"}}'],
      ...['event line {"bytes":{"$octets":""}}', 'event line {"bytes":{"$octets":"c"}}', "waiting bytes"],
    ]);
  });

  it("leaves out what says nothing: a second end of the output", () => {
    const lines = recorded((session) => {
      session.takeOutput();
      session.takeOutput();
      session.receive(octets("a\r\nb\r\n"));
      for (const _ of session) break;
      while (session.takeOutput() !== null);
      expect([...(session[Symbol.iterator]() as Iterable<Event>)]).toHaveLength(1);
      session.takeOutput();
      session.takeOutputPieces();
    });
    expect(lines.filter((line) => !line.startsWith("event"))).toEqual([
      ...["call takeOutput []", "C: a", "C+ b", "S: a", "waiting bytes", "S: b", "call takeOutputPieces []"],
    ]);
  });

  it("takes no more output at once than it is asked for, and says so where that has an effect", () => {
    const lines = recorded(
      (session) => {
        session.write([octets("abcdef"), octets("g")]);
        expect(text(session.takeOutput(2)!)).toBe("ab");
        expect(() => session.takeOutput(Number.NaN)).toThrow("limit");
        expect(text(session.takeOutput(Number.POSITIVE_INFINITY)!)).toBe("cdef");
        expect(text(session.takeOutput(2)!)).toBe("g");
        expect(session.takeOutput(2)).toBe(null);
      },
      {},
      { content: true },
    );
    expect(lines.slice(lines.indexOf("call takeOutput [2]"))).toEqual([
      ...["call takeOutput [2]", "S: ab\\", 'call takeOutput [{"$number":"NaN"}]', "threw RangeError"],
      ...["S: cdef\\", "S: g\\"],
    ]);
  });

  it("writes down what is thrown, and what of the application is", () => {
    const lines = recorded((session) => {
      session.receive(octets("boom\r\n!throws\r\n!throwsText\r\n"));
      expect(() => session.receive(octets("x".repeat(251)))).toThrow(StateError);
      expect(() => session.nextEvent()).toThrow("boom");
      session.use({
        throws: () => {
          throw new RangeError("secret");
        },
        throwsText: () => {
          throw "text";
        },
      });
      session.nextEvent();
      expect(() => session.nextEvent()).toThrow("secret");
      expect(() => [...session]).toThrow("text");
      expect(() => session.fail(1)).toThrow("failed");
    });
    expect(lines.filter((line) => !line.startsWith("C"))).toEqual([
      ...["call nextEvent []", "threw TypeError"],
      'call use [{"$outside":1,"methods":["throws","throwsText"],"fields":[]}]',
      'event used {"name":{"$undefined":true},"again":{"$undefined":true}}',
      ...["outside 1 throws threw RangeError", "call nextEvent []", "threw RangeError"],
      ...["outside 1 throwsText threw Error", "call nextEvent []", "threw Error", "call fail [1]", "threw TypeError"],
    ]);
  });

  it("writes down what taking the output throws", () => {
    let broken = true;
    const lines = recorded((session) => {
      expect(session.takeOutput()).toBe(null);
      session.use({
        output: () => {
          if (broken) throw new RangeError("disk full");
          return "a";
        },
      });
      expect(() => session.takeOutput()).toThrow("disk full");
      broken = false;
      expect(text(session.takeOutput()!)).toBe("a");
    });
    expect(lines).toEqual([
      ...["call takeOutput []", 'call use [{"$outside":1,"methods":["output"],"fields":[]}]'],
      ...["outside 1 output threw RangeError", "call takeOutput []", "threw RangeError"],
      ...['outside 1 output "a"', "S: a\\"],
    ]);
  });

  it("writes down what an object of the application answers the session, and not what it answers the application", () => {
    class Tool {
      readonly #name = "tool";
      get name(): string {
        return this.#name;
      }
      password = "unread";
      more(): object {
        return { type: "more", tool: this, bytes: octets("ab"), ...conceal({}, { hidden: 1 }), words: ["a"] };
      }
      concealing(): object {
        return conceal({ type: "x" }, { bytes: octets("abc"), none: null });
      }
      plain(): string {
        return this.name;
      }
      secret(): string {
        return "0123";
      }
      set(): unknown {
        return [new Set([1]), new Map([[undefined, Number.NaN]]), () => "called"];
      }
    }
    const tool = new Tool();
    const lines = recorded((session) => {
      expect(session.use(tool).use(tool)).toBe(session);
      session.receive(octets("!more\r\n!plain\r\n!secret\r\n!set\r\n!concealing\r\n"));
      const events = [...session];
      expect(events.filter(({ type }) => type === "used")).toEqual([
        { type: "used", name: "tool", again: "tool" },
        { type: "used", name: "tool", again: "tool" },
      ]);
      expect(events[2]!["by"]).toBe(tool);
      expect((events[2]!["by"] as Tool).plain()).toBe("tool");
      // What stands for it deeper in an event is it for the application as well, and for the session.
      const deeper = (events[2]!["said"] as { readonly tool: Tool }).tool;
      expect([deeper.plain(), deeper.name]).toEqual(["tool", "tool"]);
      session.use(deeper);
      session.nextEvent();
      session.say({ type: "own", tool });
      expect(session.nextEvent()!["tool"]).toBe(tool);
    });
    expect(lines.filter((line) => line.startsWith("outside"))).toEqual([
      'outside 1 name "tool"',
      'outside 1 more {"type":"more","tool":{"$outside":1},"bytes":{"$octets":"\\\\x00\\\\x00"},"words":["*"]}',
      'outside 1 plain "tool"',
      'outside 1 secret "0000"',
      'outside 1 set [{"$set":[1]},{"$map":[[{"$undefined":true},{"$number":"NaN"}]]},{"$outside":2,"methods":null,"fields":[]}]',
      'outside 1 concealing {"type":"x","$concealed":{"bytes":{"$octets":"\\\\x00\\\\x00\\\\x00"},"none":null}}',
    ]);
  });

  it("writes down functions among options and arguments; what is made of a secret is one", () => {
    const options: Options = { greet: (name) => `hello ${name}`, nested: [{ shout: () => "ho" }] };
    const lines = recorded((session) => {
      session.receive(octets("tim\r\n"));
      session.ask((password) => `${password}!`, "pass word");
      session.shout();
      for (const _ of session);
      session.takeOutput();
    }, options);
    expect(lines.filter((line) => /^(outside|S|call ask|event)/.test(line))).toEqual([
      'call ask [{"$outside":3,"methods":null,"fields":[]},"**** ****"]',
      'outside 3 call "**** *****"',
      ...['outside 2 shout "ho"', 'event asked {"word":"**** *****"}', 'event shouted {"words":"ho"}'],
      ...['outside 1 call "hello tim"', 'event line {"bytes":{"$octets":"xxx"}}', "S: hello tim"],
    ]);
  });

  it("any octets, cut anywhere, come back as they were", () => {
    const octet = fc.oneof(fc.constantFrom(0x78, 0xff, 0, 0x0d, 0x0a, 0x5c), fc.integer({ min: 0, max: 255 }));
    const runsOf = fc
      .tuple(octet, fc.integer({ min: 1, max: 10 }))
      .map(([value, count]) => Array<number>(count).fill(value));
    const chunk = fc.array(runsOf, { maxLength: 5 }).map((all) => Uint8Array.from(all.flat()));
    fc.assert(
      fc.property(fc.array(chunk), fc.boolean(), (chunks, content) => {
        recorded(
          (session) => {
            for (const each of chunks) {
              session.receive(each);
              try {
                for (const _ of session);
              } catch {} // a line that asks what was never handed in
              session.takeOutputPieces();
            }
          },
          {},
          { content, secrets: content },
        );
      }),
      { numRuns: runs() },
    );
  });

  it.each([
    [7, "xxxxxxx"],
    [8, "\\(8)"],
    [70, "\\(70)"],
  ])("writes a run of %i as %s", (length, shown) => {
    const lines = recorded((session) => session.receive(octets(`data\r\n${"y".repeat(length)}\r\n`)));
    expect(lines).toEqual(["C: data", `C+ ${shown}`]);
  });

  it("sees only the beginning of what is endless", () => {
    recorded((session) => {
      for (let count = 0; count < 400; count++) session.receive(octets("x".repeat(50)));
      session.receive(octets("\r\n          pass x\r\nNOOP\r\n"));
    });
  });
});
