/**
 * A submission server over Web Streams: what the servers for Deno and Bun beside it have in common. Its users log in
 * with SCRAM-SHA-256, and write to one another.
 */
import { makeScramKeys, type SaslServer, type ScramKeys, scramServer, scramSha256 } from "sasl";
import { saslprep } from "sasl/saslprep";
import { type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { driveStreams, type StreamConnection } from "smtp-codec/streams";
import { timer } from "./mail.ts";

/** What a server is told, as JSON on its standard input. */
export interface Settings {
  /** 0: any that is free. The server says on which it listens. */
  readonly port: number;
  /** In PEM. */
  readonly key: string;
  readonly cert: string;
  /** Passwords by user; a user's name is the mail address. */
  readonly users: Readonly<Record<string, string>>;
}

/** A message that was accepted. */
export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly content: string;
}

export class Receiver {
  readonly #keys: ReadonlyMap<string, ScramKeys>;
  /** What SCRAM tells about users that there are not comes from it: the same at every try. */
  readonly #secret = crypto.getRandomValues(new Uint8Array(32));
  readonly #store: (message: Received) => void | Promise<void>;

  /** @param store keeps a message: once it has returned, or resolved, the client is told that the message is safe */
  constructor(users: Settings["users"], store: (message: Received) => void | Promise<void>) {
    // A server of your own would store these, and no passwords.
    const keysOf = (password: string) => makeScramKeys(scramSha256, { password, prepare: saslprep });
    this.#keys = new Map(Object.entries(users).map(([user, password]) => [user, keysOf(password)]));
    this.#store = store;
  }

  /**
   * Serves a connection that is under TLS already, to its end. Clients do as they like: only a fault of this program
   * rejects.
   */
  async serve(connection: StreamConnection): Promise<void> {
    const session = new SmtpServerSession<SaslServer>({
      host: "localhost",
      tls: true,
      requireAuth: true,
      smtputf8: true,
      mechanisms: ["SCRAM-SHA-256"],
    });
    let user = "";
    let pieces: Uint8Array<ArrayBuffer>[] = [];

    const on = async (event: SmtpServerEvent<SaslServer>): Promise<void> => {
      switch (event.type) {
        case "auth":
          session.authenticate(scramServer(scramSha256, { secret: this.#secret, prepare: saslprep }));
          break;
        case "sasl": {
          const { mechanism, step } = event;
          if (step.type === "lookup")
            session.proceed(mechanism.provide(this.#keys.get(step.authenticationIdentity) ?? null));
          else session.proceed(mechanism.reject("not-authorized")); // nobody acts for anybody else
          break;
        }
        case "authenticated":
          user = event.authorizationIdentity;
          break;
        case "mail":
          if (event.from.address === user) session.accept();
          else session.reject({ code: 553, enhanced: "5.7.1", text: "this sender address is not yours" });
          break;
        case "rcpt":
          if (this.#keys.has(event.to.address)) session.accept();
          else session.reject({ code: 550, enhanced: "5.1.1", text: "no such mailbox here" });
          break;
        case "content":
          pieces.push(event.bytes.slice()); // a view of the input: what is kept is copied
          break;
        case "message": {
          const to = event.recipients.map((recipient) => recipient.to.address);
          const content = await new Blob(pieces).text();
          pieces = [];
          await this.#store({ from: user, to, content });
          session.accept();
          break;
        }
        case "refused":
        case "aborted":
          pieces = [];
          break;
      }
    };
    await driveStreams(session, connection, { on, timer });
  }
}
