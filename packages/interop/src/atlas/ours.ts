/** The servers and clients of this repository, as the atlas asks them. */

import type { Asked } from "../check.ts";
import type { Fetcher } from "../checks/fetching.ts";
import type { Sender } from "../checks/sending.ts";
import type { SmtpServer } from "../checks/smtp-server.ts";
import { extensionsBut, type Part } from "../covered/feature.ts";
import { deliver } from "../ours/deliver.ts";
import { inboxOfSink } from "../ours/inbox.ts";
import { retrieve } from "../ours/retrieve.ts";
import { Sink } from "../ours/sink.ts";
import type { Outcome } from "../system/process.ts";
import { ALICE, BOB, type World } from "../world.ts";

const part: Part = { role: "server", protocol: "SMTP", mechanisms: [], lacks: extensionsBut() };

/**
 * The example server, which refuses messages with a bare CR or LF, and takes mail from those alone who have logged in.
 */
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

/** The session with `lineEndings: "preserve"`, after which everything is accepted. */
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

/** The session and transaction of `smtp-codec`, by DATA. It succeeds if the message was accepted. */
export function ourSender(world: World): Sender {
  return {
    part: { role: "client", protocol: "SMTP", mechanisms: [] },
    mechanisms: [],
    refusals: {},
    send: ({ smtpPort: port }, { octets }, { tls }) =>
      outcomeOf(async () => {
        const target = { port, certificate: world.certificate, tls };
        const { reports } = await deliver(target, [{ envelope: { from: ALICE, to: [BOB] }, content: octets }]);
        return reports[0]?.recipients.every(({ outcome }) => outcome === "accepted") ?? false;
      }),
  };
}

/** The session and retrieval of `pop3-codec`. It succeeds if nothing failed. */
export function ourFetcher(world: World): Fetcher {
  return {
    part: { role: "client", protocol: "POP3", mechanisms: [] },
    mechanisms: [],
    deletes: false,
    refusals: {},
    fetch: async ({ pop3Port: port }, { tls }) => {
      let messages: readonly Uint8Array[] = [];
      const outcome = await outcomeOf(async () => {
        const retrieved = await retrieve({ port, certificate: world.certificate, tls, user: BOB });
        messages = retrieved.messages.map(({ octets }) => octets);
        return retrieved.failure === null && (retrieved.report?.complete ?? false);
      });
      return { outcome, messages };
    },
  };
}

async function outcomeOf(run: () => Promise<boolean>): Promise<Outcome> {
  const status = await run().then(
    (succeeded) => (succeeded ? 0 : 1),
    () => 1,
  );
  return { status, stdout: Buffer.alloc(0), stderr: "" };
}
