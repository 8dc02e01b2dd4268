/** mpop: POP3 with every mechanism that it has, USER and PASS, and APOP, over STLS and without TLS, pipelined. */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type Check,
  expectCount,
  expectSame,
  expectStatus,
  expectText,
  otherLogins,
  type Peer,
  versionIn,
} from "../check.ts";
import { shared } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { BOB, type Sample, type Servers, secretOf, type World } from "../world.ts";

const OWN = [
  "PLAIN",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "EXTERNAL",
  "OAUTHBEARER",
  "XOAUTH2",
  "DIGEST-MD5",
  "CRAM-MD5",
  "LOGIN",
];

/** sysexits.h: what mpop ends with. */
const NO_PERMISSION = 77;

interface Fetching {
  readonly tls?: boolean;
  readonly mechanism?: string;
  /** Whether it has the user's password or token, or the certificate. Default true. */
  readonly isRight?: boolean;
}

export const mpop: Peer = {
  name: "mpop",
  parts: [{ role: "client", protocol: "POP3", mechanisms: [...OWN, "APOP"] }],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("mpop", ["--version"])).stdout.toString(), /^mpop version (\S+)/);
  },

  checks(world: World): readonly Check[] {
    const logins = [...shared(OWN), "APOP", "USER"];
    return [
      ...world.samples.map((sample) => fetches(world, sample, {})),
      ...otherLogins(logins).map((login) => fetches(world, world.sample("dots"), login)),
      ...logins.map((mechanism) => isRefused(world, mechanism)),
      deletes(world),
    ];
  },
};

/** USER and PASS are no mechanism. */
function covers(name: string): Pick<Check, "covers"> {
  return name === "USER" ? {} : { covers: [{ role: "client", protocol: "POP3", name }] };
}

/** What it fetches comes to a folder, a file a message. */
async function fetch(
  world: World,
  { pop3Port }: Servers,
  options: Fetching,
): Promise<{ readonly outcome: Outcome; readonly messages: readonly Uint8Array[] }> {
  const { tls = true, mechanism = "PLAIN", isRight = true } = options;
  const { certificate, key } = world.identityOf(BOB);
  const folder = await world.room("mpop");
  try {
    await mkdir(join(folder, "in"));
    const outcome = await world.run("mpop", [
      ...["--host=127.0.0.1", `--port=${pop3Port}`, "--half-quiet", "--received-header=off"],
      ...[
        `--auth=${mechanism.toLowerCase()}`,
        `--user=${BOB}`,
        `--passwordeval=echo '${secretOf(BOB, mechanism, isRight)}'`,
      ],
      ...(mechanism === "EXTERNAL" && isRight ? [`--tls-cert-file=${certificate}`, `--tls-key-file=${key}`] : []),
      ...(tls ? ["--tls=on", "--tls-starttls=on", `--tls-trust-file=${world.ca}`] : ["--tls=off"]),
      // Microsoft's pickup folder: it keeps CRLF.
      ...[`--delivery=exchange,${join(folder, "in")}`, `--uidls-file=${join(folder, "uidls")}`],
    ]);
    const names = await readdir(join(folder, "in"));
    const messages = await Promise.all(names.sort().map((name) => readFile(join(folder, "in", name))));
    return { outcome, messages };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function fetches(world: World, sample: Sample, { tls = true, mechanism = "PLAIN" }: Fetching): Check {
  return {
    title: `fetches "${sample.name}" with ${mechanism} ${tls ? "over STLS" : "without TLS"}`,
    ...covers(mechanism),
    run: () =>
      world.serve({ allowPlaintext: !tls }, async (servers) => {
        servers.maildrops.store(BOB, sample.canonical);
        const { outcome, messages } = await fetch(world, servers, { tls, mechanism });
        expectStatus(outcome, 0);
        expectSame(Buffer.concat(messages), sample.canonical);
      }),
  };
}

function isRefused(world: World, mechanism: string): Check {
  return {
    title: `may not fetch with a wrong password (${mechanism})`,
    ...covers(mechanism),
    run: () =>
      world.serve({}, async (servers) => {
        servers.maildrops.store(BOB, world.sample("dots").canonical);
        const { outcome, messages } = await fetch(world, servers, { mechanism, isRight: false });
        expectStatus(outcome, NO_PERMISSION);
        expectText(outcome.stderr, "authentication failed");
        expectCount(servers.maildrops.list(BOB), 1);
        if (messages.length > 0) throw new Error("it has fetched something");
      }),
  };
}

function deletes(world: World): Check {
  return {
    title: "fetches two messages and deletes them",
    run: () =>
      world.serve({}, async (servers) => {
        const two = [world.sample("dots").canonical, world.sample("utf-8").canonical];
        for (const octets of two) servers.maildrops.store(BOB, octets);
        const { outcome, messages } = await fetch(world, servers, {});
        expectStatus(outcome, 0);
        expectSame(Buffer.concat(messages), Buffer.concat(two));
        expectCount(servers.maildrops.list(BOB), 0);
      }),
  };
}
