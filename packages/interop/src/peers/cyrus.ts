/** Cyrus's POP3 server with sasldb: the SCRAM variants that bind the channel with tls-unique, in TLS 1.2. */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, expectRejection, type Peer, versionIn } from "../check.ts";
import { fetchWith } from "../clients.ts";
import type { Feature } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import { type Daemon, freePort } from "../system/daemon.ts";
import { nobody } from "../system/process.ts";
import { fillIn, type World } from "../world.ts";
import { makeSasldb } from "./sasldb.ts";

const OWN = [
  "SCRAM-SHA-512-PLUS",
  "SCRAM-SHA-256-PLUS",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-512",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "EXTERNAL",
  "DIGEST-MD5",
  "CRAM-MD5",
  "PLAIN",
  "LOGIN",
  "ANONYMOUS",
];

/** Those that its configuration here enables. Somebody unknown has no maildrop, and Cyrus lets nobody in without. */
const ENABLED = OWN.filter((name) => name !== "EXTERNAL" && name !== "ANONYMOUS");

/** Of the server's own realm. */
const USER = "bob";

export const cyrus: Peer = {
  name: "cyrus",
  parts: [{ role: "server", protocol: "POP3", mechanisms: [...OWN, "APOP"] }],

  async version(world: World): Promise<string> {
    const unpacked = await world.unpacked("cyrus");
    const { stdout } = await world.require(join(unpacked, "usr/lib/cyrus/bin/master"), ["-V"], {
      env: libraries(unpacked),
    });
    await world.run("saslpasswd2", ["-h"]); // throws if it is not installed
    return versionIn(stdout.toString(), /(\d+\.\d+\.\d+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const { port } = await start(world);
    const connecting = { port, certificate: world.certificate, user: USER };
    const logins = [...shared(ENABLED), "APOP"].flatMap((mechanism): Check[] => {
      const binding = mechanism.endsWith("-PLUS") ? ({ binding: "tls-unique" } as const) : {};
      const variant = mechanism.endsWith("-PLUS") ? { variant: "tls-unique" } : {};
      const covers: Feature[] = [{ role: "server", protocol: "POP3", name: mechanism, ...variant }];
      const fetch = (isRight: boolean) => fetchWith({ ...connecting, mechanism, isRight, ...binding });
      return [
        { title: `lets a client in with ${mechanism}`, covers, run: async () => void (await fetch(true)) },
        {
          title: `refuses a wrong password (${mechanism})`,
          covers,
          run: () => expectRejection(fetch(false), "failed: -ERR"),
        },
      ];
    });
    return [
      ...logins,
      {
        title: "refuses a client that says that it was offered no -PLUS",
        run: () =>
          expectRejection(
            fetchWith({ ...connecting, mechanism: "SCRAM-SHA-256", binding: "not-offered" }),
            "failed: -ERR",
          ),
      },
    ];
  },

  pop3Server: async (world) => {
    const { port } = await start(world);
    return { ports: { STARTTLS: port }, user: USER, fill: null };
  },
};

/** Starts it as nobody. Its maildrops are made when they are asked for, and empty. */
async function start(world: World): Promise<Daemon> {
  const [unpacked, folder, port] = [await world.unpacked("cyrus"), await world.room("cyrus", nobody), await freePort()];
  const user = (await world.require("id", ["-un"], { as: nobody })).stdout.toString().trim();
  const values = { FOLDER: folder, UNPACKED: unpacked, PORT: port, USER: user, MECHANISMS: ENABLED.join(" ") };
  for (const [template, name] of [
    ["cyrus.imapd.conf", "imapd.conf"],
    ["cyrus.conf", "cyrus.conf"],
  ] as const) {
    await writeFile(join(folder, name), await fillIn(new URL(template, import.meta.url), values));
  }
  const sasldb = join(folder, "sasldb2");
  await makeSasldb(world, sasldb, `${USER}@localhost`);
  const folders = ["conf", "conf/db", "conf/socket", "conf/proc", "conf/log", "conf/lock", "conf/user", "spool", "run"];
  for (const name of folders) await mkdir(join(folder, name), { recursive: true });
  const { uid, gid } = nobody;
  if (uid !== undefined && gid !== undefined) {
    for (const path of [sasldb, ...folders.map((name) => join(folder, name))]) await chown(path, uid, gid);
  }
  return world.start({
    command: join(unpacked, "usr/lib/cyrus/bin/master"),
    args: ["-M", join(folder, "cyrus.conf"), "-C", join(folder, "imapd.conf"), "-p", join(folder, "pid"), "-D"],
    folder,
    port,
    env: libraries(unpacked),
    as: nobody,
  });
}

function libraries(unpacked: string): { readonly LD_LIBRARY_PATH: string } {
  const architecture = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  return { LD_LIBRARY_PATH: join(unpacked, "usr/lib", architecture) };
}
