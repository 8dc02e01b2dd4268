/**
 * A file of users: a line for each, the name, a space, and SCRAM-SHA-256 keys as RFC 5803 writes them. No password can be read from it.
 *
 *     alice@example.org SCRAM-SHA-256$4096:W22Z…==$WG5d…=:wfPL…=
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  formatScramKeys,
  loginServer,
  makeScramKeys,
  parseScramKeys,
  plainServer,
  type SaslServer,
  type ScramKeys,
  type ServerStep,
  scramServer,
  scramSha256,
  verifyScramPassword,
} from "sasl";
import { saslprep } from "sasl/saslprep";
import type { Channel } from "../transport/channel-binding.ts";
import { writeDurably } from "./new-file.ts";

export class Users {
  readonly #keys: ReadonlyMap<string, ScramKeys>;
  // What SCRAM tells about users that there are not comes from it: the same at every try.
  readonly #secret = randomBytes(32);

  private constructor(keys: ReadonlyMap<string, ScramKeys>) {
    this.#keys = keys;
  }

  /** @throws Error naming the line that cannot be read */
  static async load(path: string): Promise<Users> {
    const keys = new Map<string, ScramKeys>();
    for (const [index, line] of (await readFile(path, "utf8")).split("\n").entries()) {
      if (line.trim() === "" || line.startsWith("#")) continue;
      const [name, stored] = line.trim().split(" ");
      try {
        keys.set(name!, parseScramKeys(stored ?? ""));
      } catch (error) {
        throw new Error(`${path}:${index + 1}: ${(error as Error).message}`);
      }
    }
    return new Users(keys);
  }

  /** The mechanisms that a server offers, strongest first; the session itself offers the last two under TLS alone. */
  readonly mechanisms: ReadonlyMap<string, (channel: Channel) => SaslServer> = new Map<
    string,
    (channel: Channel) => SaslServer
  >([
    ["SCRAM-SHA-256-PLUS", ({ channelBindings }) => this.#scram(channelBindings, true)],
    ["SCRAM-SHA-256", ({ channelBindings }) => this.#scram(channelBindings, false)],
    ["PLAIN", () => plainServer()],
    ["LOGIN", () => loginServer()],
  ]);

  /** Whether this is the user's password, in a time that tells nothing. */
  isPassword(name: string, password: string): boolean {
    return verifyScramPassword(scramSha256, this.#keys.get(name), { password, prepare: saslprep });
  }

  /** Answers the steps that mechanisms leave to the server: nobody acts for anybody else. */
  answer(mechanism: SaslServer, step: ServerStep): ServerStep {
    switch (step.type) {
      case "lookup":
        return mechanism.provide(this.#keys.get(step.authenticationIdentity) ?? null);
      case "verify":
        if (!this.isPassword(step.authenticationIdentity, step.password)) return mechanism.reject("wrong-credentials");
        return this.#authorize(mechanism, step.authenticationIdentity, step.authorizationIdentity);
      case "authorize":
        return this.#authorize(mechanism, step.authenticationIdentity, step.authorizationIdentity);
      default:
        return step;
    }
  }

  #authorize(mechanism: SaslServer, user: string, name: string | null): ServerStep {
    return name === null || name === user ? mechanism.accept() : mechanism.reject("not-authorized");
  }

  #scram(channelBindings: Channel["channelBindings"], plus: boolean): SaslServer {
    return scramServer(scramSha256, { secret: this.#secret, plus, channelBindings, prepare: saslprep });
  }
}

/** Adds a user to the file, or gives one another password. */
export async function setPassword(path: string, name: string, password: string): Promise<void> {
  if (/\s/.test(name)) throw new Error("a user's name has no spaces here");
  const lines = await readFile(path, "utf8").then(
    (text) => text.split("\n").filter((line) => line !== "" && !line.startsWith(`${name} `)),
    () => [], // there is no file yet
  );
  const keys = makeScramKeys(scramSha256, { password, prepare: saslprep });
  await writeDurably(path, `${[...lines, `${name} ${formatScramKeys(keys)}`].join("\n")}\n`);
}
