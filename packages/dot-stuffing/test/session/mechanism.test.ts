import { isMechanismName, mechanismNames, offeredMechanisms, revealsSecret } from "dot-stuffing/session";
import { expect, it } from "vitest";

it.each([
  ["PLAIN", true, true],
  ["LOGIN", true, true],
  ["XOAUTH2", true, true],
  ["OAUTHBEARER", true, true],
  ["CRAM-MD5", true, false],
  ["SCRAM-SHA-256-PLUS", true, false],
  ["X_1", true, false],
  ["A".repeat(20), true, false],
  ["A".repeat(21), false, false],
  ["", false, false],
  ["plain", false, false],
  ["PLAIN X", false, false],
  ["PLAIN\n", false, false],
])("%j is a mechanism's name: %s; it reveals a secret: %s", (name, isName, reveals) => {
  expect([isMechanismName(name), revealsSecret(name)]).toEqual([isName, reveals]);
});

it("names are taken in any case, and refused outside RFC 4422 §3.1", () => {
  expect(mechanismNames(["plain", "Cram-MD5"])).toEqual(["PLAIN", "CRAM-MD5"]);
  expect(() => mechanismNames(["PLAIN", "A B"])).toThrow('"mechanisms" expected names of 1 to 20 of A-Z, 0-9, - and _');
});

it.each<[unknown, string]>([
  [null, '"prefer" expected an array, got null'],
  ["PLAIN", '"prefer" expected an array, got string'],
  [{ length: 0 }, '"prefer" expected an array, got object'],
  [[1], '"prefer[0]" expected a string, got number'],
  [["PLAIN", null], '"prefer[1]" expected a string, got null'],
  [Array(1), '"prefer[0]" expected a string, got undefined'],
])("%j is no list of names", (names, message) => {
  expect(() => mechanismNames(names as never, "prefer")).toThrow(new TypeError(message));
});

it.each([
  [true, false, ["SCRAM-SHA-1-PLUS", "CRAM-MD5", "PLAIN"]],
  [true, true, ["SCRAM-SHA-1-PLUS", "CRAM-MD5", "PLAIN"]],
  [false, false, ["CRAM-MD5"]],
  [false, true, ["CRAM-MD5", "PLAIN"]],
])("with TLS (%s) and plaintext without it (%s), %j are offered", (tls, plaintextWithoutTls, offered) => {
  expect(offeredMechanisms(["SCRAM-SHA-1-PLUS", "CRAM-MD5", "PLAIN"], tls, plaintextWithoutTls)).toEqual(offered);
});
