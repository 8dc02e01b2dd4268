/**
 * A file of users: a line for each, the name, a space, and SCRAM-SHA-256 keys as RFC 5803 writes them. No password can
 * be read from it.
 *
 *     alice@example.org SCRAM-SHA-256$4096:W22Z…==$WG5d…=:wfPL…=
 *
 * Beside it is a file of that name and `.secret`, made when it is not there: users that there are not have salts made
 * from it, which must be the same for as long as those of the others are.
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
import { readIfThere, writeDurably, writeOnce } from "./new-file.ts";

export class Users {
  readonly #keys: ReadonlyMap<string, ScramKeys>;
  // What SCRAM tells about users that there are not comes from it: the same at every try, before and after a restart.
  readonly #secret: Uint8Array;

  private constructor(keys: ReadonlyMap<string, ScramKeys>, secret: Uint8Array) {
    this.#keys = keys;
    this.#secret = secret;
  }

  /** @throws Error naming the line, or the file, that cannot be read */
  static async load(path: string): Promise<Users> {
    const keys = new Map<string, ScramKeys>();
    for (const [index, line] of (await readFile(path, "utf8")).split("\n").entries()) {
      if (line.trim() === "" || line.startsWith("#")) continue;
      const [name, stored] = line.trim().split(" ");
      try {
        keys.set(preparedName(name!), parseScramKeys(stored ?? ""));
      } catch (error) {
        throw new Error(`${path}:${index + 1}: ${(error as Error).message}`);
      }
    }
    return new Users(keys, await keptSecret(`${path}.secret`));
  }

  /** The mechanisms that a server offers, strongest first; the session itself offers the last two under TLS alone. */
  readonly mechanisms: ReadonlyMap<string, (channel: Channel) => SaslServer> = new Map<
    string,
    (channel: Channel) => SaslServer
  >([
    ["SCRAM-SHA-256-PLUS", ({ channelBindings }) => this.#scram(channelBindings, true)],
    ["SCRAM-SHA-256", ({ channelBindings }) => this.#scram(channelBindings, false)],
    ["PLAIN", () => plainServer({ prepare: saslprep })],
    ["LOGIN", () => loginServer({ prepare: saslprep })],
  ]);

  /** Whether this is the user's password, in a time that tells nothing. @param name prepared */
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
    return name === null || saslprep(name) === user ? mechanism.accept() : mechanism.reject("not-authorized");
  }

  #scram(channelBindings: Channel["channelBindings"], plus: boolean): SaslServer {
    return scramServer(scramSha256, { secret: this.#secret, plus, channelBindings, prepare: saslprep });
  }
}

/**
 * Adds a user to the file, or gives one another password.
 *
 * @throws Error if the name cannot be one, or what is there already cannot be read
 */
export async function setPassword(path: string, name: string, password: string): Promise<void> {
  const user = preparedName(name);
  const lines = ((await readIfThere(path)) ?? "").toString().split("\n");
  const others = lines.filter((line) => line !== "" && nameOn(line) !== user);
  const keys = makeScramKeys(scramSha256, { password, prepare: saslprep });
  await writeDurably(path, `${[...others, `${user} ${formatScramKeys(keys)}`].join("\n")}\n`);
}

/** A name as it is stored (RFC 5802 §5.1, RFC 4013), which is also how clients' names come out. */
function preparedName(name: string): string {
  const prepared = saslprep(name, "stored");
  if (typeof prepared !== "string") throw new Error(`a user's name cannot be prepared: ${prepared.rule}`);
  if (prepared === "") throw new Error("a user's name is not empty");
  if (/\s/.test(prepared)) throw new Error("a user's name has no spaces here");
  if (prepared.startsWith("#")) throw new Error("a user's name does not begin with # here");
  return prepared;
}

/** The prepared name on a line; null: it has none, and is a note. */
function nameOn(line: string): string | null {
  try {
    return preparedName(line.trim().split(" ")[0]!);
  } catch {
    return null;
  }
}

async function keptSecret(path: string): Promise<Uint8Array> {
  if ((await readIfThere(path)) === null) await writeOnce(path, `${randomBytes(32).toString("base64")}\n`);
  const secret = Buffer.from(await readFile(path, "utf8"), "base64");
  if (secret.length < 16) throw new Error(`${path}: at least 16 octets in base64 are expected`);
  return secret;
}
