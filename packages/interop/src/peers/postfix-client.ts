/**
 * Postfix as a mail transfer agent that sends: its queue manager and SMTP client, with Cyrus SASL, relay everything to
 * us.
 */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Check, expectCount, expectSame, expectStored, expectText, type Peer, versionIn } from "../check.ts";
import { expectObserved, observedSending, SEES_PIPELINING } from "../checks/observed.ts";
import { serverFor, type Tls, tlsWords } from "../checks/tls.ts";
import { extensionsBut, type Feature, type FeatureName, type Part, shows } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import { freePort } from "../system/daemon.ts";
import { type Envelope, inject } from "../system/inject.ts";
import { Relay } from "../system/relay.ts";
import {
  ALICE,
  BJOERN,
  BOB,
  fillIn,
  NOBODY,
  PASSWORD,
  type Sample,
  type ServerOptions,
  type Servers,
  type World,
  WRONG_PASSWORD,
} from "../world.ts";

const OWN = ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "CRAM-MD5", "PLAIN", "LOGIN"];

/**
 * Its server has CHUNKING, its client has not. What has no octets, and loses its Received, it takes for a corrupt file.
 */
const SMTP: Part = {
  role: "client",
  protocol: "SMTP",
  mechanisms: OWN,
  lacks: ["empty", ...extensionsBut("PIPELINING", "8BITMIME", "SIZE", "DSN", "SMTPUTF8", "XFORWARD")],
};

export const postfixClient: Peer = {
  name: "postfix-client",
  parts: [SMTP],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("postconf", ["-d", "mail_version"])).stdout.toString(), /^mail_version = (\S+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const postfix = await Postfix.start(world);
    return [
      ...sending(world, postfix),
      ...extensions(world, postfix),
      ...refusals(world, postfix),
      ...queueing(world, postfix),
    ];
  },
};

/** How a message is given to it. */
interface Taking {
  /** Default Bob. */
  readonly recipients?: readonly string[];
  /** How it sends it on. Default `"STARTTLS"`. */
  readonly tls?: Tls;
  /** Parameters of MAIL and of every RCPT. Default none. */
  readonly mail?: string;
  readonly rcpt?: string;
}

/** How long Postfix may take for anything. In milliseconds. */
const LIMIT = 20_000;

/** A running Postfix, and what is done to it. */
class Postfix {
  readonly #world: World;
  readonly #folder: string;
  readonly #ports: Readonly<Record<Tls, number>>;
  /** Where its mail goes to: the server of the check that runs. */
  readonly #sets: (port: number) => void;

  private constructor(
    world: World,
    folder: string,
    ports: Readonly<Record<Tls, number>>,
    sets: (port: number) => void,
  ) {
    this.#world = world;
    this.#folder = folder;
    this.#ports = ports;
    this.#sets = sets;
  }

  /** Starts it as root, which it wants: its processes run as `postfix`. */
  static async start(world: World): Promise<Postfix> {
    let target = 0;
    const relay = world.keep(new Relay(() => target));
    const folder = await world.room("postfix-client");
    const etc = join(folder, "etc");
    const ports = { STARTTLS: await freePort(), "implicit TLS": await freePort(), none: await freePort() };
    const id = async (option: string) => Number((await world.require("id", [option, "postfix"])).stdout.toString());
    for (const name of ["spool", "data", "etc"]) await mkdir(join(folder, name));
    await chown(join(folder, "data"), await id("-u"), await id("-g"));
    const places = { FOLDER: folder, TARGET: await relay.listen(), CA: world.ca };
    const listening = { STARTTLS: ports.STARTTLS, IMPLICIT: ports["implicit TLS"], NONE: ports.none };
    const values = { ...places, ...listening, USER: ALICE, PASSWORD };
    for (const name of ["main.cf", "master.cf"]) {
      const template = new URL(`postfix-client.${name}`, import.meta.url);
      await writeFile(join(etc, name), await fillIn(template, values));
    }
    await world.require("postfix", ["-c", etc, "check"]);
    const daemons = (await world.require("postconf", ["-h", "-c", etc, "daemon_directory"])).stdout.toString().trim();
    await world.start({
      command: join(daemons, "master"),
      args: ["-c", etc, "-s"],
      folder,
      port: ports.STARTTLS,
      logs: ["log"],
    });
    return new Postfix(world, folder, ports, (found) => {
      target = found;
    });
  }

  get #etc(): string {
    return join(this.#folder, "etc");
  }

