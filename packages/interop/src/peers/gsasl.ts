/** GNU SASL's command line: logs in over SMTP, and sends no message. */
import { type Check, expectStatus, expectText, type Peer, versionIn } from "../check.ts";
import { shared } from "../mechanisms.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, PASSWORD, type Servers, type World, WRONG_PASSWORD } from "../world.ts";

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

interface LoginOptions {
  readonly mechanism: string;
  readonly password?: string;
  /** Sends the first response with AUTH. Default true. */
  readonly initialResponse?: boolean;
}

export const gsasl: Peer = {
  name: "gsasl",
  parts: [{ role: "client", protocol: "SMTP", mechanisms: OWN }],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("gsasl", ["--version"])).stdout.toString(), /^gsasl \(GNU SASL\) (\S+)/);
  },

  checks(world: World): readonly Check[] {
    return shared(OWN).flatMap((mechanism) => logins(world, mechanism));
  },
};

function logIn(world: World, { smtpPort }: Servers, options: LoginOptions): Promise<Outcome> {
  const { mechanism, password = PASSWORD, initialResponse = true } = options;
  return world.run("gsasl", [
    ...["--smtp", "--connect", `localhost:${smtpPort}`, "--hostname", "localhost"],
    ...["--x509-ca-file", world.ca],
    ...["--mechanism", mechanism, "--authentication-id", ALICE, "--authorization-id", ALICE, "--password", password],
    ...(initialResponse ? [] : ["--no-client-first"]),
  ]);
}

function logins(world: World, mechanism: string): Check[] {
  const covers = [{ role: "client", protocol: "SMTP", name: mechanism } as const];
  const check = (title: string, options: Omit<LoginOptions, "mechanism">, status: number, reply: string): Check => ({
    title,
    covers,
    run: () =>
      world.serve({}, async (servers) => {
        const outcome = await logIn(world, servers, { mechanism, ...options });
        expectStatus(outcome, status);
        expectText(outcome.stdout.toString(), reply);
      }),
  });
  return [
    check(`logs in with ${mechanism}`, {}, 0, "\n235 "),
    check(`logs in with ${mechanism}, without an initial response`, { initialResponse: false }, 0, "\n235 "),
    check(`may not log in with a wrong password (${mechanism})`, { password: WRONG_PASSWORD }, 1, "\n535 "),
  ];
}
