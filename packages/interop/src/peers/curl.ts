/** curl: SMTP and POP3 with every mechanism that it has, over STARTTLS, STLS and implicit TLS, and without TLS. */
import {
  type Check,
  expectCount,
  expectSame,
  expectStatus,
  expectStored,
  expectText,
  type Peer,
  versionIn,
} from "../check.ts";
import { type Fetcher, type Fetching, fetchingChecks } from "../checks/fetching.ts";
import { type Sender, type Sending, sendingChecks, someRecipients } from "../checks/sending.ts";
import { extensionsBut, type FeatureName, type Part, shows } from "../covered/feature.ts";
import { shared, takesToken } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, BJOERN, BOB, type Sample, type ServerOptions, type Servers, secretOf, type World } from "../world.ts";

/** curl's exit statuses (CURLcode). */
const SEND_ERROR = 55;
const LOGIN_DENIED = 67;
const WEIRD_SERVER_REPLY = 8;

/** Those of Debian's build, which has no GNU SASL and with it no SCRAM. */
const OWN = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"];

const SMTP: Part = { role: "client", protocol: "SMTP", mechanisms: OWN, lacks: extensionsBut("SIZE", "SMTPUTF8") };
/** USER and PASS cannot be asked for; curl falls back on them where nothing else is offered. */
const POP3: Part = {
  role: "client",
  protocol: "POP3",
  mechanisms: [...OWN, "APOP"],
  lacks: ["empty", "PIPELINING", "cut"],
};

export const curl: Peer = {
  name: "curl",
  parts: [SMTP, POP3],

  async version(world: World): Promise<string> {
    const text = (await world.run("curl", ["--version"])).stdout.toString();
    const protocols = /^Protocols:(.*)$/m.exec(text)?.[1]?.split(" ") ?? [];
    if (!protocols.includes("smtps") || !protocols.includes("pop3s"))
      throw new Error("it was built without SMTP, POP3 or TLS");
    return versionIn(text, /^curl (\S+)/);
  },

  checks(world: World): readonly Check[] {
    const sender = senderIn(world);
    return [
      ...sendingChecks(world, sender),
      // Without the option one rejected recipient ends it.
      someRecipients(world, sender, { status: 0, text: "\n< 550 " }, ["--mail-rcpt-allowfails"]),
      ...bareLineFeeds(world),
      ...fetchingChecks(world, fetcherIn(world)),
      ...refusals(world),
      ...visits(world),
    ];
  },

  sender: senderIn,
  fetcher: fetcherIn,
};

const PLAIN = { tls: "STARTTLS", mechanism: "PLAIN", isRight: true, more: [] } as const;

function senderIn(world: World): Sender {
  return {
    part: SMTP,
    mechanisms: shared(OWN),
    send: (servers, sample, how) => send(world, servers, sample, how),
    servers: offered,
    uses: [{ feature: "SIZE" }, { feature: "SMTPUTF8", how: { recipients: [BJOERN] } }],
    refusals: {
      // To the document with which XOAUTH2 refuses a token it has no answer: it hangs up.
      "wrong password": (mechanism) => ({
        status: LOGIN_DENIED,
        text: mechanism === "XOAUTH2" ? "\n< 334 ey" : "\n< 535 ",
      }),
      "unknown mechanism": { status: LOGIN_DENIED },
      "rejected recipient": { status: SEND_ERROR, text: "\n< 550 " },
      "too large": { status: SEND_ERROR, text: "\n< 552 " },
      cut: { status: "failure" },
    },
  };
}

function fetcherIn(world: World): Fetcher {
  return {
    part: POP3,
    mechanisms: [...shared(OWN), "APOP"],
    fetch: async (servers, how) => {
      const outcome = await fetch(world, servers, "1", how);
      return { outcome, messages: outcome.stdout.length > 0 ? [outcome.stdout] : [] };
    },
    byUser: ["--login-options", "AUTH=*"],
    deletes: false,
    single: true,
    givesParts: true,
    // Of an empty message it takes the line end before the line with the dot for the message's.
    fetched: ({ canonical }) => (canonical.length > 0 ? canonical : Buffer.from("\r\n")),
    servers: offered,
    refusals: {
      "wrong password": (mechanism) => ({
        status: LOGIN_DENIED,
        text: mechanism === "XOAUTH2" ? "\n< + ey" : "\n< -ERR",
      }),
      "unknown mechanism": { status: LOGIN_DENIED },
      // It takes the end of the connection for that of the message, and says nothing.
      cut: { status: 0 },
    },
  };
}

/** @param crlf puts a CR before every LF, that of a CRLF too. Default: only if the message has bare LFs */
function send(
  world: World,
  { smtpPort }: Servers,
  sample: Sample,
  how: Sending,
  crlf: boolean = sample.name === "bare LF",
): Promise<Outcome> {
  return world.run("curl", [
    ...common(world, ALICE, how),
    ...["--mail-from", ALICE, ...how.recipients.flatMap((recipient) => ["--mail-rcpt", recipient])],
    ...(crlf ? ["--crlf"] : []),
    ...["--upload-file", sample.file],
    `${how.tls === "implicit TLS" ? "smtps" : "smtp"}://127.0.0.1:${smtpPort}/client.example.org`,
  ]);
}

function fetch(world: World, { pop3Port }: Servers, path: string, how: Fetching): Promise<Outcome> {
  const scheme = how.tls === "implicit TLS" ? "pop3s" : "pop3";
  return world.run("curl", [...common(world, BOB, how), `${scheme}://127.0.0.1:${pop3Port}/${path}`]);
}