  /**
   * Runs a server of ours for its mail, and makes sure that nothing is left in the queue.
   *
   * @param then where what is left goes instead
   */
  async serve(options: ServerOptions, use: (servers: Servers) => Promise<void>, then?: Servers): Promise<void> {
    await this.#world.serve(options, async (servers) => {
      this.#sets(servers.smtpPort);
      try {
        await use(servers);
        if (then === undefined) await this.#expectEmpty();
        else {
          this.#sets(then.smtpPort);
          await this.flush();
        }
      } catch (error) {
        await this.#world.require("postsuper", ["-c", this.#etc, "-d", "ALL"]);
        throw error;
      }
    });
  }

  /** What was delivered is removed from the queue a moment later. */
  async #expectEmpty(): Promise<void> {
    await until("the queue is empty", async () => ((await this.#queue()) === "" ? true : null));
  }

  /** Takes a message by SMTP from Alice, to be sent on in a way. */
  take(sample: Sample, options: Taking = {}): Promise<void> {
    const { recipients = [BOB], tls = "STARTTLS", mail = "", rcpt = "" } = options;
    const envelope: Envelope = {
      mail: `<${ALICE}> BODY=8BITMIME ${mail}`.trim(),
      rcpt: recipients.map((address) => `<${address}> ${rcpt}`.trim()),
    };
    return inject(this.#ports[tls], envelope, sample.canonical);
  }

  /** Takes a message from a program of the same machine. */
  async takeLocally(content: Uint8Array): Promise<void> {
    await this.#world.require("sendmail", ["-C", this.#etc, "-i", "-f", ALICE, BOB], { input: content });
  }

  /** What is in the queue, a line of JSON a message. */
  async #queue(): Promise<string> {
    return (await this.#world.require("postqueue", ["-c", this.#etc, "-j"])).stdout.toString().trim();
  }

  /** Waits until a message could not be delivered, and stays in the queue. @returns the entry, with the reason */
  deferral(): Promise<string> {
    return until("a message is deferred", async () => {
      const entries = await this.#queue();
      return entries.includes("delay_reason") ? entries : null;
    });
  }

  /** Has it try again what is in the queue. */
  async flush(): Promise<void> {
    await this.#world.require("postqueue", ["-c", this.#etc, "-f"]);
  }
}

/** @throws Error if it does not come to that */
async function until<Found>(what: string, find: () => Found | null | Promise<Found | null>): Promise<Found> {
  const end = performance.now() + LIMIT;
  for (;;) {
    const found = await find();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`it never comes to it that ${what}`);
    await sleep(20);
  }
}

/** Waits until somebody has a message. */
function delivered({ maildrops }: Servers, user: string): Promise<Uint8Array> {
  return until(`${user} has a message`, () => maildrops.list(user)[0]?.octets ?? null);
}

/** @throws Error unless exactly this is what the user gets */
async function expectDelivered(servers: Servers, sample: Sample, user: string = BOB): Promise<void> {
  await delivered(servers, user);
  expectStored(servers.maildrops.list(user), stored(sample));
}

/** A message without a header section gets the empty line after it. */
function stored({ name, canonical }: Sample): Uint8Array {
  return name === "dots" ? Buffer.concat([Buffer.from("\r\n"), canonical]) : canonical;
}

function sending(world: World, postfix: Postfix): Check[] {
  const check = (sample: Sample, mechanism: string, tls: Tls = "STARTTLS"): Check => ({
    title: `sends "${sample.name}" with ${mechanism} ${tlsWords[tls].SMTP}`,
    covers: [...shows(SMTP, sample.feature, ...(tls === "none" ? [] : [tls])), ofMechanism(mechanism)],
    run: () =>
      postfix.serve({ ...serverFor(tls), mechanisms: [mechanism] }, async (servers) => {
        await postfix.take(sample, { tls });
        await expectDelivered(servers, sample);
      }),
  });
  const dots = world.sample("dots");
  return [
    ...world.samples.filter(({ feature }) => feature !== "empty").map((sample) => check(sample, "PLAIN")),
    ...shared(OWN).map((mechanism) => check(dots, mechanism)),
    check(dots, "PLAIN", "implicit TLS"),
    check(dots, "CRAM-MD5", "none"),
    {
      title: "sends what sendmail gave it",
      run: () =>
        postfix.serve({}, async (servers) => {
          const { canonical } = world.sample("utf-8");
          await postfix.takeLocally(canonical);
          // It adds header fields that are missing.
          const octets = Buffer.from(await delivered(servers, BOB));
          const body = octets.indexOf("\r\n\r\n");
          expectSame(octets.subarray(body), canonical.subarray(Buffer.from(canonical).indexOf("\r\n\r\n")));
        }),
    },
  ];
}

function ofMechanism(name: string): Feature {
  return { role: "client", protocol: "SMTP", name };
}

function extensions(world: World, postfix: Postfix): Check[] {
  const dots = world.sample("dots");
  const uses = (feature: FeatureName, taking: Taking = {}, server: ServerOptions = {}): Check => ({
    title: `uses ${feature}`,
    covers: shows(SMTP, feature),
    run: () =>
      postfix.serve(server, async (servers) => {
        await postfix.take(dots, taking);
        for (const recipient of taking.recipients ?? [BOB]) await expectDelivered(servers, dots, recipient);
        expectObserved(observedSending(servers), feature);
      }),
  });
  return [
    uses("8BITMIME"),
    uses("SIZE"),
    uses("DSN", { mail: "RET=HDRS ENVID=QQ314159", rcpt: "NOTIFY=FAILURE,DELAY" }),
    uses("SMTPUTF8", { mail: "SMTPUTF8", recipients: [BJOERN] }),
    uses("PIPELINING", SEES_PIPELINING.client, SEES_PIPELINING.server),
  ];
}

/** What is refused for good comes back to the sender, through our server. */
function refusals(world: World, postfix: Postfix): Check[] {
  const dots = world.sample("dots");
  const expectReport = async (servers: Servers, text: string): Promise<void> => {
    expectText(Buffer.from(await delivered(servers, ALICE)).toString("latin1"), text);
    expectCount(servers.maildrops.list(ALICE), 1);
    expectCount(servers.maildrops.list(NOBODY), 0);
  };
  return [
    {
      title: "has a recipient rejected, and reports it",
      covers: shows(SMTP, "rejected recipient"),
      run: () =>
        postfix.serve({}, async (servers) => {
          await postfix.take(dots, { recipients: [NOBODY] });
          await expectReport(servers, "Diagnostic-Code: smtp; 550 5.1.1");
        }),
    },
    {
      title: "has one of two recipients rejected, and reports it",
      covers: shows(SMTP, "some recipients"),
      run: () =>
        postfix.serve({}, async (servers) => {
          await postfix.take(dots, { recipients: [NOBODY, BOB] });
          await expectReport(servers, "Diagnostic-Code: smtp; 550 5.1.1");
          await expectDelivered(servers, dots);
        }),
    },
    {
      title: "has a message refused that is too large, and reports it",
      covers: shows(SMTP, "too large"),
      run: () =>
        postfix.serve({ maxMessageSize: 65_536 }, async (servers) => {
          await postfix.take(world.sizable, { mail: "RET=HDRS" });
          // It does not ask: the server has announced its limit.
          await expectReport(servers, "Status: 5.3.4");
          expectCount(servers.maildrops.list(BOB), 0);
        }),
    },
  ];
}

/** What is refused for now stays in the queue, and is delivered once. */
function queueing(world: World, postfix: Postfix): Check[] {
  const dots = world.sample("dots");
  /** A server that it cannot log in to, and after it one that it can. */
  const waits = (title: string, feature: FeatureName, options: ServerOptions, reason: string): Check => ({
    title,
    covers: shows(SMTP, feature),
    run: () =>
      postfix.serve({}, async (right) => {
        await postfix.serve(
          options,
          async (wrong) => {
            await postfix.take(dots);
            expectText(await postfix.deferral(), reason);
            expectCount(wrong.maildrops.list(BOB), 0);
          },
          right,
        );
        await expectDelivered(right, dots);
      }),
  });
  return [
    waits(
      "keeps a message for a server that refuses its password",
      "wrong password",
      { password: WRONG_PASSWORD },
      "said: 535 5.7.8",
    ),
    waits(
      "keeps a message for a server that offers no mechanism that it has",
      "unknown mechanism",
      { mechanisms: ["OAUTHBEARER"] },
      "no mechanism available",
    ),
    {
      title: "loses the connection in the middle of a message, and sends it again",
      covers: shows(SMTP, "cut"),
      run: () =>
        postfix.serve({ cutAfter: 100_000 }, async (servers) => {
          const large = world.sizable;
          await postfix.take(large);
          expectText(await postfix.deferral(), "lost connection");
          expectCount(servers.maildrops.list(BOB), 0);
          await postfix.flush();
          await expectDelivered(servers, large);
        }),
    },
    {
      title: "sends many messages at a time, each once",
      run: () =>
        postfix.serve({}, async (servers) => {
          const many = 50;
          for (let n = 0; n < many; n++) await postfix.take(dots);
          await until("all are delivered", () => (servers.maildrops.list(BOB).length >= many ? true : null));
          expectCount(servers.maildrops.list(BOB), many);
          for (const { octets } of servers.maildrops.list(BOB)) expectSame(octets, stored(dots));
        }),
    },
  ];
}
