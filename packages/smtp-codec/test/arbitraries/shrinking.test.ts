import fc from "fast-check";
import {
  addressLiterals,
  commands,
  forwardPaths,
  mailboxes,
  mailParameters,
  rcptParameters,
  reversePaths,
} from "smtp-codec/arbitraries";
import { formatCommand } from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";

/** What is found by any seed in a parser that fails where the text has this in it. */
function findings<Value>(values: fc.Arbitrary<Value>, write: (value: Value) => string, bad: RegExp): string[] {
  const found = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const { counterexample } = fc.check(
      fc.property(values, (value) => !bad.test(write(value))),
      { seed, numRuns: 500 },
    );
    found.add(write(counterexample![0]));
  }
  return [...found].sort();
}

describe("a finding that is not about one of several forms is shown with the simplest", () => {
  const address = ({ address }: { readonly address: string }) => address;
  const json = (value: unknown) => JSON.stringify(value);

  it.each<[string, () => string[], string[]]>([
    ["a mailbox", () => findings(mailboxes(), address, /^/), ["a@aa"]],
    ["a forward-path", () => findings(forwardPaths(), address, /^/), ["a@aa"]],
    ["a reverse-path", () => findings(reversePaths(), address, /@/), ["a@aa"]],
    ["a literal", () => findings(addressLiterals(), (literal) => literal, /^/), ["[0.0.0.0]"]],
    ["an IPv6 literal", () => findings(addressLiterals(), (literal) => literal, /IPv6/), ["[IPv6:::]"]],
    ["a command", () => findings(commands(), (command) => formatCommand(command), /^/), ["DATA\r\n"]],
    ["BY", () => findings(mailParameters(), json, /"by"/), ['{"by":{"seconds":1,"mode":"R","trace":false}}']],
    ["NOTIFY", () => findings(rcptParameters(), json, /notify/), ['{"notify":"NEVER"}']],
  ])("%s", (_, found, expected) => {
    expect(found()).toEqual(expected);
  });
});
