import fc from "fast-check";
import { cramMd5Client, loginClient, mechanismName, pickMechanism, plainClient, strongerThanBefore } from "sasl";
import { describe, expect, it } from "vitest";
import { runs } from "./support.ts";

const own = { authenticationIdentity: "tim", password: "secret" };
const plain = plainClient(own);
const login = loginClient(own);
const cram = cramMd5Client(own);
const fake = (name: string, revealsPassword = false) => ({ name, traits: { ...cram.traits, revealsPassword } });
const tls = { tls: true };
const clear = { tls: false };

describe("names", () => {
  it.each([
    ["PLAIN", "PLAIN"],
    ["plain", "PLAIN"],
    ["Cram-Md5", "CRAM-MD5"],
    ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256-PLUS"],
    ["KERBEROS_V4", "KERBEROS_V4"],
    ["x", "X"],
    ["A".repeat(20), "A".repeat(20)],
    ["A".repeat(21), null],
    ["", null],
    ["PLA IN", null],
    ["PLAIN\n", null],
    ["PLAIN=", null],
    ["\u0131", null],
    ["\u212a", null],
  ])("[SASL-3.1-1] the mechanism name of %j is %j", (text, name) => {
    expect(mechanismName(text)).toBe(name);
  });
});

describe("picking", () => {
  const orders = [
    ["LOGIN", "PLAIN", "CRAM-MD5"],
    ["CRAM-MD5", "PLAIN", "LOGIN"],
    ["plain", "login", "cram-md5"],
  ];
  it.each(orders)("[SASL-6.1.2-1] takes the strongest, whatever the order of the server (%s, %s, %s)", (...offered) => {
    for (const candidates of [
      [plain, login, cram],
      [cram, login, plain],
    ]) {
      expect(pickMechanism(offered, candidates, tls)).toEqual({ mechanism: cram, refused: [] });
    }
  });

  it("[SASL-6.1.2-1] never picks below the policy, even where nothing else is left, and says why", () => {
    const reveals = "reveals the password or token, and there is no TLS";
    expect(pickMechanism(["PLAIN", "LOGIN", "GSSAPI", "?"], [plain, login, cram], clear)).toEqual({
      mechanism: null,
      refused: [
        { name: "PLAIN", reason: reveals },
        { name: "LOGIN", reason: reveals },
        { name: "CRAM-MD5", reason: "not offered by the server" },
        { name: "GSSAPI", reason: "not among the candidates" },
        { name: "?", reason: "not a mechanism name" },
      ],
    });
  });

  it("[SASL-6.1.2-1] nothing offered, or no candidate, picks nothing", () => {
    expect(pickMechanism([], [plain], tls).mechanism).toBeNull();
    expect(pickMechanism(["PLAIN"], [], tls).mechanism).toBeNull();
    expect(pickMechanism([], [], tls)).toEqual({ mechanism: null, refused: [] });
  });

  it("[SASL-6.2-1] without TLS a mechanism that reveals the password is picked only when allowed by name", () => {
    const offered = ["PLAIN", "LOGIN"];
    const pick = (allow: string[]) => pickMechanism(offered, [plain, login], { ...clear, allow }).mechanism;
    expect(pick([])).toBeNull();
    expect(pick(["plain"])).toBe(plain);
    expect(pick(["LOGIN"])).toBe(login);
    expect(pick(["CRAM-MD5"])).toBeNull();
    expect(pickMechanism(offered, [plain, login], tls).mechanism).toBe(plain);
  });

  it("[LOGIN-1-1] LOGIN is picked after every other mechanism, unknown ones too, and only from the candidates", () => {
    for (const other of ["PLAIN", "CRAM-MD5", "ANONYMOUS", "X-UNKNOWN"].map((name) => fake(name))) {
      expect(pickMechanism(["LOGIN", other.name], [login, other], tls).mechanism).toBe(other);
    }
    expect(pickMechanism(["LOGIN"], [login], tls).mechanism).toBe(login);
    expect(pickMechanism(["LOGIN"], [plain], tls).mechanism).toBeNull();
  });

  it("[CRAM-4-1] CRAM-MD5 ranks below SCRAM, and is picked only from the candidates", () => {
    const scram = fake("SCRAM-SHA-1");
    expect(pickMechanism(["CRAM-MD5", "SCRAM-SHA-1"], [cram, scram], clear).mechanism).toBe(scram);
    expect(pickMechanism(["CRAM-MD5"], [plain], tls).mechanism).toBeNull();
    expect(pickMechanism(["CRAM-MD5"], [cram], clear).mechanism).toBe(cram);
  });

  it("[SASL-3.1-1] names of the caller that cannot be are refused", () => {
    expect(() => pickMechanism([], [fake("no name")], tls)).toThrow(
      new RangeError('"candidates" expected mechanism names of 1 to 20 of A to Z, 0 to 9, "-", "_"'),
    );
    expect(() => pickMechanism([], [], { tls: true, allow: [""] })).toThrow(/^"allow" expected/);
  });

  it("a mechanism that does not say whether it shows a password is refused", () => {
    for (const traits of [{}, { revealsPassword: "no" }] as never[]) {
      const error = new TypeError(
        `"candidates.traits.revealsPassword" expected a boolean, got ${typeof (traits as { revealsPassword?: unknown }).revealsPassword}`,
      );
      expect(() => pickMechanism(["PLAIN"], [{ name: "PLAIN", traits }], clear)).toThrow(error);
    }
  });

  it("[SASL-6.1.2-1] each of these is picked before those after it", () => {
    const order = [
      ...["SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "GSSAPI"],
      ...["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"],
      ...["DIGEST-MD5", "CRAM-MD5", "PLAIN", "ANONYMOUS", "X-UNKNOWN", "LOGIN"],
    ];
    const left = order.map((name) => fake(name)).reverse();
    for (const name of order) {
      expect(pickMechanism([...order].reverse(), left, tls).mechanism?.name).toBe(name);
      left.pop();
    }
  });

  it("[SASL-6.1.2-1] the pick does not depend on the order of either list", () => {
    const names = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "EXTERNAL", "X-ONE"];
    const candidates = names.map((name) => fake(name, name === "PLAIN" || name === "LOGIN"));
    fc.assert(
      fc.property(fc.shuffledSubarray(names), fc.shuffledSubarray(candidates), fc.boolean(), (offered, mine, safe) => {
        const policy = { tls: safe };
        const { mechanism } = pickMechanism(offered, mine, policy);
        expect(pickMechanism([...offered].sort(), [...mine].reverse(), policy).mechanism).toBe(mechanism);
        if (mechanism !== null) expect(safe || !mechanism.traits.revealsPassword).toBe(true);
      }),
      runs,
    );
  });
});

