/**
 * mpop: POP3 with every mechanism that it has, USER and PASS, and APOP, over STLS, implicit TLS and without TLS,
 * pipelined.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import { cutWhileFetching, type Fetched, type Fetcher, type Fetching, fetchingChecks } from "../checks/fetching.ts";
import { messagesIn, withCrlf } from "../checks/folder.ts";
import type { Part } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import { BOB, type Servers, secretOf, type World } from "../world.ts";

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
const UNAVAILABLE = 69;
const NO_PERMISSION = 77;

/** TOP it uses only where it filters. */
const POP3: Part = { role: "client", protocol: "POP3", mechanisms: [...OWN, "APOP"], lacks: ["TOP", "RSET"] };

export const mpop: Peer = {
  name: "mpop",
  parts: [POP3],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("mpop", ["--version"])).stdout.toString(), /^mpop version (\S+)/);
  },

  checks(world: World): readonly Check[] {
    const fetcher = fetcherIn(world, "exchange");
    return [
      ...fetchingChecks(world, fetcher),
      // In a pickup folder it leaves the part that it got.
      cutWhileFetching(world, fetcherIn(world, "maildir"), { status: "failure" }),
    ];
  },

  fetcher: (world) => fetcherIn(world, "exchange"),
};

function fetcherIn(world: World, delivery: Delivery): Fetcher {
  return {
    part: POP3,
    mechanisms: [...shared(OWN), "APOP", "USER"],
    fetch: (servers, how) => fetch(world, servers, how, delivery),
    deletes: true,
    uses: ["LIST", "UIDL", "DELE", "PIPELINING"],
    refusals: {
      "wrong password": { status: NO_PERMISSION, text: "authentication failed" },
      "unknown mechanism": { status: UNAVAILABLE },
    },
  };
}

/**
 * Into what it puts messages: Microsoft's pickup folder, in which lines keep their CRLF, or a Maildir, in which they
 * have LF.
 */
type Delivery = "exchange" | "maildir";

/** What it fetches comes to a folder, a file a message. */
async function fetch(world: World, { pop3Port }: Servers, how: Fetching, delivery: Delivery): Promise<Fetched> {
  const { tls, mechanism, isRight } = how;
  const { certificate, key } = world.identityOf(BOB);
  const secured = ["--tls=on", `--tls-starttls=${tls === "STARTTLS" ? "on" : "off"}`, `--tls-trust-file=${world.ca}`];
  const folder = await world.room("mpop");
  try {
    const isMaildir = delivery === "maildir";
    const boxes = isMaildir ? ["in", "in/new", "in/cur", "in/tmp"] : ["in"];
    for (const name of boxes) await mkdir(join(folder, name));
    const outcome = await world.run("mpop", [
      ...["--host=127.0.0.1", `--port=${pop3Port}`, "--half-quiet", "--received-header=off"],
      ...[
        `--auth=${mechanism.toLowerCase()}`,
        `--user=${BOB}`,
        `--passwordeval=echo '${secretOf(BOB, mechanism, isRight)}'`,
      ],
      ...(mechanism === "EXTERNAL" && isRight ? [`--tls-cert-file=${certificate}`, `--tls-key-file=${key}`] : []),
      ...(tls === "none" ? ["--tls=off"] : secured),
      ...[`--delivery=${delivery},${join(folder, "in")}`, `--uidls-file=${join(folder, "uidls")}`],
    ]);
    const messages = await messagesIn(join(folder, isMaildir ? "in/new" : "in"));
    return { outcome, messages: isMaildir ? messages.map(withCrlf) : messages };
  } finally {
    await rm(folder, { recursive: true });
  }
}
