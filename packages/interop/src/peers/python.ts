/** Python's smtplib and poplib, through the scripts beside this file. */
import { fileURLToPath } from "node:url";
import {
  type Check,
  expectCount,
  expectSame,
  expectStatus,
  expectStored,
  expectText,
  otherLogins,
  type Peer,
  versionIn,
} from "../check.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, BOB, NOBODY, PASSWORD, type Sample, type Servers, type World, WRONG_PASSWORD } from "../world.ts";

const COMMAND = "python3";

const SASL = ["PLAIN", "LOGIN", "CRAM-MD5"] as const;
/** poplib knows no AUTH. */
const LOGINS = ["USER", "APOP"] as const;

/** The scripts' exit status when the server refused; its reply is printed. */
const REFUSED = 3;

interface Sending {
  readonly tls?: boolean;
  /** Default `"PLAIN"`. */
  readonly mechanism?: (typeof SASL)[number];
  readonly password?: string;
  readonly recipients?: readonly string[];
  /** Sends the octets of the file as they are. Default: with CRLF at the end of every line. */
  readonly raw?: boolean;
}

interface Fetching {
  readonly tls?: boolean;
  /** Default `"USER"`. */
  readonly mechanism?: (typeof LOGINS)[number];
  readonly password?: string;
  /** What it does with the first message. Default `"retr"`. */
  readonly action?: "retr" | "top" | "list" | "dele" | "rset";
}

export const python: Peer = {
  name: "python",
  parts: [
    { role: "client", protocol: "SMTP", mechanisms: SASL },
    { role: "client", protocol: "POP3", mechanisms: ["APOP"] },
  ],

  async version(world: World): Promise<string> {
    const { status } = await world.run(COMMAND, ["-c", "import poplib, smtplib, ssl"]);
    if (status !== 0) throw new Error("its installation lacks smtplib, poplib or ssl");
    return versionIn((await world.run(COMMAND, ["--version"])).stdout.toString(), /^Python (\S+)/);
  },

  checks(world: World): readonly Check[] {
    return [...sending(world), ...fetching(world), ...refusals(world), ...visiting(world)];
  },
};

function send(world: World, servers: Servers, sample: Sample, options: Sending = {}): Promise<Outcome> {
  const { tls = true, mechanism = "PLAIN", password = PASSWORD, recipients = [BOB], raw = false } = options;
  const { file } = sample;
  const { smtpPort: port } = servers;
  const ca = tls ? world.ca : null;
  return script(world, "send.py", { port, ca, user: ALICE, password, mechanism, recipients, file, raw });
}

function fetch(world: World, servers: Servers, options: Fetching = {}): Promise<Outcome> {
  const { tls = true, mechanism = "USER", password = PASSWORD, action = "retr" } = options;
  const ca = tls ? world.ca : null;
  return script(world, "fetch.py", { port: servers.pop3Port, ca, user: BOB, password, mechanism, action });
}

function script(world: World, name: string, options: object): Promise<Outcome> {
  const path = fileURLToPath(new URL(name, import.meta.url));
  return world.run(COMMAND, ["-B", path, JSON.stringify(options)]);
}

const smtp = (name: string): Pick<Check, "covers"> => ({ covers: [{ role: "client", protocol: "SMTP", name }] });

/** USER and PASS are no mechanism. */
const pop3 = (name: string): Pick<Check, "covers"> =>
  name === "USER" ? {} : { covers: [{ role: "client", protocol: "POP3", name }] };

/**
 * smtplib stuffs octets that it is given, and leaves line ends to its caller: the script mends those first. It ends a
 * message with CRLF even when it is empty, so an empty one arrives as one empty line.
 */
function sending(world: World): Check[] {
  const check = (sample: Sample, { tls = true, mechanism = "PLAIN" }: Sending = {}): Check => ({
    title: `sends "${sample.name}" with ${mechanism} ${tls ? "over STARTTLS" : "without TLS"}`,
    ...smtp(mechanism),
    run: () =>
      world.serve({ allowPlaintext: !tls }, async (servers) => {
        expectStatus(await send(world, servers, sample, { tls, mechanism }), 0);
        const expected = sample.octets.length > 0 ? sample.canonical : Buffer.from("\r\n");
        expectStored(servers.maildrops.list(BOB), expected);
      }),
  });
  return [
    ...world.samples.map((sample) => check(sample)),
    ...otherLogins(SASL).map((login) => check(world.sample("dots"), login)),
    {
      // It stuffs dots behind a bare LF, but does not see that the last line has an end: there is an empty line more.
      title: "sends bare LF to a server that normalises",
      run: () =>
        world.serve({ normalize: true }, async (servers) => {
          const sample = world.sample("bare LF");
          expectStatus(await send(world, servers, sample, { raw: true }), 0);
          expectStored(servers.maildrops.list(BOB), Buffer.concat([sample.canonical, Buffer.from("\r\n")]));
        }),
    },
  ];
}

