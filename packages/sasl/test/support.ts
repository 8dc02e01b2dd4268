import { readFileSync } from "node:fs";
import fc from "fast-check";
import {
  type ClientOutcome,
  type ClientStep,
  type CramMd5ServerOptions,
  cramMd5Client,
  cramMd5Server,
  type DeriveStep,
  type Failure,
  type LoginServerOptions,
  loginClient,
  loginServer,
  type MechanismTraits,
  type PlainClientOptions,
  plainClient,
  plainServer,
  type SaslClient,
  type SaslServer,
  type ScramHash,
  type ServerStep,
  scramClient,
  scramServer,
  scramSha1,
  scramSha256,
  scramSha512,
} from "sasl";

const { PROPERTY_RUNS = "100" } = process.env;

/** How often a property is tried. */
export const runs = { numRuns: Number(PROPERTY_RUNS) };

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString("utf8");
export const fromBase64 = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
export const toBase64 = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString("base64");

/** A name or password that every mechanism takes. */
export const credential: fc.Arbitrary<string> = fc
  .string({ unit: "binary", minLength: 1, maxLength: 80 })
  .filter((value) => !/[\0-\x1f\x7f]/.test(value));

/** What a client would send, or what else it wants. */
export const sent = (step: ClientStep | DeriveStep): string | null => {
  if (step.type === "derive") return "derive";
  return step.type === "failure" ? `failure: ${step.reason}` : step.bytes && text(step.bytes);
};

interface Message {
  readonly from: "C" | "S";
  readonly text?: string;
  readonly base64?: string;
}

export interface Vector {
  readonly id: string;
  readonly inputs: {
    readonly authzid?: string;
    readonly authcid?: string;
    readonly username?: string;
    readonly password?: string;
    readonly secret?: string;
    readonly preparedSecret?: string;
    readonly challenge?: string;
    readonly timestamp?: string;
  };
  readonly messages?: readonly Message[];
  readonly outputs: {
    readonly outcome?: string;
    readonly octets?: number;
    readonly digestHex?: string;
    readonly trueDigestHex?: string;
    readonly printedDigestHex?: string;
    readonly wireBase64?: readonly string[];
  };
}

export const vectors = (mechanism: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`vectors/${mechanism}.json`, import.meta.url), "utf8"));

export const octets = (message: Message | undefined): Uint8Array =>
  message?.base64 === undefined ? utf8(message?.text ?? "") : fromBase64(message.base64);

/** Lets every text pass as it is. */
export const asIs = (value: string): string => value;

/** Enough of SASLprep for the tests: a soft hyphen maps to nothing, controls are prohibited. */
export const smallPrepare = (value: string): string | null => {
  const mapped = value.replaceAll("\u00ad", "");
  return /[\u0000-\u001f\u007f]/.test(mapped) ? null : mapped;
};

export const NAME = "tim@example.com";
export const PASSWORD = "geheim-Xq7";

type Common = Pick<PlainClientOptions, "maxMessageLength" | "prepare">;

export interface Mechanism {
  readonly name: string;
  readonly client: (options?: Common & { authenticationIdentity?: string; password?: string }) => SaslClient;
  readonly server: (options?: Common & LoginServerOptions & CramMd5ServerOptions) => SaslServer;
  /** What the server asks of the application, and how many challenges the client answers. */
  readonly asks: "verify" | "lookup";
  readonly challenges: number;
  /** What the server says to `client()`, where the client does not take any octets. */
  readonly conversation?: readonly Uint8Array[];
  readonly traits: MechanismTraits;
}

const nothing = {
  sendsFinalData: false,
  carriesAuthorizationIdentity: false,
  revealsPassword: false,
  provesServer: false,
  bindsChannel: false,
  negotiatesSecurityLayer: false,
} as const;
const own = { authenticationIdentity: NAME, password: PASSWORD };

