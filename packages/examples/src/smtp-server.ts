/**
 * A submission server (RFC 6409) that stores what it takes in maildrops. `pnpm --filter examples smtp-server` runs it.
 */
import type { SaslServer } from "sasl";
import { type LineEndings, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { type Accounts, answerStep, type Mechanisms, makeMechanisms, makeUsers, type Tokens } from "./accounts.ts";
import { deliveryReport, reported } from "./delivery-report.ts";
import type { Maildrops } from "./maildrop.ts";
import type { RecentLogins } from "./smtp-after-pop3.ts";
import { drive, type Watcher } from "./transport/drive.ts";
import { Listener, type Serve } from "./transport/listener.ts";
import { type ServerTls, tlsServer } from "./transport/node.ts";

export interface SmtpServerOptions {
  readonly accounts: Accounts;
  /** Default: none. */
  readonly tokens?: Tokens;
  readonly maildrops: Maildrops;
  readonly tls: ServerTls;
  /** The server's name. Default `"localhost"`. */
  readonly host?: string;
  /**
   * Which mechanisms are offered. Default SCRAM-SHA-256 and its -PLUS, CRAM-MD5, PLAIN and LOGIN; the session offers
   * -PLUS and the last two under TLS alone.
   */
  readonly mechanisms?: Mechanisms;
  /** What a bare CR or LF in a message does. Default `"reject"`. */
  readonly lineEndings?: LineEndings;
  /** In octets. Default 50,000,000. */
  readonly maxMessageSize?: number;
  /** How many messages a connection may bring. Default 1000. */
  readonly maxTransactions?: number;
  /** Takes logins, and mail, without TLS too. Default false. */
  readonly allowPlaintext?: boolean;
  /** Speaks TLS from the first octet, as on port 465 (RFC 8314 §3.3). Default false: offers STARTTLS. */
  readonly implicitTls?: boolean;
  /** Who may send without AUTH. Default: nobody. */
  readonly smtpAfterPop3?: RecentLogins;
  /** Looks on at every connection. */
  readonly watch?: () => Watcher<SmtpServerEvent<SaslServer>>;
}

export function createSmtpServer(options: SmtpServerOptions): Listener {
  const { accounts, maildrops, host = "localhost", smtpAfterPop3, implicitTls = false } = options;
  const mechanisms = options.mechanisms ?? makeMechanisms(host);
  const users = makeUsers(accounts, options.tokens);

  const serve: Serve = async (connection, signal) => {
    const session = new SmtpServerSession<SaslServer>({
      host,
      tls: implicitTls,
      starttls: true,
      chunking: true,
      smtputf8: true,
      dsn: true,
      requireTls: !options.allowPlaintext,
      plaintextMechanismsWithoutTls: options.allowPlaintext ?? false,
      mechanisms: [...mechanisms.keys()],
      lineEndings: options.lineEndings ?? "reject",
      maxMessageSize: options.maxMessageSize ?? 50_000_000,
      ...(options.maxTransactions !== undefined && { maxTransactions: options.maxTransactions }),
    });
    let user: string | null = null; // authenticated on this connection
    let pieces: Uint8Array[] = []; // of the message that is coming

    const on = (event: SmtpServerEvent<SaslServer>): void => {
      switch (event.type) {
        case "auth":
          session.authenticate(mechanisms.get(event.mechanism)!(connection));
          break;
        case "sasl":
          session.proceed(answerStep(users, event.mechanism, event.step));
          break;
        case "authenticated":
          user = event.authorizationIdentity;
          break;
        case "mail": {
          const sender = user ?? smtpAfterPop3?.userAt(connection.remoteAddress) ?? null;
          if (sender === null) session.reject({ code: 530, enhanced: "5.7.0", text: "authentication required" });
          else if (event.from.kind === "mailbox" && event.from.address !== sender) {
            session.reject({ code: 553, enhanced: "5.7.1", text: "this sender address is not yours" });
          } else session.accept();
          break;
        }
        case "rcpt":
          // It has no way to send mail on: its own users are the only recipients.
          if (accounts.has(event.to.address)) session.accept();
          else session.reject({ code: 550, enhanced: "5.1.1", text: "no such mailbox here" });
          break;
        case "content":
          pieces.push(event.bytes.slice()); // a view of the input: what is kept is copied
          break;
        case "message": {
          const octets = Buffer.concat(pieces);
          pieces = [];
          const { from, parameters } = event;
          const recipients = reported(event.recipients);
          // Once accepted, the message is ours to lose: it is stored before.
          for (const address of new Set(event.recipients.map(({ to }) => to.address))) maildrops.store(address, octets);
          if (recipients.length > 0 && from.kind === "mailbox") {
            const report = deliveryReport({
              host,
              sender: from.address,
              recipients,
              envid: parameters.envid,
              date: new Date(),
            });
            maildrops.store(from.address, Buffer.from(report));
          }
          session.accept();
          break;
        }
        case "refused":
        case "aborted":
          pieces = [];
          break;
      }
    };
    await drive(session, connection, { on, signal, watcher: options.watch?.() });
  };
  return new Listener(serve, tlsServer(options.tls), { implicitTls });
}