it("[GS2-14.3-1] SPNEGO is never picked", () => {
  for (const name of ["SPNEGO", "SPNEGO-PLUS"]) {
    expect(pickMechanism([name], [fake(name)], tls)).toEqual({
      mechanism: null,
      refused: [{ name, reason: "ruled out by RFC 5801" }],
    });
  }
});

it.each([
  [["PLAIN", "LOGIN"], ["PLAIN", "LOGIN"], []],
  [
    ["PLAIN", "LOGIN"],
    ["login", "scram-sha-1", "Plain", "SCRAM-SHA-256"],
    ["SCRAM-SHA-256", "SCRAM-SHA-1"],
  ],
  [["SCRAM-SHA-256"], ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"], []],
  [["SCRAM-SHA-1"], ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"], ["SCRAM-SHA-256"]],
  [["LOGIN"], ["X-NEW", "X-NEW", "not a name"], ["X-NEW"]],
  [["not a name", "LOGIN"], ["CRAM-MD5"], ["CRAM-MD5"]],
  [["PLAIN"], [], []],
  // What there can only be under TLS: it is no sign that somebody took it out before.
  [["SCRAM-SHA-256"], ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN"], []],
  [["LOGIN"], ["SCRAM-SHA-1-PLUS", "GS2-KRB5-PLUS", "EXTERNAL", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"], []],
  [["ANONYMOUS"], ["external", "OauthBearer", "plain", "CRAM-MD5"], ["CRAM-MD5"]],
  // Nobody could log in before.
  [[], ["SCRAM-SHA-256", "PLAIN"], []],
  [["not a name"], ["SCRAM-SHA-256"], []],
])("[SASL-6.1.2-2] after %j, a list of %j shows %j that was missing", (before, after, missing) => {
  expect(strongerThanBefore(before, after)).toEqual(missing);
});

it("[SASL-6.1.2-2] an honest server, which adds under TLS what needs it, shows nothing", () => {
  const names = fc.uniqueArray(
    fc.constantFrom("SCRAM-SHA-256", "SCRAM-SHA-1", "GSSAPI", "DIGEST-MD5", "CRAM-MD5", "LOGIN"),
  );
  const added = fc.uniqueArray(
    fc.constantFrom("SCRAM-SHA-512-PLUS", "SCRAM-SHA-1-PLUS", "EXTERNAL", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"),
  );
  fc.assert(
    fc.property(names, added, (before, more) => {
      expect(strongerThanBefore(before, [...more, ...before])).toEqual([]);
    }),
    runs,
  );
});
