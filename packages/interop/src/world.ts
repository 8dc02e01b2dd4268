/**
 * What the peers meet: the example servers on loopback, accounts, messages as files, and room for servers of their own.
 */
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Maildrops } from "examples/src/maildrop.ts";
import { createPop3Server } from "examples/src/pop3-server.ts";
import { createSmtpServer } from "examples/src/smtp-server.ts";
import { type Certificate, makeCertificate } from "examples/src/transport/certificate.ts";
import type { Channel } from "examples/src/transport/channel-binding.ts";
import type { Pop3ServerEvent } from "pop3-codec";
import type { SaslServer } from "sasl";
import type { SmtpServerEvent } from "smtp-codec";
import { type CorpusMessage, corpus, sizable } from "./corpus.ts";
import { mechanisms, takesToken } from "./mechanisms.ts";
import { Onlooker } from "./onlooker.ts";
import { Daemon, type DaemonOptions, type Stoppable } from "./system/daemon.ts";
import { archivesFor } from "./system/debian.ts";
import { type Identity, type Outcome, type RunOptions, run } from "./system/process.ts";
import { Relay } from "./system/relay.ts";

export const ALICE = "alice@example.org";
export const BOB = "bob@example.org";
/** Whom nobody can write to without SMTPUTF8. */
export const BJOERN = "bj\u00f6rn@example.org";
/** No such account. */
export const NOBODY = "nobody@example.org";

/** Password of Alice, of Bob, and of neither. */
export const PASSWORD = "looking glass";
export const WRONG_PASSWORD = "broken glass";

/** OAuth 2.0 tokens of Alice and of Bob. */
export const TOKENS: ReadonlyMap<string, string> = new Map([
  ["mF_9.B5f-4.1JqM", ALICE],
  ["2YotnFZFEjr1zCsicMWpAA", BOB],
]);

/** What a user has to show with a mechanism, or something wrong. */
export function secretOf(user: string, mechanism: string, isRight = true): string {
  if (!takesToken(mechanism)) return isRight ? PASSWORD : WRONG_PASSWORD;
  const [token = ""] = [...TOKENS].find(([, owner]) => owner === user) ?? [];
  return isRight ? token : `${token}x`;
}

/** The name of our servers. */
const HOST = "localhost";

const accounts = new Map([
  [ALICE, PASSWORD],
  [BOB, PASSWORD],
  [BJOERN, PASSWORD],
]);

/** A message of the corpus. */
export interface Sample extends CorpusMessage {
  /** The path of a file that holds `octets`. */
  readonly file: string;
}

export interface ServerOptions {
  /** Takes logins, and mail, without TLS too. Default false. */
  readonly allowPlaintext?: boolean;
  /** Takes messages with a bare CR or LF. Default false. */
  readonly normalize?: boolean;
  /** Everybody's password. Default: that in `accounts`. */
  readonly password?: string;
  /** The mechanisms offered. Default: every one in the table. */
  readonly mechanisms?: readonly string[];
  /** The last version of TLS that is spoken. Default: Node's. */
  readonly maxVersion?: "TLSv1.2";
  /** Speaks TLS from the first octet (RFC 8314 §3.3). Default false: STARTTLS and STLS. */
  readonly implicitTls?: boolean;
  /** The largest message taken, in octets. Default 50,000,000. */
  readonly maxMessageSize?: number;
  /**
   * How many octets pass from the client to the SMTP server, and from the POP3 server to the client, before the first
   * connection to each is lost; later ones are not. Default: none is.
   */
  readonly cutAfter?: number;
  /**
   * Holds back every reply, so that a client shows whether it waits for them: see `batches`. In milliseconds; default
   * 0.
   */
  readonly delay?: number;
}

/** Both servers, over the same maildrops. */
export interface Servers {
  readonly smtpPort: number;
  readonly pop3Port: number;
  readonly maildrops: Maildrops;
  /** What they saw. */
  readonly smtp: Onlooker<SmtpServerEvent<SaslServer>>;
  readonly pop3: Onlooker<Pop3ServerEvent<SaslServer>>;
}

