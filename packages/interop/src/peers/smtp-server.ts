/**
 * smtp-server of npm, by the makers of Nodemailer, through the script beside this file, which stores what it takes as
 * files.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Check, Peer } from "../check.ts";
import type { SmtpServer } from "../checks/smtp-server.ts";
import { smtpServerChecks } from "../checks/taking.ts";
import { extensionsBut, type Part } from "../covered/feature.ts";
import { freePort } from "../system/daemon.ts";
import { ALICE, NOBODY, PASSWORD, secretOf, type World } from "../world.ts";
import { maildirRoom } from "./maildir.ts";

const part: Part = {
  role: "server",
  protocol: "SMTP",
  mechanisms: ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"],
  lacks: extensionsBut("PIPELINING", "8BITMIME", "SIZE", "SMTPUTF8"),
};

const LIMIT = 21_000_000;

export const smtpServer: Peer = {
  name: "smtp-server",
  parts: [part],

  async version(): Promise<string> {
    const { version } = createRequire(import.meta.url)("smtp-server/package.json") as { readonly version: string };
    return version;
  },

  checks: async (world): Promise<readonly Check[]> => smtpServerChecks(world, await start(world)),
  smtpServer: start,
};

async function start(world: World): Promise<SmtpServer> {
  const { folder, inbox } = await maildirRoom(world, "smtp-server");
  const [port, tlsPort] = [await freePort(), await freePort()];
  const options = {
    packages: fileURLToPath(import.meta.url),
    folder,
    port,
    tlsPort,
    user: ALICE,
    password: PASSWORD,
    token: secretOf(ALICE, "XOAUTH2"),
    rejected: NOBODY,
    limit: LIMIT,
  };
  const script = fileURLToPath(new URL("smtp-server.mjs", import.meta.url));
  await world.start({ command: process.execPath, args: [script, JSON.stringify(options)], folder, port });
  return {
    part,
    ports: { STARTTLS: port, "implicit TLS": tlsPort, none: port },
    inbox,
    mechanisms: part.mechanisms,
    rejected: { address: NOBODY, code: 550 },
    maxMessageSize: LIMIT,
  };
}
