import fc from "fast-check";
import { anonymousClient, anonymousServer, pickMechanism, plainClient, type ServerStep } from "sasl";
import { saslprep, tracePrep } from "sasl/saslprep";
import { describe, expect, it, vi } from "vitest";
import { asIs, octets, runs, sent, utf8, vectors } from "./support.ts";

const rows = vectors("anonymous");
const good = rows.filter(({ outputs }) => outputs.outcome === "success");

function asked(message: Uint8Array | string | null, options = {}): ServerStep {
  return anonymousServer(options).next(typeof message === "string" ? utf8(message) : message);
}

const traces = ["sirhc", "", "a".repeat(255), "\u00e4".repeat(255), "a b c", "sirhc@example.com"];
const wrongTraces = [
  "a".repeat(256),
  "\u{1d400}".repeat(256),
  "@",
  "a@",
  "@b",
  "a@b@c",
  "a b@c",
  "a@b c",
  ".a@b",
  "a..b@c",
  "a@b.",
  '"a@b',
  "a@[b",
  "\u00e4@example.com",
];

describe("vectors", () => {
  it("are all run", () => {
    expect(rows.filter((row) => !good.includes(row)).map(({ id }) => id)).toEqual([
      "anonymous-neg-256-computed",
      "anonymous-neg-control-computed",
    ]);
    expect(good).toHaveLength(3);
  });

  it.each(good)("[ANON-2-1] [ANON-2-2] $id", ({ messages }) => {
    const message = messages!.at(-1)!;
    expect(sent(anonymousClient({ trace: message.text!, prepare: tracePrep }).start())).toBe(message.text);
    expect(asked(octets(message))).toEqual({
      type: "anonymous",
      authenticationIdentity: "anonymous",
      authorizationIdentity: null,
      trace: message.text,
    });
  });

  it("[ANON-2-1] [ANON-2-2] 256 characters are no token, on either side", () => {
    const trace = rows[3]!.messages![0]!.text!;
    expect(() => anonymousClient({ trace })).toThrow(RangeError);
    expect(asked(trace)).toMatchObject({ type: "failure", reason: "malformed-message" });
  });

  it("[ANON-3-1] a control character is not sent", () => {
    const { trace = "" } = rows[4]!.inputs;
    expect(trace).toBe("a\u0007b");
    const error = new RangeError('"trace" expected no control, private or display characters');
    expect(() => anonymousClient({ trace })).toThrow(error);
    expect(() => anonymousClient({ trace, prepare: tracePrep })).toThrow(error);
  });
});

describe("client", () => {
  it.each([...traces, "a.b+c=d@mail.example.com", '"a@b \\" c"@[192.0.2.1]', "root@[IPv6:2001:db8::1]"])(
    "[ANON-2-1] sends %j",
    (trace) => {
      expect(sent(anonymousClient({ trace, prepare: tracePrep }).start())).toBe(trace);
    },
  );

  it.each(wrongTraces)("[ANON-2-1] refuses %j", (trace) => {
    expect(() => anonymousClient({ trace, prepare: tracePrep })).toThrow(
      new RangeError('"trace" expected a mail address, or 1 to 255 characters without "@"'),
    );
  });

  it.each([
    ["\u00ad\u2168\u00a0", "\u00ad\u2168\u00a0"],
    ["\u0221\u{1f600}", "\u0221\u{1f600}"],
    ["\u2ff0", "\u2ff0"],
  ])(
    "[ANON-3-1] %j goes as it is: neither mapped nor normalized, C.1, C.7 and unassigned code points allowed",
    (trace, output) => {
      expect(sent(anonymousClient({ trace, prepare: tracePrep }).start())).toBe(output);
    },
  );

  it.each(["\u0085", "\ue000", "\u200e", "\ufffd", "\u{e0041}", "\u06271", "\u0627a\u0627"])(
    "[ANON-3-1] %j is refused by the profile",
    (trace) => expect(() => anonymousClient({ trace, prepare: tracePrep })).toThrow(RangeError),
  );

  it("[ANON-3-1] without the profile a trace is ASCII, where the profile prohibits controls alone", () => {
    expect(() => anonymousClient({ trace: "\u00e4" })).toThrow(
      new RangeError('"trace" expected ASCII, or the option prepare, tracePrep of sasl/saslprep'),
    );
    for (let code = 1; code < 0x80; code++) {
      const trace = `a${String.fromCharCode(code)}`;
      const isSent = (options: object) => {
        try {
          return sent(anonymousClient({ trace, ...options }).start()) === trace;
        } catch {
          return false;
        }
      };
      expect([trace, isSent({})]).toEqual([trace, isSent({ prepare: tracePrep })]);
    }
  });

  it("[ANON-3-1] the profile is asked about a query", () => {
    const prepare = vi.fn((trace: string, _use: "query" | "stored") => trace);
    anonymousClient({ trace: "tim", prepare });
    anonymousServer({ prepare }).next(utf8("sirhc"));
    expect(prepare.mock.calls).toEqual([
      ["tim", "query"],
      ["sirhc", "query"],
    ]);
  });

  it.each([
    [5, new TypeError('"trace" expected a string, got number')],
    ["a\0", new RangeError('"trace" expected no NUL')],
    ["\ud800", new RangeError('"trace" expected no unpaired surrogate')],
  ])("[ANON-2-1] %j is refused", (trace, error) => {
    // @ts-expect-error one of them is no string
    expect(() => anonymousClient({ trace })).toThrow(error);
  });

  it("[ANON-2-1] an empty first challenge is answered by the same octets, once", () => {
    const client = anonymousClient({ trace: "sirhc" });
    client.start();
    expect(sent(client.next(utf8("")))).toBe("sirhc");
    expect(sent(client.next(utf8("")))).toBe("failure: unexpected-challenge");
    const other = anonymousClient();
    expect(sent(other.start())).toBe("");
    expect(sent(other.next(utf8("x")))).toBe("failure: unexpected-challenge");
  });
});