export class World {
  readonly samples: readonly Sample[];
  /** One more, of some 300,000 octets: for limits and connections that are cut. */
  readonly sizable: Sample;
  /** The path of the servers' certificate in PEM. It names localhost and 127.0.0.1. */
  readonly ca: string;
  /** The same certificate, itself. */
  readonly certificate: string;
  readonly #folder: string;
  readonly #certificate: Certificate;
  readonly #users: ReadonlyMap<string, Certificate>;
  readonly #signal: AbortSignal;
  readonly #running: Stoppable[] = [];
  /** How many were made. */
  #rooms = 0;

  private constructor(
    folder: string,
    messages: readonly Sample[],
    large: Sample,
    certificate: Certificate,
    users: ReadonlyMap<string, Certificate>,
    signal: AbortSignal,
  ) {
    this.samples = messages;
    this.sizable = large;
    this.ca = join(folder, "ca.pem");
    this.certificate = certificate.cert;
    this.#folder = folder;
    this.#certificate = certificate;
    this.#users = users;
    this.#signal = signal;
  }

  /** @param folder an empty one @param signal kills the programs that run */
  static async make(folder: string, signal: AbortSignal): Promise<World> {
    const messages = corpus().map((message, at) => ({ ...message, file: join(folder, `${at}.eml`) }));
    const large = { ...sizable(messages), file: join(folder, "sizable.eml") };
    const users = new Map<string, Certificate>();
    for (const user of [ALICE, BOB]) users.set(user, await makeCertificate(user));
    const world = new World(folder, messages, large, await makeCertificate(), users, signal);
    await writeFile(world.ca, world.#certificate.cert);
    for (const [user, { cert, key }] of users) {
      const paths = world.identityOf(user);
      await writeFile(paths.certificate, cert);
      await writeFile(paths.key, key);
    }
    for (const { file, octets } of [...messages, large]) await writeFile(file, octets);
    return world;
  }

  /** @throws RangeError if there is no sample of this name */
  sample(name: string): Sample {
    const sample = this.samples.find((one) => one.name === name);
    if (sample === undefined) throw new RangeError(`there is no sample "${name}"`);
    return sample;
  }

  /** The paths of a user's certificate and its key in PEM. */
  identityOf(user: string): { readonly certificate: string; readonly key: string } {
    const path = join(this.#folder, user);
    return { certificate: `${path}.pem`, key: `${path}-key.pem` };
  }

  /** Runs a program to its end: see {@link run}. */
  run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return run(command, args, this.#folder, this.#signal, options);
  }

  /** Runs a program that has to succeed. @throws Error with its last words if it does not */
  async require(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const outcome = await this.run(command, args, options);
    if (outcome.status === 0) return outcome;
    const last = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-8).join("\n    ");
    throw new Error(`${command} exited with ${outcome.status}\n    ${last}`);
  }

  /**
   * Makes a folder of its own that belongs to a user, with the servers' certificate in `cert.pem` and its key in
   * `key.pem`.
   */
  async room(name: string, { uid, gid }: Identity = {}): Promise<string> {
    // The same program may run several times at once, and a check that took too long may have left its own.
    const folder = join(this.#folder, `${name}-${++this.#rooms}`);
    await mkdir(folder, { mode: 0o755 });
    const files = [
      [join(folder, "cert.pem"), this.#certificate.cert, 0o644],
      [join(folder, "key.pem"), this.#certificate.key, 0o600],
    ] as const;
    for (const [path, text, mode] of files) await writeFile(path, text, { mode });
    if (uid === undefined || gid === undefined) return folder;
    for (const path of [folder, ...files.map(([file]) => file)]) await chown(path, uid, gid);
    return folder;
  }

  /** Makes an empty folder. */
  async emptyRoom(name: string): Promise<string> {
    const folder = join(this.#folder, name);
    await mkdir(folder);
    return folder;
  }

  /** Where the archives of a peer are unpacked, which is done the first time. @throws Error if one is missing */
  async unpacked(peer: string): Promise<string> {
    const folder = join(this.#folder, `${peer}-unpacked`);
    if (existsSync(folder)) return folder;
    const archives = archivesFor(peer);
    await mkdir(folder);
    for (const archive of archives) await this.require("dpkg", ["-x", archive, folder]);
    return folder;
  }

  /** Starts a server of others, to be stopped by {@link stopDaemons}: see {@link Daemon.start}. */
  async start(options: DaemonOptions): Promise<Daemon> {
    return this.keep(await Daemon.start(options));
  }

  /** Takes care of something that runs, until {@link stopDaemons}. */
  keep<Kind extends Stoppable>(running: Kind): Kind {
    this.#running.push(running);
    return running;
  }

  async stopDaemons(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((one) => one.stop()));
  }

  /** Runs both servers, with empty maildrops, for as long as `use` takes. */
  async serve(options: ServerOptions, use: (servers: Servers) => Promise<void>): Promise<void> {
    const maildrops = new Maildrops();
    const { allowPlaintext = false, maxVersion, maxMessageSize, cutAfter, delay, implicitTls = false } = options;
    const isBound = options.mechanisms?.some((name) => name.endsWith("-PLUS")) ?? true;
    const offered = mechanisms.filter(({ name }) => options.mechanisms?.includes(name) ?? true);
    const users = [...this.#users].map(([user, { cert }]) => ({ user, octets: new X509Certificate(cert).raw }));
    const connected = ({ channelBindings, peerCertificate }: Channel) => ({
      host: HOST,
      bindings: isBound ? channelBindings : [],
      certified: (peerCertificate && users.find(({ octets }) => octets.equals(peerCertificate))?.user) ?? null,
    });
    const { password } = options;
    const shared = {
      accounts: password === undefined ? accounts : new Map([...accounts.keys()].map((user) => [user, password])),
      maildrops,
      tokens: TOKENS,
      tls: { ...this.#certificate, requestCert: true, ...(maxVersion && { maxVersion }) },
      allowPlaintext,
      implicitTls,
      mechanisms: new Map(offered.map(({ name, server }) => [name, (channel: Channel) => server(connected(channel))])),
    };
    const [smtp, pop3] = [new Onlooker<SmtpServerEvent<SaslServer>>(), new Onlooker<Pop3ServerEvent<SaslServer>>()];
    const lineEndings = options.normalize ? "normalize" : "reject";
    const smtpServer = createSmtpServer({
      ...shared,
      lineEndings,
      ...(maxMessageSize !== undefined && { maxMessageSize }),
      watch: smtp.watch,
    });
    const pop3Server = createPop3Server({ ...shared, watch: pop3.watch });
    const relays: Relay[] = [];
    const reached = async (port: number, from: "client" | "server", onlooker: { batches: readonly string[] }) => {
      if (cutAfter === undefined && delay === undefined) return port;
      const relay = new Relay(() => port, { delay, ...(cutAfter !== undefined && { cut: { from, after: cutAfter } }) });
      relays.push(relay);
      onlooker.batches = relay.batches;
      return relay.listen();
    };
    try {
      const smtpPort = await reached(await smtpServer.listen(), "client", smtp);
      const pop3Port = await reached(await pop3Server.listen(), "server", pop3);
      await use({ smtpPort, pop3Port, maildrops, smtp, pop3 });
    } finally {
      await Promise.all(relays.map((relay) => relay.stop()));
      await Promise.all([smtpServer.close(), pop3Server.close()]);
    }
  }
}

/**
 * Fills in a file that stands beside a peer's: every `@NAME@` by the value of that name.
 *
 * @throws RangeError if it has none
 */
export async function fillIn(template: URL, values: Readonly<Record<string, string | number>>): Promise<string> {
  const text = await readFile(template, "utf8");
  return text.replace(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`nothing is given for @${name}@`);
    return String(value);
  });
}
