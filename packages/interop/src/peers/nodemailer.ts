/**
 * nodemailer: SMTP with every mechanism that it has, over STARTTLS, implicit TLS and without TLS, through the script
 * beside this file.
 */
import { fileURLToPath } from "node:url";
import type { Check, Peer } from "../check.ts";
import { type Sender, type Sending, sendingChecks, someRecipients } from "../checks/sending.ts";
import { extensionsBut, type Part } from "../covered/feature.ts";
import { npmVersion } from "../system/npm.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, BJOERN, NOBODY, type Sample, type Servers, secretOf, type World } from "../world.ts";

const OWN = ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"];

const SMTP: Part = {
  role: "client",
  protocol: "SMTP",
  mechanisms: OWN,
  lacks: ["empty", ...extensionsBut("8BITMIME", "SIZE", "DSN", "SMTPUTF8", "REQUIRETLS")],
};

/** The script's exit status when the server refused, and when nodemailer did. */
const REFUSED = 3;
const FAILED = 4;

export const nodemailer: Peer = {
  name: "nodemailer",
  parts: [SMTP],

  version: () => npmVersion("nodemailer"),

  checks(world: World): readonly Check[] {
    const sender = senderIn(world);
    return [...sendingChecks(world, sender), someRecipients(world, sender, { status: 0, text: `550 ${NOBODY}` })];
  },

  sender: senderIn,
};

function senderIn(world: World): Sender {
  const dsn = { id: "QQ314159", return: "headers", notify: ["failure", "delay"] };
  return {
    part: SMTP,
    mechanisms: OWN,
    send: (servers, sample, how) => send(world, servers, sample, how),
    // It ends a message with CRLF even when it is empty.
    stored: ({ octets, canonical }) => (octets.length > 0 ? canonical : Buffer.from("\r\n")),
    uses: [
      { feature: "SIZE", how: { more: [JSON.stringify({ envelope: { size: 1000 } })] } },
      { feature: "8BITMIME", how: { more: [JSON.stringify({ envelope: { use8BitMime: true } })] } },
      { feature: "DSN", how: { more: [JSON.stringify({ mail: { dsn } })] } },
      { feature: "SMTPUTF8", how: { recipients: [BJOERN] } },
    ],
    refusals: {
      "wrong password": { status: REFUSED, text: "535 " },
      "unknown mechanism": { status: REFUSED, text: "504 " },
      "rejected recipient": { status: REFUSED, text: "550 " },
      "too large": { status: REFUSED, text: "552 " },
      cut: { status: FAILED },
    },
  };
}

function send(world: World, { smtpPort: port }: Servers, sample: Sample, how: Sending): Promise<Outcome> {
  const { tls, mechanism, isRight, recipients, more } = how;
  const secret = secretOf(ALICE, mechanism, isRight);
  const options = { port, ca: world.ca, tls, user: ALICE, secret, mechanism, recipients, file: sample.file };
  const path = fileURLToPath(new URL("nodemailer.mjs", import.meta.url));
  return world.run(process.execPath, [path, JSON.stringify({ ...options, more: JSON.parse(more[0] ?? "{}") })]);
}
