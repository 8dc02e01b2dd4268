/** Python's smtplib and poplib, through the scripts beside this file. */
import { fileURLToPath } from "node:url";
import {
  type Check,
  expectCount,
  expectOutcome,
  expectSame,
  expectStatus,
  expectStored,
  type Peer,
  versionIn,
} from "../check.ts";
import { type Fetcher, type Fetching, fetchingChecks } from "../checks/fetching.ts";
import { type Sender, type Sending, sendingChecks, someRecipients } from "../checks/sending.ts";
import { extensionsBut, type FeatureName, type Part, shows } from "../covered/feature.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, BJOERN, BOB, NOBODY, type Sample, type Servers, secretOf, type World } from "../world.ts";

const COMMAND = "python3";

const SASL = ["PLAIN", "LOGIN", "CRAM-MD5"];

const SMTP: Part = {
  role: "client",
  protocol: "SMTP",
  mechanisms: SASL,
  lacks: ["empty", ...extensionsBut("8BITMIME", "SIZE", "DSN", "SMTPUTF8")],
};
/** poplib knows no AUTH, and gives up at a line of more than 2048 octets. */
const POP3: Part = {
  role: "client",
  protocol: "POP3",
  mechanisms: ["APOP"],
  lacks: ["longer lines", "unknown mechanism", "PIPELINING"],
};

/** The scripts' exit status when the server refused; its reply is printed. */
const REFUSED = 3;

export const python: Peer = {
  name: "python",
  parts: [SMTP, POP3],

  async version(world: World): Promise<string> {
    const { status } = await world.run(COMMAND, ["-c", "import poplib, smtplib, ssl"]);
    if (status !== 0) throw new Error("its installation lacks smtplib, poplib or ssl");
    return versionIn((await world.run(COMMAND, ["--version"])).stdout.toString(), /^Python (\S+)/);
  },

  checks(world: World): readonly Check[] {
    const sender = senderIn(world);
    return [
      ...sendingChecks(world, sender),
      someRecipients(world, sender, { status: 0, text: `550 ${NOBODY}` }),
      ...bareLineFeeds(world),
      ...fetchingChecks(world, fetcherIn(world)),
      ...visits(world),
    ];
  },

  sender: senderIn,
  fetcher: fetcherIn,
};

/** What the script takes as an argument: octets as they are, not with CRLF at the end of every line. */
const RAW = "raw";

/**
 * smtplib stuffs octets that it is given, and leaves line ends to its caller: the script mends those first. It ends a
 * message with CRLF even when it is empty, so an empty one arrives as one empty line.
 */
function senderIn(world: World): Sender {
  return {
    part: SMTP,
    mechanisms: SASL,
    send: (servers, sample, how) => send(world, servers, sample, how),
    stored: ({ octets, canonical }) => (octets.length > 0 ? canonical : Buffer.from("\r\n")),
    untouched: [RAW],
    uses: [
      { feature: "SIZE" },
      { feature: "8BITMIME", how: { more: ["BODY=8BITMIME"] } },
      { feature: "DSN", how: { more: ["RET=HDRS", "ENVID=QQ314159"] } },
      { feature: "SMTPUTF8", how: { more: ["SMTPUTF8"], recipients: [BJOERN] } },
    ],
    refusals: {
      "wrong password": { status: REFUSED, text: "535 " },
      "unknown mechanism": { status: REFUSED, text: "504 " },
      "rejected recipient": { status: REFUSED, text: `550 ${NOBODY}` },
      "too large": { status: REFUSED, text: "552 " },
      cut: { status: "failure" },
    },
  };
}

/** poplib gives lines without their ends: the script puts CRLF after each. */
function fetcherIn(world: World): Fetcher {
  return {
    part: POP3,
    mechanisms: ["USER", "APOP"],
    fetch: async (servers, how) => {
      const outcome = await fetch(world, servers, how, "retr");
      return { outcome, messages: outcome.status === 0 ? [outcome.stdout] : [] };
    },
    deletes: false,
    single: true,
    fetched: ({ name, canonical }) => (name === "longer lines" ? null : canonical),
    refusals: { "wrong password": { status: REFUSED, text: "-ERR" }, cut: { status: "failure" } },
  };
}