/** poplib gives lines without their ends: the script puts CRLF behind each. */
function fetching(world: World): Check[] {
  const check = (sample: Sample, { tls = true, mechanism = "USER" }: Fetching = {}): Check => ({
    title: `fetches "${sample.name}" with ${mechanism} ${tls ? "over STLS" : "without TLS"}`,
    ...pop3(mechanism),
    run: () =>
      world.serve({ allowPlaintext: !tls }, async (servers) => {
        servers.maildrops.store(BOB, sample.canonical);
        const outcome = await fetch(world, servers, { tls, mechanism });
        expectStatus(outcome, 0);
        expectSame(outcome.stdout, sample.canonical);
      }),
  });
  return [
    ...world.samples.map((sample) => check(sample)),
    ...otherLogins(LOGINS).map((login) => check(world.sample("dots"), login)),
  ];
}

function refusals(world: World): Check[] {
  const dots = world.sample("dots");
  const password = WRONG_PASSWORD;
  const check = (
    title: string,
    run: (servers: Servers) => Promise<Outcome>,
    reply: string,
    covers: Pick<Check, "covers"> = {},
  ): Check => ({
    title,
    ...covers,
    run: () =>
      world.serve({}, async (servers) => {
        const outcome = await run(servers);
        expectStatus(outcome, REFUSED);
        expectText(outcome.stdout.toString(), reply);
        expectCount(servers.maildrops.list(BOB), 0);
      }),
  });
  return [
    ...SASL.map((mechanism) =>
      check(
        `may not send with a wrong password (${mechanism})`,
        (servers) => send(world, servers, dots, { mechanism, password }),
        "535 ",
        smtp(mechanism),
      ),
    ),
    ...LOGINS.map((mechanism) =>
      check(
        `may not fetch with a wrong password (${mechanism})`,
        (servers) => fetch(world, servers, { mechanism, password }),
        "-ERR",
        pop3(mechanism),
      ),
    ),
    check(
      "has a recipient rejected",
      (servers) => send(world, servers, dots, { recipients: [NOBODY] }),
      `550 ${NOBODY}`,
    ),
    check(
      "is refused with 554 when it sends bare LF",
      (servers) => send(world, servers, world.sample("bare LF"), { raw: true }),
      "554 ",
    ),
    {
      title: "has one of two recipients rejected",
      run: () =>
        world.serve({}, async (servers) => {
          const outcome = await send(world, servers, dots, { recipients: [NOBODY, BOB] });
          expectStatus(outcome, 0);
          expectText(outcome.stdout.toString(), `550 ${NOBODY}`);
          expectStored(servers.maildrops.list(BOB), dots.canonical);
        }),
    },
  ];
}

function visiting(world: World): Check[] {
  const [first, second] = [world.sample("utf-8").canonical, world.sample("dots").canonical];
  const check = (
    title: string,
    action: NonNullable<Fetching["action"]>,
    printed: (servers: Servers) => string,
    left = 2,
  ) => ({
    title,
    run: () =>
      world.serve({}, async (servers) => {
        for (const octets of [first, second]) servers.maildrops.store(BOB, octets);
        const expected = printed(servers); // before anything is deleted
        const outcome = await fetch(world, servers, { action });
        expectStatus(outcome, 0);
        expectSame(outcome.stdout, Buffer.from(expected, "latin1"));
        expectCount(servers.maildrops.list(BOB), left);
      }),
  });
  const text = Buffer.from(first).toString("latin1");
  const header = text.slice(0, text.indexOf("\r\n\r\n") + 4);
  const size = first.length + second.length;
  return [
    check("asks for the top of a message", "top", () => `${header}${text.slice(header.length).split("\r\n")[0]}\r\n`),
    check("lists sizes and unique-ids", "list", ({ maildrops }) => {
      const [one, other] = maildrops.list(BOB);
      const listing = [`1 ${first.length}`, `2 ${second.length}`, `1 ${one?.uniqueId}`, `2 ${other?.uniqueId}`];
      return [`2 ${size}`, ...listing, ""].join("\r\n");
    }),
    check("deletes a message", "dele", () => `1 ${second.length}\r\n`, 1),
    check("takes a deletion back", "rset", () => `2 ${size}\r\n`),
  ];
}
