/** aiosmtpd, through the script beside this file, which stores what it takes as files. */
import { fileURLToPath } from "node:url";
import { type Check, type Peer, versionIn } from "../check.ts";
import type { SmtpServer } from "../checks/smtp-server.ts";
import { smtpServerChecks } from "../checks/taking.ts";
import { extensionsBut, type Part } from "../covered/feature.ts";
import { freePort } from "../system/daemon.ts";
import { nobody } from "../system/process.ts";
import { ALICE, NOBODY, PASSWORD, type Sample, type World } from "../world.ts";
import { maildirRoom } from "./maildir.ts";

const COMMAND = "python3";

const part: Part = {
  role: "server",
  protocol: "SMTP",
  mechanisms: ["PLAIN", "LOGIN"],
  lacks: [...extensionsBut("8BITMIME", "SIZE", "SMTPUTF8"), "longer lines"],
};

const LIMIT = 21_000_000;

export const aiosmtpd: Peer = {
  name: "aiosmtpd",
  parts: [part],

  async version(world: World): Promise<string> {
    const { stdout, status } = await world.run(COMMAND, ["-c", "import aiosmtpd; print(aiosmtpd.__version__)"]);
    if (status !== 0) throw new Error("Python has no aiosmtpd");
    return versionIn(stdout.toString(), /^(\S+)/);
  },

  checks: async (world): Promise<readonly Check[]> => smtpServerChecks(world, await start(world)),
  smtpServer: start,
};

async function start(world: World): Promise<SmtpServer> {
  const { folder, inbox } = await maildirRoom(world, "aiosmtpd");
  const [port, tlsPort] = [await freePort(), await freePort()];
  const script = fileURLToPath(new URL("aiosmtpd-server.py", import.meta.url));
  const options = { port, tlsPort, folder, user: ALICE, password: PASSWORD, rejected: NOBODY, limit: LIMIT };
  const args = ["-B", script, JSON.stringify(options)];
  await world.start({ command: COMMAND, args, folder, port, as: nobody });
  return {
    part,
    ports: { STARTTLS: port, "implicit TLS": tlsPort, none: port },
    inbox,
    mechanisms: part.mechanisms,
    rejected: { address: NOBODY, code: 550 },
    maxMessageSize: LIMIT,
    refuses: ({ feature }: Sample) => (feature === "longer lines" ? 500 : null),
  };
}
