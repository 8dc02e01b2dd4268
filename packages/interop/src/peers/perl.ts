/** Perl's Net::SMTP and Net::POP3 with Authen::SASL, through the scripts beside this file. */
import { fileURLToPath } from "node:url";
import { type Check, expectCount, expectOutcome, expectStatus, expectText, type Peer, versionIn } from "../check.ts";
import { type Fetcher, type Fetching, fetchingChecks } from "../checks/fetching.ts";
import { withCrlf } from "../checks/folder.ts";
import { type Sender, type Sending, sendingChecks, someRecipients } from "../checks/sending.ts";
import { extensionsBut, type FeatureName, type Part, shows } from "../covered/feature.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, BOB, NOBODY, type Sample, type Servers, secretOf, type World } from "../world.ts";

/** EXTERNAL it has too, but no way to show a certificate after STARTTLS. */
const SASL = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5"];
const OWN = [...SASL, "ANONYMOUS"];

const SMTP: Part = {
  role: "client",
  protocol: "SMTP",
  mechanisms: OWN,
  lacks: extensionsBut("8BITMIME", "SIZE", "DSN"),
};
const POP3: Part = { role: "client", protocol: "POP3", mechanisms: [...OWN, "APOP"], lacks: ["PIPELINING"] };

/** The scripts' exit status when the server refused; its reply is printed. */
const REFUSED = 3;

export const perl: Peer = {
  name: "perl",
  parts: [SMTP, POP3],

  async version(world: World): Promise<string> {
    const modules = ["Net::SMTP", "Net::POP3", "Authen::SASL", "IO::Socket::SSL", "JSON::PP"];
    const uses = modules.map((name) => `-M${name}`);
    const { status, stdout } = await world.run("perl", [...uses, "-e", "print Net::SMTP->VERSION"]);
    if (status !== 0) throw new Error(`it lacks one of ${modules.join(", ")}`);
    return versionIn(stdout.toString(), /^(\S+)$/);
  },

  checks(world: World): readonly Check[] {
    const sender = senderIn(world);
    return [
      ...sendingChecks(world, sender),
      someRecipients(world, sender, { status: 0, text: `550 ${NOBODY}` }),
      ...isStranger(world),
      ...fetchingChecks(world, fetcherIn(world)),
      ...visits(world),
    ];
  },

  sender: senderIn,
  fetcher: fetcherIn,
};

