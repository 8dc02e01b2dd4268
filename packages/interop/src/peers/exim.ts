/**
 * Exim's SMTP server, with mechanisms of its own and of Dovecot's SASL. What it takes it sends on to a server of ours.
 */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import { behindEmptyLine, expectAccepted, parcel, type SmtpServer, to } from "../checks/smtp-server.ts";
import { smtpServerChecks } from "../checks/taking.ts";
import { type Part, shows } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import { deliver } from "../ours/deliver.ts";
import { inboxOfSink } from "../ours/inbox.ts";
import { Sink } from "../ours/sink.ts";
import { freePort } from "../system/daemon.ts";
import { inNamespace, usersWith } from "../system/namespace.ts";
import { nobody } from "../system/process.ts";
import { ALICE, BOB, fillIn, NOBODY, PASSWORD, type World } from "../world.ts";
import { startDovecot } from "./dovecot-server.ts";

const MECHANISMS = [
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "OAUTHBEARER",
  "XOAUTH2",
  "DIGEST-MD5",
  "CRAM-MD5",
  "PLAIN",
  "LOGIN",
];

const part: Part = {
  role: "server",
  protocol: "SMTP",
  mechanisms: [...MECHANISMS, "EXTERNAL"],
  lacks: ["REQUIRETLS", "XCLIENT", "XFORWARD"],
};

export const exim: Peer = {
  name: "exim",
  parts: [part],

  async version(world: World): Promise<string> {
    const { command, args } = await exim4(world, ["-C", "/dev/null", "-bV"]);
    const { stdout } = await world.require(command, args);
    await world.run("dovecot", ["--version"]);
    return versionIn(stdout.toString(), /^Exim version (\S+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const server = await start(world);
    return [...smtpServerChecks(world, server), ...extensions(world, server)];
  },

  smtpServer: start,
};

function extensions(world: World, server: SmtpServer): Check[] {
  const sample = world.sample("multipart");
  const target = to(world, server);
  return [
    {
      title: "sends on what DSN asks for",
      covers: shows(part, "DSN"),
      run: async () => {
        await server.inbox.take();
        const recipient = {
          to: BOB,
          notify: ["SUCCESS", "DELAY"],
          orcpt: { type: "rfc822", address: "bob+list=x@example.org" },
        } as const;
        const envelope = { ret: "FULL", envid: "id+with = signs", to: [recipient] } as const;
        expectAccepted(await deliver(target, [parcel(sample, envelope)]));
        const [stored] = await server.inbox.take();
        const written = stored?.mailParameters?.map(({ keyword, value }) => `${keyword}=${value}`) ?? [];
        const { notify, orcpt } = stored?.recipients?.[0]?.parameters ?? {};
        const found = JSON.stringify([written.filter((one) => /^(RET|ENVID)=/.test(one)).sort(), notify, orcpt]);
        const expected = [["ENVID=id+2Bwith+20+3D+20signs", "RET=FULL"], recipient.notify, recipient.orcpt];
        if (found !== JSON.stringify(expected)) throw new Error(`${found} instead of ${JSON.stringify(expected)}`);
      },
    },
    {
      title: "sends on addresses in UTF-8",
      covers: shows(part, "SMTPUTF8"),
      run: async () => {
        await server.inbox.take();
        const [from, address] = ["älïce@example.org", "用户@例子.example.org"];
        expectAccepted(await deliver(target, [parcel(sample, { from, to: [address] })]));
        const [stored] = await server.inbox.take();
        const found = `${stored?.from} ${stored?.to?.join()}`;
        if (found !== `${from} ${address}`) throw new Error(`${found} instead of ${from} ${address}`);
      },
    },
  ];
}

/** Debian's has the name of its user compiled in, who need not exist. */
async function exim4(world: World, args: readonly string[]): Promise<ReturnType<typeof inNamespace>> {
  const unpacked = await world.unpacked("exim");
  const mounts = await usersWith(unpacked, [{ name: "Debian-exim", uid: 65_534, gid: 65_534 }]);
  return inNamespace({ mounts, as: nobody }, join(unpacked, "usr/sbin/exim4"), args);
}

/** Starts it as nobody, who may deliver nothing here but to our server. */
async function start(world: World): Promise<SmtpServer> {
  const folder = await world.room("exim", nobody);
  const { folder: dovecot } = await startDovecot(world, "exim-dovecot");
  const sink = world.keep(await Sink.start({ tls: {} }));
  const [port, tlsPort] = [await freePort(), await freePort()];
  await mkdir(join(folder, "spool"));
  if (nobody.uid !== undefined && nobody.gid !== undefined) await chown(join(folder, "spool"), nobody.uid, nobody.gid);
  const name = async (option: string) => (await world.require("id", [option], { as: nobody })).stdout.toString().trim();
  const configuration = join(folder, "exim.conf");
  const values = {
    UNPACKED: await world.unpacked("exim"),
    FOLDER: folder,
    USER: await name("-un"),
    GROUP: await name("-gn"),
    PORT: port,
    TLS_PORT: tlsPort,
    SINK: sink.port,
    DOVECOT: dovecot,
    LOGIN: ALICE,
    PASSWORD,
  };
  await writeFile(configuration, await fillIn(new URL("exim.conf", import.meta.url), values));
  await world.start({
    ...(await exim4(world, ["-C", configuration, "-bdf"])),
    folder,
    port,
    logs: ["mainlog", "paniclog"],
  });
  return {
    part,
    ports: { STARTTLS: port, "implicit TLS": tlsPort, none: port },
    inbox: inboxOfSink(sink, [join(folder, "spool/input")]),
    mechanisms: shared(MECHANISMS),
    added: [/^Received: from client\.example\.org by localhost id \S+;\r\n\t.*\r\n/],
    stored: (sample) => (["dots", "empty"].includes(sample.name) ? behindEmptyLine(sample) : sample.canonical),
    rejected: { address: NOBODY, code: 550 },
    maxMessageSize: 21_000_000,
  };
}
