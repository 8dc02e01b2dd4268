/**
 * OpenSMTPD's SMTP server. What it takes it sends on to a server of ours. With OpenSSL 3, Debian's finds no way to read
 * its own key for TLS, and it takes no login without TLS.
 */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import type { SmtpServer } from "../checks/smtp-server.ts";
import { smtpServerChecks } from "../checks/taking.ts";
import { extensionsBut, type Part } from "../covered/feature.ts";
import { inboxOfSink } from "../ours/inbox.ts";
import { Sink } from "../ours/sink.ts";
import { freePort } from "../system/daemon.ts";
import { inNamespace, usersWith } from "../system/namespace.ts";
import { fillIn, NOBODY, type World } from "../world.ts";

const part: Part = {
  role: "server",
  protocol: "SMTP",
  mechanisms: [],
  lacks: [
    ...extensionsBut("8BITMIME", "SIZE", "DSN"),
    "dots",
    "STARTTLS",
    "implicit TLS",
    "wrong password",
    "unknown mechanism",
  ],
};

export const opensmtpd: Peer = {
  name: "opensmtpd",
  parts: [part],

  async version(world: World): Promise<string> {
    const { stderr } = await world.run(await command(world), ["-h"]);
    return versionIn(stderr, /version: OpenSMTPD (\S+)/);
  },

  checks: async (world): Promise<readonly Check[]> => smtpServerChecks(world, await start(world)),
  smtpServer: start,
};

async function start(world: World): Promise<SmtpServer> {
  const folder = await world.room("opensmtpd");
  const sink = world.keep(await Sink.start({ tls: {} }));
  const port = await freePort();
  const configuration = join(folder, "smtpd.conf");
  const values = { PORT: port, SINK: sink.port };
  await writeFile(configuration, await fillIn(new URL("opensmtpd.conf", import.meta.url), values), { mode: 0o600 });
  // The folders and users whose names it has compiled in.
  const [spool, lib, run] = ["spool", "lib", "run"].map((name) => join(folder, name)) as [string, string, string];
  for (const path of [spool, join(spool, "smtpd"), lib, join(lib, "opensmtpd"), join(lib, "opensmtpd/empty"), run]) {
    await mkdir(path);
    await chmod(path, path.endsWith("smtpd") ? 0o711 : 0o755);
  }
  const users = await usersWith(folder, [
    { name: "opensmtpd", uid: 64_101, gid: 64_101, home: "/var/lib/opensmtpd/empty" },
    { name: "opensmtpq", uid: 64_102, gid: 64_102, home: "/var/lib/opensmtpd/empty" },
  ]);
  const mounts = { ...users, "/var/spool": spool, "/var/lib": lib, "/run": run };
  await world.start({
    ...inNamespace({ mounts }, await command(world), ["-d", "-f", configuration]),
    folder,
    port,
  });
  return {
    part,
    ports: { none: port },
    inbox: inboxOfSink(
      sink,
      ["incoming", "queue"].map((name) => join(spool, "smtpd", name)),
    ),
    // Where they are missing, Date and Message-ID come at the end of the header section.
    added: [/^Received: from client\.example\.org .*\r\n(?:\t.*\r\n)+/, /Date: .*\r\nMessage-ID: <.*>\r\n/],
    refuses: ({ name }) => (name === "dots" ? 550 : null), // it wants header fields
    rejected: { address: NOBODY, code: 550 },
    maxMessageSize: 21_000_000,
    tooLarge: 554,
  };
}

async function command(world: World): Promise<string> {
  return join(await world.unpacked("opensmtpd"), "usr/sbin/smtpd");
}