function senderIn(world: World): Sender {
  const more = (options: object) => ({ how: { more: [JSON.stringify(options)] } });
  return {
    part: SMTP,
    mechanisms: SASL,
    send: (servers, sample, how) => send(world, servers, sample, how),
    uses: [
      { feature: "SIZE", ...more({ mail: { Size: 1000 } }) },
      { feature: "8BITMIME", ...more({ mail: { Bits: "8" } }) },
      {
        feature: "DSN",
        ...more({ mail: { Return: "HDRS", Envelope: "a b+c" }, rcpt: { Notify: ["FAILURE", "DELAY"] } }),
      },
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

/** Without TLS it makes CRLF LF. */
function fetcherIn(world: World): Fetcher {
  return {
    part: POP3,
    mechanisms: [...SASL, "APOP", "USER"],
    fetch: async (servers, how) => {
      const outcome = await visit(world, servers, how, "retr");
      const messages = outcome.status === 0 ? (JSON.parse(outcome.stdout.toString()) as string[]) : [];
      const octets = messages.map((text) => Buffer.from(text, "base64"));
      return { outcome, messages: how.tls === "none" ? octets.map(withCrlf) : octets };
    },
    deletes: false,
    uses: ["LIST"],
    refusals: {
      "wrong password": { status: REFUSED, text: "-ERR" },
      "unknown mechanism": { status: REFUSED, text: "-ERR" },
      cut: { status: "failure" },
    },
  };
}

function send(world: World, { smtpPort: port }: Servers, sample: Sample, how: Sending): Promise<Outcome> {
  const { recipients, more } = how;
  const own = { mail: {}, rcpt: {}, ...(JSON.parse(more[0] ?? "{}") as object) };
  return script(world, "perl-smtp.pl", {
    ...{ port, ...common(world, ALICE, how) },
    ...{ recipients, file: sample.file, ...own },
  });
}

function visit(world: World, { pop3Port: port }: Servers, how: Fetching, action: string): Promise<Outcome> {
  return script(world, "perl-pop3.pl", { port, ...common(world, BOB, how), action });
}

function common(world: World, user: string, { tls, mechanism, isRight }: Fetching) {
  // Without a trace it would not be ANONYMOUS that is used, but whatever else there is.
  const authname = mechanism === "ANONYMOUS" ? "" : null;
  return { ca: world.ca, tls, user, secret: secretOf(user, mechanism, isRight), mechanism, authname };
}

function script(world: World, name: string, options: object): Promise<Outcome> {
  return world.run("perl", [fileURLToPath(new URL(name, import.meta.url)), JSON.stringify(options)]);
}

function isStranger(world: World): Check[] {
  const how = { tls: "STARTTLS", mechanism: "ANONYMOUS", isRight: true, more: [] } as const;
  const dots = world.sample("dots");
  return [
    {
      title: "logs in with ANONYMOUS, and may not send as somebody",
      covers: [{ role: "client", protocol: "SMTP", name: "ANONYMOUS" }],
      run: () =>
        world.serve({}, async (servers) => {
          const outcome = await send(world, servers, dots, { ...how, recipients: [BOB] });
          expectOutcome(outcome, { status: REFUSED, text: "553 " });
          expectCount(servers.maildrops.list(BOB), 0);
        }),
    },
    {
      title: "logs in with ANONYMOUS, and finds nothing",
      covers: [{ role: "client", protocol: "POP3", name: "ANONYMOUS" }],
      run: () =>
        world.serve({}, async (servers) => {
          servers.maildrops.store(BOB, dots.canonical);
          const outcome = await visit(world, servers, how, "retr");
          expectStatus(outcome, 0);
          expectText(outcome.stdout.toString(), "[]");
        }),
    },
    {
      // RFC 2831 §2.1.2: it is optional. Dovecot refuses an empty one too.
      title: 'is refused with authzid="" in DIGEST-MD5',
      run: () =>
        world.serve({}, async (servers) => {
          const asNobody = { ...how, mechanism: "DIGEST-MD5", recipients: [BOB], more: ['{ "authname": "" }'] };
          const outcome = await send(world, servers, dots, asNobody);
          expectOutcome(outcome, { status: REFUSED, text: "535 " });
        }),
    },
  ];
}

function visits(world: World): Check[] {
  const two = [world.sample("utf-8").canonical, world.sample("dots").canonical];
  const how = { tls: "STARTTLS", mechanism: "USER", isRight: true, more: [] } as const;
  const check = (
    title: string,
    features: readonly FeatureName[],
    action: string,
    printed: (servers: Servers) => unknown,
    left = 2,
  ): Check => ({
    title,
    covers: shows(POP3, ...features),
    run: () =>
      world.serve({}, async (servers) => {
        for (const octets of two) servers.maildrops.store(BOB, octets);
        const expected = JSON.stringify(printed(servers)); // before anything is deleted
        const outcome = await visit(world, servers, how, action);
        expectStatus(outcome, 0);
        expectText(outcome.stdout.toString(), expected);
        expectCount(servers.maildrops.list(BOB), left);
      }),
  });
  const [first, second] = two.map(({ length }) => String(length));
  const text = Buffer.from(two[0]!).toString("latin1");
  return [
    check("lists sizes and unique-ids", ["LIST", "UIDL"], "list", ({ maildrops }) => {
      const [one, other] = maildrops.list(BOB);
      const size = two[0]!.length + two[1]!.length;
      return ["2", String(size), { 1: first, 2: second }, { 1: one!.uniqueId, 2: other!.uniqueId }];
    }),
    check("asks for the top of a message", ["TOP"], "top", () => [text.slice(0, text.indexOf("\r\n\r\n") + 4)]),
    check("deletes a message", ["DELE"], "dele", () => [], 1),
    check("takes a deletion back", ["RSET"], "rset", () => []),
  ];
}
