/** curl: SMTP and POP3 with every mechanism that it has, over STARTTLS and STLS, and without TLS. */
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
import type { Protocol } from "../covered/feature.ts";
import { shared, takesToken } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, BOB, NOBODY, type Sample, type ServerOptions, type Servers, secretOf, type World } from "../world.ts";

/** curl's exit statuses (CURLcode). */
const SEND_ERROR = 55;
const LOGIN_DENIED = 67;
const WEIRD_SERVER_REPLY = 8;

/** Those of Debian's build, which has no GNU SASL and with it no SCRAM. */
const OWN = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"];
const SASL = shared(OWN);
/** `+`: not a SASL mechanism. USER and PASS cannot be asked for; curl falls back on them where nothing else is offered. */
const LOGINS = [...SASL, "+APOP"];

interface Transfer {
  readonly tls?: boolean;
  /** As `--login-options` has it. Default `"PLAIN"`. */
  readonly mechanism?: string;
  /** Whether it has the user's password or token. Default true. */
  readonly isRight?: boolean;
}

interface Sending extends Transfer {
  readonly recipient?: string;
  /** Default: only if the message has bare LFs, because curl puts a CR before the LF of a CRLF too. */
  readonly crlf?: boolean;
}

export const curl: Peer = {
  name: "curl",
  parts: [
    { role: "client", protocol: "SMTP", mechanisms: OWN },
    { role: "client", protocol: "POP3", mechanisms: [...OWN, "APOP"] },
  ],

  async version(world: World): Promise<string> {
    const text = (await world.run("curl", ["--version"])).stdout.toString();
    const protocols = /^Protocols:(.*)$/m.exec(text)?.[1]?.split(" ") ?? [];
    if (!protocols.includes("smtp") || !protocols.includes("pop3"))
      throw new Error("it was built without SMTP or POP3");
    return versionIn(text, /^curl (\S+)/);
  },

  checks(world: World): readonly Check[] {
    return [...sending(world), ...bareLineFeeds(world), ...fetching(world), ...refusals(world), ...listing(world)];
  },
};

function send(world: World, { smtpPort }: Servers, sample: Sample, options: Sending = {}): Promise<Outcome> {
  const { recipient = BOB, crlf = sample.name === "bare LF" } = options;
  const addresses = ["--mail-from", ALICE, "--mail-rcpt", recipient];
  const lineEnds = crlf ? ["--crlf"] : [];
  const url = `smtp://127.0.0.1:${smtpPort}/client.example.org`;
  return world.run("curl", [
    ...common(world, ALICE, options),
    ...addresses,
    ...lineEnds,
    "--upload-file",
    sample.file,
    url,
  ]);
}

function fetch(world: World, { pop3Port }: Servers, path: string, options: Transfer = {}, more: string[] = []) {
  return world.run("curl", [...common(world, BOB, options), ...more, `pop3://127.0.0.1:${pop3Port}/${path}`]);
}

function common(world: World, user: string, { tls = true, mechanism = "PLAIN", isRight = true }: Transfer): string[] {
  const secret = secretOf(user, mechanism, isRight);
  const { certificate, key } = world.identityOf(user);
  const shown = takesToken(mechanism)
    ? ["--user", `${user}:`, "--oauth2-bearer", secret]
    : ["--user", `${user}:${secret}`];
  return [
    ...["--silent", "--show-error", "--verbose", ...(tls ? ["--ssl-reqd", "--cacert", world.ca] : [])],
    ...(mechanism === "EXTERNAL" && isRight ? ["--cert", certificate, "--key", key] : []),
    ...(mechanism === "EXTERNAL" ? ["--user", `${user}:`] : shown),
    ...["--login-options", `AUTH=${mechanism}`],
  ];
}

/** With a token it takes OAUTHBEARER wherever that is offered, whatever it was asked for. */
function offered(mechanism: string): ServerOptions {
  return mechanism === "XOAUTH2" ? { mechanisms: [mechanism] } : {};
}

/** `+`, as `--login-options` has it, is not part of the name. */
function covers(protocol: Protocol, mechanism: string): Pick<Check, "covers"> {
  return { covers: [{ role: "client", protocol, name: mechanism.replace("+", "") }] };
}

function sending(world: World): Check[] {
  const check = (sample: Sample, { tls = true, mechanism = "PLAIN" }: Sending = {}): Check => ({
    title: `sends "${sample.name}" with ${mechanism} ${tls ? "over STARTTLS" : "without TLS"}`,
    ...covers("SMTP", mechanism),
    run: () =>
      world.serve({ allowPlaintext: !tls, ...offered(mechanism) }, async (servers) => {
        expectStatus(await send(world, servers, sample, { tls, mechanism }), 0);
        expectStored(servers.maildrops.list(BOB), sample.canonical);
      }),
  });
  return [
    ...world.samples.map((sample) => check(sample)),
    ...otherLogins(SASL).map((login) => check(world.sample("dots"), login)),
  ];
}

