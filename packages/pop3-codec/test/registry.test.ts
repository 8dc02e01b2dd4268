import { capabilityTags, commands, responseCodes } from "pop3-codec/registry";
import { actsAs, isFault, parseCapability, parseCommand } from "pop3-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";

/** An example of each argument. */
const EXAMPLES: Readonly<Record<string, string>> = {
  name: "tim",
  password: "tanstaaf",
  digest: "c4c9334bac560ecc979e58001b3e22fb",
  mechanism: "PLAIN",
  number: "1",
  lines: "10",
  range: "en",
  XMIT: "XMIT",
  seconds: "900",
  "days|NEVER": "NEVER",
  USER: "USER",
  token: "x",
};

/** A line with every argument that must be there. */
function exampleOf(word: string, forms: string): string {
  const needed = forms
    .replace(/\[.*\]/, "")
    .replace(/…/g, "")
    .split(" ")
    .filter(Boolean);
  return [word, ...needed.map((form) => EXAMPLES[form]!)].join(" ");
}

describe("registry", () => {
  it.each(commands.map((entry) => [entry.verb, entry] as const))("%s is what the parser knows it as", (verb, entry) => {
    const parsed = parseCommand(octets(exampleOf(verb, entry.arguments)));
    expect(isFault(parsed)).toBe(false);
    expect(parsed).toMatchObject({ verb: entry.states.length === 0 ? "other" : verb });
  });

  it.each(capabilityTags.map((entry) => [entry.tag, entry] as const))(
    "%s is what the parser knows it as",
    (tag, entry) => {
      expect(parseCapability(exampleOf(tag, entry.arguments))).toMatchObject({ tag });
      expect(entry.arguments.startsWith("[") || entry.arguments === "" || parseCapability(tag)?.tag === "other").toBe(
        true,
      );
    },
  );

  it.each(responseCodes.map(({ code }) => [code]))("%s acts as itself", (code) => {
    expect(actsAs(code)).toBe(code);
  });

  it.each([
    ["commands", commands.map(({ verb }) => verb)],
    ["capabilities", capabilityTags.map(({ tag }) => tag)],
    ["response codes", responseCodes.map(({ code }) => code)],
  ])("%s are listed once", (_, names) => {
    expect(new Set(names).size).toBe(names.length);
  });
});
