/** Postfix's SMTP server with Cyrus SASL and its sasldb. */
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Check, expectRejection, type Peer, versionIn } from "../check.ts";
import { submitWith } from "../clients.ts";
import type { Feature } from "../covered/feature.ts";
import { hasSecret, shared } from "../mechanisms.ts";
import { POLICIES, relayHostile } from "../second-hop/hostile.ts";
import { type NextHop, sendTo } from "../second-hop/next-hops.ts";
import { freePort } from "../system/daemon.ts";
import { ALICE, BOB, fillIn, type Sample, type World } from "../world.ts";
import { makeSasldb } from "./sasldb.ts";

const OWN = ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "CRAM-MD5", "PLAIN", "LOGIN", "ANONYMOUS"];

export const postfix: Peer = {
  name: "postfix",
  parts: [{ role: "server", protocol: "SMTP", mechanisms: OWN }],

  async version(world: World): Promise<string> {
    const text = (await world.run("postconf", ["-d", "mail_version"])).stdout.toString();
    await world.run("saslpasswd2", ["-h"]); // throws if it is not installed
    return versionIn(text, /^mail_version = (\S+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const { port, log } = await start(world);
    const send = (mechanism: string, sample: Sample, isRight = true) => {
      const message = { from: ALICE, to: [BOB], content: sample.octets };
      return submitWith({ port, certificate: world.certificate, user: ALICE, mechanism, isRight }, message);
    };
    const dots = world.sample("dots");
    const covers = (name: string): Feature[] => [{ role: "server", protocol: "SMTP", name }];
    const accepts = (mechanism: string, sample: Sample): Check => ({
      title: `takes "${sample.name}" with ${mechanism}`,
      covers: covers(mechanism),
      run: async () => {
        const { outcome, text } = await send(mechanism, sample);
        if (outcome !== "accepted") throw new Error(`${outcome}: ${text}`);
      },
    });
    return [
      ...world.samples.map((sample) => accepts("PLAIN", sample)),
      ...shared(OWN).map((mechanism) => accepts(mechanism, dots)),
      ...shared(OWN)
        .filter(hasSecret)
        .map((mechanism) => ({
          title: `refuses a wrong password (${mechanism})`,
          covers: covers(mechanism),
          run: () => expectRejection(send(mechanism, dots, false), "auth failed: 535 "),
        })),
      ...POLICIES.map((policy) => ({
        title: `as a second hop: nothing that is hostile makes a second message under "${policy}"`,
        run: () => relayHostile(nextHop(port, log), policy, "DATA"),
      })),
    ];
  },
};

/** How long its queue manager may take to say what it has. In milliseconds. */
const QUEUED = 20_000;

/** What it says in its log that it took; each message comes from a sender of its own. It does not take every mailbox of the grammar. */
function nextHop(port: number, log: string): NextHop {
  let before = 0;
  return async (messages) => {
    const senders = messages.map((_, index) => `m${before + index}@example.com`);
    before += messages.length;
    const from = (await readFile(log, "latin1")).length;
    await sendTo(
      port,
      messages.map(({ content }, index) => ({ from: senders[index]!, to: [BOB], content })),
    );
    let queued: string[] = [];
    const end = performance.now() + QUEUED;
    while (!senders.every((sender) => queued.includes(sender)) && performance.now() < end) {
      await sleep(20);
      const said = (await readFile(log, "latin1")).slice(from);
      queued = [...said.matchAll(/ from=<([^>]*)>, size=/g)].map(([, sender]) => sender!);
    }
    // In the order in which they came; what nobody sent is behind them.
    const place = (sender: string) => (senders.includes(sender) ? senders.indexOf(sender) : senders.length);
    queued.sort((a, b) => place(a) - place(b));
    return queued.map((sender) => ({
      ...(messages[senders.indexOf(sender)] ?? { from: sender, to: [] }),
      content: null,
    }));
  };
}

/** Starts it as root, which it wants: its processes run as `postfix`. What it takes, it throws away. */
async function start(world: World): Promise<{ readonly port: number; readonly log: string }> {
  const folder = await world.room("postfix");
  const [port, etc] = [await freePort(), join(folder, "etc")];
  const id = async (option: string) => Number((await world.require("id", [option, "postfix"])).stdout.toString());
  const [uid, gid] = [await id("-u"), await id("-g")];
  for (const name of ["spool", "data", "etc/sasl"]) await mkdir(join(folder, name), { recursive: true });
  await chown(join(folder, "data"), uid, gid);
  const values = { FOLDER: folder, PORT: port, MECHANISMS: OWN.join(" ") };
  const files = [
    ["postfix.main.cf", "main.cf"],
    ["postfix.master.cf", "master.cf"],
    // Debian's Postfix looks for it here.
    ["postfix.smtpd.conf", "sasl/smtpd.conf"],
  ] as const;
  for (const [template, name] of files) {
    await writeFile(join(etc, name), await fillIn(new URL(template, import.meta.url), values));
  }
  await makeSasldb(world, join(folder, "sasldb2"), ALICE);
  await chown(join(folder, "sasldb2"), uid, gid);
  await world.require("postfix", ["-c", etc, "check"]);
  const daemons = (await world.require("postconf", ["-h", "-c", etc, "daemon_directory"])).stdout.toString().trim();
  await world.start({ command: join(daemons, "master"), args: ["-c", etc, "-s"], folder, port, logs: ["log"] });
  return { port, log: join(folder, "log") };
}
