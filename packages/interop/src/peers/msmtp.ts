/** msmtp: SMTP with every mechanism that it has, over STARTTLS, implicit TLS and without TLS. */
import { readFile } from "node:fs/promises";
import { type Check, type Peer, versionIn } from "../check.ts";
import { type Sender, type Sending, sendingChecks } from "../checks/sending.ts";
import { extensionsBut, type Part } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, type Sample, type Servers, secretOf, type World } from "../world.ts";

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

/** sysexits.h: what msmtp ends with. */
const DATA_ERROR = 65;
const UNAVAILABLE = 69;
const NO_PERMISSION = 77;

/** One rejected recipient ends it. */
const SMTP: Part = {
  role: "client",
  protocol: "SMTP",
  mechanisms: OWN,
  lacks: ["some recipients", ...extensionsBut("PIPELINING", "DSN")],
};

export const msmtp: Peer = {
  name: "msmtp",
  parts: [SMTP],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("msmtp", ["--version"])).stdout.toString(), /^msmtp version (\S+)/);
  },

  checks(world: World): readonly Check[] {
    return sendingChecks(world, senderIn(world));
  },

  sender: senderIn,
};

function senderIn(world: World): Sender {
  return {
    part: SMTP,
    mechanisms: shared(OWN),
    send: (servers, sample, how) => send(world, servers, sample, how),
    uses: [
      { feature: "PIPELINING" },
      { feature: "DSN", how: { more: ["--dsn-notify=failure,delay", "--dsn-return=headers"] } },
    ],
    refusals: {
      "wrong password": { status: NO_PERMISSION, text: "server message: 535 " },
      "unknown mechanism": { status: UNAVAILABLE },
      "rejected recipient": { status: DATA_ERROR, text: "server message: 550 " },
      "too large": { status: UNAVAILABLE, text: "server message: 552 " },
      cut: { status: "failure" },
    },
  };
}

async function send(world: World, { smtpPort }: Servers, sample: Sample, how: Sending): Promise<Outcome> {
  const { tls, mechanism, isRight, recipients, more } = how;
  const { certificate, key } = world.identityOf(ALICE);
  const secured = ["--tls=on", `--tls-starttls=${tls === "STARTTLS" ? "on" : "off"}`, `--tls-trust-file=${world.ca}`];
  const args = [
    ...["--host=127.0.0.1", `--port=${smtpPort}`, "--domain=client.example.org", `--from=${ALICE}`],
    // The message stays as it is.
    ...["--set-from-header=off", "--set-date-header=off", "--set-msgid-header=off"],
    ...[
      `--auth=${mechanism.toLowerCase()}`,
      `--user=${ALICE}`,
      `--passwordeval=echo '${secretOf(ALICE, mechanism, isRight)}'`,
    ],
    ...(mechanism === "EXTERNAL" && isRight ? [`--tls-cert-file=${certificate}`, `--tls-key-file=${key}`] : []),
    ...(tls === "none" ? ["--tls=off"] : secured),
    ...more,
    ...recipients,
  ];
  return world.run("msmtp", args, { input: await readFile(sample.file) });
}