/** Without --crlf it sends the file as it is, and sees no line, and no dot to stuff, behind a bare LF. */
function bareLineFeeds(world: World): Check[] {
  const sample = world.sample("bare LF");
  return [
    {
      title: "is refused with 554 when it sends bare LF",
      run: () =>
        world.serve({}, async (servers) => {
          const outcome = await send(world, servers, sample, { crlf: false });
          expectStatus(outcome, WEIRD_SERVER_REPLY);
          expectText(outcome.stderr, "\n< 554 ");
          expectCount(servers.maildrops.list(BOB), 0);
        }),
    },
    {
      title: "sends bare LF to a server that normalises",
      run: () =>
        world.serve({ normalize: true }, async (servers) => {
          expectStatus(await send(world, servers, sample, { crlf: false }), 0);
          // The dot that curl did not stuff is taken for stuffing: the server judges the lines that come out. And to curl the
          // message has no line end, so it adds one behind the last LF, which makes an empty line.
          const expected = Buffer.from(sample.canonical).toString("latin1").replace(/^\./gm, "");
          expectStored(servers.maildrops.list(BOB), Buffer.from(`${expected}\r\n`, "latin1"));
        }),
    },
  ];
}

/** curl prints an empty message as a line end: it takes the one before the line with the dot for the message's. */
function fetching(world: World): Check[] {
  const check = (sample: Sample, { tls = true, mechanism = "PLAIN" }: Transfer = {}): Check => ({
    title: `fetches "${sample.name}" with ${mechanism} ${tls ? "over STLS" : "without TLS"}`,
    ...covers("POP3", mechanism),
    run: () =>
      world.serve({ allowPlaintext: !tls, ...offered(mechanism) }, async (servers) => {
        servers.maildrops.store(BOB, sample.canonical);
        const outcome = await fetch(world, servers, "1", { tls, mechanism });
        expectStatus(outcome, 0);
        expectSame(outcome.stdout, sample.canonical.length > 0 ? sample.canonical : Buffer.from("\r\n"));
      }),
  });
  return [
    ...world.samples.map((sample) => check(sample)),
    ...otherLogins(LOGINS).map((login) => check(world.sample("dots"), login)),
  ];
}

/** To the document with which XOAUTH2 refuses a token it has no answer: it hangs up. */
function refusals(world: World): Check[] {
  const sample = world.sample("dots");
  const wrong = { isRight: false };
  return [
    ...SASL.map((mechanism) => ({
      title: `may not send with a wrong password (${mechanism})`,
      ...covers("SMTP", mechanism),
      run: () =>
        world.serve(offered(mechanism), async (servers) => {
          const outcome = await send(world, servers, sample, { ...wrong, mechanism });
          expectStatus(outcome, LOGIN_DENIED);
          expectText(outcome.stderr, mechanism === "XOAUTH2" ? "\n< 334 ey" : "\n< 535 ");
          expectCount(servers.maildrops.list(BOB), 0);
        }),
    })),
    ...LOGINS.map((mechanism) => ({
      title: `may not fetch with a wrong password (${mechanism})`,
      ...covers("POP3", mechanism),
      run: () =>
        world.serve(offered(mechanism), async (servers) => {
          servers.maildrops.store(BOB, sample.canonical);
          const outcome = await fetch(world, servers, "1", { ...wrong, mechanism });
          expectStatus(outcome, LOGIN_DENIED);
          expectText(outcome.stderr, mechanism === "XOAUTH2" ? "\n< + ey" : "\n< -ERR");
        }),
    })),
    {
      title: "may not send without TLS",
      run: () =>
        world.serve({}, async (servers) => {
          // PLAIN is not offered then.
          expectStatus(await send(world, servers, sample, { tls: false }), LOGIN_DENIED);
          expectCount(servers.maildrops.list(BOB), 0);
        }),
    },
    {
      title: "has a recipient rejected",
      run: () =>
        world.serve({}, async (servers) => {
          const outcome = await send(world, servers, sample, { recipient: NOBODY });
          expectStatus(outcome, SEND_ERROR);
          expectText(outcome.stderr, "\n< 550 ");
          expectCount(servers.maildrops.list(NOBODY), 0);
        }),
    },
    {
      title: "asks for a message that is not there",
      run: () =>
        world.serve({}, async (servers) => {
          const outcome = await fetch(world, servers, "1");
          expectStatus(outcome, WEIRD_SERVER_REPLY);
          expectText(outcome.stderr, "\n< -ERR");
        }),
    },
  ];
}

function listing(world: World): Check[] {
  const [first, second] = [world.sample("dots").canonical, world.sample("utf-8").canonical];
  const check = (title: string, run: (servers: Servers) => Promise<void>): Check => ({
    title,
    run: () =>
      world.serve({}, async (servers) => {
        for (const octets of [first, second]) servers.maildrops.store(BOB, octets);
        await run(servers);
      }),
  });
  const expectLines = (outcome: Outcome, lines: readonly string[]): void => {
    expectStatus(outcome, 0);
    expectSame(outcome.stdout, Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
  };
  return [
    check("lists the messages", async (servers) => {
      expectLines(await fetch(world, servers, ""), [`1 ${first.length}`, `2 ${second.length}`]);
    }),
    check("lists the unique-ids", async (servers) => {
      const uniqueIds = servers.maildrops.list(BOB).map(({ uniqueId }, at) => `${at + 1} ${uniqueId}`);
      expectLines(await fetch(world, servers, "", {}, ["--request", "UIDL"]), uniqueIds);
    }),
    check("deletes a message", async (servers) => {
      // --head: the response to DELE has one line.
      expectStatus(await fetch(world, servers, "1", {}, ["--head", "--request", "DELE"]), 0);
      expectStored(servers.maildrops.list(BOB), second);
    }),
  ];
}
