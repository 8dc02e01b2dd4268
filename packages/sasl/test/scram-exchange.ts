/** Exchanges of our SCRAM client with our server, with fixed nonces and keys. */
import {
  type ChannelBinding,
  type Credentials,
  makeScramKeys,
  type SaslServer,
  type ScramServerOptions,
  type ServerStep,
  scramClient,
  scramServer,
  scramSha256,
} from "sasl";
import { text, utf8 } from "./support.ts";

export const secret = utf8("a secret of the server");
export const keys = makeScramKeys(scramSha256, {
  password: "pencil",
  salt: utf8("a salt of 16 oct"),
  iterations: 4096,
});

export const make = (options: Partial<ScramServerOptions> = {}) =>
  scramServer(scramSha256, { secret, nonce: "S", ...options });
export const bytesOf = (step: ServerStep) => (step.type === "challenge" ? text(step.bytes) : step.type);

/** What a client says in an exchange with our server, and what the server asks meanwhile. */
export function exchange({
  server = make(),
  user = "user",
  password = "pencil",
  credentials = keys,
  authorizationIdentity = "",
  channelBinding = null,
}: {
  readonly server?: SaslServer;
  readonly user?: string;
  readonly password?: string;
  readonly credentials?: Credentials | null;
  readonly authorizationIdentity?: string;
  readonly channelBinding?: ChannelBinding | "not-offered" | null;
} = {}) {
  const options = { authenticationIdentity: user, password, authorizationIdentity, channelBinding };
  const client = scramClient(scramSha256, { ...options, nonce: "C", minIterations: 1 });
  const first = client.start();
  const asked = server.next(first.type === "response" ? first.bytes : null);
  if (asked.type !== "lookup") return { server, asked, challenge: null, end: asked };
  const challenge = server.provide(credentials);
  const answer = client.next(utf8(bytesOf(challenge)));
  const end = server.next(answer.type === "response" ? answer.bytes : null);
  return { server, asked, challenge: bytesOf(challenge), end };
}
