/** The mechanisms that both we and others may have: a row each. */
import { randomBytes } from "node:crypto";
import {
  type ChannelBinding,
  cramMd5Client,
  cramMd5Server,
  loginClient,
  loginServer,
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
} from "sasl";

/** Who logs in, with whatever a mechanism may need. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface Mechanism {
  readonly name: string;
  /** @param binding what a -PLUS variant binds itself to; null for the others */
  client(login: Login, binding: ChannelBinding | null): SaslClient;
  /** @param bindings what the connection has, if -PLUS variants are offered */
  server(host: string, bindings: readonly ChannelBinding[]): SaslServer;
}

const identity = ({ user, password }: Login) => ({ authenticationIdentity: user, password });

/** Of our servers: what they invent for unknown users comes from it. */
const secret = randomBytes(16);

function scram(hash: ScramHash): Mechanism[] {
  return [true, false].map((plus) => ({
    name: plus ? `${hash.mechanism}-PLUS` : hash.mechanism,
    client: (login, channelBinding) => scramClient(hash, { ...identity(login), channelBinding }),
    server: (_, channelBindings) => scramServer(hash, { secret, plus, plainPasswords: true, channelBindings }),
  }));
}

/** Weakest last, as both our servers announce them. */
export const mechanisms: readonly Mechanism[] = [
  ...scram(scramSha512),
  ...scram(scramSha256),
  ...scram(scramSha1),
  {
    name: "CRAM-MD5",
    client: (login) => cramMd5Client(identity(login)),
    server: (host) => cramMd5Server({ host }),
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
