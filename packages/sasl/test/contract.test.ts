import fc from "fast-check";
import { type Failure, type SaslServer, type ServerStep, StateError } from "sasl";
import { describe, expect, it } from "vitest";
import {
  converse,
  credential,
  type InitialResponse,
  mechanisms,
  NAME,
  PASSWORD,
  runs,
  sent,
  settled,
  utf8,
} from "./support.ts";

const passwords = new Map([[NAME, PASSWORD]]);
const carriages: readonly InitialResponse[] = ["carried", "kept", "asked for"];

describe.each(mechanisms)("$name", (mechanismUnderTest) => {
  const {
    name,
    client,
    server,
    asks,
    asksAbout = NAME,
    takes,
    longest = 9216,
    empty = "failure",
    challenges,
    conversation,
    traits,
  } = mechanismUnderTest;
  const challengeAt = (turn: number) => conversation?.[turn] ?? utf8("<1@h>");
  /** Leads a new client to where the server may report success. */
  const completed = () => {
    const mechanism = client();
    mechanism.start();
    for (let turn = 0; turn < challenges; turn++) mechanism.next(challengeAt(turn));
    return mechanism;
  };
  /** Leads a new server to its question, and says what the question is. */
  const asking = (options?: Parameters<typeof server>[0]) => {
    const mechanism = server(options);
    const other = client();
    const first = other.start();
    let step = mechanism.next(first.type === "response" ? first.bytes : null);
    while (step.type === "challenge") {
      const answer = other.next(step.bytes);
      step = mechanism.next(answer.type === "response" ? answer.bytes : null);
    }
    return { mechanism, other, step };
  };

  it("[SASL-5-1] [SASL-3.7-1] states its traits as data, and no security layer among them", () => {
    for (const mechanism of [client(), server()]) {
      expect(mechanism.name).toBe(name);
      expect(mechanism.traits).toEqual(traits);
    }
  });

  it.each(carriages)("[SASL-3-1] client and server agree (initial response %s)", (carriage) => {
    const data = traits.sendsFinalData ? expect.any(Uint8Array) : null;
    expect(converse(client(), server(), passwords, carriage)).toEqual({
      server: { type: "success", authenticationIdentity: NAME, authorizationIdentity: NAME, data },
      client: { type: "success", serverProved: traits.provesServer },
    });
  });

  it.skipIf(traits.speaksFirst === "server")(
    "[SASL-3-1] the first, empty, challenge is answered by what start() gave, once",
    () => {
      const mechanism = client();
      const first = sent(mechanism.start());
      expect(first).not.toBeNull();
      expect(sent(mechanism.next(new Uint8Array(0)))).toBe(first);
      const again = sent(mechanism.next(new Uint8Array(0)));
      if (takes === "token") expect(again).not.toBe(first);
      else expect(again).toMatch(/^failure: /);
    },
  );

  it.skipIf(takes === "nothing")("client and server agree on any name and password or token", () => {
    fc.assert(
      fc.property(
        credential,
        credential,
        fc.constantFrom(...carriages),
        (authenticationIdentity, password, carriage) => {
          const known = new Map([[authenticationIdentity, password]]);
          const { server: step } = converse(client({ authenticationIdentity, password }), server(), known, carriage);
          expect(step).toMatchObject({ type: "success", authenticationIdentity });
        },
      ),
      runs,
    );
  });

  it.skipIf(takes === "nothing")("no other password or token is accepted", () => {
    fc.assert(
      fc.property(credential, credential, (right, wrong) => {
        fc.pre(right !== wrong);
        const { server: step } = converse(client({ password: wrong }), server(), new Map([[NAME, right]]));
        expect(step).toMatchObject({ type: "failure", reason: "wrong-credentials" });
      }),
      runs,
    );
  });

  it("[SASL-3-2] a client accepts as many challenges as the mechanism has", () => {
    const mechanism = completed();
    // With a token, the first challenge says why it was refused.
    if (takes === "token") expect(mechanism.next(utf8("<1@h>")).type).toBe("response");
    const failed = mechanism.next(utf8("<2@h>"));
    expect(failed).toMatchObject({ type: "failure", reason: "unexpected-challenge" });
    expect(mechanism.finish()).toEqual(failed);
  });

  it("[SASL-3.6-2] [SASL-3.6-3] success before the mechanism is complete is a failure, after it the server is proved or not as the traits say", () => {
    for (let turns = 0; turns < challenges; turns++) {
      const mechanism = client();
      mechanism.start();
      for (let turn = 0; turn < turns; turn++) mechanism.next(challengeAt(turn));
      expect(mechanism.finish()).toMatchObject({ type: "failure", reason: "incomplete" });
      expect(() => mechanism.next(utf8("<1@h>"))).toThrow(StateError);
    }
    expect(completed().finish()).toEqual({ type: "success", serverProved: traits.provesServer });
  });

  it("[SASL-3.5-1] [SASL-3.8-1] a client throws StateError out of order and after the end", () => {
    const fresh = client();
    expect(() => fresh.next(utf8("x"))).toThrow(new StateError("next()", "new", "start(), abort()"));
    expect(() => fresh.finish()).toThrow(StateError);
    fresh.start();
    expect(() => fresh.start()).toThrow(new StateError("start()", "started", "next(), finish(), abort()"));

    const finished = completed();
    finished.finish();
    const states = [client(), completed(), finished];
    for (const mechanism of states) {
      mechanism.abort();
      for (const call of [() => mechanism.start(), () => mechanism.next(utf8("x")), () => mechanism.finish()]) {
        expect(call).toThrow(/in state "ended"; legal now: abort\(\)$/);
      }
      mechanism.abort();
    }
  });

  it("[SASL-3.6-2] after a failure finish() gives it again, and then the exchange is over", () => {
    const mechanism = client({ maxMessageLength: 0 });
    mechanism.start();
    const failed = mechanism.next(utf8("x"));
    expect(failed).toEqual({ type: "failure", reason: "message-too-long", text: "message too long" });
    expect(() => mechanism.next(utf8("x"))).toThrow(new StateError("next()", "ended", "abort()"));
    expect(mechanism.finish()).toEqual(failed);
    expect(() => mechanism.finish()).toThrow(new StateError("finish()", "ended", "abort()"));
    const aborted = client({ maxMessageLength: 0 });
    aborted.start();
    aborted.next(utf8("x"));
    aborted.abort();
    expect(() => aborted.finish()).toThrow(StateError);
  });

  it("[SASL-3.5-1] [SASL-3.8-1] a server throws StateError out of order, which says what would be legal", () => {
    const illegal = (mechanism: SaslServer, legal: string, ...calls: readonly (keyof SaslServer)[]) => {
      for (const call of calls) {
        const run = () => (mechanism[call] as (value: null) => unknown)(null);
        expect(run).toThrow(StateError);
        expect(run).toThrow(new RegExp(`^${call}\\(\\) is not possible in state "[a-z-]+"; legal now: ${legal}$`));
      }
    };
    const mechanism = server();
    illegal(mechanism, "next\\(\\), abort\\(\\)", "accept", "reject", "provide");
    mechanism.next(null);
    illegal(mechanism, "next\\(\\), abort\\(\\)", "accept", "reject", "provide");
    const asked = asking().mechanism;
    if (asks === "lookup") illegal(asked, "provide\\(\\), reject\\(\\), abort\\(\\)", "next", "accept");
    else illegal(asked, "accept\\(\\), reject\\(\\), abort\\(\\)", "next", "provide");
    expect(() => mechanism.accept()).toThrow(expect.objectContaining({ name: "StateError" }));
  });

  it("[SASL-3.5-1] [SASL-3.8-1] a server throws StateError after the end", () => {
    const accepted = server();
    expect(converse(client(), accepted, passwords).server.type).toBe("success");
    const rejected = asking();
    rejected.mechanism.reject();
    for (const mechanism of [server(), asking().mechanism, accepted, rejected.mechanism]) {
      mechanism.abort();
      for (const call of [
        () => mechanism.next(null),
        () => mechanism.next(utf8("x")),
        () => mechanism.accept(),
        () => mechanism.reject(),
        () => mechanism.provide(null),
      ]) {
        expect(call).toThrow(/in state "ended"; legal now: abort\(\)$/);
      }
      mechanism.abort();
    }
  });

  const expectEnded = (mechanism: SaslServer, during: () => unknown) => {
    const calls = [() => mechanism.next(null), () => mechanism.accept(), () => mechanism.provide(null)];
    for (const call of [during, ...calls]) expect(call).toThrow(/in state "ended"; legal now: abort\(\)$/);
  };

  it.skipIf(name === "EXTERNAL" || name === "OAUTHBEARER")(
    "[SASL-3.5-1] `prepare` that aborts a server's exchange ends it, and the call under way gives no step",
    () => {
      const prepare = (value: string) => {
        mechanism.abort();
        return value;
      };
      const mechanism: SaslServer = server({ prepare });
      expectEnded(mechanism, () => converse(client(), mechanism, passwords));
    },
  );

  it.skipIf(asks !== "lookup")(
    "[SASL-3.5-1] credentials that abort a server's exchange when they are read end it",
    () => {
      const { mechanism } = asking();
      const credentials = {
        get password() {
          mechanism.abort();
          return PASSWORD;
        },
      };
      expectEnded(mechanism, () => mechanism.provide(credentials));
    },
  );

  it(`[SASL-3.6-1] the server asks the application to ${asks}, and reasons differ for the caller alone`, () => {
    expect(asking().step).toMatchObject({ type: asks, authenticationIdentity: asksAbout, authorizationIdentity: null });
    const fail = (reason?: "unknown-user" | "wrong-credentials" | "not-authorized") => {
      const { mechanism, other } = asking();
      // Where a refusal at once would tell that there is no such user, the exchange goes on to its end.
      return settled(other, mechanism, mechanism.reject(reason), passwords).server;
    };
    const { type, reason, text } = fail() as Failure;
    expect(fail("wrong-credentials")).toMatchObject({ type, reason, text });
    expect(fail("unknown-user")).toMatchObject({ type: "failure", reason: "unknown-user", text });
    expect(fail("not-authorized")).toMatchObject({ type: "failure", reason: "not-authorized" });
  });

  it("a rejection without a known reason is refused, and changes nothing", () => {
    const { mechanism, other, step } = asking();
    // @ts-expect-error no such reason
    expect(() => mechanism.reject("tired")).toThrow(
      new RangeError('"reason" expected one of unknown-user, wrong-credentials, not-authorized'),
    );
    expect(settled(other, mechanism, step, passwords).server.type).toBe("success");
  });

  it("[SASL-6.4-1] a message above the limit fails unread, one at the limit is read", () => {
    const long = { type: "failure", reason: "message-too-long" };
    for (const [limit, options] of [
      [longest, {}],
      [40, { maxMessageLength: 40 }],
    ] as const) {
      const over = new Uint8Array(limit + 1).fill(0x41);
      const mechanism = server(options);
      if (traits.speaksFirst === "server") mechanism.next(null);
      expect(mechanism.next(over)).toMatchObject(long);
      const atLimit = server(options);
      if (traits.speaksFirst === "server") atLimit.next(null);
      expect(atLimit.next(over.subarray(1))).not.toMatchObject(long);
      const other = client(options);
      other.start();
      expect(other.next(over)).toMatchObject(long);
      expect(() => other.next(over)).toThrow(StateError);
    }
    const reads = client({ maxMessageLength: 40 });
    reads.start();
    expect(reads.next(new Uint8Array(40).fill(0x41))).not.toMatchObject(long);
    const initial = server();
    expect(initial.next(new Uint8Array(9217))).toMatchObject(long);
    if (longest < 9216) return; // by the mechanism's own definition
    const unlimited = server({ maxMessageLength: Number.POSITIVE_INFINITY });
    expect(unlimited.next(new Uint8Array(20_000))).not.toMatchObject(long);
  });

  it.each([-1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY])("a limit of %d is refused", (maxMessageLength) => {
    const expected = new RangeError('"maxMessageLength" expected a whole number of at least 0, or Infinity');
    expect(() => server({ maxMessageLength })).toThrow(expected);
    expect(() => client({ maxMessageLength })).toThrow(expected);
  });

  it("what is not octets is refused, and changes nothing", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    const other = client();
    other.start();
    const mechanism = server();
    expect(mechanism.next(null).type).toBe("challenge");
    for (const wrong of [null, "text", undefined, shared]) {
      // @ts-expect-error no octets
      expect(() => other.next(wrong)).toThrow(TypeError);
      // @ts-expect-error no octets
      expect(() => mechanism.next(wrong)).toThrow(TypeError);
    }
    // @ts-expect-error no octets
    expect(() => other.next(null)).toThrow('"challenge" expected a Uint8Array, got null');
    expect(() => mechanism.next(null)).toThrow('"response" expected a Uint8Array, got null');
    expect(() => mechanism.next(shared)).toThrow('"response" expected a Uint8Array, not shared');
    expect(mechanism.next(new Uint8Array(0)).type).toBe(empty);
    expect(other.finish().type).toBe(challenges === 0 ? "success" : "failure");
  });

  it("[SASL-6.4-1] a client gives a typed step for any challenges", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), (messages) => {
        const mechanism = client({ maxMessageLength: 50 });
        expect(mechanism.start().type).toBe("response");
        for (const message of messages) {
          const before = message.slice();
          const step = mechanism.next(message);
          expect(message).toEqual(before);
          expect(["response", "failure"]).toContain(step.type);
          if (step.type === "failure") return;
        }
        expect(["success", "failure"]).toContain(mechanism.finish().type);
      }),
      runs,
    );
  });

  it("[SASL-6.4-1] a server gives a typed step for any octets, and StateError for any call out of order", () => {
    const legal: Readonly<Record<string, readonly string[]>> = {
      new: ["next", "begin"],
      challenge: ["next"],
      verify: ["accept", "reject"],
      lookup: ["provide", "none", "reject"],
      authorize: ["accept", "reject"],
      "verify-token": ["accept", "reject"],
      anonymous: ["accept", "reject"],
      success: [],
      failure: [],
    };
    const call: Readonly<Record<string, (mechanism: SaslServer, bytes: Uint8Array) => ServerStep>> = {
      next: (mechanism, bytes) => mechanism.next(bytes),
      begin: (mechanism) => mechanism.next(null),
      accept: (mechanism) => mechanism.accept(NAME),
      reject: (mechanism) => mechanism.reject(),
      provide: (mechanism) => mechanism.provide({ password: "x" }),
      none: (mechanism) => mechanism.provide(null),
    };
    const hex = fc.constantFrom("0", "9", "a", "f", "F", "g");
    const nearly = fc
      .tuple(credential, fc.array(hex, { minLength: 31, maxLength: 33 }))
      .map(([who, digits]) => utf8(`${who} ${digits.join("")}`));
    const plain = fc.tuple(credential, credential, credential).map((fields) => utf8(fields.join("\0")));
    const nameAndNonce = fc.tuple(
      fc.constantFrom("n,,", "y,a=x,", "p=tls-exporter,,"),
      fc.constantFrom("a", "=2C", "="),
    );
    const scram = nameAndNonce.map(([header, saslname]) => utf8(`${header}n=${saslname},r=C`));
    const final = fc.constantFrom("biws", "eSws").map((c) => utf8(`c=${c},r=CS,p=AAAAAAAAAAAAAAAAAAAAAAAAAAA=`));
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), nearly, plain, credential.map(utf8), scram, final);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...Object.keys(call)), bytes), { maxLength: 12 }), (calls) => {
        const mechanism = server();
        let state = "new";
        for (const [what, message] of calls) {
          const run = () => call[what]!(mechanism, message);
          // next(null) while a challenge is unanswered is the caller's wrong argument, not a wrong call.
          if (what === "begin" && state === "challenge") expect(run).toThrow(TypeError);
          else if (legal[state]!.includes(what)) state = run().type;
          else expect(run).toThrow(StateError);
          expect(Object.keys(legal)).toContain(state);
        }
      }),
      runs,
    );
  });

  it("what was handed out is the caller's: later steps do not write into it, and do not read it", () => {
    const mechanism = client();
    const step = mechanism.start();
    const answer = step.type === "response" && step.bytes !== null ? step : mechanism.next(challengeAt(0));
    const before = sent(answer);
    mechanism.abort();
    expect(sent(answer)).toBe(before);

    const other = server(name === "CRAM-MD5" ? { challenge: "<1@h>" } : {});
    const asked = other.next(null);
    if (asked.type === "challenge") asked.bytes.fill(0);
    const own = client();
    const first = own.start();
    const reply = first.type === "response" && first.bytes !== null ? first : own.next(challengeAt(0));
    const next = other.next(reply.type === "response" ? reply.bytes : null);
    expect(settled(own, other, next, passwords).server.type).toBe("success");
  });

  it.skipIf(takes !== undefined)("a name or password that cannot be sent is refused by its option's name", () => {
    for (const option of ["authenticationIdentity", "password"]) {
      for (const [value, message] of [
        ["", `"${option}" expected a non-empty string`],
        ["a\0b", `"${option}" expected no NUL`],
        ["a\ud800b", `"${option}" expected no unpaired surrogate`],
        ["\udc00", `"${option}" expected no unpaired surrogate`],
      ]) {
        expect(() => client({ [option]: value })).toThrow(new RangeError(message));
      }
      expect(() => client({ [option]: 5 })).toThrow(new TypeError(`"${option}" expected a string, got number`));
      const prepare = (value: string) => (value === "refuse" ? null : value === "empty" ? "" : value);
      expect(() => client({ [option]: "refuse", prepare })).toThrow(new RangeError(`"${option}" cannot be prepared`));
      expect(() => client({ [option]: "empty", prepare })).toThrow(
        new RangeError(`"${option} (prepared)" expected a non-empty string`),
      );
    }
  });
});
