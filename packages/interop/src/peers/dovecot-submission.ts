/** Dovecot's submission server, which asks a server of ours for everything but logins. */
import type { Check, Peer } from "../check.ts";
import type { SmtpServer } from "../checks/smtp-server.ts";
import { smtpServerChecks } from "../checks/taking.ts";
import { extensionsBut, type Part } from "../covered/feature.ts";
import { shared } from "../mechanisms.ts";
import { inboxOfSink } from "../ours/inbox.ts";
import { Sink } from "../ours/sink.ts";
import { NOBODY, type World } from "../world.ts";
import { dovecot } from "./dovecot.ts";
import { DOVECOT_MECHANISMS, startDovecot } from "./dovecot-server.ts";

/** Who logs in as nobody in particular may send nothing: it is not offered there. */
const MECHANISMS = DOVECOT_MECHANISMS.filter((name) => name !== "ANONYMOUS");

const part: Part = {
  role: "server",
  protocol: "SMTP",
  mechanisms: [...MECHANISMS, "EXTERNAL"],
  lacks: extensionsBut("PIPELINING", "8BITMIME", "SIZE", "CHUNKING", "DSN"),
};

export const dovecotSubmission: Peer = {
  name: "dovecot-submission",
  parts: [part],
  version: dovecot.version,

  checks: async (world): Promise<readonly Check[]> => smtpServerChecks(world, await start(world)),
  smtpServer: start,
};

async function start(world: World): Promise<SmtpServer> {
  const sink = world.keep(await Sink.start({ tls: {}, rejected: NOBODY }));
  const room = "dovecot-submission";
  const { submissionPort, submissionsPort } = await startDovecot(world, room, { sink: sink.port });
  return {
    part,
    ports: { STARTTLS: submissionPort, "implicit TLS": submissionsPort },
    inbox: inboxOfSink(sink, []),
    mechanisms: shared(MECHANISMS),
    added: [/^Received: from client\.example\.org .*\r\n(?:\t.*\r\n)+/],
    requiredLogin: "PLAIN",
    rejected: { address: NOBODY, code: 550 },
    maxMessageSize: 21_000_000,
  };
}
