import fc from "fast-check";
import {
  formatScramKeys,
  type KeyLengths,
  makeScramKeys,
  parseScramKeys,
  type ScramKeys,
  scramClient,
  scramSha1,
  scramSha256,
  scramSha512,
  verifyScramPassword,
} from "sasl";
import { derive } from "sasl/webcrypto";
import { describe, expect, it, vi } from "vitest";
import { credential, fromBase64, runs, smallPrepare, utf8, vectors } from "./support.ts";

interface StoredVector {
  readonly id: string;
  readonly note: string;
  readonly inputs: { readonly stored: string };
  readonly outputs: {
    readonly valid: boolean;
    readonly mechanism?: string;
    readonly iterations?: number;
    readonly saltBase64?: string;
    readonly storedKeyHex?: string;
    readonly serverKeyHex?: string;
  };
}

const all = vectors("scram-stored") as unknown as readonly StoredVector[];
const hashes = [scramSha1, scramSha256, scramSha512];
const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
const plain = ({ mechanism, iterations, salt, storedKey, serverKey }: ScramKeys) => ({
  mechanism,
  iterations,
  salt: hex(salt),
  storedKey: hex(storedKey),
  serverKey: hex(serverKey),
});

/** The exchange of RFC 7677 §3, as Dovecot and PostgreSQL store its password. */
const RFC_7677 =
  "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const DOVECOT =
  "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const keys = makeScramKeys(scramSha256, { password: "pencil", salt: fromBase64("W22ZaJ0SNY7soEsUEjb6gQ==") });

