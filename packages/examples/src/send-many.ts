/**
 * A client that sends one message to many recipients, and says what became of it for each: `SmtpTransaction` goes on
 * with those that were accepted, and splits them where the server takes only so many.
 *
 *     pnpm -C packages/examples exec tsx src/send-many.ts --host localhost --port 2587 --user alice@example.org \
 *       --password wonderland --ca /tmp/cert.pem mail.eml bob@example.org carol@example.org
 */
import { readFile } from "node:fs/promises";
import { behind } from "dot-stuffing/streams";
import { negotiate } from "sasl";
import { saslprep } from "sasl/saslprep";
import {
  type Envelope,
  type RecipientReport,
  type SmtpClientEvent,
  SmtpClientSession,
  SmtpTransaction,
  type TransactionEvent,
  type TransactionReport,
} from "smtp-codec";
import { main, readArguments, readPort, required, resolvePath, wrongArguments } from "./cli/arguments.ts";
import type { SubmitOptions } from "./smtp-client.ts";
import { drive } from "./transport/drive.ts";
import { open, tlsClient } from "./transport/node.ts";

/**
 * @returns what became of the message for each recipient, in order
 * @throws Error if it did not come to sending: no connection, no TLS, no login
 */
export async function sendToMany(
  { host, port, login, ca, clientName = "localhost" }: SubmitOptions,
  envelope: Envelope,
  content: Uint8Array,
): Promise<readonly RecipientReport[]> {
  const connection = await open(host, port, tlsClient(host, ca));
  const session = new SmtpClientSession({ requireTls: true });
  let transaction: SmtpTransaction | null = null;
  let report: TransactionReport | null = null;
  let failure: string | null = null;

  const on = (event: SmtpClientEvent | TransactionEvent): void => {
    // Whatever is refused before the message ends it all; the transaction knows about its own.
    if (event.type === "done") report = event.report;
    if ("ok" in event && !event.ok && transaction === null)
      failure ??= `${event.type} failed: ${event.reply?.lines.join(" ") ?? "no reply"}`;
    if (event.type === "closed" && event.cause !== "quit") failure ??= `the connection ended: ${event.cause}`;
  };

  /** Nothing is under way: what comes next follows from where the session stands. */
  const decide = (): void => {
    if (failure !== null || report !== null) {
      transaction = null; // the session's own events again
      session.quit();
    } else if (session.capabilities === null) session.ehlo(clientName);
    else if (!session.tls) session.starttls();
    else if (login !== null && !session.authenticated) {
      const { channelBindings } = connection;
      const { user: authenticationIdentity, password } = login;
      const credentials = { authenticationIdentity, password, channelBindings, prepare: saslprep };
      const { mechanism } = negotiate(session.capabilities.auth, credentials, { tls: true });
      if (mechanism !== null) session.auth(mechanism);
      else {
        failure = "no mechanism to log in with";
        session.quit();
      }
    } else transaction = new SmtpTransaction(session, envelope, { content });
  };

  const driven = behind<SmtpClientEvent | TransactionEvent>(session, () => transaction);
  await drive(driven, connection, { on, decide });
  if (report === null) throw new Error(failure ?? "nothing was sent");
  return (report as TransactionReport).recipients;
}

await main(import.meta.url, async () => {
  const usage = `usage: pnpm -C packages/examples exec tsx src/send-many.ts [options] FILE RECIPIENT…
  --host HOST          the server, as its certificate names it; default localhost
  --port N
  --user NAME          also the sender
  --password WORD
  --ca FILE            a certificate to trust, in PEM
  --help
`;
  const known = { host: "string", port: "string", user: "string", password: "string", ca: "path" } as const;
  const { values, positionals } = readArguments(usage, known, true);
  const [file, ...to] = positionals;
  if (file === undefined || to.length === 0) wrongArguments("a file and recipients are needed", usage);
  const user = required(values.user, "user", usage);
  const options = {
    host: values.host ?? "localhost",
    port: readPort(required(values.port, "port", usage), usage),
    login: { user, password: required(values.password, "password", usage) },
    ...(values.ca !== undefined && { ca: await readFile(values.ca, "utf8") }),
  };
  const reports = await sendToMany(options, { from: user, to }, await readFile(resolvePath(file!)));
  for (const { to: path, outcome, code, text } of reports)
    process.stdout.write(`${path.address}: ${outcome}${code === null ? "" : ` ${code}`} ${text}\n`);
  process.exitCode = reports.every(({ outcome }) => outcome === "accepted") ? 0 : 1;
});
