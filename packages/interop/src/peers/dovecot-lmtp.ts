/** Dovecot's LMTP server: a reply a recipient, and a Maildir for each. */
import { join } from "node:path";
import type { Check, Peer } from "../check.ts";
import { withCrlf } from "../checks/folder.ts";
import { expectFates, expectStoredAs, parcel, type SmtpServer, to } from "../checks/smtp-server.ts";
import { smtpServerChecks } from "../checks/taking.ts";
import { extensionsBut, type Part, shows } from "../covered/feature.ts";
import { deliver } from "../ours/deliver.ts";
import { inboxOfFolders } from "../ours/inbox.ts";
import { ALICE, BOB, NOBODY, type World } from "../world.ts";
import { dovecot } from "./dovecot.ts";
import { startDovecot } from "./dovecot-server.ts";

const part: Part = {
  role: "server",
  protocol: "LMTP",
  mechanisms: [],
  lacks: [
    ...extensionsBut("PIPELINING", "8BITMIME", "CHUNKING"),
    "implicit TLS",
    "wrong password",
    "unknown mechanism",
    "too large",
  ],
};

export const dovecotLmtp: Peer = {
  name: "dovecot-lmtp",
  parts: [part],
  version: dovecot.version,

  async checks(world: World): Promise<readonly Check[]> {
    const server = await start(world);
    return [...smtpServerChecks(world, server), each(world, server)];
  },

  smtpServer: start,
};

async function start(world: World): Promise<SmtpServer> {
  const { folder, lmtpPort } = await startDovecot(world, "dovecot-lmtp");
  return {
    part,
    ports: { STARTTLS: lmtpPort, none: lmtpPort },
    inbox: inboxOfFolders(
      [ALICE, BOB].map((user) => join(folder, "mail", user, "new")),
      withCrlf,
    ),
    // Of a message for several, nobody is told to whom it was delivered.
    added: [
      /^Return-Path: <alice@example\.org>\r\n(?:Delivered-To: .*\r\n)?Received: from client\.example\.org .*\r\n(?:\t.*\r\n)+/,
    ],
    rejected: { address: NOBODY, code: 550 },
  };
}

/** What LMTP is for: the same recipient may be named twice, and each has its reply. */
function each(world: World, server: SmtpServer): Check {
  const sample = world.sample("utf-8");
  return {
    title: "answers for each of four recipients",
    covers: shows(part, "some recipients"),
    run: async () => {
      await server.inbox.take();
      const { reports } = await deliver(to(world, server), [parcel(sample, { to: [BOB, NOBODY, ALICE, BOB] })]);
      const stored = ["accepted", 250] as const;
      expectFates(reports[0], [stored, ["permanent", 550], stored, stored]);
      const found = await server.inbox.take();
      if (found.length < 2) throw new Error(`${found.length} messages are stored`);
      for (const one of found) expectStoredAs(server, one, sample);
    },
  };
}