/** Both sides of one of SCRAM's mechanisms, with nonces that stay the same and a derivation that costs nothing. */
function scram(hash: ScramHash, plus: boolean): Mechanism {
  const channelBinding = { type: "tls-exporter", data: new Uint8Array(32).fill(0xcb) } as const;
  const client: Mechanism["client"] = (options) =>
    scramClient(hash, {
      ...own,
      prepare: (value) => value,
      nonce: "C",
      minIterations: 1,
      channelBinding: plus ? channelBinding : null,
      ...options,
    });
  const server: Mechanism["server"] = (options) =>
    scramServer(hash, {
      secret: utf8("a secret of the server"),
      prepare: (value) => value,
      nonce: "S",
      minIterations: 1,
      unknownUser: { iterations: 1 },
      plainPasswords: true,
      plus,
      channelBindings: plus ? [channelBinding] : [],
      ...options,
    });
  return {
    name: plus ? `${hash.mechanism}-PLUS` : hash.mechanism,
    client,
    server,
    asks: "lookup",
    challenges: 2,
    conversation: challengesOf(client(), server(), new Map([[NAME, PASSWORD]])),
    traits: {
      ...nothing,
      speaksFirst: "client",
      sendsFinalData: true,
      carriesAuthorizationIdentity: true,
      provesServer: true,
      bindsChannel: plus,
    },
  };
}

/** Every mechanism, with what its definition says of it (RFC 4422 §5), copied by hand. */
export const mechanisms: readonly Mechanism[] = [
  {
    name: "PLAIN",
    client: (options) => plainClient({ ...own, ...options }),
    server: plainServer,
    asks: "verify",
    challenges: 0,
    traits: { ...nothing, speaksFirst: "client", carriesAuthorizationIdentity: true, revealsPassword: true },
  },
  {
    name: "LOGIN",
    client: (options) => loginClient({ ...own, ...options }),
    server: loginServer,
    asks: "verify",
    challenges: 2,
    traits: { ...nothing, speaksFirst: "server", revealsPassword: true },
  },
  {
    name: "CRAM-MD5",
    client: (options) => cramMd5Client({ ...own, ...options }),
    server: cramMd5Server,
    asks: "lookup",
    challenges: 1,
    traits: { ...nothing, speaksFirst: "server" },
  },
  ...[scramSha1, scramSha256, scramSha512].flatMap((hash) => [scram(hash, true), scram(hash, false)]),
];

export interface Conversation {
  readonly server: ServerStep;
  readonly client: ClientOutcome | Failure | null;
}

/** Leads a server's mechanism past its questions to the application. */
export function answered(server: SaslServer, step: ServerStep, passwords: ReadonlyMap<string, string>): ServerStep {
  if (step.type === "verify") {
    return passwords.get(step.authenticationIdentity) === step.password ? server.accept() : server.reject();
  }
  if (step.type !== "lookup") return step;
  const password = passwords.get(step.authenticationIdentity);
  return server.provide(password === undefined ? null : { password });
}

/** Leads an exchange to its end, from the server's step on; the client's outcome is null where it has to ask nothing more. */
export function settled(
  client: SaslClient,
  server: SaslServer,
  from: ServerStep,
  passwords: ReadonlyMap<string, string>,
  heard: Uint8Array[] = [],
): Conversation {
  let step = answered(server, from, passwords);
  while (step.type === "challenge") {
    heard.push(step.bytes);
    const answer = client.next(step.bytes);
    if (answer.type === "failure") return { server: step, client: answer };
    step = answered(server, server.next(answer.bytes), passwords);
  }
  if (step.type !== "success") return { server: step, client: null };
  if (step.data === null) return { server: step, client: client.finish() };
  heard.push(step.data);
  const answer = client.next(step.data);
  if (answer.type === "failure") return { server: step, client: answer };
  return { server: step, client: answer.bytes?.length === 0 ? client.finish() : null };
}

/** Leads a client and a server through an exchange. */
export function converse(
  client: SaslClient,
  server: SaslServer,
  passwords: ReadonlyMap<string, string>,
  carriesInitialResponse = true,
): Conversation {
  const first = client.start();
  if (first.type === "failure") return { server: first, client: first };
  return settled(client, server, server.next(carriesInitialResponse ? first.bytes : null), passwords);
}

/** What the server says in an exchange, the data of its success included. */
function challengesOf(client: SaslClient, server: SaslServer, passwords: ReadonlyMap<string, string>): Uint8Array[] {
  const heard: Uint8Array[] = [];
  const first = client.start();
  settled(client, server, server.next(first.type === "response" ? first.bytes : null), passwords, heard);
  return heard;
}
