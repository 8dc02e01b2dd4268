import { type LineEnd, type RecordSettings, type Role, record, replay, type WireRules } from "dot-stuffing/recording";
import { conceal, StateError } from "dot-stuffing/session";
import fc from "fast-check";
import { octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

type Event = { readonly type: string; readonly [name: string]: unknown };

interface Options {
  readonly greet?: (name: string) => string;
  readonly limit?: number;
  /** Asked as soon as a session begins. */
  readonly own?: { readonly keyword: string; readonly make: () => number };
  readonly nested?: readonly [{ readonly shout: () => string }];
}

/** Lines in, an event for each: those that begin with `!` ask what was handed to `use`, others may give their words. */
class Echo {
  readonly #options: Options;
  #input = "";
  #output: Uint8Array[] = [];
  #events: Event[] = [];
  #tool: Record<string, (...args: unknown[]) => unknown> | null = null;
  waiting = "bytes";
  state = "open";

  constructor(options: Options) {
    if (options.limit === 0) throw new RangeError("limit");
    if (options.own !== undefined) this.state = `open for ${options.own.keyword} ${options.own.make()}`;
    this.#options = options;
  }

  receive(chunk: Uint8Array): this {
    if (chunk.length > 200) throw new StateError("receive()", "full", "nextEvent()");
    this.#input += text(chunk);
    return this;
  }

  nextEvent(): Event | null {
    const found = this.#events.shift();
    if (found !== undefined) return found;
    const end = this.#input.indexOf("\r\n");
    if (end < 0) return null;
    const line = this.#input.slice(0, end);
    this.#input = this.#input.slice(end + 2);
    if (line === "boom") throw new TypeError(line);
    if (line.startsWith("!"))
      return { type: "answered", secret: true, by: this.#tool, said: this.#tool![line.slice(1)]!(line, 1) };
    if (/^(?:auth|word) /.test(line)) return { type: "read", words: line.split(" ").slice(1) };
    this.#output.push(octets(`${this.#options.greet?.(line) ?? line}\r\n`));
    return conceal({ type: "line", bytes: octets(line) }, { hidden: line });
  }

  *[Symbol.iterator](): Generator<Event, undefined> {
    for (let event = this.nextEvent(); event !== null; event = this.nextEvent()) yield event;
    return undefined;
  }

  takeOutput(limit: number = Number.POSITIVE_INFINITY): Uint8Array | null {
    if (Number.isNaN(limit)) throw new RangeError("limit");
    const first = this.#output[0];
    if (first !== undefined && first.length > limit) {
      this.#output[0] = first.subarray(limit);
      return first.subarray(0, limit);
    }
    const source = this.#tool?.["output"];
    return this.#output.shift() ?? (source === undefined ? null : octets(String(source())));
  }

  takeOutputPieces(): Uint8Array[] {
    return this.#output.splice(0);
  }

  tlsEstablished(): void {
    this.state = "secure";
  }

  snapshot(): string {
    return this.state;
  }

  use(tool: object): this {
    this.#tool = tool as Record<string, (...args: unknown[]) => unknown>;
    this.#events.push({ type: "used", name: this.#tool["name"], again: this.#tool["name"] });
    return this;
  }

  login(_name: string, _password: string | null): void {}

  ask(question: (password: string) => string, password: string): void {
    this.#events.push({ type: "asked", word: question(password) });
  }

  shout(): void {
    this.#events.push({ type: "shouted", words: this.#options.nested![0].shout() });
  }

  write(pieces: Iterable<Uint8Array>, most: number = Number.POSITIVE_INFINITY): this {
    for (const piece of pieces) {
      if (most-- <= 0) break;
      this.#output.push(piece);
    }
    return this;
  }

  say(event: Event): void {
    this.#events.push(event);
  }

  fail(error: unknown): void {
    throw typeof error === "string" ? error : new TypeError("failed");
  }
}

/** Behind `pass ` stands a password, and after `data` two lines of content; `count` is followed by 3 octets. */
class Rules implements WireRules {
  #content = 0;

  lineEnd(): LineEnd {
    return "CRLF";
  }

  begins(): "content" | "shown" {
    return this.#content > 0 ? "content" : "shown";
  }

  goesOn(_side: unknown, line: string): "password" | "digest" | "sasl" | "shown" {
    if (line === "pass ") return "password";
    if (line === "hash ") return "digest";
    return line === "auth " ? "sasl" : "shown";
  }

  ended(side: string, line: string): number {
    if (this.#content > 0) this.#content--;
    else if (side === "C" && line === "data") this.#content = 2;
    return line === "count" ? 3 : 0;
  }

  tls(): void {
    this.#content = 0;
  }
}

const role: Role<Echo, Options> = {
  name: "echo",
  input: "C",
  create: (options) => new Echo(options),
  settle: (options) => options,
  rules: () => new Rules(),
  table: () => ({ LINE: { open: "open", secure: "open" }, TLS: { open: "secure" }, NEVER: { open: null } }),
  secretArguments: { login: [null, "password"], ask: [null, "password"] },
  secretResults: { secret: "digest" },
};

function recorded(use: (session: Echo) => void, options: Options = {}, settings?: RecordSettings): string[] {
  const lines: string[] = [];
  use(record(role, options, (line) => lines.push(line), settings));
  expect(replay(role, lines).run()).toBe(null);
  return lines.slice(1);
}

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

  it("masks what the rules and arguments say", () => {
    const lines = recorded((session) => {
      session.receive(octets("pass s\xe9cret w\r\nhash 0aXf\r\nauth Zm9v!* \r\ndata\r\n..x.y\r\n\xff\r\nNOOP\r\n"));
      session.login("tim", "tan taf");
      session.login("tim", null);
      session.say({ type: "said", word: "TAN TAF", name: "tan taf", password: "other", digest: "0f", secret: false });
      session.say({ type: "said", secret: true, word: "other", bytes: octets("abc"), name: "tim" });
      for (const _ of session);
    });
    expect(lines.slice(0, 7)).toEqual([
      ...["C: pass *\\xe3**** *", "C+ hash 00X0", "C+ auth AAAA!*", "C+ data", "C+ .xxxx", "C+ \\xff", "C+ NOOP"].slice(
        0,
        2,
      ),
      ...["C+ auth AAAA!*\\x20", "C+ data", "C+ .xxxx", "C+ \\xff", "C+ NOOP"],
    ]);
    expect(lines.slice(7, 9)).toEqual(['call login ["tim","*** ***"]', 'call login ["tim",null]']);
    expect(lines).toContain(
      'event said {"word":"TAN TAF","name":"tan taf","password":"*****","digest":"00","secret":false}',
    );
    expect(lines).toContain(
      'event said {"secret":true,"word":"*****","bytes":{"$octets":"\\\\x00\\\\x00\\\\x00"},"name":"tim"}',
    );
  });

  it("masks in events what lines do not show, and shows what they show, though it be a password", () => {
    const lines = recorded((session) => {
      session.receive(octets("auth TanTaf test\r\n"));
      expect([...session]).toEqual([{ type: "read", words: ["TanTaf", "test"] }]);
      session.receive(octets("word tantaf\r\nword test\r\n"));
      session.login("tim", "test");
      session.say({ type: "said", secret: false, word: "Test", uniqueIds: ["test"] });
      for (const _ of session);
    });
    expect(lines).toEqual([
      ...["C: auth AAAAAA AAAA", 'event read {"words":["AAAAAA","AAAA"]}', "waiting bytes"],
      ...["C: word tantaf", "C+ word test", 'call login ["tim","****"]'],
      'call say [{"type":"said","secret":false,"word":"Test","uniqueIds":["test"]}]',
      'event said {"secret":false,"word":"Test","uniqueIds":["test"]}',
      ...['event read {"words":["tantaf"]}', 'event read {"words":["test"]}', "waiting bytes"],
    ]);
  });

  it.each([
    ["UTF-8", "\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e", "\\xc3\\xa9\\xe3\\xa9\\xa9\\xf1\\xa9\\xa9\\xa9"],
    ["what is no UTF-8", "\xc0\xf5\xff", "\\xff\\xff\\xff"],
    ["controls", "\x01a\x7f\x00\r\n", "\\x01*\\x7f\\x00"],
  ])("a masked password remains %s", (_, password, shown) => {
    const lines = recorded((session) => {
      session.receive(octets(`pass ${password}`.replace(/(?:\r\n)?$/, "\r\n")));
    });
    expect(lines).toEqual([`C: pass ${shown}`]);
  });

  it("shows secrets and content where it is told to", () => {
    const use = (session: Echo) => {
      session.receive(octets("pass word\r\ndata\r\n..x\r\n"));
      session.login("tim", "tanstaaf");
      session.say({ type: "said", secret: true, word: "x", bytes: octets("abc") });
      session.nextEvent();
    };
    expect(recorded(use, {}, { content: true, secrets: true })).toEqual([
      ...["C: pass word", "C+ data", "C+ ..x", 'call login ["tim","tanstaaf"]'],
      'call say [{"type":"said","secret":true,"word":"x","bytes":{"$octets":"abc"}}]',
      'event said {"secret":true,"word":"x","bytes":{"$octets":"abc"}}',
    ]);
  });

  it("masks content that is counted rather than in lines, up to TLS", () => {
    const lines = recorded((session) => {
      session.receive(octets("count\r\na\r\nb\r\ncount\r\nab"));
      session.tlsEstablished();
      session.receive(octets("ab\r\n"));
    });
    expect(lines).toEqual([...["C: count", "C+ x", "C+ b", "C+ count", "C+ xx\\", "call tlsEstablished []", "C: ab"]]);
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

  it("masks a password, a digest and a token wherever they stand", () => {
    const lines = recorded((session) => {
      session.say({ type: "said", secret: false, password: "tan taf", digest: "0f", token: "ab.c", word: "open" });
      for (const _ of session);
    });
    expect(lines[1]).toBe(
      'event said {"secret":false,"password":"*** ***","digest":"00","token":"****","word":"open"}',
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

  it.each([0, 255, 256, 257, 5000])(
    "remembers every secret: after %i more what is made of the first and the last is masked",
    (more) => {
      const lines = recorded((session) => {
        session.use({ first: () => "one", LAST: () => "two", open: () => "three" });
        session.login("tim", "!First");
        for (let count = 0; count < more; count++) session.login("tim", `password ${count}`);
        session.login("tim", "!last");
        session.receive(octets("!first\r\n!LAST\r\n!open\r\n"));
        for (const _ of session);
      });
      expect(lines.filter((line) => /^outside 1 (?:first|LAST|open)/.test(line))).toEqual([
        ...['outside 1 first "***"', 'outside 1 LAST "***"', 'outside 1 open "three"'],
      ]);
    },
  );

  it("masks everything once there are more secrets than it can remember", () => {
    const options: Options = { greet: (name) => `hello ${name}` };
    const said = (most: number) => {
      const lines = recorded((session) => {
        session.login("tim", "first");
        for (let count = 0; count < most; count++) session.login("tim", `${count}${"x".repeat(100_000)}`);
        session.login("tim", "last");
        for (const word of ["first", "last", "two words"])
          session.say({ type: "said", secret: false, name: "tim", word });
        session.ask((question) => question.slice(1), "last");
        session.receive(octets("open\r\n"));
        for (const _ of session);
      }, options);
      expect(lines).toContain("C: open");
      const shown = lines.filter((line) => /^(event said|outside)/.test(line));
      return shown.map((line) => line.replace(/.*"name":"tim",/, ""));
    };
    expect(said(5)).toEqual([
      ...['outside 2 call "***"', '"word":"first"}', '"word":"last"}', '"word":"two words"}'],
      'outside 1 call "hello open"',
    ]);
    expect(said(6)).toEqual([
      ...['outside 2 call "***"', '"word":"*****"}', '"word":"****"}', '"word":"*** *****"}'],
      'outside 1 call "***** ****"',
    ]);
  });

  it("sees only the beginning of what is endless", () => {
    recorded((session) => {
      for (let count = 0; count < 400; count++) session.receive(octets("x".repeat(50)));
      session.receive(octets("\r\n          pass x\r\nNOOP\r\n"));
    });
  });
});

const HEADER = 'recording 1 echo {"content":false,"secrets":false,"options":{}}';

const MOST = "expected runs of at most 134217728 octets in all";

describe("replay", () => {
  it.each([
    ["nothing", [], 'line 1 of the recording: expected "recording", a version, a role and JSON, got ""'],
    ["no first line", ["C: a"], 'line 1 of the recording: expected "recording", a version'],
    [
      "no JSON there",
      ["", "recording 1 echo {,}"],
      'line 2 of the recording: expected JSON, got "recording 1 echo {,}"',
    ],
    ["another role", ["recording 1 smtp-server {}"], "line 1 of the recording: expected version 1 of echo"],
    ["another version", ["recording 2 echo {}"], "line 1 of the recording: expected version 1 of echo"],
    [
      "options that are none",
      ['recording 1 echo {"options":{"limit":0}}'],
      "expected options of echo (RangeError: limit)",
    ],
    [
      "no options",
      ["recording 1 echo {}"],
      'expected options of echo (TypeError: "options" expected an object, got undefined)',
    ],
    ["a word that is none", [HEADER, "# a note", "hello"], 'line 3 of the recording: expected "C:", "S:", "event"'],
    ["a line that begins with a space", [HEADER, " C: a"], 'line 2 of the recording: expected "C:", "S:", "event"'],
    ["a line end within a line", [HEADER, "event a\rb {}"], 'line 2 of the recording: expected "C:", "S:", "event"'],
    ["an escape that is none", [HEADER, "C: \\q"], 'line 2 of the recording: expected escaped octets, got "C: \\q"'],
    ["an event without JSON", [HEADER, "event line"], "line 2 of the recording: expected an event's type and its JSON"],
    ["an event of bad JSON", [HEADER, "event line {x}"], "line 2 of the recording: expected JSON"],
    ["a call without arguments", [HEADER, "call use"], "expected a call's name and its arguments as a JSON array"],
    ["octets that are none", [HEADER, 'call say [{"$octets":"a\\\\"}]'], "line 2 of the recording: expected JSON"],
    ["octets that are no text", [HEADER, 'call say [{"$octets":1}]'], "line 2 of the recording: expected JSON"],
    ["a list that is none", [HEADER, 'call say [{"$set":1}]'], "line 2 of the recording: expected JSON"],
    [
      "an answer that is none",
      [HEADER, "outside 1"],
      'expected "C:", "S:", "event", "waiting", "call", "threw" or "outside"',
    ],
    ["an answer of bad JSON", [HEADER, "outside 1 x {"], "expected JSON"],
    ["a run longer than memory", [HEADER, "C: \\(999999999)"], `line 2 of the recording: ${MOST}, got "C: `],
    ["such a run in JSON", [HEADER, 'call say [{"$octets":"\\\\<999999999>"}]'], `line 2 of the recording: ${MOST}`],
    [
      "such a run in the options",
      ['recording 1 echo {"o":{"$octets":"\\\\[999999999]"}}'],
      `line 1 of the recording: ${MOST}`,
    ],
    [
      "runs that are too long together",
      [HEADER, "C: \\(9)\\[134217719]", "C: \\<1>"],
      `line 3 of the recording: ${MOST}`,
    ],
    ["a long line", [HEADER, "x".repeat(100)], `got "${"x".repeat(80)}…"`],
  ])("refuses %s, naming the line", (_, lines, message) => {
    expect(() => replay(role, lines)).toThrow(message);
  });

  it.each([
    [
      "another event",
      ["C: a", 'event line {"bytes":{"$octets":"b"}}'],
      'line 3: recorded event line {"bytes":{"$octets":"b"}}; replayed event line {"bytes":{"$octets":"x"}}',
    ],
    [
      "no event",
      ["C: a\\", 'event line {"bytes":{"$octets":"x"}}'],
      'line 3: recorded event line {"bytes":{"$octets":"x"}}; replayed waiting bytes',
    ],
    ["other output", ["C: a", 'event line {"bytes":{"$octets":"x"}}', "S: b"], "line 4: recorded S: b; replayed S: a"],
    ["no output", ["S: b"], "line 2: recorded S: b; replayed call takeOutput []"],
    [
      "less output",
      ["C: a", 'event line {"bytes":{"$octets":"x"}}', "S: a", "S+ b"],
      "line 5: recorded S+ b; replayed nothing",
    ],
    ["nothing thrown", ["waiting bytes", "threw Error"], "line 3: recorded threw Error; replayed nothing"],
    [
      "a call that is none",
      ["call nothing []"],
      "replayed RecordingError: line 2 of the recording: expected a method of the session",
    ],
    ["a call of the class", ["call constructor []"], "expected a method of the session"],
    ["input that is refused", [`C: ${"y".repeat(260)}`], "replayed StateError: receive() is not possible full"],
    ["an object never declared", ['call use [{"$outside":7}]'], "line 2: recorded call use"],
    [
      "a question not recorded",
      ['call use [{"$outside":1,"methods":["x"],"fields":["name"]}]', "waiting bytes"],
      "line 3: recorded waiting bytes; replayed threw Error",
    ],
    [
      "an answer to no question",
      ["outside 1 x 1", "waiting bytes"],
      "line 2: recorded outside 1 x 1; replayed waiting bytes",
    ],
    ["answers without an end", ["outside 1 x 1"], "line 2: recorded outside 1 x 1; replayed waiting bytes"],
  ])("says what differs: %s", (_, lines, difference) => {
    expect(replay(role, [HEADER, ...lines]).run()).toContain(difference);
  });

  it("goes step by step, stops before an event, and shows where the session stands", () => {
    const lines: string[] = [];
    const session = record(role, { greet: (name) => name }, (line) => lines.push(line));
    session.receive(octets("a\r\nb\r\n"));
    session.nextEvent();
    session.tlsEstablished();
    for (const _ of session);
    const replayed = replay(role, ["# a note", "", ...lines.map((line) => `${line}\r`)]);
    expect(replayed.state).toEqual({ line: 4, state: "open", waiting: "bytes", row: { LINE: "open", TLS: "secure" } });
    expect(replayed.next()).toEqual({ line: 4, lines: ["C: a", "C+ b"], difference: null });
    for (const none of [0, -1, 0.5, Number.NaN, "2" as unknown as number]) {
      expect(() => replayed.until(none)).toThrow(
        new RangeError(`"n" expected a whole number of at least 1, or Infinity, got ${none}`),
      );
    }
    expect(replayed.state.line).toBe(6);
    expect(replayed.until(1).state.line).toBe(6);
    expect(replayed.until(2).state).toEqual({ line: 9, state: "secure", waiting: "bytes", row: { LINE: "open" } });
    expect(replayed.until(2).next()!.lines).toEqual(['outside 1 call "b"', 'event line {"bytes":{"$octets":"x"}}']);
    expect(replayed.until(9).state.line).toBe(null);
    expect(replay(role, lines).until(Number.POSITIVE_INFINITY).state.line).toBe(null);
    expect(replayed.next()).toBe(null);
    expect(replayed.run()).toBe(null);
    expect(replayed.session).toBeInstanceOf(Echo);
  });

  it("answers what a session asks as soon as it begins", () => {
    const lines: string[] = [];
    const session = record(role, { own: { keyword: "FOO", make: () => 7 } }, (line) => lines.push(line));
    session.receive(octets("a\r\n"));
    expect(session.nextEvent()).toMatchObject({ type: "line" });
    expect(lines.slice(1, 4)).toEqual(['outside 1 keyword "FOO"', "outside 1 make 7", "C: a"]);
    const replayed = replay(role, lines);
    expect(replayed.state).toMatchObject({ line: 4, state: "open for FOO 7" });
    expect(replayed.run()).toBe(null);
    expect(() => replay(role, [lines[0]!, lines[2]!])).toThrow(
      "line 1 of the recording: expected options of echo (Error: a question that was not recorded: outside 1 keyword)",
    );
  });

  it("takes a recording that ends within a step", () => {
    expect(replay(role, [HEADER, "C: a", "C+ b", "event line {}"].slice(0, 3)).run()).toBe(null);
    expect(replay(role, [HEADER, "C: boom", "call nextEvent []"]).run()).toBe(null);
  });
});
