import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import {
  cramMd5Server,
  loginServer,
  makeScramKeys,
  plainServer,
  type SaslServer,
  type ScramKeys,
  type ServerStep,
  scramServer,
  scramSha256,
} from "sasl";
import { saslprep } from "sasl/saslprep";
import type { Channel } from "./transport/channel-binding.ts";

/**
 * Passwords by user; a user's name is the mail address. CRAM-MD5 and APOP need the password itself, so it is stored as
 * it is.
 */
export type Accounts = ReadonlyMap<string, string>;

/** Whose an OAuth 2.0 token is. */
export type Tokens = ReadonlyMap<string, string>;

/** What a server knows of its users. */
export interface Users {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  /** For SCRAM-SHA-256. A server without CRAM-MD5 and APOP would store these, and no passwords. */
  readonly keys: ReadonlyMap<string, ScramKeys>;
}

/** Derives the keys: some milliseconds a user, so it is done once. */
export function makeUsers(accounts: Accounts, tokens: Tokens = new Map()): Users {
  const keysOf = (password: string) => makeScramKeys(scramSha256, { password, prepare: saslprep });
  return { accounts, tokens, keys: new Map(Array.from(accounts, ([user, password]) => [user, keysOf(password)])) };
}

/** Whether the password is this user's, in a time that tells nothing about it. */
export function isPassword(accounts: Accounts, user: string, password: string): boolean {
  const known = accounts.get(user);
  return timingSafeEqual(digest(password), digest(known ?? "")) && known !== undefined;
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Makes an object for each exchange, by the mechanism's name. It is told of the connection, to bind itself to it. */
export type Mechanisms = ReadonlyMap<string, (channel: Channel) => SaslServer>;

/** The mechanisms that both servers offer, strongest first. */
export function makeMechanisms(host: string): Mechanisms {
  // What SCRAM tells about users that there are not comes from it: the same at every try.
  const secret = randomBytes(32);
  const scram = ({ channelBindings }: Channel, plus: boolean) =>
    scramServer(scramSha256, { secret, plus, channelBindings, prepare: saslprep });
  return new Map<string, (channel: Channel) => SaslServer>([
    ["SCRAM-SHA-256-PLUS", (channel) => scram(channel, true)],
    ["SCRAM-SHA-256", (channel) => scram(channel, false)],
    ["CRAM-MD5", () => cramMd5Server({ host })],
    ["PLAIN", () => plainServer()],
    ["LOGIN", () => loginServer()],
  ]);
}

/** Answers a step that a session does not know: are these credentials good, what is stored for this user? */
export function answerStep({ accounts, tokens, keys }: Users, mechanism: SaslServer, step: ServerStep): ServerStep {
  switch (step.type) {
    case "verify": {
      const { authenticationIdentity: user, authorizationIdentity, password } = step;
      if (!isPassword(accounts, user, password)) return mechanism.reject("wrong-credentials");
      return isOneself(user, authorizationIdentity) ? mechanism.accept() : mechanism.reject("not-authorized");
    }
    case "verify-token": {
      const owner = tokens.get(step.token);
      // Whether the owner may act as somebody else is a step of its own.
      return owner === undefined ? mechanism.reject("wrong-credentials") : mechanism.accept(owner);
    }
    case "lookup": {
      const user = step.authenticationIdentity;
      if (mechanism.name.startsWith(scramSha256.mechanism)) return mechanism.provide(keys.get(user) ?? null);
      const password = accounts.get(user);
      return mechanism.provide(password === undefined ? null : { password });
    }
    case "authorize": {
      const { authenticationIdentity, authorizationIdentity } = step;
      const isPermitted = isOneself(authenticationIdentity, authorizationIdentity);
      return isPermitted ? mechanism.accept() : mechanism.reject("not-authorized");
    }
    case "anonymous":
      return mechanism.accept(); // to offer ANONYMOUS is to let everybody in
    default:
      return step;
  }
}

/** Nobody acts for anybody else here. */
function isOneself(user: string, name: string | null): boolean {
  return name === null || name === user;
}
