/** A server of ours behind a server of others: takes what that one sends on, and keeps it as it came. */
import { drive } from "examples/src/transport/drive.ts";
import { Listener } from "examples/src/transport/listener.ts";
import { type ServerTls, tlsServer } from "examples/src/transport/node.ts";
import {
  type AcceptedRecipient,
  type Attribute,
  type EsmtpParameter,
  type SmtpServerEvent,
  SmtpServerSession,
  type XforwardName,
} from "smtp-codec";
import type { Stoppable } from "../system/daemon.ts";

/** A message as it came. */
export interface Received {
  readonly octets: Uint8Array;
  readonly from: string;
  readonly to: readonly string[];
  /** Of MAIL, as written. */
  readonly mailParameters: readonly EsmtpParameter[];
  readonly recipients: readonly AcceptedRecipient[];
  /** What XFORWARD said. */
  readonly forwarded: readonly Attribute<XforwardName>[];
}

export interface SinkOptions {
  /** Default `"smtp"`. */
  readonly protocol?: "smtp" | "lmtp";
  readonly tls: ServerTls;
  /** No such recipient. Default: everybody is one. */
  readonly rejected?: string;
}

export class Sink implements Stoppable {
  readonly #listener: Listener;
  readonly #received: Received[] = [];
  #port = 0;

  private constructor({ protocol = "smtp", tls, rejected }: SinkOptions) {
    this.#listener = new Listener(async (connection, signal) => {
      const session = new SmtpServerSession({
        host: "sink.example.org",
        protocol,
        chunking: true,
        binaryMime: true,
        smtputf8: true,
        dsn: true,
        xforward: ["NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"],
        lineEndings: "preserve",
        maxMessageSize: 100_000_000,
        maxTransactions: Number.POSITIVE_INFINITY,
        maxIdleCommands: Number.POSITIVE_INFINITY,
      });
      let pieces: Uint8Array[] = [];
      let envelope: Pick<Received, "mailParameters" | "forwarded"> = { mailParameters: [], forwarded: [] };
      const on = (event: SmtpServerEvent): void => {
        switch (event.type) {
          case "mail":
            envelope = { mailParameters: event.rawParameters, forwarded: event.forwarded };
            session.accept();
            break;
          case "rcpt":
            if (event.to.address === rejected)
              session.reject({ code: 550, enhanced: "5.1.1", text: "no such mailbox" });
            else session.accept();
            break;
          case "content":
            pieces.push(event.bytes.slice());
            break;
          case "message": {
            const { from, recipients } = event;
            const to = recipients.map((recipient) => recipient.to.address);
            this.#received.push({ octets: Buffer.concat(pieces), from: from.address, to, recipients, ...envelope });
            pieces = [];
            if (event.answer === "needed") session.accept();
            break;
          }
          case "refused":
          case "aborted":
            pieces = [];
            break;
          default:
            if (event.answer === "needed") session.accept();
        }
      };
      await drive(session, connection, { on, signal });
    }, tlsServer(tls));
  }

  static async start(options: SinkOptions): Promise<Sink> {
    const sink = new Sink(options);
    sink.#port = await sink.#listener.listen();
    return sink;
  }

  get port(): number {
    return this.#port;
  }

  /** What has come since this was asked for the last time. */
  take(): Received[] {
    return this.#received.splice(0);
  }

  stop(): Promise<void> {
    return this.#listener.close();
  }
}
