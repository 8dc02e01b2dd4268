/** Postfix's SMTP server with Cyrus SASL and its sasldb. */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, expectRejection, type Peer, versionIn } from "../check.ts";
import { submitWith } from "../clients.ts";
import type { Feature } from "../covered/feature.ts";
import { hasSecret, shared } from "../mechanisms.ts";
import { type Daemon, freePort } from "../system/daemon.ts";
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
    const { port } = await start(world);
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
    ];
  },
};

/** Starts it as root, which it wants: its processes run as `postfix`. What it takes, it throws away. */
async function start(world: World): Promise<Daemon> {
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
  return world.start({ command: join(daemons, "master"), args: ["-c", etc, "-s"], folder, port, logs: ["log"] });
}