function send(world: World, servers: Servers, sample: Sample, how: Sending): Promise<Outcome> {
  const { recipients, more } = how;
  const { smtpPort: port } = servers;
  const options = more.filter((option) => option !== RAW);
  const message = { recipients, file: sample.file, raw: more.includes(RAW), options };
  return script(world, "send.py", { port, ...common(world, ALICE, how), ...message });
}

function fetch(world: World, { pop3Port: port }: Servers, how: Fetching, action: string): Promise<Outcome> {
  return script(world, "fetch.py", { port, ...common(world, BOB, how), action });
}

function common(world: World, user: string, { tls, mechanism, isRight }: Fetching) {
  const ca = tls === "none" ? null : world.ca;
  return { ca, implicit: tls === "implicit TLS", user, password: secretOf(user, mechanism, isRight), mechanism };
}

function script(world: World, name: string, options: object): Promise<Outcome> {
  const path = fileURLToPath(new URL(name, import.meta.url));
  return world.run(COMMAND, ["-B", path, JSON.stringify(options)]);
}

function bareLineFeeds(world: World): Check[] {
  const sample = world.sample("bare LF");
  const how = { tls: "STARTTLS", mechanism: "PLAIN", isRight: true, recipients: [BOB], more: [RAW] } as const;
  return [
    {
      title: "is refused with 554 when it sends bare LF",
      run: () =>
        world.serve({}, async (servers) => {
          expectOutcome(await send(world, servers, sample, how), { status: REFUSED, text: "554 " });
          expectCount(servers.maildrops.list(BOB), 0);
        }),
    },
    {
      // It stuffs dots after a bare LF, but does not see that the last line has an end: there is an empty line more.
      title: "sends bare LF to a server that normalises",
      run: () =>
        world.serve({ normalize: true }, async (servers) => {
          expectStatus(await send(world, servers, sample, how), 0);
          expectStored(servers.maildrops.list(BOB), Buffer.concat([sample.canonical, Buffer.from("\r\n")]));
        }),
    },
  ];
}

function visits(world: World): Check[] {
  const [first, second] = [world.sample("utf-8").canonical, world.sample("dots").canonical];
  const how = { tls: "STARTTLS", mechanism: "USER", isRight: true, more: [] } as const;
  const check = (
    title: string,
    features: readonly FeatureName[],
    action: string,
    printed: (servers: Servers) => string,
    left = 2,
  ): Check => ({
    title,
    covers: shows(POP3, ...features),
    run: () =>
      world.serve({}, async (servers) => {
        for (const octets of [first, second]) servers.maildrops.store(BOB, octets);
        const expected = printed(servers); // before anything is deleted
        const outcome = await fetch(world, servers, how, action);
        expectStatus(outcome, 0);
        expectSame(outcome.stdout, Buffer.from(expected, "latin1"));
        expectCount(servers.maildrops.list(BOB), left);
      }),
  });
  const text = Buffer.from(first).toString("latin1");
  const header = text.slice(0, text.indexOf("\r\n\r\n") + 4);
  const size = first.length + second.length;
  return [
    check(
      "asks for the top of a message",
      ["TOP"],
      "top",
      () => `${header}${text.slice(header.length).split("\r\n")[0]}\r\n`,
    ),
    check("lists sizes and unique-ids", ["LIST", "UIDL"], "list", ({ maildrops }) => {
      const [one, other] = maildrops.list(BOB);
      const listing = [`1 ${first.length}`, `2 ${second.length}`, `1 ${one?.uniqueId}`, `2 ${other?.uniqueId}`];
      return [`2 ${size}`, ...listing, ""].join("\r\n");
    }),
    check("deletes a message", ["DELE"], "dele", () => `1 ${second.length}\r\n`, 1),
    check("takes a deletion back", ["RSET"], "rset", () => `2 ${size}\r\n`),
  ];
}
