/** Dovecot's POP3 server, with every mechanism that it has for passwords and tokens. */
import { type Check, expectRejection, expectSame, type Peer, versionIn } from "../check.ts";
import { fetchWith } from "../clients.ts";
import type { Feature } from "../covered/feature.ts";
import { hasSecret, shared } from "../mechanisms.ts";
import { ALICE, BOB, type World } from "../world.ts";
import { DOVECOT_MECHANISMS, startDovecot } from "./dovecot-server.ts";

const ENABLED = [...DOVECOT_MECHANISMS, "APOP"];

export const dovecot: Peer = {
  name: "dovecot",
  parts: [{ role: "server", protocol: "POP3", mechanisms: [...ENABLED, "EXTERNAL"] }],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("dovecot", ["--version"])).stdout.toString(), /^(\S+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const maildrops = { [ALICE]: samplesFor(world), [BOB]: [dotted(world)] };
    const { pop3Port: port } = await startDovecot(world, "dovecot", { maildrops });
    const fetch = (mechanism: string, user: string, isRight = true) =>
      fetchWith({ port, certificate: world.certificate, user, mechanism, isRight });
    const mechanisms = [...shared(ENABLED), "APOP"];
    const covers = (name: string): Feature[] => [{ role: "server", protocol: "POP3", name }];
    return [
      {
        title: "has every sample fetched",
        run: async () => expectMessages(await fetch("PLAIN", ALICE), samplesFor(world)),
      },
      ...mechanisms.map((mechanism) => ({
        title: `has a message fetched with ${mechanism}`,
        covers: covers(mechanism),
        run: async () => expectMessages(await fetch(mechanism, BOB), [dotted(world)]),
      })),
      ...mechanisms.filter(hasSecret).map((mechanism) => ({
        title: `refuses a wrong password (${mechanism})`,
        covers: covers(mechanism),
        run: () => expectRejection(fetch(mechanism, BOB, false), "failed: -ERR"),
      })),
    ];
  },
};

/**
 * Dovecot does not stuff a dot with which a message begins, so that such a one ends there for every client. An empty one it
 * gives as one empty line.
 */
function samplesFor(world: World): Uint8Array[] {
  const samples = world.samples.filter(({ name }) => name !== "dots");
  return samples.map(({ canonical }) => (canonical.length > 0 ? canonical : Buffer.from("\r\n")));
}

/** The sample that needs stuffing most, behind a header field. */
function dotted(world: World): Uint8Array {
  return Buffer.concat([Buffer.from("Subject: dots\r\n\r\n"), world.sample("dots").canonical]);
}

function expectMessages(messages: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  if (messages.length !== expected.length) throw new Error(`${messages.length} messages instead of ${expected.length}`);
  for (const [at, octets] of expected.entries()) expectSame(messages[at]!, octets);
}
