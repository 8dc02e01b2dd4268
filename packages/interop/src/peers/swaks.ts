/**
 * swaks: SMTP with PLAIN, LOGIN, CRAM-MD5 and DIGEST-MD5, over STARTTLS, implicit TLS and without TLS, one command
 * after the other and pipelined.
 */
import { writeFile } from "node:fs/promises";
import { type Check, expectCount, expectOutcome, type Peer, versionIn } from "../check.ts";
import { type Sender, type Sending, sendingChecks, someRecipients } from "../checks/sending.ts";
import { extensionsBut, type Part, shows } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, NOBODY, type Sample, type Servers, secretOf, type World } from "../world.ts";

/** swaks's exit statuses. */
const NO_RECIPIENT = 24;
const CONTENT_REFUSED = 26;
const AUTH_FAILED = 28;

const OWN = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5"];

/** PRDR, XCLIENT and what else it has the server would have to have too. */
const SMTP: Part = {
  role: "client",
  protocol: "SMTP",
  mechanisms: OWN,
  lacks: ["empty", ...extensionsBut("PIPELINING", "XCLIENT", "PRDR")],
};

export const swaks: Peer = {
  name: "swaks",
  parts: [SMTP],

  async version(world: World): Promise<string> {
    const supported = (await world.run("swaks", ["--support"])).stdout.toString();
    const needed = ["TLS", "AUTH CRAM-MD5", "AUTH DIGEST-MD5"];
    const lacks = needed.filter((feature) => !supported.includes(`=== ${feature} supported`));
    if (lacks.length > 0) throw new Error(`its installation lacks ${lacks.join(" and ")}`);
    return versionIn((await world.run("swaks", ["--version"])).stdout.toString(), /version (\S+)/);
  },

  checks(world: World): readonly Check[] {
    const sender = senderIn(world);
    return [
      ...sendingChecks(world, sender),
      someRecipients(world, sender, { status: 0, text: "550 " }),
      {
        title: "has a recipient rejected, pipelined",
        covers: shows(SMTP, "rejected recipient", "PIPELINING"),
        run: () =>
          world.serve({}, async (servers) => {
            const how = { tls: "STARTTLS", mechanism: "PLAIN", isRight: true, recipients: [NOBODY] } as const;
            const outcome = await send(world, servers, world.sample("dots"), { ...how, more: ["--pipeline"] });
            expectOutcome(outcome, { status: NO_RECIPIENT, text: "550 " });
            expectCount(servers.maildrops.list(NOBODY), 0);
          }),
      },
    ];
  },

  sender: senderIn,
};

function senderIn(world: World): Sender {
  return {
    part: SMTP,
    mechanisms: shared(OWN),
    send: (servers, sample, how) => send(world, servers, sample, how),
    // See dataOf: one empty line is the least.
    stored: ({ octets, canonical }) => (octets.length > 0 ? canonical : Buffer.from("\r\n")),
    uses: [{ feature: "PIPELINING", how: { more: ["--pipeline"] } }],
    refusals: {
      "wrong password": { status: AUTH_FAILED, text: "535 " },
      "unknown mechanism": { status: AUTH_FAILED },
      "rejected recipient": { status: NO_RECIPIENT, text: "550 " },
      // It announces no size, so that the server hears of it at the end.
      "too large": { status: CONTENT_REFUSED, text: "552 " },
      cut: { status: "failure" },
    },
  };
}

async function send(world: World, { smtpPort }: Servers, sample: Sample, how: Sending): Promise<Outcome> {
  const { tls, mechanism, isRight, recipients, more } = how;
  const secured = [tls === "STARTTLS" ? "--tls" : "--tls-on-connect", "--tls-verify", "--tls-ca-path", world.ca];
  return world.run("swaks", [
    ...["--server", "127.0.0.1", "--port", String(smtpPort), "--ehlo", "client.example.org"],
    ...["--from", ALICE, "--to", recipients.join(",")],
    ...["--auth", mechanism, "--auth-user", ALICE, "--auth-password", secretOf(ALICE, mechanism, isRight)],
    ...(tls === "none" ? [] : secured),
    ...more,
    ...(await dataOf(sample)),
    // The content is not printed.
    "--suppress-data",
  ]);
}

/**
 * swaks makes lines end with CRLF, stuffs dots and appends the line with the dot. It would add an empty line to a
 * message that has its last line end; it does not where the line with the dot is there already, which it removes first.
 * A message without a header section is not for it: it does not stuff the first line, and puts an empty line after what
 * it takes for header fields. Such a one it sends as it is, so its wire form is made here. An empty one it cannot send
 * at all, because data in which there is no LF is taken for a file's name: one empty line is the least.
 */
async function dataOf({ name, octets, canonical, file }: Sample): Promise<string[]> {
  const path = `${file}.swaks`;
  if (name === "dots" || name === "empty") {
    const stuffed = Buffer.from(canonical).toString("latin1").replace(/^\./gm, "..");
    await writeFile(path, `${stuffed || "\r\n"}.`, "latin1");
    return ["--no-data-fixup", "--data", `@${path}`];
  }
  const lineEnd = octets.at(-1) === 0x0a ? "" : "\r\n";
  await writeFile(path, Buffer.concat([octets, Buffer.from(`${lineEnd}.\r\n`)]));
  return ["--data", `@${path}`];
}
