/**
 * An SMTP receiver (an MX): takes mail for its domains and stores each message as a file, its envelope on top of it as
 * Return-Path, Delivered-To and Received.
 *
 *     pnpm -C packages/examples exec tsx src/smtp-receiver.ts --port 2525 --domain example.org --folder /tmp/mail
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type AcceptedRecipient, type ReversePath, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import type { WithProtocol } from "smtp-codec/trace";
import { main, readArguments, readPort, required } from "./cli/arguments.ts";
import { announce, closeOnSignal, readTls } from "./cli/world.ts";
import { IncomingMessage } from "./storage/incoming-message.ts";
import { traceOf } from "./storage/trace.ts";
import { drive } from "./transport/drive.ts";
import { Listener } from "./transport/listener.ts";
import { type ServerTls, tlsServer } from "./transport/node.ts";

export interface ReceiverOptions {
  /** Where the messages go. */
  readonly folder: string;
  /** The domains whose mail is taken, in lower case. */
  readonly domains: ReadonlySet<string>;
  readonly tls: ServerTls;
  /** Default `"localhost"`. */
  readonly host?: string;
}

export function createReceiver({ folder, domains, tls, host = "localhost" }: ReceiverOptions): Listener {
  return new Listener(async (connection, signal) => {
    const session = new SmtpServerSession({ host, starttls: true, chunking: true, smtputf8: true });
    let hello = "";
    let from: ReversePath | null = null;
    let recipients: AcceptedRecipient["to"][] = [];
    const message = new IncomingMessage(folder, session);

    const forget = async (): Promise<void> => {
      await message.forget();
      recipients = [];
    };

    /**
     * What stands on top of the message: its envelope, which is nowhere else. For whoever distributes it: blind copies
     * are named too.
     */
    const trace = (protocol: WithProtocol): string => {
      const delivered = recipients.map((to) => {
        const mailbox = to.kind === "postmaster" ? `${to.address}@${host}` : to.address;
        return `Delivered-To: ${mailbox}\r\n`; // RFC 9228
      });
      const { remoteAddress } = connection;
      return traceOf({ from: from!, hello, remoteAddress, host, protocol }, delivered.join(""));
    };

    const on = async (event: SmtpServerEvent): Promise<void> => {
      switch (event.type) {
        case "helo":
        case "ehlo":
          hello = event.name;
          break;
        case "mail":
          from = event.from;
          session.accept();
          break;
        case "rcpt":
          // Postmaster has to be taken, with and without a domain (RFC 5321 §4.5.1).
          if (event.to.kind === "postmaster" || domains.has(event.to.domain.toLowerCase())) {
            recipients.push(event.to);
            session.accept();
          } else session.reject({ code: 550, enhanced: "5.7.1", text: "no mail for that domain here" });
          break;
        case "content":
          await message.write(event.bytes, () => trace(event.with));
          break;
        case "message": {
          const path = join(folder, `${randomUUID()}.eml`);
          if (await message.commit(path, { head: () => trace(event.with) })) session.accept();
          await forget();
          break;
        }
        case "refused":
        case "aborted":
          await forget();
          break;
      }
    };
    try {
      await drive(session, connection, { on, signal });
    } finally {
      await forget();
    }
  }, tlsServer(tls));
}

await main(import.meta.url, async () => {
  const usage = `usage: pnpm -C packages/examples exec tsx src/smtp-receiver.ts [options]
  --folder FOLDER      where messages go
  --domain DOMAIN      whose mail is taken
  --port N             the port to listen on; default: any that is free
  --key FILE           the TLS key in PEM, with --cert; default: a certificate made at the start, which nobody trusts
  --cert FILE
  --help
`;
  const { values } = readArguments(usage, {
    folder: "path",
    domain: "string",
    port: "string",
    key: "path",
    cert: "path",
  });
  const receiver = createReceiver({
    folder: required(values.folder, "folder", usage),
    domains: new Set([required(values.domain, "domain", usage).toLowerCase()]),
    tls: await readTls(values.key, values.cert),
  });
  announce("SMTP", await receiver.listen(readPort(values.port, usage)));
  closeOnSignal(receiver);
});
