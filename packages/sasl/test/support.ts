import { readFileSync } from "node:fs";
import fc from "fast-check";
import {
  anonymousClient,
  anonymousServer,
  type ClientOutcome,
  type ClientStep,
  type CramMd5ServerOptions,
  type Credentials,
  cramMd5Client,
  cramMd5Server,
  type DeriveStep,
  type DigestMd5ServerOptions,
  digestMd5Client,
  digestMd5Server,
  externalClient,
  externalServer,
  type Failure,
  type LoginServerOptions,
  loginClient,
  loginServer,
  type MechanismTraits,
  oauthBearerClient,
  oauthBearerServer,
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
  xoauth2Client,
  xoauth2Server,
} from "sasl";
import { runs as propertyRuns } from "tools/testing";
import { vi } from "vitest";

/** How often a property is tried. */
export const runs = { numRuns: propertyRuns() };

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

/** What octets were overwritten while something ran, in order. */
export function overwritten(run: () => unknown): Uint8Array[] {
  const found: Uint8Array[] = [];
  const { fill } = Uint8Array.prototype;
  const spy = vi.spyOn(Uint8Array.prototype, "fill").mockImplementation(function (this: Uint8Array, value, start, end) {
    found.push(this.slice(start, end));
    return fill.call(this, value, start, end) as Uint8Array<ArrayBuffer>;
  });
  try {
    run();
  } finally {
    spy.mockRestore();
  }
  return found;
}

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
    readonly trace?: string;
    readonly host?: string;
    readonly port?: number;
    readonly token?: string;
    readonly realm?: string;
    readonly nonce?: string;
    readonly cnonce?: string;
    readonly digestUri?: string;
  };
  readonly messages?: readonly Message[];
  readonly outputs: {
    readonly outcome?: string;
    readonly failsAt?: string;
    readonly valid?: boolean;
    readonly authzid?: string;
    readonly token?: string;
    readonly error?: Readonly<Record<string, string>>;
    readonly innerHashHex?: string;
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

/** Credentials that neither a spread nor JSON has: a property that is not enumerable, as this package hides its own. */
export const hidden = (name: "contexts" | "hash", value: Uint8Array): Credentials =>
  Object.defineProperty({}, name, { value }) as Credentials;

/** Credentials of an object whose class computes them. */
export const computed = (name: "contexts" | "hash", get: () => Uint8Array): Credentials =>
  Object.create(Object.defineProperty({}, name, { get })) as Credentials;

export const NAME = "tim@example.com";
export const PASSWORD = "geheim-Xq7";

type Common = Pick<PlainClientOptions, "maxMessageLength" | "prepare">;

export interface Mechanism {
  readonly name: string;
  readonly client: (options?: Common & { authenticationIdentity?: string; password?: string }) => SaslClient;
  readonly server: (
    options?: Common & LoginServerOptions & CramMd5ServerOptions & DigestMd5ServerOptions,
  ) => SaslServer;
  /** What the server asks of the application, and how many challenges the client answers. */
  readonly asks: "verify" | "verify-token" | "lookup" | "authorize" | "anonymous";
  readonly challenges: number;
  /** What the client must have. Default: a name and a password. */
  readonly takes?: "token" | "nothing";
  /** Whom the question is about. Default: {@link NAME}. */
  readonly asksAbout?: "anonymous" | null;
  /** The longest message that a server reads by default. Default: 9216 octets. */
  readonly longest?: number;
  /** What a server makes of an empty message. Default: a failure. */
  readonly empty?: "authorize" | "anonymous";
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

/** Both sides of a mechanism with a token: the password stands for one. */
function oauth(
  name: string,
  asksAbout: null | undefined,
  client: (token: string, options: Common & { authenticationIdentity: string }) => SaslClient,
  server: (options?: Common) => SaslServer,
): Mechanism {
  return {
    name,
    client: (options = {}) => {
      const { authenticationIdentity, password, ...common } = { ...own, ...options };
      return client(tokenOf(password), { ...common, authenticationIdentity });
    },
    server,
    asks: "verify-token",
    ...(asksAbout === null ? { asksAbout } : {}),
    takes: "token",
    challenges: 0,
    traits: {
      ...nothing,
      speaksFirst: "client",
      carriesAuthorizationIdentity: asksAbout === null,
      revealsPassword: true,
    },
  };
}

/** A token that nobody else has. */
export const tokenOf = (password: string): string => `t${toBase64(utf8(password))}`;

const digestMd5: Pick<Mechanism, "client" | "server"> = {
  client: (options) =>
    digestMd5Client({ ...own, service: "imap", host: "mx.example.com", cnonce: "cnonce", ...options }),
  server: (options) =>
    digestMd5Server({
      nonce: "nonce",
      service: "imap",
      hosts: ["mx.example.com"],
      realms: ["example.com"],
      ...options,
    }),
};

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
  {
    name: "DIGEST-MD5",
    ...digestMd5,
    asks: "lookup",
    challenges: 2,
    longest: 4095,
    conversation: challengesOf(digestMd5.client(), digestMd5.server(), new Map([[NAME, PASSWORD]])),
    traits: {
      ...nothing,
      speaksFirst: "server",
      sendsFinalData: true,
      carriesAuthorizationIdentity: true,
      provesServer: true,
    },
  },
  {
    name: "EXTERNAL",
    client: (options) => externalClient(options),
    server: (options) => externalServer({ authenticationIdentity: NAME, ...options }),
    asks: "authorize",
    takes: "nothing",
    empty: "authorize",
    challenges: 0,
    traits: { ...nothing, speaksFirst: "client", carriesAuthorizationIdentity: true },
  },
  {
    name: "ANONYMOUS",
    client: (options) => anonymousClient(options),
    server: (options) => anonymousServer(options),
    asks: "anonymous",
    asksAbout: "anonymous",
    takes: "nothing",
    empty: "anonymous",
    challenges: 0,
    traits: { ...nothing, speaksFirst: "client" },
  },
  oauth(
    "OAUTHBEARER",
    null,
    (token, { authenticationIdentity: _, ...options }) => oauthBearerClient({ ...options, token }),
    oauthBearerServer,
  ),
  oauth("XOAUTH2", undefined, (token, options) => xoauth2Client({ ...options, token }), xoauth2Server),
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
  if (step.type === "verify-token") {
    const owner = [...passwords].find(([, password]) => tokenOf(password) === step.token);
    return owner === undefined ? server.reject() : server.accept(owner[0]);
  }
  if (step.type === "anonymous" || step.type === "authorize") return server.accept(NAME);
  if (step.type !== "lookup") return step;
  const password = passwords.get(step.authenticationIdentity);
  return server.provide(password === undefined ? null : { password });
}

/**
 * Leads an exchange to its end, from the server's step on; the client's outcome is null where it has to ask nothing
 * more.
 */
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

/**
 * What becomes of an initial response. A protocol that cannot carry it keeps it for the server's empty challenge, or
 * leaves the answer to the client.
 */
export type InitialResponse = "carried" | "kept" | "asked for";

/** Leads a client and a server through an exchange. */
export function converse(
  client: SaslClient,
  server: SaslServer,
  passwords: ReadonlyMap<string, string>,
  initialResponse: InitialResponse = "carried",
): Conversation {
  const first = client.start();
  if (first.type === "failure") return { server: first, client: first };
  let step = server.next(initialResponse === "carried" ? first.bytes : null);
  const isKept =
    initialResponse === "kept" && first.bytes !== null && step.type === "challenge" && step.bytes.length === 0;
  if (isKept) step = server.next(first.bytes);
  return settled(client, server, step, passwords);
}

/** What the server says in an exchange, the data of its success included. */
function challengesOf(client: SaslClient, server: SaslServer, passwords: ReadonlyMap<string, string>): Uint8Array[] {
  const heard: Uint8Array[] = [];
  const first = client.start();
  settled(client, server, server.next(first.type === "response" ? first.bytes : null), passwords, heard);
  return heard;
}
