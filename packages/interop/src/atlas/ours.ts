/** The servers of this repository, as the atlas asks them. */
import { extensionsBut, type Part } from "../covered/feature.ts";
import type { Asked } from "../check.ts";
import type { SmtpServer } from "../checks/taking.ts";
import { Sink } from "../ours/sink.ts";
import { inboxOfSink } from "../ours/inbox.ts";
import { ALICE, BOB, type World } from "../world.ts";

const part: Part = { role: "server", protocol: "SMTP", mechanisms: [], lacks: extensionsBut() };

/** The example server, which refuses messages with a bare CR or LF, and takes mail from those alone who have logged in. */
export function withExampleSmtp(world: World, use: (server: SmtpServer) => Promise<void>): Promise<void> {
  return world.serve({ allowPlaintext: true }, async ({ smtpPort, maildrops }) => {
    let seen = 0;
    const take = async () => {
      const all = maildrops.list(BOB).map(({ octets }) => ({ octets }));
      return all.slice(seen, (seen = all.length));
    };
    await use({ part, ports: { none: smtpPort }, inbox: { take }, user: ALICE, requiredLogin: "PLAIN" });
  });
}

/** The session with `lineEndings: "preserve"`, behind which everything is accepted. */
export async function startPreserving(world: World): Promise<SmtpServer> {
  const sink = world.keep(await Sink.start({ tls: {} }));
  return { part, ports: { none: sink.port }, inbox: inboxOfSink(sink, []) };
}

export function withExamplePop3(world: World, use: (server: Asked) => Promise<void>): Promise<void> {
  return world.serve({ allowPlaintext: true }, async ({ pop3Port, maildrops }) => {
    const fill = async (messages: readonly Uint8Array[]) => {
      for (const octets of messages) maildrops.store(BOB, octets);
    };
    await use({ ports: { none: pop3Port }, user: BOB, fill });
  });
}
