/** A misspelt option must not count as one that was left out: it is refused by its name. */
import { type NegotiationCredentials, type NegotiationPolicy, negotiate, scramSha256 } from "sasl";
import { describe, expect, it } from "vitest";
import { call, external, functions, own, server } from "./arguments.ts";
import { asIs } from "./support.ts";

const one = (argument: string, at: number, ...names: readonly string[]): [string, number, string][] =>
  names.map((name) => [name, at, argument]);

describe("an option of another name is refused, and those that there are are named", () => {
  it.each<[name: string, at: number, argument: string]>([
    ...one("options", 0, "anonymousClient", "anonymousServer", "cramMd5Client", "cramMd5Server", "digestMd5Client"),
    ...one("options", 0, "digestMd5Server", "externalClient", "externalServer", "loginClient", "loginServer"),
    ...one("options", 0, "oauthBearerClient", "oauthBearerServer", "plainClient", "plainServer"),
    ...one("options", 0, "xoauth2Client", "xoauth2Server"),
    ...one("options", 1, "cramMd5Contexts", "digestMd5Hash", "makeScramKeys", "parseScramKeys"),
    ...one("options", 1, "scramClient", "scramNames", "scramServer"),
    ...one("options", 2, "apopDigest", "formatScramKeys", "verifyScramPassword"),
    ["digestMd5Hash", 0, "credentials"],
    ["negotiate", 1, "credentials"],
    ["negotiate", 2, "policy"],
    ["pickMechanism", 2, "policy"],
  ])("%s, argument %i: %s", (name, at, argument) => {
    const values = functions[name]!;
    const misspelt = values.map((value, index) => (index === at ? { ...(value as object), minIteration: 1 } : value));
    let message = "";
    try {
      call(name, ...misspelt);
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      ({ message } = error as Error);
    }
    const [, found, options = ""] = /^"(.+)" expected (.+) alone, got minIteration$/.exec(message) ?? [];
    expect(found).toBe(argument);
    // Instead of a password there can be a salted one.
    const named = options.split(", ").filter((option) => option !== "saltedPassword");
    expect(named.sort()).toEqual(Object.keys(values[at] as object).sort());
  });

  it.each<[string, readonly unknown[], string]>([
    ["scramServer", [scramSha256, { ...server, requireChannelbinding: true }], "requireChannelbinding"],
    ["scramServer", [scramSha256, { ...server, unknownUser: { iteration: 5000 } }], "iteration"],
    ["scramNames", [scramSha256, { plus: true }], "plus"],
    ["scramClient", [scramSha256, { ...own, minIteration: 100_000 }], "minIteration"],
    ["scramClient", [scramSha256, { ...own, requireChannelBinding: true }], "requireChannelBinding"],
    ["negotiate", [["PLAIN"], own, { tls: true, requireChannelBindings: true }], "requireChannelBindings"],
    ["negotiate", [["PLAIN"], { ...own, requireChannelBinding: true }, { tls: true }], "requireChannelBinding"],
    ["negotiate", [["ANONYMOUS"], { anonymous: { tracee: "t" } }, { tls: true }], "tracee"],
    ["pickMechanism", [["PLAIN"], [external], { tls: true, requireChannelBinding: true }], "requireChannelBinding"],
    ["plainClient", [{ ...own, authorisationIdentity: undefined }], "authorisationIdentity"],
    ["verifyApop", [{ timestamp: "<1@h>", digest: "", password: "x", prepared: asIs }], "prepared"],
  ])("%s of %o: %s", (name, values, other) => {
    expect(() => call(name, ...values)).toThrow(TypeError);
    expect(() => call(name, ...values)).toThrow(new RegExp(`^"[a-zA-Z]+" expected .* alone, got ${other}$`));
  });

  it("what is inherited is not looked at", () => {
    const policy: NegotiationPolicy = Object.create({ tls: true, waiting: "decision" });
    const credentials: NegotiationCredentials = Object.create({ ...own, name: "tim" });
    expect(negotiate(["PLAIN"], credentials, policy).mechanism?.name).toBe("PLAIN");
  });
});
