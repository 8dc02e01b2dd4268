/** What is secret in a line with AUTH, or with what was sent for it. */
import { authSecret, redactAuth, triesAuth, unknownVerb } from "dot-stuffing/session";
import fc from "fast-check";
import { runs } from "tools/testing";
import { expect, it } from "vitest";

it.each([
  ["AUTH", false, "AUTH"],
  ["AUTH ", false, "AUTH "],
  ["AUTH PLAIN", true, "AUTH PLAIN"],
  ["AUTH PLAIN =", true, "AUTH PLAIN ="],
  ["AUTH PLAIN AHUA", true, "AUTH PLAIN [redacted]"],
  ["AUTH AHUAcw==", true, "AUTH [redacted]"],
  ["AUTH=PLAIN AHUA", true, "AUTH=PLAIN [redacted]"],
  ["NOOP\n\tauth\0scram-sha-256\0biws\r\nx", true, "NOOP\n\tauth\0scram-sha-256\0[redacted]"],
  ["NOOP AUTH AHUAcw==", false, "NOOP AUTH AHUAcw=="],
])("%j: AUTH is tried: %s; it is shown as %j", (line, tried, shown) => {
  expect([triesAuth(line), redactAuth(line)]).toEqual([tried, shown]);
});

it.each([
  ["AUTH ", "PLAIN", null],
  ["AUTH P", "LAIN AHUA", null],
  ["AUTH PLAIN", "", null],
  ["AUTH PLAIN ", "AHUA", "response"],
  ["AUTH PLAIN =", "", "response"],
  ["AUTH A", "HUAcw==", "mechanism"],
  ["AUTH A", "", null],
  ["AUTH AHUAc", "", "mechanism"],
  ["AUTH=PLAIN ", "", "response"],
  ["AUTH=A", "HUAcw==", "mechanism"],
  ["NOOP A", "HUAcw==", null],
])("%j, with %j behind it: what begins there is %j", (text, ahead, secret) => {
  expect(authSecret(text, () => ahead)).toBe(secret);
});

it.each([
  ["AUTH=PLAIN", "AHUA", '{"type":"unknown","verb":"AUTH=PLAIN","answer":"default"}'],
  ["XTND", "AHUA", '{"type":"unknown","verb":"XTND","argument":"AHUA","answer":"default"}'],
])("of the unknown verb %s the argument %j is there, and is shown as in %s", (verb, argument, json) => {
  const event = unknownVerb({ verb, argument });
  expect([event.argument, JSON.stringify(event)]).toEqual([argument, json]);
});

it("shows nothing of a text that is base64 and in both cases, wherever it stands behind AUTH", () => {
  const base64 = fc.uint8Array({ minLength: 6, maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("base64"));
  const both = base64.filter((text) => /[a-z]/.test(text) && /[A-Z]/.test(text));
  const before = fc.constantFrom("AUTH ", "auth\t", " AUTH  ", "AUTH=", "AUTH PLAIN ", "AUTH=PLAIN ", "AUTH\0LOGIN\0");
  fc.assert(
    fc.property(before, both, (verb, secret) => {
      expect(redactAuth(verb + secret)).toBe(`${verb}[redacted]`);
    }),
    { numRuns: runs() },
  );
});