describe("stored forms", () => {
  it.each(all.filter(({ outputs }) => outputs.valid))(
    "[SCRAM-5803.2-1] $inputs.stored is read, and written as it was",
    (vector) => {
      const { mechanism, iterations, saltBase64, storedKeyHex, serverKeyHex } = vector.outputs;
      const read = parseScramKeys(vector.inputs.stored);
      expect(plain(read)).toEqual({
        mechanism,
        iterations,
        salt: hex(fromBase64(saltBase64!)),
        storedKey: storedKeyHex,
        serverKey: serverKeyHex,
      });
      expect(formatScramKeys(read)).toBe(vector.inputs.stored);
    },
  );

  it.each(all.filter(({ outputs }) => !outputs.valid))(
    "[SCRAM-5803.3-1] $inputs.stored is refused: $note",
    ({ inputs }) => {
      expect(() => parseScramKeys(inputs.stored)).toThrow(RangeError);
    },
  );

  it("[SCRAM-5803.2-1] the password of RFC 7677 §3 in both forms", () => {
    expect(formatScramKeys(keys)).toBe(RFC_7677);
    expect(formatScramKeys(keys, "dovecot")).toBe(DOVECOT);
    expect(plain(parseScramKeys(DOVECOT))).toEqual(plain(parseScramKeys(RFC_7677)));
  });

  const form = '"text" expected MECHANISM$COUNT:SALT$KEY:KEY or {MECHANISM}COUNT,SALT,KEY,KEY';
  const names = '"mechanism" expected one of SCRAM-SHA-1, SCRAM-SHA-256, SCRAM-SHA-512';
  const count = '"iterations" expected a count without leading zero, at most 100000';
  it.each([
    [RFC_7677, /:w.*/, "", form],
    [RFC_7677, /$/, ":AAAA", form],
    [RFC_7677, /$/, "$AAAA", form],
    [RFC_7677, "$", "", form],
    [RFC_7677, /$/, "\n", '"serverKey" expected canonical base64'],
    [DOVECOT, "}", "", form],
    [DOVECOT, /^/, "x", form],
    [RFC_7677, /^/, "}", form],
    [DOVECOT, /$/, ",", form],
    ["", "", "", form],
    [RFC_7677, "SHA-256", "SHA-256-PLUS", names],
    [RFC_7677, "SHA-256", "SHA-224", names],
    [RFC_7677, "SCRAM-SHA-256", "toString", names],
    [RFC_7677, "SCRAM", "scram", names],
    [RFC_7677, "4096", "0", count],
    [RFC_7677, "4096", "04096", count],
    [RFC_7677, "4096", "-1", count],
    [RFC_7677, "4096", "", count],
    [RFC_7677, "4096", "100001", count],
    [RFC_7677, "4096", "99999999999999999999", count],
    [RFC_7677, "gQ==", "gR==", '"salt" expected canonical base64'],
    [RFC_7677, "W22ZaJ0SNY7soEsUEjb6gQ==", "", '"salt" expected at least one octet'],
    [RFC_7677, "T4qY=", "T4qY", '"storedKey" expected canonical base64'],
    [RFC_7677, "WG5d", "", '"storedKey" expected 32 octets'],
    [RFC_7677, "wfPL", "", '"serverKey" expected 32 octets'],
  ])("[SCRAM-5803.3-1] %s with %s replaced by %j is refused", (stored, from, to, message) => {
    const error = (() => {
      try {
        return parseScramKeys(stored.replace(from, to));
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(error).toEqual(new RangeError(message));
  });

  it("[SCRAM-5803.3-1] the bound of the count is an option", () => {
    const many = RFC_7677.replace("4096", "100001");
    expect(parseScramKeys(many, { maxIterations: 100_001 }).iterations).toBe(100_001);
    expect(() => parseScramKeys(RFC_7677, { maxIterations: 4095 })).toThrow(/at most 4095$/);
    expect(() => parseScramKeys(RFC_7677, { maxIterations: 0 })).toThrow(/^"maxIterations" expected/);
  });

  it("[SCRAM-4-1] further hashes are named with the length of their keys", () => {
    const further = { ...plainKeys(), mechanism: "SCRAM-X" };
    const options = { keyLengths: { "SCRAM-X": 32 } };
    const line = formatScramKeys(further, "rfc5803", options);
    expect(plain(parseScramKeys(line, options))).toEqual(plain(further));
    expect(() => parseScramKeys(line)).toThrow(names);
    expect(() => formatScramKeys(further)).toThrow(names);
    expect(() => formatScramKeys({ ...further, mechanism: "valueOf" }, "rfc5803", options)).toThrow(
      `${names}, SCRAM-X`,
    );
  });

  it.each<[unknown, string]>([
    [null, '"keyLengths" expected an object, got null'],
    ["32", '"keyLengths" expected an object, got string'],
    [{ "SCRAM-X": "32" }, '"keyLengths.SCRAM-X" expected a whole number from 1 to 1024'],
    [{ "SCRAM-X": undefined }, '"keyLengths.SCRAM-X" expected a whole number from 1 to 1024'],
    [{ "SCRAM-X": 0 }, '"keyLengths.SCRAM-X" expected a whole number from 1 to 1024'],
  ])("lengths of keys that are none are refused by their own name: %o", (keyLengths, message) => {
    const options = { keyLengths } as KeyLengths;
    expect(() => parseScramKeys(formatScramKeys(keys), options)).toThrow(message);
    expect(() => formatScramKeys(keys, "rfc5803", options)).toThrow(message);
  });

  it.each([null, undefined, 5, ["SCRAM-SHA-1"]])(
    "a mechanism that is no text is of the wrong type: %o",
    (mechanism) => {
      const given = { ...plainKeys(), mechanism } as unknown as ScramKeys;
      expect(() => formatScramKeys(given)).toThrow(TypeError);
    },
  );

  function plainKeys(): ScramKeys {
    const { mechanism, iterations, salt, storedKey, serverKey } = keys;
    return { mechanism, iterations, salt, storedKey, serverKey };
  }

  it("[SCRAM-5803.3-1] keys that are none are not written", () => {
    for (const [wrong, message] of [
      [{ iterations: 0 }, '"iterations" expected a whole number from 1 to 4294967295'],
      [{ salt: new Uint8Array(0) }, '"salt" expected at least one octet'],
      [{ storedKey: new Uint8Array(20) }, '"storedKey" expected 32 octets'],
      [{ serverKey: new Uint8Array(64) }, '"serverKey" expected 32 octets'],
    ] as const) {
      expect(() => formatScramKeys({ ...plainKeys(), ...wrong })).toThrow(new RangeError(message));
    }
    // @ts-expect-error no such form
    expect(() => formatScramKeys(keys, "ldap")).toThrow(new RangeError('"form" expected one of rfc5803, dovecot'));
  });

  it("[SCRAM-5803.2-1] writing and reading are inverses", () => {
    const salt = fc.uint8Array({ minLength: 1, maxLength: 40 });
    const key = fc.uint8Array({ minLength: 64, maxLength: 64 });
    const counts = fc.integer({ min: 1, max: 100_000 });
    const forms = fc.constantFrom("rfc5803", "dovecot");
    fc.assert(
      fc.property(
        fc.constantFrom(...hashes),
        counts,
        salt,
        key,
        key,
        forms,
        (hash, iterations, salt, one, other, form) => {
          const { mechanism, compute } = hash;
          const storedKey = one.slice(0, compute.outputLen);
          const serverKey = other.slice(0, compute.outputLen);
          const whole = { mechanism, iterations, salt, storedKey, serverKey };
          expect(plain(parseScramKeys(formatScramKeys(whole, form)))).toEqual(plain(whole));
        },
      ),
      runs,
    );
  });
});

describe("makeScramKeys", () => {
  it("[SCRAM-5803.2-2] takes 16 random octets of salt and 4096 iterations by default", () => {
    const made = [0, 1].map(() => makeScramKeys(scramSha1, { password: "pencil" }));
    expect(made.map(({ mechanism, iterations, salt }) => [mechanism, iterations, salt.length])).toEqual([
      ["SCRAM-SHA-1", 4096, 16],
      ["SCRAM-SHA-1", 4096, 16],
    ]);
    expect(hex(made[0]!.salt)).not.toBe(hex(made[1]!.salt));
  });

  it("[SCRAM-5803.2-2] prepares the password; octets are taken as they are", () => {
    const options = { salt: keys.salt, prepare: smallPrepare };
    expect(plain(makeScramKeys(scramSha256, { ...options, password: "pen\u00adcil" }))).toEqual(plain(keys));
    expect(plain(makeScramKeys(scramSha256, { ...options, password: utf8("pencil") }))).toEqual(plain(keys));
    expect(() => makeScramKeys(scramSha256, { ...options, password: "\u0007" })).toThrow(
      '"password" cannot be prepared',
    );
  });

  it("[SCRAM-5.1-11] refuses fewer than 4096 iterations, unless the option lowers the bound", () => {
    const few = { password: "pencil", iterations: 4095 };
    expect(() => makeScramKeys(scramSha256, few)).toThrow(
      new RangeError('"iterations" expected a whole number from 4096 to 4294967295'),
    );
    expect(makeScramKeys(scramSha256, { ...few, minIterations: 1 }).iterations).toBe(4095);
    expect(() => makeScramKeys(scramSha256, { ...few, minIterations: 0 })).toThrow(
      new RangeError('"minIterations" expected a whole number from 1 to 4294967295'),
    );
  });

  it.each(hashes)("takes what Web Crypto derived: $mechanism", async (hash) => {
    const salt = utf8("a salt");
    const derivation = { hash: hash.hash, length: hash.compute.outputLen, iterations: 5000, salt };
    const saltedPassword = await derive({ ...derivation, password: utf8("pencil") });
    const made = makeScramKeys(hash, { saltedPassword, salt, iterations: 5000 });
    expect(plain(made)).toEqual(plain(makeScramKeys(hash, { password: "pencil", salt, iterations: 5000 })));
    expect(verifyScramPassword(hash, made, { saltedPassword })).toBe(true);
    expect(() => makeScramKeys(hash, { saltedPassword })).toThrow(
      new TypeError('"salt" expected a Uint8Array, got undefined'),
    );
    expect(() => makeScramKeys(hash, { saltedPassword: new Uint8Array(1), salt })).toThrow(
      new RangeError(`"saltedPassword" expected ${hash.compute.outputLen} octets`),
    );
  });
});

describe("derivation by Web Crypto", () => {
  it("overwrites the password once it is done, and not where it fails: another try is with the same", async () => {
    const password = utf8("pencil");
    const derivation = { length: 32, iterations: 5000, salt: utf8("a salt"), password };
    await expect(derive({ ...derivation, hash: "SHA-9" })).rejects.toThrow();
    expect(password).toEqual(utf8("pencil"));
    const saltedPassword = await derive({ ...derivation, hash: "SHA-256" });
    expect(password).toEqual(new Uint8Array(6));
    const stored = makeScramKeys(scramSha256, { password: "pencil", salt: utf8("a salt"), iterations: 5000 });
    expect(verifyScramPassword(scramSha256, stored, { saltedPassword })).toBe(true);
  });
});

describe("a password outside ASCII", () => {
  const needs = new RangeError('"password" expected ASCII, or the option prepare');
  const password = "pässword";

  it("[SCRAM-2.2-1] is refused without preparation, and nobody's where a peer sent it", () => {
    expect(() => makeScramKeys(scramSha256, { password })).toThrow(needs);
    expect(() => scramClient(scramSha256, { authenticationIdentity: "user", password })).toThrow(needs);
    expect(verifyScramPassword(scramSha256, keys, { password })).toBe(false);
  });

  it("[SCRAM-2.2-1] is prepared as a stored string, names as query strings; octets are taken as they are", () => {
    const prepare = vi.fn((value: string, _use: "query" | "stored") => value);
    const made = makeScramKeys(scramSha256, { password, prepare });
    scramClient(scramSha256, { authenticationIdentity: "user", password, prepare });
    expect(verifyScramPassword(scramSha256, made, { password, prepare })).toBe(true);
    expect(prepare.mock.calls).toEqual([
      [password, "stored"],
      ["user", "query"],
      [password, "stored"],
      [password, "stored"],
    ]);
    expect(verifyScramPassword(scramSha256, made, { password: utf8(password) })).toBe(true);
    expect(verifyScramPassword(scramSha256, made, { password: new Uint8Array(0) })).toBe(false);
  });
});

describe("verifyScramPassword", () => {
  it("without preparation, an empty password is nobody's", () => {
    expect(verifyScramPassword(scramSha256, keys, { password: "" })).toBe(false);
    expect(verifyScramPassword(scramSha256, keys, { password: "pencil" })).toBe(true);
  });

  it.each([
    ["pencil", true],
    ["pen\u00adcil", true],
    ["Pencil", false],
    ["pencil ", false],
    ["\u0007", false],
    ["\u00ad", false],
    ["", false],
  ])("[SCRAM-5803.2-2] %j is the password: %s", (password, result) => {
    expect(verifyScramPassword(scramSha256, keys, { password, prepare: smallPrepare })).toBe(result);
    expect(verifyScramPassword(scramSha256, parseScramKeys(DOVECOT), { password, prepare: smallPrepare })).toBe(result);
  });

  it("[SASL-3.6-1] no keys, of an unknown user, cost what known ones do, and nobody has the password", () => {
    const words = vi.spyOn(DataView.prototype, "getUint32");
    const cost = (run: () => unknown) => {
      words.mockClear();
      expect(run()).toBe(false);
      return words.mock.calls.length;
    };
    const known = cost(() => verifyScramPassword(scramSha256, keys, { password: "x" }));
    expect(known).toBeGreaterThan(keys.iterations);
    const { iterations } = keys;
    expect(cost(() => verifyScramPassword(scramSha256, null, { password: "x", iterations }))).toBe(known);
    const few = makeScramKeys(scramSha256, { password: "pencil", iterations: 4096 });
    const usual = cost(() => verifyScramPassword(scramSha256, few, { password: "x" }));
    expect(cost(() => verifyScramPassword(scramSha256, null, { password: "x" }))).toBe(usual);
    words.mockRestore();
    expect(verifyScramPassword(scramSha256, undefined, { password: "x" })).toBe(false);
    expect(verifyScramPassword(scramSha256, null, { saltedPassword: new Uint8Array(32) })).toBe(false);
  });

  it("wrong arguments are refused", () => {
    const verify = (stored: unknown, options: unknown) => () => {
      // @ts-expect-error neither keys nor a password
      verifyScramPassword(scramSha256, stored, options);
    };
    expect(verify(keys, { password: 5 })).toThrow(new TypeError('"password" expected a string, got number'));
    expect(verify(keys, {})).toThrow(new TypeError('"password" expected a string, got undefined'));
    expect(verify("SCRAM", { password: "x" })).toThrow(new TypeError('"keys" expected an object, got string'));
    expect(verify({}, { password: "x" })).toThrow(new RangeError('"mechanism" expected SCRAM-SHA-256'));
    expect(verify(null, { password: "x", iterations: 0 })).toThrow(RangeError);
  });

  it("keys of another hash are refused", () => {
    expect(() => verifyScramPassword(scramSha1, keys, { password: "pencil" })).toThrow(
      new RangeError('"mechanism" expected SCRAM-SHA-1'),
    );
  });

  it("[SCRAM-5803.2-2] the password that the keys were made of, and no other", () => {
    fc.assert(
      fc.property(fc.constantFrom(...hashes), credential, credential, (hash, password, other) => {
        const prepare = (value: string) => value;
        const made = makeScramKeys(hash, { password, prepare, iterations: 1, minIterations: 1 });
        expect(verifyScramPassword(hash, made, { password, prepare })).toBe(true);
        // HMAC pads short keys with NUL, and no name or password has one.
        expect(verifyScramPassword(hash, made, { password: other, prepare })).toBe(other === password);
      }),
      runs,
    );
  });
});
