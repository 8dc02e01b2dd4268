/** The mechanisms that both we and others may have: a row each. */
import type { Channel, ChannelBindingType } from "examples/src/transport/channel-binding.ts";
import {
  cramMd5Client,
  cramMd5Server,
  loginClient,
  loginServer,
  plainClient,
  plainServer,
  type SaslClient,
  type SaslServer,
} from "sasl";

/** Who logs in, with whatever a mechanism may need. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** What a mechanism may bind itself to; null: it does not. */
export interface Binding {
  readonly type: ChannelBindingType;
  readonly channel: Channel;
}

export interface Mechanism {
  readonly name: string;
  /** @param binding for the -PLUS variants */
  client(login: Login, binding: Binding | null): SaslClient;
  /** @param channel that the exchange goes over */
  server(host: string, channel: Channel): SaslServer;
}

const identity = ({ user, password }: Login) => ({ authenticationIdentity: user, password });

/** Weakest last, as both our servers announce them. */
export const mechanisms: readonly Mechanism[] = [
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
