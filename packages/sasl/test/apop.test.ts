import { createHash } from "node:crypto";
import fc from "fast-check";
import { apopDigest, negotiate, pickMechanism, plainClient, verifyApop } from "sasl";
import { saslprep } from "sasl/saslprep";
import { describe, expect, it, vi } from "vitest";
import { credential, runs, smallPrepare, utf8, vectors } from "./support.ts";

const rows = vectors("apop");
const timestamp = "<1896.697170952@dbc.mtview.ca.us>";
const digest = "c4c9334bac560ecc979e58001b3e22fb";

describe("vectors", () => {
  it.each(rows)("[APOP-7-1] $id", ({ inputs, outputs }) => {
    const options = inputs.preparedSecret === undefined ? {} : { prepare: smallPrepare };
    const common = { timestamp: inputs.timestamp!, password: inputs.secret!, ...options };
    const expected = outputs.digestHex ?? outputs.trueDigestHex!;
    expect(apopDigest(common.timestamp, common.password, options)).toBe(expected);
    expect(verifyApop({ ...common, digest: expected })).toBe(true);
    if (outputs.printedDigestHex) expect(verifyApop({ ...common, digest: outputs.printedDigestHex })).toBe(false);
  });
});

it("[APOP-7-1] the digest is MD5 of timestamp and password", () => {
  fc.assert(
    fc.property(credential, (password) => {
      const expected = createHash("md5").update(`<1@h>${password}`).digest("hex");
      expect(apopDigest("<1@h>", password)).toBe(expected);
      expect(apopDigest("<1@h>", utf8(password))).toBe(expected);
      expect(verifyApop({ timestamp: "<1@h>", password, digest: expected })).toBe(true);
    }),
    runs,
  );
});

it.each([
  "",
  "hello",
  "<hello>",
  "<1 2@h>",
  "<1@h",
  "1@h>",
  "<@>",
  "<1@2@3>",
  "<<1@h>",
  "<1@h> ",
  "<1@\u00e4>",
  "<1@\x7f>",
])("[APOP-7-2] the timestamp %j is refused", (wrong) => {
  const error = new RangeError('"timestamp" expected the form of a msg-id, <…@…>');
  expect(() => apopDigest(wrong, "tanstaaf")).toThrow(error);
  expect(() => verifyApop({ timestamp: wrong, password: "tanstaaf", digest })).toThrow(error);
});

it("names all that a verification may have where it has something else", () => {
  const verification = { timestamp, password: "tanstaaf", digest, pasword: "x" };
  expect(() => verifyApop(verification)).toThrow(
    '"options" expected timestamp, digest, password, prepare alone, got pasword',
  );
});

it("[APOP-7-3] only the digest itself is accepted, in lower case", () => {
  const wrong = [
    "",
    digest.toUpperCase(),
    `${digest}0`,
    digest.slice(1),
    ` ${digest}`,
    `${digest}\n`,
    "\ud800",
    "x".repeat(1e5),
  ];
  for (let at = 0; at < 32; at++) {
    const other = digest[at] === "0" ? "1" : "0";
    wrong.push(digest.slice(0, at) + other + digest.slice(at + 1));
  }
  expect(verifyApop({ timestamp, password: "tanstaaf", digest })).toBe(true);
  expect(verifyApop({ timestamp, password: utf8("tanstaaf"), digest })).toBe(true);
  for (const sent of wrong) expect(verifyApop({ timestamp, password: "tanstaaf", digest: sent })).toBe(false);
});

it("[APOP-7-3] an unknown user is false, costs the same, and has no password that would do", () => {
  const words = vi.spyOn(DataView.prototype, "getUint32");
  const unknown = apopDigest(timestamp, "unknown");
  const cost = (password: string | null | undefined) => {
    words.mockClear();
    expect(verifyApop({ timestamp, password, digest: unknown })).toBe(password === "unknown");
    return words.mock.calls.length;
  };
  expect(cost(null)).toBe(cost("unknown"));
  // As a Map gives it for a user that is not in it.
  expect(cost(new Map<string, string>().get("tim"))).toBe(cost("unknown"));
  words.mockRestore();
});

it("[APOP-7-4] a password outside ASCII is prepared, one in ASCII is not", () => {
  const prepare = vi.fn(smallPrepare);
  expect(apopDigest("<1@h>", "se\u00adcret", { prepare })).toBe(apopDigest("<1@h>", "secret"));
  expect(apopDigest("<1@h>", "se\u00adcret")).not.toBe(apopDigest("<1@h>", "secret"));
  expect(prepare).toHaveBeenCalledOnce();
  expect(apopDigest("<1@h>", "a\tb", { prepare })).toBe(apopDigest("<1@h>", utf8("a\tb")));
  expect(prepare).toHaveBeenCalledOnce();
  expect(() => apopDigest("<1@h>", "\u00ad", { prepare })).toThrow(RangeError);
});

it("[APOP-7-4] SASLprep prepares it as a stored string, which has no unassigned code points", () => {
  const prepared = (password: string) => apopDigest("<1@h>", password, { prepare: saslprep });
  expect(prepared("pa\u00ad\u2168")).toBe(apopDigest("<1@h>", "paIX"));
  expect(prepared("e\u0301")).toBe(createHash("md5").update("<1@h>\u00e9").digest("hex"));
  expect(() => prepared("\u{1f600}")).toThrow(new RangeError('"password" cannot be prepared: RFC 3454 A.1'));
});

it.each([
  ["", new RangeError('"password" expected a non-empty string')],
  ["a\0", new RangeError('"password" expected no NUL')],
  ["\ud800", new RangeError('"password" expected no unpaired surrogate')],
  [new Uint8Array(0), new RangeError('"password" expected at least one octet')],
])("the password %j is refused", (password, error) => {
  expect(() => apopDigest(timestamp, password)).toThrow(error);
  expect(() => verifyApop({ timestamp, password, digest })).toThrow(error);
});

it("a password that is neither text nor octets is refused", () => {
  // @ts-expect-error neither text nor octets
  expect(() => apopDigest(timestamp, 5)).toThrow(new TypeError('"password" expected a string, got number'));
});

it("[APOP-7-5] negotiation never picks APOP: whoever wants it computes the digest", () => {
  const own = { authenticationIdentity: "tim", password: "tanstaaf" };
  expect(negotiate(["APOP"], own, { tls: true, weak: ["APOP"] }).mechanism).toBeNull();
  expect(pickMechanism(["APOP"], [plainClient(own)], { tls: true }).refused).toEqual([
    { name: "PLAIN", reason: "not offered by the server" },
    { name: "APOP", reason: "not among the candidates" },
  ]);
});
