/**
 * Postfix's SMTP server: with Cyrus SASL and its sasldb, as a submission server with Dovecot's SASL, and with TLS from
 * the first octet. What it takes it sends on to a server of ours.
 */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import { behindEmptyLine, expectAccepted, expectFates, parcel, type SmtpServer, to } from "../checks/smtp-server.ts";
import { smtpServerChecks } from "../checks/taking.ts";
import { type Part, shows } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import { deliver } from "../ours/deliver.ts";
import { inboxOfSink } from "../ours/inbox.ts";
import { Sink } from "../ours/sink.ts";
import { POLICIES, relayHostile } from "../second-hop/hostile.ts";
import { throughServer } from "../second-hop/next-hops.ts";
import { freePort } from "../system/daemon.ts";
import { ALICE, BOB, fillIn, NOBODY, type Sample, type World } from "../world.ts";
import { DOVECOT_MECHANISMS, startDovecot } from "./dovecot-server.ts";
import { makeSasldb } from "./sasldb.ts";

const CYRUS_MECHANISMS = [
  "SCRAM-SHA-512",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "DIGEST-MD5",
  "CRAM-MD5",
  "PLAIN",
  "LOGIN",
  "ANONYMOUS",
];

const part: Part = {
  role: "server",
  protocol: "SMTP",
  mechanisms: [...new Set([...CYRUS_MECHANISMS, ...DOVECOT_MECHANISMS])],
  lacks: ["REQUIRETLS", "PRDR"],
};

