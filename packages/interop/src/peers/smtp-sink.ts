/** smtp-sink, Postfix's server for measurements, over SMTP and LMTP: it takes everything, and writes it down. */
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import type { SmtpServer } from "../checks/smtp-server.ts";
import { smtpServerChecks } from "../checks/taking.ts";
import { extensionsBut, type Part } from "../covered/feature.ts";
import { inboxOfFolders } from "../ours/inbox.ts";
import { freePort } from "../system/daemon.ts";
import { nobody } from "../system/process.ts";
import type { World } from "../world.ts";

const LACKS = [
  "STARTTLS",
  "implicit TLS",
  "wrong password",
  "unknown mechanism",
  "too large",
  "some recipients",
] as const;

const parts = (["SMTP", "LMTP"] as const).map((protocol): Part => {
  return { role: "server", protocol, mechanisms: [], lacks: [...extensionsBut("PIPELINING", "8BITMIME"), ...LACKS] };
});

export const smtpSink: Peer = {
  name: "smtp-sink",
  parts,

  async version(world: World): Promise<string> {
    await world.run("smtp-sink", ["-?"]); // throws if it is not installed
    return versionIn((await world.run("postconf", ["-d", "mail_version"])).stdout.toString(), /^mail_version = (\S+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const checks: Check[] = [];
    for (const part of parts) checks.push(...smtpServerChecks(world, await start(world, part)));
    return checks;
  },

  smtpServer: (world) => start(world, parts[0]!),
};

async function start(world: World, part: Part): Promise<SmtpServer> {
  const folder = await world.room(`smtp-sink-${part.protocol.toLowerCase()}`, nobody);
  const [port, mail] = [await freePort(), join(folder, "mail")];
  await mkdir(mail);
  if (nobody.uid !== undefined && nobody.gid !== undefined) await chown(mail, nobody.uid, nobody.gid);
  const protocol = part.protocol === "LMTP" ? ["-L"] : [];
  await world.start({
    command: "smtp-sink",
    args: ["-c", "-d", `${mail}/%M.`, ...protocol, `127.0.0.1:${port}`, "64"],
    folder,
    port,
    as: nobody,
  });
  return {
    part,
    label: part.protocol,
    ports: { none: port },
    inbox: inboxOfFolders([mail], messageOf),
  };
}

/** A dump has the envelope and a Received field in front of the message, one empty line after it, and LF for CRLF. */
function messageOf(dump: Buffer): Uint8Array {
  const text = dump.toString("latin1");
  const lines = /^X-Client-Addr: .*\n(?:X-.*\n)*Received: .*\n(?:\t.*\n)+/.exec(text);
  if (lines === null || !text.endsWith("\n\n")) throw new Error("the dump is not what smtp-sink writes");
  return Buffer.from(text.slice(lines[0].length, -1).replaceAll("\n", "\r\n"), "latin1");
}
