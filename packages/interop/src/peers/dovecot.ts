/** Dovecot's POP3 server, with every mechanism that it has for passwords and tokens. */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, expectRejection, expectSame, type Peer, versionIn } from "../check.ts";
import { fetchWith } from "../clients.ts";
import type { Feature } from "../covered/feature.ts";
import { hasSecret, shared } from "../mechanisms.ts";
import { type Daemon, freePort } from "../system/daemon.ts";
import { nobody } from "../system/process.ts";
import { ALICE, BOB, fillIn, PASSWORD, TOKENS, type World } from "../world.ts";
import { startIntrospection } from "./introspection.ts";

const OWN = [
  "PLAIN",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "EXTERNAL",
  "OAUTHBEARER",
  "XOAUTH2",
  "DIGEST-MD5",
  "CRAM-MD5",
  "LOGIN",
  "ANONYMOUS",
];

/** Those that its configuration here enables. */
const ENABLED = [...OWN.filter((name) => name !== "EXTERNAL"), "APOP"];

export const dovecot: Peer = {
  name: "dovecot",
  parts: [{ role: "server", protocol: "POP3", mechanisms: [...OWN, "APOP"] }],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("dovecot", ["--version"])).stdout.toString(), /^(\S+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const { port } = await start(world);
    const fetch = (mechanism: string, user: string, isRight = true) =>
      fetchWith({ port, certificate: world.certificate, user, mechanism, isRight });
    const mechanisms = [...shared(ENABLED), "APOP"];
    const covers = (name: string): Feature[] => [{ role: "server", protocol: "POP3", name }];
    return [
      {
        title: "has every sample fetched",
        run: async () => expectMessages(await fetch("PLAIN", ALICE), samplesFor(world)),
      },
      ...mechanisms.map((mechanism) => ({
        title: `has a message fetched with ${mechanism}`,
        covers: covers(mechanism),
        run: async () => expectMessages(await fetch(mechanism, BOB), [dotted(world)]),
      })),
      ...mechanisms.filter(hasSecret).map((mechanism) => ({
        title: `refuses a wrong password (${mechanism})`,
        covers: covers(mechanism),
        run: () => expectRejection(fetch(mechanism, BOB, false), "failed: -ERR"),
      })),
    ];
  },
};

/** Starts it as nobody, with every sample in Alice's maildrop and one in Bob's. */
async function start(world: World): Promise<Daemon> {
  const folder = await world.room("dovecot", nobody);
  const port = await freePort();
  const name = async (option: string) => (await world.require("id", [option], { as: nobody })).stdout.toString().trim();
  const values = {
    FOLDER: folder,
    PORT: port,
    USER: await name("-un"),
    GROUP: await name("-gn"),
    MECHANISMS: ENABLED.join(" ").toLowerCase(),
  };
  const configuration = join(folder, "dovecot.conf");
  await writeFile(configuration, await fillIn(new URL("dovecot.conf", import.meta.url), values));
  await writeFile(join(folder, "passwd"), [ALICE, BOB].map((user) => `${user}:{PLAIN}${PASSWORD}\n`).join(""));
  const { port: introspection } = world.keep(await startIntrospection(TOKENS));
  const oauth2 = await fillIn(new URL("dovecot-oauth2.conf", import.meta.url), { PORT: introspection });
  await writeFile(join(folder, "oauth2.conf"), oauth2);
  await fillMaildir(folder, ALICE, samplesFor(world));
  await fillMaildir(folder, BOB, [dotted(world)]);
  return world.start({
    command: "dovecot",
    args: ["-F", "-c", configuration],
    folder,
    port,
    as: nobody,
    logs: ["log"],
  });
}

/**
 * Dovecot does not stuff a dot with which a message begins, so that such a one ends there for every client. An empty one it
 * gives as one empty line.
 */
function samplesFor(world: World): Uint8Array[] {
  const samples = world.samples.filter(({ name }) => name !== "dots");
  return samples.map(({ canonical }) => (canonical.length > 0 ? canonical : Buffer.from("\r\n")));
}

/** The sample that needs stuffing most, behind a header field. */
function dotted(world: World): Uint8Array {
  return Buffer.concat([Buffer.from("Subject: dots\r\n\r\n"), world.sample("dots").canonical]);
}

/** Dovecot sorts a Maildir's messages by name. */
async function fillMaildir(folder: string, user: string, messages: readonly Uint8Array[]): Promise<void> {
  const { uid, gid } = nobody;
  const maildir = join(folder, "mail", user);
  const folders = [join(folder, "mail"), maildir, ...["new", "cur", "tmp"].map((name) => join(maildir, name))];
  for (const path of folders) {
    await mkdir(path, { recursive: true });
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
  }
  for (const [at, octets] of messages.entries()) await writeFile(join(maildir, "new", `${at}.a.b`), octets);
}

function expectMessages(messages: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  if (messages.length !== expected.length) throw new Error(`${messages.length} messages instead of ${expected.length}`);
  for (const [at, octets] of expected.entries()) expectSame(messages[at]!, octets);
}
