/** GNU SASL's command line: logs in over SMTP, and sends no message. */
import { type Check, expectOutcome, expectStatus, expectText, type Peer, versionIn } from "../check.ts";
import { features, type Part, shows } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, type ServerOptions, type Servers, secretOf, type World } from "../world.ts";

const OWN = [
  "SCRAM-SHA-256-PLUS",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "EXTERNAL",
  "DIGEST-MD5",
  "CRAM-MD5",
  "PLAIN",
  "LOGIN",
  "ANONYMOUS",
];

/** What a client has that sends no message. */
const HAS = ["STARTTLS", "wrong password", "unknown mechanism"];

const SMTP: Part = {
  role: "client",
  protocol: "SMTP",
  mechanisms: OWN,
  lacks: features.map(({ name }) => name).filter((name) => !HAS.includes(name)),
};

interface LoginOptions {
  readonly mechanism: string;
  /** Whether it has the password, or the certificate. Default true. */
  readonly isRight?: boolean;
  /** Sends the first response with AUTH. Default true. */
  readonly initialResponse?: boolean;
}

export const gsasl: Peer = {
  name: "gsasl",
  parts: [SMTP],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("gsasl", ["--version"])).stdout.toString(), /^gsasl \(GNU SASL\) (\S+)/);
  },

  checks(world: World): readonly Check[] {
    return [...shared(OWN).flatMap((mechanism) => logins(world, mechanism)), isNotOffered(world)];
  },
};

function logIn(world: World, { smtpPort }: Servers, options: LoginOptions): Promise<Outcome> {
  const { mechanism, isRight = true, initialResponse = true } = options;
  const { certificate, key } = world.identityOf(ALICE);
  return world.run("gsasl", [
    ...["--smtp", "--connect", `localhost:${smtpPort}`, "--hostname", "localhost"],
    ...["--x509-ca-file", world.ca],
    ...["--mechanism", mechanism, "--authentication-id", ALICE, "--authorization-id", ALICE],
    ...["--password", secretOf(ALICE, mechanism, isRight), "--anonymous-token", ALICE],
    ...(mechanism === "EXTERNAL" && isRight ? ["--x509-cert-file", certificate, "--x509-key-file", key] : []),
    // Else it would insist on binding, even under a name without -PLUS, and give up.
    ...(mechanism.endsWith("-PLUS") ? [] : ["--no-cb"]),
    ...(initialResponse ? [] : ["--no-client-first"]),
  ]);
}

function logins(world: World, mechanism: string): Check[] {
  const check = (
    title: string,
    options: Omit<LoginOptions, "mechanism">,
    [status, reply]: readonly [number, string],
    variant?: string,
    servers: ServerOptions = {},
  ): Check => ({
    title: `${title} (${mechanism}${variant ? `, ${variant}` : ""})`,
    covers: [
      { role: "client", protocol: "SMTP", name: mechanism, ...(variant !== undefined && { variant }) },
      ...shows(SMTP, options.isRight === false ? "wrong password" : "STARTTLS"),
    ],
    run: () =>
      world.serve(servers, async (started) => {
        const outcome = await logIn(world, started, { mechanism, ...options });
        expectStatus(outcome, status);
        expectText(outcome.stdout.toString(), reply);
      }),
  });
  const accepted = [0, "\n235 "] as const;
  const refused = [1, "\n535 "] as const;
  const dialogue = (variant?: string, servers?: ServerOptions): Check[] => [
    check("logs in", {}, accepted, variant, servers),
    check("logs in without an initial response", { initialResponse: false }, accepted, variant, servers),
    // Everybody is anonymous in the same way.
    ...(mechanism === "ANONYMOUS" ? [] : [check("may not log in", { isRight: false }, refused, variant, servers)]),
  ];
  if (!mechanism.endsWith("-PLUS")) return dialogue();
  return [...dialogue("tls-exporter"), ...dialogue("tls-unique", { maxVersion: "TLSv1.2" })];
}

function isNotOffered(world: World): Check {
  return {
    title: "does not log in with a mechanism that is not offered",
    covers: shows(SMTP, "unknown mechanism"),
    run: () =>
      world.serve({ mechanisms: ["ANONYMOUS"] }, async (servers) => {
        const outcome = await logIn(world, servers, { mechanism: "PLAIN" });
        // It asks all the same.
        expectOutcome(outcome, { status: 1, text: "\n504 " });
      }),
  };
}
