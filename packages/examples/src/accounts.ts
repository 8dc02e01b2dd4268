import { createHash, timingSafeEqual } from "node:crypto";
import { cramMd5Server, loginServer, plainServer, type SaslServer, type ServerStep } from "sasl";
import type { Channel } from "./transport/channel-binding.ts";

/** Passwords by user; a user's name is the mail address. CRAM-MD5 and APOP need the password itself, so it is stored as it is. */
export type Accounts = ReadonlyMap<string, string>;

/** Whose an OAuth 2.0 token is. */
export type Tokens = ReadonlyMap<string, string>;

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
  return new Map<string, () => SaslServer>([
    ["CRAM-MD5", () => cramMd5Server({ host })],
    ["PLAIN", () => plainServer()],
    ["LOGIN", () => loginServer()],
  ]);
}

/** Answers a step that a session does not know: are these credentials good, what is this user's password? */
export function answerStep(accounts: Accounts, tokens: Tokens, mechanism: SaslServer, step: ServerStep): ServerStep {
  switch (step.type) {
    case "verify": {
      const { authenticationIdentity: user, authorizationIdentity, password } = step;
      if (!isPassword(accounts, user, password)) return mechanism.reject("wrong-credentials");
      return isOneself(user, authorizationIdentity) ? mechanism.accept() : mechanism.reject("not-authorized");
    }
    case "verify-token": {
      const { authenticationIdentity, authorizationIdentity, token } = step;
      const owner = tokens.get(token);
      if (owner === undefined) return mechanism.reject("wrong-credentials");
      const names = [authenticationIdentity, authorizationIdentity];
      return names.every((name) => isOneself(owner, name))
        ? mechanism.accept(owner)
        : mechanism.reject("not-authorized");
    }
    case "lookup": {
      const password = accounts.get(step.authenticationIdentity);
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
