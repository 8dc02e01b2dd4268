/** Dovecot's POP3 server, with every mechanism that it has for passwords and tokens. */
import { join } from "node:path";
import { type Check, type Peer, versionIn } from "../check.ts";
import { exceptFirstDot, type Pop3Server, pop3ServerChecks } from "../checks/giving.ts";
import type { Part } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import { BOB, type World } from "../world.ts";
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

  checks: async (world): Promise<readonly Check[]> => pop3ServerChecks(world, await start(world)),
  pop3Server: start,
};

async function start(world: World): Promise<Pop3Server> {
  const { folder, pop3Port, pop3sPort } = await startDovecot(world, "dovecot");
  return {
    part,
    ports: { STARTTLS: pop3Port, "implicit TLS": pop3sPort, none: pop3Port },
    user: BOB,
    mechanisms: ["USER", ...shared(ENABLED), "APOP"],
    fill: (messages) => fillMaildir(join(folder, "mail", BOB), messages),
    given: exceptFirstDot,
  };
}
