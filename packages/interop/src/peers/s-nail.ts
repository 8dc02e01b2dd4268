/** s-nail: SMTP with PLAIN, LOGIN, CRAM-MD5, OAUTHBEARER and EXTERNAL, over STARTTLS, implicit TLS and without TLS. */
import { readFile } from "node:fs/promises";
import { type Check, type Peer, versionIn } from "../check.ts";
import { type Sender, type Sending, sendingChecks } from "../checks/sending.ts";
import { extensionsBut, type FeatureName, type Part } from "../covered/feature.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, type Sample, type Servers, secretOf, type World } from "../world.ts";

const OWN = ["PLAIN", "LOGIN", "CRAM-MD5", "OAUTHBEARER", "EXTERNAL"];

/** What it encodes before it sends it, so that it does not go over the wire. */
const ENCODED: readonly FeatureName[] = ["no final line end", "long lines", "longer lines"];

/** When the connection is lost in the middle of a message, it corrupts its memory, and exits with 0. */
const SMTP: Part = {
  role: "client",
  protocol: "SMTP",
  mechanisms: OWN,
  lacks: [...ENCODED, "cut", "some recipients", ...extensionsBut()],
};

/** s-nail's exit status when it could not send. */
const FAILED = 4;

export const sNail: Peer = {
  name: "s-nail",
  parts: [SMTP],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("s-nail", ["--version"])).stdout.toString(), /^s-nail v(\S+?),? /);
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
    underTls: ["OAUTHBEARER"],
    send: (servers, sample, how) => send(world, servers, sample, how),
    // Of text that is no UTF-8 it makes some. A line at a time under TLS, 20 MB take more than a minute.
    stored: ({ name, feature, canonical }) =>
      ENCODED.includes(feature) || name === "latin-1" || name === "20 MB" ? null : canonical,
    refusals: {
      "wrong password": { status: FAILED },
      "unknown mechanism": { status: FAILED },
      "rejected recipient": { status: FAILED, text: "550 " },
      "too large": { status: FAILED, text: "552 " },
    },
  };
}

async function send(world: World, { smtpPort }: Servers, sample: Sample, how: Sending): Promise<Outcome> {
  const { tls, mechanism, isRight, recipients, more } = how;
  const { certificate, key } = world.identityOf(ALICE);
  const login = [ALICE, secretOf(ALICE, mechanism, isRight)].map(encodeURIComponent).join(":");
  const mta = `mta=${tls === "implicit TLS" ? "smtps" : "smtp"}://${login}@localhost:${smtpPort}`;
  const shown = mechanism === "EXTERNAL" && isRight;
  const variables = [
    ...["v15-compat=yes", mta, `smtp-auth=${mechanism.toLowerCase()}`, `from=${ALICE}`, "hostname=client.example.org"],
    ...["ttycharset=utf-8", "sendcharsets=utf-8", "mime-encoding=8bit", "sendwait", "verbose", "DEAD=/dev/null"],
    ...(tls === "STARTTLS" ? ["smtp-use-starttls"] : []),
    ...["tls-verify=strict", `tls-ca-file=${world.ca}`, "tls-ca-no-defaults"],
    ...(shown ? [`tls-config-pairs=Certificate=${certificate},PrivateKey=${key}`] : []),
    ...more,
  ].flatMap((variable) => ["-S", variable]);
  // A CR is content to it, even before an LF.
  const input = Buffer.from((await readFile(sample.file)).toString("latin1").replaceAll("\r\n", "\n"), "latin1");
  return world.run("s-nail", ["-n", ...variables, "-s", "test", ...recipients], {
    input,
    env: { MAILRC: "/dev/null" },
  });
}
