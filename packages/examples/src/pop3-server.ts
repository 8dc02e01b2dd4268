/** A POP3 server over maildrops in memory. `pnpm --filter examples pop3-server` runs it. */
import { type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import { type SaslServer, verifyApop } from "sasl";
import {
  type Accounts,
  answerStep,
  isPassword,
  type Mechanisms,
  makeMechanisms,
  makeUsers,
  type Tokens,
} from "./accounts.ts";
import type { Maildrop, Maildrops } from "./maildrop.ts";
import { drive, type Watcher } from "./transport/drive.ts";
import { Listener, type Serve } from "./transport/listener.ts";
import { type ServerTls, tlsServer } from "./transport/node.ts";

export interface Pop3ServerOptions {
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
  /** Takes passwords without TLS too; APOP, CRAM-MD5 and SCRAM send none. Default false. */
  readonly allowPlaintext?: boolean;
  /** Speaks TLS from the first octet, as on port 995 (RFC 8314 §3.3). Default false: offers STLS. */
  readonly implicitTls?: boolean;
  /** Told of every login, and of the address it came from. */
  readonly loggedIn?: (address: string, user: string) => void;
  /** Looks on at every connection. */
  readonly watch?: () => Watcher<Pop3ServerEvent<SaslServer>>;
}

export function createPop3Server(options: Pop3ServerOptions): Listener {
  const { accounts, maildrops, host = "localhost", implicitTls = false } = options;
  const mechanisms = options.mechanisms ?? makeMechanisms(host);
  const users = makeUsers(accounts, options.tokens);

  const serve: Serve = async (connection, signal) => {
    const session = new Pop3ServerSession<SaslServer>({
      tls: implicitTls,
      stls: true,
      apop: { host },
      mechanisms: [...mechanisms.keys()],
      plaintextWithoutTls: options.allowPlaintext ?? false,
    });
    let maildrop: Maildrop | null = null;

    /** The credentials are good: opens the user's maildrop, unless another session has it. */
    const logIn = (user: string): void => {
      maildrop = maildrops.open(user);
      if (maildrop === null) {
        session.reject({ code: "IN-USE", text: "another session has this maildrop open" });
        return;
      }
      const { messages } = maildrop;
      options.loggedIn?.(connection.remoteAddress, user);
      session.accept({
        // What is stored has CRLFs already, so its length is the size to announce.
        sizes: messages.map(({ octets }) => octets.length),
        uniqueIds: messages.map(({ uniqueId }) => uniqueId),
      });
    };

    const release = (): void => {
      maildrop?.close();
      maildrop = null;
    };

    const on = (event: Pop3ServerEvent<SaslServer>): void => {
      switch (event.type) {
        case "pass":
          if (isPassword(accounts, event.name, event.password)) logIn(event.name);
          else session.reject();
          break;
        case "apop": {
          const { name, timestamp, digest } = event;
          if (verifyApop({ timestamp, digest, password: accounts.get(name) ?? null })) logIn(name);
          else session.reject();
          break;
        }
        case "auth":
          session.authenticate(mechanisms.get(event.mechanism)!(connection));
          break;
        case "sasl":
          session.proceed(answerStep(users, event.mechanism, event.step));
          break;
        case "authenticated":
          logIn(event.authorizationIdentity);
          break;
        case "retr":
        case "top":
          session.accept().content(maildrop!.messages[event.number - 1]!.octets);
          break;
        case "quit":
          // Only here is anything removed: a connection that is lost leaves every message where it is.
          maildrop?.remove(event.deleted.map((number) => maildrop!.messages[number - 1]!));
          session.accept();
          release(); // now, and not when the client has closed its side: the next session may come before that
          break;
      }
    };
    try {
      await drive(session, connection, { on, signal, watcher: options.watch?.() });
    } finally {
      release();
    }
  };
  return new Listener(serve, tlsServer(options.tls), { implicitTls });
}