function common(world: World, user: string, { tls, mechanism, isRight, more }: Fetching): string[] {
  const secret = secretOf(user, mechanism, isRight);
  const { certificate, key } = world.identityOf(user);
  const shown = takesToken(mechanism)
    ? ["--user", `${user}:`, "--oauth2-bearer", secret]
    : ["--user", `${user}:${secret}`];
  return [
    ...["--silent", "--show-error", "--verbose", ...(tls === "none" ? [] : ["--ssl-reqd", "--cacert", world.ca])],
    ...(mechanism === "EXTERNAL" && isRight ? ["--cert", certificate, "--key", key] : []),
    ...(mechanism === "EXTERNAL" ? ["--user", `${user}:`] : shown),
    // `+`: not a SASL mechanism.
    ...["--login-options", `AUTH=${mechanism === "APOP" ? "+APOP" : mechanism}`],
    ...more,
  ];
}

/** With a token it takes OAUTHBEARER wherever that is offered, whatever it was asked for. */
function offered(mechanism: string): ServerOptions {
  return mechanism === "XOAUTH2" ? { mechanisms: [mechanism] } : {};
}

/** Without --crlf it sends the file as it is, and sees no line, and no dot to stuff, after a bare LF. */
function bareLineFeeds(world: World): Check[] {
  const sample = world.sample("bare LF");
  return [
    {
      title: "is refused with 554 when it sends bare LF",
      run: () =>
        world.serve({}, async (servers) => {
          const outcome = await send(world, servers, sample, { ...PLAIN, recipients: [BOB] }, false);
          expectStatus(outcome, WEIRD_SERVER_REPLY);
          expectText(outcome.stderr, "\n< 554 ");
          expectCount(servers.maildrops.list(BOB), 0);
        }),
    },
    {
      title: "sends bare LF to a server that normalises",
      run: () =>
        world.serve({ normalize: true }, async (servers) => {
          expectStatus(await send(world, servers, sample, { ...PLAIN, recipients: [BOB] }, false), 0);
          // The dot that curl did not stuff is taken for stuffing: the server judges the lines that come out. And to
          // curl the message has no line end, so it adds one after the last LF, which makes an empty line.
          const expected = Buffer.from(sample.canonical).toString("latin1").replace(/^\./gm, "");
          expectStored(servers.maildrops.list(BOB), Buffer.from(`${expected}\r\n`, "latin1"));
        }),
    },
  ];
}

function refusals(world: World): Check[] {
  return [
    {
      title: "may not send without TLS",
      run: () =>
        world.serve({}, async (servers) => {
          // PLAIN is not offered then.
          const how = { ...PLAIN, tls: "none", recipients: [BOB] } as const;
          expectStatus(await send(world, servers, world.sample("dots"), how), LOGIN_DENIED);
          expectCount(servers.maildrops.list(BOB), 0);
        }),
    },
    {
      title: "asks for a message that is not there",
      run: () =>
        world.serve({}, async (servers) => {
          const outcome = await fetch(world, servers, "1", PLAIN);
          expectStatus(outcome, WEIRD_SERVER_REPLY);
          expectText(outcome.stderr, "\n< -ERR");
        }),
    },
  ];
}

function visits(world: World): Check[] {
  const [first, second] = [world.sample("utf-8").canonical, world.sample("dots").canonical];
  const check = (title: string, feature: FeatureName, run: (servers: Servers) => Promise<void>): Check => ({
    title,
    covers: shows(POP3, feature),
    run: () =>
      world.serve({}, async (servers) => {
        for (const octets of [first, second]) servers.maildrops.store(BOB, octets);
        await run(servers);
      }),
  });
  const request = (command: string, path: string, ...more: string[]) => ({
    path,
    how: { ...PLAIN, more: [...more, "--request", command] },
  });
  const expectLines = (outcome: Outcome, lines: readonly string[]): void => {
    expectStatus(outcome, 0);
    expectSame(outcome.stdout, Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
  };
  return [
    check("lists the messages", "LIST", async (servers) => {
      expectLines(await fetch(world, servers, "", PLAIN), [`1 ${first.length}`, `2 ${second.length}`]);
    }),
    check("lists the unique-ids", "UIDL", async (servers) => {
      const uniqueIds = servers.maildrops.list(BOB).map(({ uniqueId }, at) => `${at + 1} ${uniqueId}`);
      const { path, how } = request("UIDL", "");
      expectLines(await fetch(world, servers, path, how), uniqueIds);
    }),
    check("asks for the top of a message", "TOP", async (servers) => {
      const { path, how } = request("TOP 1 0", "");
      const outcome = await fetch(world, servers, path, how);
      expectStatus(outcome, 0);
      expectSame(outcome.stdout, first.subarray(0, Buffer.from(first).indexOf("\r\n\r\n") + 4));
    }),
    check("deletes a message", "DELE", async (servers) => {
      // --head: the response to DELE has one line.
      const { path, how } = request("DELE", "1", "--head");
      expectStatus(await fetch(world, servers, path, how), 0);
      expectStored(servers.maildrops.list(BOB), second);
    }),
    check("takes a deletion back", "RSET", async (servers) => {
      const again = ["--next", ...common(world, BOB, PLAIN), "--head", "--request", "RSET"];
      const { path, how } = request("DELE", "1", "--head");
      const url = `pop3://127.0.0.1:${servers.pop3Port}/`;
      expectStatus(await world.run("curl", [...common(world, BOB, how), `${url}${path}`, ...again, url]), 0);
      expectCount(servers.maildrops.list(BOB), 2);
    }),
  ];
}
