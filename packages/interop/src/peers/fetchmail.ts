/**
 * fetchmail: POP3 with USER and PASS, APOP and CRAM-MD5, over STLS, implicit TLS and without TLS; what it got it sends
 * on by SMTP.
 */
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import { cutWhileFetching, type Fetched, type Fetcher, type Fetching, fetchingChecks } from "../checks/fetching.ts";
import { messagesIn, withCrlf } from "../checks/folder.ts";
import type { Part } from "../covered/feature.ts";
import { ALICE, BOB, fillIn, PASSWORD, type Servers, secretOf, type World } from "../world.ts";

/**
 * A message that begins with a dot alone it takes for none, breaks lines of more than 8,191 octets, and makes a notice
 * of its own of an empty message. TOP it uses in place of RETR, with more lines than any message has, where it does not
 * delete.
 */
const POP3: Part = {
  role: "client",
  protocol: "POP3",
  mechanisms: ["CRAM-MD5", "APOP"],
  lacks: ["dots", "longer lines", "empty", "unknown mechanism", "TOP", "RSET", "PIPELINING"],
};

/** fetchmail's exit status. */
const AUTHENTICATION = 3;

export const fetchmail: Peer = {
  name: "fetchmail",
  parts: [POP3],

  async version(world: World): Promise<string> {
    const command = await commandIn(world);
    return versionIn(
      (await world.run(command, ["--version"])).stdout.toString(),
      /^This is fetchmail release ([\d.]+)/,
    );
  },

  checks(world: World): readonly Check[] {
    const fetcher = fetcherIn(world);
    return [
      ...fetchingChecks(world, fetcher),
      // A program gets the part that there is.
      cutWhileFetching(
        world,
        { ...fetcher, fetch: (servers, how) => relay(world, servers, how) },
        { status: "failure" },
      ),
    ];
  },

  fetcher: fetcherIn,
};

async function commandIn(world: World): Promise<string> {
  return join(await world.unpacked("fetchmail"), "usr/bin/fetchmail");
}

function fetcherIn(world: World): Fetcher {
  return {
    part: POP3,
    mechanisms: ["USER", "APOP", "CRAM-MD5"],
    fetch: (servers, how) => fetch(world, servers, how),
    usual: "multipart",
    deletes: true,
    fetched: ({ feature, canonical }) => (POP3.lacks?.includes(feature) ? null : canonical),
    uses: ["LIST", "UIDL", "DELE"],
    refusals: { "wrong password": { status: AUTHENTICATION } },
  };
}

/** What it fetches it gives to a program that writes it into a folder, a file a message. */
async function fetch(world: World, { pop3Port }: Servers, how: Fetching): Promise<Fetched> {
  const folder = await world.room("fetchmail");
  try {
    await mkdir(join(folder, "in"));
    const delivery = join(folder, "deliver");
    await writeFile(delivery, `#!/bin/sh\nexec cat > "${folder}/in/$(date +%s%N)"\n`, { mode: 0o700 });
    const outcome = await run(world, folder, pop3Port, how, `stripcr mda "${delivery}"`);
    return { outcome, messages: (await messagesIn(join(folder, "in"))).map(withCrlf) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function tlsOptions(world: World, tls: Fetching["tls"]): string {
  const verified = `sslcertck sslcertfile "${world.ca}" sslcommonname "localhost"`;
  if (tls === "none") return "sslproto ''";
  return tls === "implicit TLS" ? `ssl ${verified}` : `sslproto "tls1.2+" ${verified}`;
}

/** What it fetches it sends to an SMTP server of ours, where Alice gets it. */
async function relay(world: World, { pop3Port }: Servers, how: Fetching): Promise<Fetched> {
  const folder = await world.room("fetchmail");
  const fetched: Fetched[] = [];
  try {
    await world.serve({ allowPlaintext: true }, async ({ smtpPort, maildrops }) => {
      const target = `smtphost "127.0.0.1/${smtpPort}" smtpname "${ALICE}"`;
      const login = `esmtpname "${ALICE}" esmtppassword "${PASSWORD}"`;
      const outcome = await run(world, folder, pop3Port, how, `forcecr ${target}`, login);
      fetched.push({ outcome, messages: maildrops.list(ALICE).map(({ octets }) => octets) });
    });
    return fetched[0]!;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(world: World, folder: string, port: number, how: Fetching, delivery: string, server = "") {
  const { tls, mechanism, isRight } = how;
  const file = join(folder, "rc");
  const values = {
    PORT: port,
    USER: BOB,
    PROTOCOL: mechanism === "APOP" ? "apop" : "pop3",
    AUTH: mechanism === "CRAM-MD5" ? "cram-md5" : "password",
    PASSWORD: secretOf(BOB, mechanism, isRight),
    TLS: tlsOptions(world, tls),
    SERVER: server,
    DELIVERY: delivery,
  };
  await writeFile(file, await fillIn(new URL("fetchmail.rc", import.meta.url), values));
  await chmod(file, 0o600);
  const own = ["--idfile", join(folder, "ids"), "--pidfile", join(folder, "pid"), "--invisible", "--nodetach"];
  return world.run(await commandIn(world), ["-f", file, ...own, "-v"], { env: { FETCHMAILHOME: folder } });
}
