/** swaks: SMTP with PLAIN, LOGIN, CRAM-MD5 and DIGEST-MD5, over STARTTLS and without, one command after the other and pipelined. */
import { writeFile } from "node:fs/promises";
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
import { ALICE, BOB, NOBODY, PASSWORD, type Sample, type Servers, type World, WRONG_PASSWORD } from "../world.ts";

/** swaks's exit statuses. */
const NO_RECIPIENT = 24;
const AUTH_FAILED = 28;

const OWN = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5"];

interface Sending {
  readonly tls?: boolean;
  readonly mechanism?: string;
  readonly password?: string;
  readonly recipient?: string;
  readonly pipelined?: boolean;
}

export const swaks: Peer = {
  name: "swaks",
  parts: [{ role: "client", protocol: "SMTP", mechanisms: OWN }],

  async version(world: World): Promise<string> {
    const supported = (await world.run("swaks", ["--support"])).stdout.toString();
    const needed = ["TLS", "AUTH CRAM-MD5", "AUTH DIGEST-MD5"];
    const lacks = needed.filter((feature) => !supported.includes(`=== ${feature} supported`));
    if (lacks.length > 0) throw new Error(`its installation lacks ${lacks.join(" and ")}`);
    return versionIn((await world.run("swaks", ["--version"])).stdout.toString(), /version (\S+)/);
  },

  checks(world: World): readonly Check[] {
    const dots = world.sample("dots");
    const check = (sample: Sample, options: Sending): Check => {
      const { tls = true, mechanism = "PLAIN", pipelined = false } = options;
      const how = `${pipelined ? " pipelined" : ""} with ${mechanism} ${tls ? "over STARTTLS" : "without TLS"}`;
      return {
        title: `sends "${sample.name}"${how}`,
        covers: [{ role: "client", protocol: "SMTP", name: mechanism }],
        run: () =>
          world.serve({ allowPlaintext: !tls }, async (servers) => {
            expectStatus(await send(world, servers, sample, options), 0);
            const expected = sample.octets.length > 0 ? sample.canonical : Buffer.from("\r\n");
            expectStored(servers.maildrops.list(BOB), expected);
          }),
      };
    };
    const refusal = (title: string, options: Sending, status: number, reply: string): Check => ({
      title,
      ...(options.mechanism && { covers: [{ role: "client", protocol: "SMTP", name: options.mechanism }] }),
      run: () =>
        world.serve({}, async (servers) => {
          const outcome = await send(world, servers, dots, options);
          expectStatus(outcome, status);
          expectText(outcome.stdout.toString(), reply);
          for (const user of [BOB, NOBODY]) expectCount(servers.maildrops.list(user), 0);
        }),
    });
    const mechanisms = shared(OWN);
    return [
      ...world.samples.map((sample) => check(sample, {})),
      ...otherLogins(mechanisms).map((login) => check(dots, login)),
      check(dots, { pipelined: true }),
      ...mechanisms.map((mechanism) =>
        refusal(
          `may not send with a wrong password (${mechanism})`,
          { mechanism, password: WRONG_PASSWORD },
          AUTH_FAILED,
          "535 ",
        ),
      ),
      refusal("has a recipient rejected", { recipient: NOBODY }, NO_RECIPIENT, "550 "),
      refusal("has a recipient rejected, pipelined", { recipient: NOBODY, pipelined: true }, NO_RECIPIENT, "550 "),
    ];
  },
};

async function send(world: World, { smtpPort }: Servers, sample: Sample, options: Sending): Promise<Outcome> {
  const { tls = true, mechanism = "PLAIN", password = PASSWORD, recipient = BOB, pipelined = false } = options;
  const secured = ["--tls", "--tls-verify", "--tls-ca-path", world.ca];
  return world.run("swaks", [
    ...["--server", "127.0.0.1", "--port", String(smtpPort), "--ehlo", "client.example.org"],
    ...["--from", ALICE, "--to", recipient],
    ...["--auth", mechanism, "--auth-user", ALICE, "--auth-password", password],
    ...(tls ? secured : []),
    ...(pipelined ? ["--pipeline"] : []),
    ...(await dataOf(sample)),
    // The content is not printed.
    "--suppress-data",
  ]);
}

/**
 * swaks makes lines end with CRLF, stuffs dots and appends the line with the dot. It would add an empty line to a message
 * that has its last line end; it does not where the line with the dot is there already, which it removes first.
 * A message without a header section is not for it: it does not stuff the first line, and puts an empty line behind what
 * it takes for header fields. Such a one it sends as it is, so its wire form is made here. An empty one it cannot send at
 * all, because data in which there is no LF is taken for a file's name: one empty line is the least.
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