export const postfix: Peer = {
  name: "postfix",
  parts: [part],

  async version(world: World): Promise<string> {
    const text = (await world.run("postconf", ["-d", "mail_version"])).stdout.toString();
    await world.run("saslpasswd2", ["-h"]); // throws if it is not installed
    await world.run("dovecot", ["--version"]);
    return versionIn(text, /^mail_version = (\S+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const { direct, submission } = await start(world);
    return [
      ...smtpServerChecks(world, direct),
      ...smtpServerChecks(world, submission),
      ...extensions(world, direct),
      ...POLICIES.map((policy) => ({
        title: `as a second hop: nothing that is hostile makes a second message under "${policy}"`,
        run: () => relayHostile(throughServer(direct.ports.none!, direct.inbox), policy, "DATA"),
      })),
    ];
  },

  smtpServer: async (world) => (await start(world)).direct,
};

function extensions(world: World, server: SmtpServer): Check[] {
  const sample = world.sample("multipart");
  const target = to(world, server);
  return [
    {
      title: "sends on what DSN asks for, xtext and all",
      covers: shows(part, "DSN"),
      run: async () => {
        await server.inbox.take();
        const envid = "id+with = signs";
        const recipient = {
          to: BOB,
          notify: ["SUCCESS", "FAILURE"],
          orcpt: { type: "rfc822", address: "bob+list=x@example.org" },
        } as const;
        expectAccepted(await deliver(target, [parcel(sample, { ret: "HDRS", envid, to: [recipient] })]));
        const [{ mailParameters = [], recipients = [] } = {}] = await server.inbox.take();
        const parameters = Object.fromEntries(mailParameters.map(({ keyword, value }) => [keyword, value]));
        expectEqual(parameters["RET"], "HDRS");
        expectEqual(parameters["ENVID"], "id+2Bwith+20+3D+20signs");
        expectEqual(JSON.stringify(recipients[0]?.parameters.notify), '["SUCCESS","FAILURE"]');
        expectEqual(JSON.stringify(recipients[0]?.parameters.orcpt), JSON.stringify(recipient.orcpt));
      },
    },
    {
      title: "sends on addresses in UTF-8",
      covers: shows(part, "SMTPUTF8"),
      run: async () => {
        await server.inbox.take();
        const [from, address] = ["älïce@example.org", "用户@例子.example.org"];
        // Without this it would write one itself, of type rfc822 and with UTF-8 in it.
        const recipient = { to: address, orcpt: { type: "utf-8", address } };
        expectAccepted(await deliver(target, [parcel(sample, { from, to: [recipient] })]));
        const [stored] = await server.inbox.take();
        expectEqual(stored?.from, from);
        expectEqual(stored?.to?.join(), address);
      },
    },
    {
      title: "takes the word of XCLIENT for who we are",
      covers: shows(part, "XCLIENT"),
      run: async () => {
        await server.inbox.take();
        const xclient = [
          { name: "NAME", value: "spike.example.net" },
          { name: "ADDR", value: "127.0.0.66" },
          { name: "HELO", value: "hello.example.net" },
          { name: "PROTO", value: "ESMTP" },
        ] as const;
        const delivered = await deliver({ ...target, tls: "none", xclient }, [parcel(sample)]);
        expectAccepted(delivered);
        const [stored] = await server.inbox.take();
        const top = Buffer.from(stored?.octets.subarray(0, 200) ?? []).toString("latin1");
        expectEqual(
          top.slice(0, top.indexOf("\r\n")),
          "Received: from client.example.org (spike.example.net [127.0.0.66])",
        );
      },
    },
    {
      title: "sends on what XFORWARD says",
      covers: shows(part, "XFORWARD"),
      run: async () => {
        await server.inbox.take();
        const xforward = [
          { name: "NAME", value: "spike.example.net" },
          { name: "ADDR", value: "192.0.2.66" },
          { name: "HELO", value: "a+name" },
        ] as const;
        expectAccepted(await deliver({ ...target, xforward }, [parcel(sample)]));
        const [stored] = await server.inbox.take();
        for (const { name, value } of xforward) {
          expectEqual(stored?.forwarded?.find((attribute) => attribute.name === name)?.value, value);
        }
      },
    },
    {
      title: "is not asked for REQUIRETLS, which it does not offer",
      run: async () => {
        const { reports } = await deliver(target, [parcel(sample, { requireTls: true })]);
        expectFates(reports[0], [["not-accepted", null]]);
        expectEqual(reports[0]?.problems.map(({ extension }) => extension).join(), "REQUIRETLS");
      },
    },
    {
      // What its documentation says of 552 after SIZE= (peers' quirks): the next MAIL on the connection is fine.
      title: "takes a message behind one that it refused for its size",
      covers: shows(part, "SIZE"),
      run: async () => {
        await server.inbox.take();
        const large = { octets: Buffer.alloc(21_100_000, "x\r\n") };
        const delivered = await deliver(target, [parcel(large, { size: 20_000_000 }), parcel(sample)]);
        expectFates(delivered.reports[0], [["permanent", 552]]);
        expectFates(delivered.reports[1], [["accepted", 250]]);
      },
    },
  ];
}

function expectEqual(found: string | null | undefined, expected: string): void {
  if (found !== expected) throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
}

/** Starts it as root, which it wants: its processes run as `postfix`. */
async function start(world: World): Promise<{ readonly direct: SmtpServer; readonly submission: SmtpServer }> {
  const folder = await world.room("postfix");
  const { folder: dovecot } = await startDovecot(world, "postfix-dovecot");
  const sink = world.keep(await Sink.start({ tls: {} }));
  const [port, tlsPort, submissionPort] = [await freePort(), await freePort(), await freePort()];
  const etc = join(folder, "etc");
  const id = async (option: string) => Number((await world.require("id", [option, "postfix"])).stdout.toString());
  const [uid, gid] = [await id("-u"), await id("-g")];
  for (const name of ["spool", "data", "etc/sasl"]) await mkdir(join(folder, name), { recursive: true });
  await chown(join(folder, "data"), uid, gid);
  const values = {
    FOLDER: folder,
    PORT: port,
    TLS_PORT: tlsPort,
    SUBMISSION_PORT: submissionPort,
    SINK: sink.port,
    DOVECOT: dovecot,
    MECHANISMS: CYRUS_MECHANISMS.join(" "),
  };
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
  await world.start({ command: join(daemons, "master"), args: ["-c", etc, "-s"], folder, port, logs: ["log"] });
  const both = {
    part,
    inbox: inboxOfSink(
      sink,
      ["incoming", "active", "deferred"].map((name) => join(folder, "spool", name)),
    ),
    stored: (sample: Sample) => (sample.name === "dots" ? behindEmptyLine(sample) : sample.canonical),
    added: [/^Received: from client\.example\.org .*\r\n(?:\t.*\r\n)+/],
    rejected: { address: NOBODY, code: 550 },
    maxMessageSize: 21_000_000,
    unknownMechanism: 535,
  };
  return {
    direct: {
      ...both,
      ports: { STARTTLS: port, "implicit TLS": tlsPort, none: port },
      mechanisms: shared(CYRUS_MECHANISMS),
    },
    submission: {
      ...both,
      label: "submission",
      ports: { STARTTLS: submissionPort },
      // To Postfix, who logs in as nobody in particular has not logged in.
      mechanisms: shared(DOVECOT_MECHANISMS).filter((name) => name !== "ANONYMOUS"),
      requiredLogin: "PLAIN",
    },
  };
}
