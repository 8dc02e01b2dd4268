/** What the peers meet: the example servers on loopback, accounts, and messages as files. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonical } from "examples/src/demo/canonical.ts";
import { samples } from "examples/src/demo/samples.ts";
import { Maildrops } from "examples/src/maildrop.ts";
import { createPop3Server } from "examples/src/pop3-server.ts";
import { createSmtpServer } from "examples/src/smtp-server.ts";
import { type Certificate, makeCertificate } from "examples/src/transport/certificate.ts";
import { type Outcome, run } from "./process.ts";

export const ALICE = "alice@example.org";
export const BOB = "bob@example.org";
/** No such account. */
export const NOBODY = "nobody@example.org";

/** Password of Alice, of Bob, and of neither. */
export const PASSWORD = "looking glass";
export const WRONG_PASSWORD = "broken glass";

const accounts = new Map([
  [ALICE, PASSWORD],
  [BOB, PASSWORD],
]);

/** A message of the demo. */
export interface Sample {
  readonly name: string;
  readonly octets: Uint8Array;
  /** What it must look like after it was sent: bare CR and LF as CRLF, with a final CRLF. Made without the codecs. */
  readonly canonical: Uint8Array;
  /** The path of a file that holds `octets`. */
  readonly file: string;
}

export interface ServerOptions {
  /** Takes logins, and mail, without TLS too. Default false. */
  readonly allowPlaintext?: boolean;
  /** Takes messages with a bare CR or LF. Default false. */
  readonly normalize?: boolean;
}

/** Both servers, over the same maildrops. */
export interface Servers {
  readonly smtpPort: number;
  readonly pop3Port: number;
  readonly maildrops: Maildrops;
}

export class World {
  readonly samples: readonly Sample[];
  /** The path of the servers' certificate in PEM. It names localhost and 127.0.0.1. */
  readonly ca: string;
  readonly #folder: string;
  readonly #certificate: Certificate;
  readonly #signal: AbortSignal;

  private constructor(folder: string, messages: readonly Sample[], certificate: Certificate, signal: AbortSignal) {
    this.samples = messages;
    this.ca = join(folder, "ca.pem");
    this.#folder = folder;
    this.#certificate = certificate;
    this.#signal = signal;
  }

  /** @param folder an empty one @param signal kills the programs that run */
  static async make(folder: string, signal: AbortSignal): Promise<World> {
    const messages = samples().map(({ name, octets }, at) => {
      const file = join(folder, `${at}.eml`);
      return { name, octets, canonical: canonical(octets).octets, file };
    });
    const world = new World(folder, messages, await makeCertificate(), signal);
    await writeFile(world.ca, world.#certificate.cert);
    for (const { file, octets } of messages) await writeFile(file, octets);
    return world;
  }

  /** @throws RangeError if there is no sample of this name */
  sample(name: string): Sample {
    const sample = this.samples.find((one) => one.name === name);
    if (sample === undefined) throw new RangeError(`there is no sample "${name}"`);
    return sample;
  }

  /** Runs a program to its end: see {@link run}. */
  run(command: string, args: readonly string[]): Promise<Outcome> {
    return run(command, args, this.#folder, this.#signal);
  }

  /** Runs both servers, with empty maildrops, for as long as `use` takes. */
  async serve(options: ServerOptions, use: (servers: Servers) => Promise<void>): Promise<void> {
    const maildrops = new Maildrops();
    const shared = { accounts, maildrops, tls: this.#certificate, allowPlaintext: options.allowPlaintext ?? false };
    const smtp = createSmtpServer({ ...shared, lineEndings: options.normalize ? "normalize" : "reject" });
    const pop3 = createPop3Server(shared);
    try {
      await use({ smtpPort: await smtp.listen(), pop3Port: await pop3.listen(), maildrops });
    } finally {
      await Promise.all([smtp.close(), pop3.close()]);
    }
  }
}