describe("server", () => {
  it.each([
    ["a dot-atom", `${"a.".repeat(5e6)}a@b.example`],
    ["a quoted string", `"${"a".repeat(2e7)}"@b.example`],
    ["a quoted string of quoted pairs", `"${'\\"'.repeat(1e7)}"@b.example`],
    ["a domain of many parts", `a@${"b.".repeat(5e6)}example`],
    ["a domain literal", `a@[${"b".repeat(1e7)}]`],
  ])("[ANON-2-2] an address with %s as long as no limit forbids needs no stack", (_, trace) => {
    expect(asked(trace, { maxMessageLength: Number.POSITIVE_INFINITY }).type).toBe("anonymous");
  });

  it.each(traces)("[ANON-2-2] hands %j over as a trace that nobody vouches for", (trace) => {
    const server = anonymousServer();
    expect(server.next(utf8(trace))).toMatchObject({ type: "anonymous", trace });
    expect(server.accept()).toEqual({
      type: "success",
      authenticationIdentity: "anonymous",
      authorizationIdentity: "anonymous",
      data: null,
    });
  });

  it("[ANON-2-2] the application may call the client something else, or turn it away", () => {
    const server = anonymousServer();
    server.next(utf8("sirhc"));
    expect(server.accept("ftp")).toMatchObject({ type: "success", authenticationIdentity: "ftp" });
    const other = anonymousServer();
    other.next(utf8("sirhc"));
    expect(other.reject("not-authorized")).toMatchObject({ type: "failure", reason: "not-authorized" });
  });

  it.each(wrongTraces)("[ANON-2-2] %j fails", (trace) => {
    expect(asked(trace)).toMatchObject({ type: "failure", reason: "malformed-message" });
  });

  it.each([[[0xff]], [[0xc1, 0x81]], [[0xed, 0xbf, 0xbf]], [[0xf4, 0x90, 0x80, 0x80]]])(
    "[ANON-2-2] the octets %j are no UTF-8",
    (message) => {
      expect(asked(Uint8Array.from(message))).toMatchObject({ type: "failure", reason: "invalid-utf8" });
    },
  );

  it("[ANON-2-2] control characters in ASCII, which are grammatical, fail unless `prepare` says otherwise", () => {
    const forged = "x\r\nlogin succeeded for root";
    expect(asked(forged)).toMatchObject({ type: "failure", reason: "preparation-failed" });
    expect(asked(forged, { prepare: asIs })).toMatchObject({ type: "anonymous", trace: forged });
    expect(asked("\u0085", { prepare: tracePrep })).toMatchObject({ type: "failure", reason: "preparation-failed" });
    expect(asked("I\u00adX", { prepare: saslprep })).toMatchObject({ trace: "IX" });
  });

  it("[ANON-2-2] what a client sends, a server reads", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (trace) => {
        let message: ReturnType<typeof sent>;
        try {
          message = sent(anonymousClient({ trace, prepare: tracePrep }).start());
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(asked(message)).toMatchObject({ type: "anonymous", trace });
      }),
      runs,
    );
  });

  it("[ANON-2-2] long texts that are nearly addresses take linear time: with more, the test would time out", () => {
    for (const part of ["a.", "a", '\\"', "[", "!"]) {
      for (const trace of [`${part.repeat(3e5)}@`, `"${part.repeat(3e5)}@`, `a@[${part.repeat(3e5)}`]) {
        expect(asked(trace, { maxMessageLength: Number.POSITIVE_INFINITY })).toMatchObject({
          reason: "malformed-message",
        });
      }
    }
  });
});

it("[ANON-5-1] is picked only if it is a candidate, and after everything that says who somebody is", () => {
  const plain = plainClient({ authenticationIdentity: "tim", password: "secret" });
  const anonymous = anonymousClient();
  const offered = ["ANONYMOUS", "PLAIN"];
  expect(pickMechanism(["ANONYMOUS"], [plain], { tls: true }).mechanism).toBeNull();
  expect(pickMechanism(offered, [anonymous, plain], { tls: true }).mechanism).toBe(plain);
  expect(pickMechanism(offered, [anonymous], { tls: false }).mechanism).toBe(anonymous);
});
