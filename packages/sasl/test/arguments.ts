/** What each function is called with. */
import * as sasl from "sasl";
import { scramSha256 } from "sasl";
import { asIs } from "./support.ts";

const common = { prepare: asIs, maxMessageLength: 1000 };
export const own = { authenticationIdentity: "tim", password: "secret" };
export const server = { secret: new Uint8Array(16), minIterations: 1, unknownUser: { iterations: 1, saltLength: 8 } };
const exporter = { type: "tls-exporter", data: new Uint8Array(32) } as const;
export const keys = sasl.makeScramKeys(scramSha256, { password: "secret", iterations: 1, minIterations: 1 });
const { mechanism, iterations, salt, storedKey, serverKey } = keys;
export const storedKeys = { mechanism, iterations, salt, storedKey, serverKey };
const derivedKeys = { mechanism, iterations, salt, clientKey: storedKey, serverKey };
export const external = sasl.externalClient();

/** Each function with arguments that are right, every option among them. */
export const functions: Readonly<Record<string, readonly unknown[]>> = {
  anonymousClient: [{ trace: "tim", ...common }],
  anonymousServer: [{ ...common }],
  apopDigest: ["<1@h>", "\u00e4", { prepare: asIs }],
  cramMd5Client: [{ ...own, ...common }],
  cramMd5Contexts: ["secret", { prepare: asIs }],
  cramMd5Server: [{ challenge: "<1@h>", host: "h", ...common }],
  digestMd5Client: [
    {
      ...{ ...own, authorizationIdentity: "a", service: "smtp", host: "h", serviceName: "n", realm: "r", cnonce: "C" },
      ...{ looseQuoting: true, ...common },
    },
  ],
  digestMd5Hash: [{ ...own, realm: "r" }, { prepare: asIs }],
  digestMd5Server: [{ realms: ["r"], service: "smtp", hosts: ["h", "n"], nonce: "N", looseQuoting: true, ...common }],
  externalClient: [{ authorizationIdentity: "tim", maxMessageLength: 100 }],
  externalServer: [{ authenticationIdentity: "tim", maxMessageLength: 100 }],
  formatGs2Header: [{ flag: "p", bindingType: "tls-unique", authorizationIdentity: "tim", isNonstandard: false }],
  formatScramKeys: [storedKeys, "dovecot", { keyLengths: { "SCRAM-X": 5 } }],
  loginClient: [{ ...own, ...common }],
  loginServer: [{ prompts: ["Name:", "Password:"], allowInitialResponse: true, ...common }],
  makeScramKeys: [scramSha256, { password: "secret", salt, iterations: 1, minIterations: 1, prepare: asIs }],
  mechanismName: ["PLAIN"],
  negotiate: [
    ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "EXTERNAL", "DIGEST-MD5", "OAUTHBEARER", "ANONYMOUS", "LOGIN"],
    {
      ...own,
      ...{ authorizationIdentity: "", channelBindings: [exporter], others: [external], derivedKeys, prepare: asIs },
      ...{ token: "t", host: "h", port: 25, service: "smtp", realm: "r", anonymous: { trace: "t" }, external: true },
      ...{ minIterations: 1, maxIterations: 9, deriveKeys: "in-place", keepKeys: true, maxMessageLength: 1000 },
    },
    { tls: true, allow: ["PLAIN"], weak: ["LOGIN"], requireChannelBinding: false },
  ],
  oauthBearerClient: [{ token: "t", authorizationIdentity: "a", host: "h", port: 25, maxMessageLength: 1000 }],
  oauthBearerServer: [
    { host: "h", port: 25, scope: "s", openidConfiguration: "https://example.com", maxMessageLength: 1000 },
  ],
  parseGs2Header: ["n,,"],
  parseScramKeys: [sasl.formatScramKeys(keys), { maxIterations: 5000, keyLengths: {} }],
  pickMechanism: [["EXTERNAL"], [external], { tls: true, allow: ["PLAIN"] }],
  plainClient: [{ ...own, authorizationIdentity: "a", ...common }],
  plainServer: [{ ...common }],
  preferredBinding: [[exporter]],
  scramClient: [
    scramSha256,
    {
      ...{ ...own, authorizationIdentity: "a", derivedKeys, channelBinding: exporter, minIterations: 1, nonce: "C" },
      ...{ maxIterations: 9, deriveKeys: "in-place", keepKeys: true, ...common },
    },
  ],
  scramNames: [scramSha256, { channelBindings: [exporter], requireChannelBinding: true }],
  scramServer: [
    scramSha256,
    {
      ...{ ...server, channelBindings: [exporter], plus: true, requireChannelBinding: true, nonce: "S" },
      ...{ authenticationIdentity: "tim", plainPasswords: false, ...common },
    },
  ],
  serverEndPointHash: [["SHA-384"]],
  strongerThanBefore: [["PLAIN"], ["SCRAM-SHA-256"]],
  verifyApop: [{ timestamp: "<1@h>", digest: "0", password: "\u00e4", prepare: asIs }],
  verifyScramPassword: [scramSha256, storedKeys, { password: "secret", iterations: 1, prepare: asIs }],
  xoauth2Client: [{ authenticationIdentity: "tim", token: "t", ...common }],
  xoauth2Server: [{ scope: "s", ...common }],
};

/** What the package exports, classes left out. */
export const exported = new Map(
  Object.entries(sasl).filter(([, value]) => typeof value === "function" && value !== sasl.StateError),
);

export function call(name: string, ...values: readonly unknown[]): unknown {
  return (exported.get(name) as (...values: readonly unknown[]) => unknown)(...values);
}
