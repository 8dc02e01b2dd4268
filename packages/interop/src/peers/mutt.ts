/** mutt: SMTP with GNU SASL's mechanisms, over STARTTLS, implicit TLS and without TLS. */
import { readFile, writeFile } from "node:fs/promises";
import { type Check, type Peer, versionIn } from "../check.ts";
import { type Sender, type Sending, sendingChecks } from "../checks/sending.ts";
import { extensionsBut, type FeatureName, type Part } from "../covered/feature.ts";
import { takesToken } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, BJOERN, fillIn, type Sample, type Servers, secretOf, type World } from "../world.ts";

const OWN = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "CRAM-MD5", "LOGIN", "OAUTHBEARER", "XOAUTH2"];

/** What it encodes before it sends it, so that it does not go over the wire. */
const ENCODED: readonly FeatureName[] = ["long lines", "longer lines"];

const SMTP: Part = {
  role: "client",
  protocol: "SMTP",
  mechanisms: OWN,
  lacks: [...ENCODED, "some recipients", ...extensionsBut("8BITMIME", "DSN", "SMTPUTF8")],
};

/** mutt's exit status when it could not send. */
const FAILED = 1;

export const mutt: Peer = {
  name: "mutt",
  parts: [SMTP],

  async version(world: World): Promise<string> {
    const text = (await world.run("mutt", ["-v"])).stdout.toString();
    if (!text.includes("+USE_SMTP") || !text.includes("+USE_GSASL"))
      throw new Error("it was built without SMTP or GNU SASL");
    return versionIn(text, /^Mutt (\S+)/);
  },

  checks(world: World): readonly Check[] {
    return sendingChecks(world, senderIn(world));
  },

  sender: senderIn,
};

function senderIn(world: World): Sender {
  return {
    part: SMTP,
    mechanisms: OWN,
    composes: true,
    send: (servers, sample, how) => send(world, servers, sample, how),
    // Of text that is no UTF-8 it makes some. A line at a time under TLS, 20 MB take most of a minute.
    stored: ({ name, feature, canonical }) =>
      ENCODED.includes(feature) || name === "latin-1" || name === "20 MB" ? null : canonical,
    uses: [
      { feature: "8BITMIME", sample: "utf-8" },
      { feature: "DSN", how: { more: ['set dsn_notify = "failure,delay"', 'set dsn_return = "hdrs"'] } },
      { feature: "SMTPUTF8", how: { recipients: [BJOERN] } },
    ],
    refusals: {
      "wrong password": { status: FAILED },
      "unknown mechanism": { status: FAILED },
      "rejected recipient": { status: FAILED, text: "550 " },
      "too large": { status: FAILED, text: "552 " },
      // It may die of the broken pipe.
      cut: { status: "failure" },
    },
  };
}

async function send(world: World, { smtpPort }: Servers, sample: Sample, how: Sending): Promise<Outcome> {
  const { tls, mechanism, isRight, recipients, more } = how;
  const secret = secretOf(ALICE, mechanism, isRight);
  const file = `${sample.file}.muttrc`;
  const values = {
    SCHEME: tls === "implicit TLS" ? "smtps" : "smtp",
    USER: encodeURIComponent(ALICE),
    PASSWORD: encodeURIComponent(secret),
    PORT: smtpPort,
    MECHANISM: mechanism.toLowerCase(),
    TOKEN: takesToken(mechanism) ? secret : "",
    STARTTLS: tls === "STARTTLS" ? "yes" : "no",
    FORCE: tls === "none" ? "no" : "yes",
    CA: world.ca,
    FROM: ALICE,
    MORE: more.join("\n"),
  };
  await writeFile(file, await fillIn(new URL("mutt.rc", import.meta.url), values));
  const input = await readFile(sample.file);
  return world.run("mutt", ["-n", "-F", file, "-s", "test", "--", ...recipients], {
    input,
    env: { LC_ALL: "C.UTF-8" },
  });
}
