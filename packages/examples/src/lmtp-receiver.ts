/**
 * An LMTP receiver (RFC 2033): what an MTA hands mail to. It delivers into a Maildir for each recipient, and answers
 * for each of them. On top of the message are Return-Path and Received.
 *
 *     pnpm -C packages/examples exec tsx src/lmtp-receiver.ts --port 2424 --folder /tmp/maildirs
 *
 * Only recipients that have a folder there get mail: `mkdir /tmp/maildirs/alice@example.org`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type ReversePath, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import type { WithProtocol } from "smtp-codec/trace";
import { main, readArguments, readPort, required } from "./cli/arguments.ts";
import { announce, closeOnSignal, readTls } from "./cli/world.ts";
import { Maildir } from "./storage/maildir.ts";
import { NewFile } from "./storage/new-file.ts";
import { traceOf } from "./storage/trace.ts";
import { drive } from "./transport/drive.ts";
import { Listener } from "./transport/listener.ts";
import { type ServerTls, tlsServer } from "./transport/node.ts";

export interface LmtpOptions {
  /** Has a Maildir for each user, by mail address. */
  readonly folder: string;
  readonly tls: ServerTls;
  /** Default `"localhost"`. */
  readonly host?: string;
}

/** A user's folder. What could leave the folder above is encoded. */
export function folderOf(folder: string, address: string): string {
  const name = encodeURIComponent(address.toLowerCase()).replaceAll("%40", "@");
  return join(folder, /^\.\.?$/.test(name) ? name.replaceAll(".", "%2E") : name);
}

export function createLmtpReceiver({ folder, tls, host = "localhost" }: LmtpOptions): Listener {
  return new Listener(async (connection, signal) => {
    const session = new SmtpServerSession({ host, protocol: "lmtp", chunking: true, smtputf8: true });
    let hello = "";
    let from: ReversePath | null = null;
    let file: NewFile | null = null; // the message, once for all its recipients
    let failed = false;

    const forget = async (): Promise<void> => {
      await file?.discard();
      file = null;
      failed = false;
    };

    const begin = async (protocol: WithProtocol): Promise<NewFile> => {
      file = await NewFile.create(folder);
      const { remoteAddress } = connection;
      await file.write(Buffer.from(traceOf({ from: from!, hello, remoteAddress, host, protocol })));
      return file;
    };

    const on = async (event: SmtpServerEvent): Promise<void> => {
      switch (event.type) {
        case "lhlo":
          hello = event.name;
          break;
        case "mail":
          await forget();
          from = event.from;
          session.accept();
          break;
        case "rcpt":
          if (existsSync(folderOf(folder, event.to.address))) session.accept();
          else session.reject({ code: 550, enhanced: "5.1.1", text: "no such user" });
          break;
        case "content":
          try {
            await (file ?? (await begin(event.with))).write(event.bytes); // awaited: until then the octets are the transport's
          } catch {
            failed = true;
          }
          break;
        case "message":
          try {
            await (file ?? (await begin(event.with))).flush(); // each recipient's name for it comes with "delivery"
          } catch {
            failed = true;
          }
          break;
        case "delivery":
          try {
            if (failed) throw new Error("the message is not on the disk");
            const maildir = await Maildir.open(folderOf(folder, event.to.address));
            await maildir.share(file!.path);
            session.accept();
          } catch {
            session.reject({ code: 452, enhanced: "4.3.1", text: "cannot store it now" });
          }
          break;
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
  const usage = `usage: pnpm -C packages/examples exec tsx src/lmtp-receiver.ts [options]
  --folder FOLDER      has a Maildir for each user
  --port N             the port to listen on; default: any that is free
  --key FILE           the TLS key in PEM, with --cert; default: a certificate made at the start, which nobody trusts
  --cert FILE
  --help
`;
  const { values } = readArguments(usage, { folder: "path", port: "string", key: "path", cert: "path" });
  const folder = required(values.folder, "folder", usage);
  const receiver = createLmtpReceiver({ folder, tls: await readTls(values.key, values.cert) });
  announce("LMTP", await receiver.listen(readPort(values.port, usage)));
  closeOnSignal(receiver);
});
