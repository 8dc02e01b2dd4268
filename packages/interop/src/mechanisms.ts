/** The mechanisms that both we and others may have: a row each. */
import { randomBytes } from "node:crypto";
import {
  anonymousClient,
  anonymousServer,
  type ChannelBinding,
  cramMd5Client,
  cramMd5Server,
  digestMd5Client,
  digestMd5Server,
  externalClient,
  externalServer,
  loginClient,
  loginServer,
  oauthBearerClient,
  oauthBearerServer,
  plainClient,
  plainServer,
  type SaslClient,
  type SaslServer,
  type ScramHash,
  scramClient,
  scramServer,
  scramSha1,
  scramSha256,
  scramSha512,
  xoauth2Client,
  xoauth2Server,
} from "sasl";
import { saslprep } from "sasl/saslprep";

/** Who logs in. */
export interface Login {
  readonly user: string;
  /** The password, or the token of a mechanism that takes one. */
  readonly secret: string;
}

/** The server that a client talks to. */
export interface Place {
  readonly service: "smtp" | "pop";
  readonly host: string;
  /** What a -PLUS variant binds itself to; null for the others. `"not-offered"`: no -PLUS was, it says. */
  readonly binding: ChannelBinding | "not-offered" | null;
}

/** What one of our servers knows of a connection. */
export interface Connected {
  readonly host: string;
  /** What the connection has to bind to, if -PLUS variants are offered. */
  readonly bindings: readonly ChannelBinding[];
  /** Whose certificate the client has shown. */
  readonly certified: string | null;
}

export interface Mechanism {
  readonly name: string;
  client(login: Login, place: Place): SaslClient;
  server(connected: Connected): SaslServer;
}

const identity = ({ user, secret }: Login) => ({ authenticationIdentity: user, password: secret });

/** Of our servers: what they invent for unknown users comes from it. */
const secret = randomBytes(16);

function scram(hash: ScramHash): Mechanism[] {
  return [true, false].map((plus) => ({
    name: plus ? `${hash.mechanism}-PLUS` : hash.mechanism,
    client: (login, { binding }) =>
      scramClient(hash, { ...identity(login), prepare: saslprep, channelBinding: binding }),
    server: ({ bindings }) =>
      scramServer(hash, { secret, plus, plainPasswords: true, prepare: saslprep, channelBindings: bindings }),
  }));
}

/** In the order in which both our servers announce them. */
export const mechanisms: readonly Mechanism[] = [
  ...scram(scramSha512),
  ...scram(scramSha256),
  ...scram(scramSha1),
  {
    name: "EXTERNAL",
    client: ({ user }) => externalClient({ authorizationIdentity: user }),
    server: ({ certified }) => externalServer({ authenticationIdentity: certified }),
  },
  {
    name: "OAUTHBEARER",
    client: ({ user, secret: token }) => oauthBearerClient({ token, authorizationIdentity: user }),
    server: () => oauthBearerServer(),
  },
  {
    name: "XOAUTH2",
    client: ({ user, secret: token }) => xoauth2Client({ token, authenticationIdentity: user }),
    server: () => xoauth2Server(),
  },
  {
    name: "DIGEST-MD5",
    client: (login, { service, host }) => digestMd5Client({ ...identity(login), prepare: saslprep, service, host }),
    server: ({ host }) => digestMd5Server({ realms: [host], prepare: saslprep }),
  },
  {
    name: "CRAM-MD5",
    client: (login) => cramMd5Client(identity(login)),
    server: ({ host }) => cramMd5Server({ host }),
  },
  {
    name: "PLAIN",
    client: (login) => plainClient(identity(login)),
    server: () => plainServer(),
  },
  {
    name: "LOGIN",
    client: (login) => loginClient(identity(login)),
    server: () => loginServer(),
  },
  {
    name: "ANONYMOUS",
    // Cyrus SASL takes an empty trace for none at all.
    client: ({ user }) => anonymousClient({ trace: user }),
    server: () => anonymousServer(),
  },
];

/** Of these names those that we have too, in their order. */
export function shared(names: readonly string[]): string[] {
  return names.filter((name) => mechanisms.some((mechanism) => mechanism.name === name));
}

/** @throws RangeError if there is none */
export function mechanism(name: string): Mechanism {
  const found = mechanisms.find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`there is no mechanism "${name}"`);
  return found;
}

/** Whether there is a password, token or certificate that can be wrong. */
export function hasSecret(name: string): boolean {
  return name !== "ANONYMOUS";
}

export function takesToken(name: string): boolean {
  return name === "OAUTHBEARER" || name === "XOAUTH2";
}
