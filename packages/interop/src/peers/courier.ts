/** Courier's POP3 server over a Maildir, with its authentication daemon and a user database of its own. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import { exceptFirstDot, type Pop3Server, pop3ServerChecks } from "../checks/giving.ts";
import type { Part } from "../covered/feature.ts";
import { freePort } from "../system/daemon.ts";
import { inNamespace } from "../system/namespace.ts";
import { PASSWORD, type World } from "../world.ts";
import { fillMaildir } from "./maildir.ts";

const USER = "bob";

const part: Part = {
  role: "server",
  protocol: "POP3",
  mechanisms: ["PLAIN", "LOGIN", "CRAM-MD5"],
  lacks: ["PIPELINING", "implicit TLS"],
};

const AUTHENTICATOR = "/usr/lib/courier/courier-authlib/authdaemond";

export const courier: Peer = {
  name: "courier",
  parts: [part],

  async version(world: World): Promise<string> {
    await world.unpacked("courier");
    const { stdout } = await world.require("dpkg-query", ["--show", "courier-base"]);
    return versionIn(stdout.toString(), /^courier-base\t([\d.]+)/);
  },

  checks: async (world): Promise<readonly Check[]> => pop3ServerChecks(world, await start(world)),
  pop3Server: start,
};

async function start(world: World): Promise<Pop3Server> {
  const [folder, programs] = [
    await world.room("courier"),
    join(await world.unpacked("courier"), "usr/lib/courier/courier"),
  ];
  const [etc, run] = [join(folder, "etc"), join(folder, "run")];
  for (const path of [etc, run, join(run, "courier"), join(run, "courier/authdaemon")]) await mkdir(path);
  const authentication =
    'authmodulelist="authuserdb"\nauthmodulelistorig="authuserdb"\ndaemons=1\nversion="authdaemond"\n';
  await writeFile(join(etc, "authdaemonrc"), `${authentication}authdaemonvar=/run/courier/authdaemon\n`);
  const maildir = join(folder, "Maildir");
  const hash = async (option: string) => {
    const { stdout } = await world.require("userdbpw", [option], { input: `${PASSWORD}\n` });
    return stdout.toString().trim();
  };
  const fields = ["uid=65534", "gid=65534", `home=${folder}`, `mail=${maildir}`];
  const secrets = [`systempw=${await hash("-md5")}`, `hmac-md5pw=${await hash("-hmac-md5")}`];
  await writeFile(join(etc, "userdb"), `${USER}\t${[...fields, ...secrets].join("|")}\n`, { mode: 0o600 });
  const mounts = { "/etc/courier": etc, "/run": run };
  const makeuserdb = inNamespace({ mounts }, "makeuserdb", []);
  await world.require(makeuserdb.command, makeuserdb.args);
  const port = await freePort();
  await fillMaildir(maildir, []);
  // The first listens on no port: the second is not started before it can be asked.
  const script = `${AUTHENTICATOR} & until [ -S /run/courier/authdaemon/socket ]; do sleep 0.05; done; exec "$@"`;
  const login = [join(programs, "courierpop3login"), join(programs, "courierpop3d"), "Maildir"];
  const server = ["couriertcpd", "-address=127.0.0.1", "-nodnslookup", "-noidentlookup", String(port), ...login];
  await world.start({
    ...inNamespace({ mounts }, "sh", ["-c", script, "sh", ...server]),
    folder,
    port,
    env: { POP3AUTH: "PLAIN LOGIN CRAM-MD5", MAILDIRPATH: "Maildir" },
  });
  return {
    part,
    ports: { none: port },
    user: USER,
    mechanisms: ["USER", ...part.mechanisms],
    fill: (messages) => fillMaildir(maildir, messages, "\n"),
    given: exceptFirstDot,
  };
}
