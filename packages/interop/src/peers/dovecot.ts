/** Dovecot's POP3 server, with every mechanism that it has for passwords and tokens. */
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import { pop3ServerChecks } from "../checks/giving.ts";
import type { Part } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import { BOB, type Sample, type World } from "../world.ts";
import { DOVECOT_MECHANISMS, startDovecot } from "./dovecot-server.ts";
import { fillMaildir } from "./maildir.ts";

const ENABLED = [...DOVECOT_MECHANISMS, "APOP"];

const part: Part = { role: "server", protocol: "POP3", mechanisms: [...ENABLED, "EXTERNAL"] };

export const dovecot: Peer = {
  name: "dovecot",
  parts: [part],

  async version(world: World): Promise<string> {
    return versionIn((await world.run("dovecot", ["--version"])).stdout.toString(), /^(\S+)/);
  },

  async checks(world: World): Promise<readonly Check[]> {
    const { folder, pop3Port, pop3sPort } = await startDovecot(world, "dovecot");
    return pop3ServerChecks(world, {
      part,
      ports: { STARTTLS: pop3Port, "implicit TLS": pop3sPort, none: pop3Port },
      user: BOB,
      mechanisms: ["USER", ...shared(ENABLED), "APOP"],
      fill: (messages) => fillMaildir(join(folder, "mail", BOB), messages),
      given,
    });
  },
};

/**
 * Dovecot does not stuff a dot with which a message begins, so that such a one ends there for every client. An empty one it
 * gives as one empty line.
 */
function given({ name, canonical }: Sample): Uint8Array | null {
  if (name === "dots") return null;
  return canonical.length > 0 ? canonical : Buffer.from("\r\n");
}
