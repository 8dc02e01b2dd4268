/** msmtp: SMTP with every mechanism that it has, over STARTTLS and without TLS. */
import { readFile } from "node:fs/promises";
import {
  type Check,
  expectCount,
  expectStatus,
  expectStored,
  expectText,
  otherLogins,
  type Peer,
  versionIn,
} from "../check.ts";
import { shared } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, BOB, NOBODY, type Sample, type Servers, secretOf, type World } from "../world.ts";

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
const NO_PERMISSION = 77;

interface Sending {
  readonly tls?: boolean;
  readonly mechanism?: string;
  /** Whether it has the user's password or token, or the certificate. Default true. */
  readonly isRight?: boolean;
  readonly recipient?: string;
}

export const msmtp: Peer = {
  name: "msmtp",
  parts: [{ role: "client", protocol: "SMTP", mechanisms: OWN }],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("msmtp", ["--version"])).stdout.toString(), /^msmtp version (\S+)/);
  },

  checks(world: World): readonly Check[] {
    const dots = world.sample("dots");
    return [
      ...world.samples.map((sample) => sends(world, sample, {})),
      ...otherLogins(shared(OWN)).map((login) => sends(world, dots, login)),
      ...shared(OWN).map((mechanism) => ({
        ...refusal(world, { mechanism, isRight: false }, NO_PERMISSION, "535 "),
        title: `may not send with a wrong password (${mechanism})`,
        covers: covers(mechanism),
      })),
      {
        ...refusal(world, { recipient: NOBODY }, DATA_ERROR, "550 "),
        title: "has a recipient rejected",
      },
    ];
  },
};

function covers(name: string): Check["covers"] & object {
  return [{ role: "client", protocol: "SMTP", name }];
}

async function send(world: World, { smtpPort }: Servers, sample: Sample, options: Sending): Promise<Outcome> {
  const { tls = true, mechanism = "PLAIN", isRight = true, recipient = BOB } = options;
  const { certificate, key } = world.identityOf(ALICE);
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
    ...(tls ? ["--tls=on", "--tls-starttls=on", `--tls-trust-file=${world.ca}`] : ["--tls=off"]),
    recipient,
  ];
  return world.run("msmtp", args, { input: await readFile(sample.file) });
}

function sends(world: World, sample: Sample, { tls = true, mechanism = "PLAIN" }: Sending): Check {
  return {
    title: `sends "${sample.name}" with ${mechanism} ${tls ? "over STARTTLS" : "without TLS"}`,
    covers: covers(mechanism),
    run: () =>
      world.serve({ allowPlaintext: !tls }, async (servers) => {
        expectStatus(await send(world, servers, sample, { tls, mechanism }), 0);
        expectStored(servers.maildrops.list(BOB), sample.canonical);
      }),
  };
}

function refusal(world: World, options: Sending, status: number, reply: string): Pick<Check, "run"> {
  return {
    run: () =>
      world.serve({}, async (servers) => {
        const outcome = await send(world, servers, world.sample("dots"), options);
        expectStatus(outcome, status);
        expectText(outcome.stderr, `server message: ${reply}`);
        for (const user of [BOB, NOBODY]) expectCount(servers.maildrops.list(user), 0);
      }),
  };
}
