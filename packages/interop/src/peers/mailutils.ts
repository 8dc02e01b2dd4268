/** GNU Mailutils' POP3 server, over an mbox. */
import { chown, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import { type Pop3Server, pop3ServerChecks } from "../checks/giving.ts";
import type { Part } from "../covered/feature.ts";
import { freePort } from "../system/daemon.ts";
import { inNamespace, usersWith } from "../system/namespace.ts";
import { fillIn, PASSWORD, type World } from "../world.ts";
import { makeFolders } from "./maildir.ts";

const COMMAND = "/usr/sbin/pop3d";

/** A user of the system. */
const USER = "bob";

const part: Part = {
  role: "server",
  protocol: "POP3",
  mechanisms: ["APOP"],
  lacks: ["STARTTLS", "implicit TLS"],
};

export const mailutils: Peer = {
  name: "mailutils",
  parts: [part],

  async version(world: World): Promise<string> {
    return versionIn((await world.run(COMMAND, ["--version"])).stdout.toString(), /\(GNU Mailutils\) (\S+)/);
  },

  checks: async (world): Promise<readonly Check[]> => pop3ServerChecks(world, await start(world)),
  pop3Server: start,
};

async function start(world: World): Promise<Pop3Server> {
  const folder = await world.room("mailutils");
  const port = await freePort();
  const configuration = join(folder, "pop3d.conf");
  const values = { PORT: port, FOLDER: folder };
  await writeFile(configuration, await fillIn(new URL("mailutils.conf", import.meta.url), values));
  await makeFolders([join(folder, "mail")]); // the user locks maildrops there
  const { stdout } = await world.require("openssl", ["passwd", "-6", "-stdin"], { input: `${PASSWORD}\n` });
  const bob = { name: USER, uid: 65_534, gid: 65_534, home: folder, password: stdout.toString().trim() };
  const args = ["--no-config", `--config-file=${configuration}`, "--foreground"];
  await world.start({
    ...inNamespace({ mounts: await usersWith(folder, [bob]) }, COMMAND, args),
    folder,
    port,
  });
  return {
    part,
    ports: { none: port },
    user: USER,
    mechanisms: ["USER"],
    fill: (messages) => fillMbox(join(folder, "mail", USER), messages),
    // What it keeps of a message, it writes into its header section.
    added: [/X-UIDL: \S+\r\n(?:X-UID: \d+\r\n)?(?:Status: \w+\r\n)?/],
    resizes: true,
    // What has no header section is none in an mbox.
    given: ({ name, canonical }) => (["dots", "empty"].includes(name) ? null : canonical),
  };
}

/** A line that begins with "From " begins a message; an empty one ends it. */
async function fillMbox(file: string, messages: readonly Uint8Array[]): Promise<void> {
  const texts = messages.map((octets) => Buffer.from(octets).toString("latin1").replaceAll("\r\n", "\n"));
  const mbox = texts.map((text) => `From alice@example.org Sun Nov 29 00:00:00 2026\n${text}\n`).join("");
  await writeFile(file, mbox, { encoding: "latin1", mode: 0o600 });
  await chown(file, 65_534, 65_534);
}
