/** A submission client: STARTTLS, the strongest mechanism that both sides have, and one or more messages. */
import { negotiate, pickMechanism, type SaslClient } from "sasl";
import { saslprep } from "sasl/saslprep";
import { type MessageEvent, type Reply, type SmtpClientEvent, SmtpClientSession } from "smtp-codec";
import type { Channel } from "./transport/channel-binding.ts";
import { drive, type Watcher } from "./transport/drive.ts";
import { open, tlsClient } from "./transport/node.ts";

export interface SubmitOptions {
  /** Also the name, or the address, that the server's certificate must have. */
  readonly host: string;
  readonly port: number;
  /** Null: without AUTH. */
  readonly login: { readonly user: string; readonly password: string } | null;
  /** Certificates to trust, in PEM. Default: those that Node trusts. */
  readonly ca?: string;
  /** The client's name in EHLO. Default `"localhost"`. */
  readonly clientName?: string;
  /** The mechanisms to pick from, one of them used at most. Default: what `login` suffices for. */
  readonly mechanisms?: (channel: Channel) => readonly SaslClient[];
  readonly watch?: () => Watcher<SmtpClientEvent>;
}

export interface Outgoing {
  readonly from: string;
  readonly to: readonly string[];
  /** The message, or its pieces as they come. Lines may end in LF: they are sent with CRLF. */
  readonly content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** In octets, if known. */
  readonly size?: number;
  /** Sends it by BDAT where the server offers CHUNKING. Default true. */
  readonly chunking?: boolean;
}

/** What became of a message. */
export interface Submitted {
  readonly outcome: MessageEvent["outcome"];
  /** What the server said, or why it was not asked. */
  readonly text: string;
  /** Recipients that the server refused; the others have it if it was accepted. */
  readonly refused: readonly { readonly address: string; readonly text: string }[];
  /** Octets of content as sent, and the lines among them that needed one more dot. */
  readonly size: number;
  readonly stuffedLines: number;
  /** In milliseconds, from MAIL to the last reply. */
  readonly time: number;
  /** How often the client had to wait for the server. */
  readonly roundTrips: number;
}

/**
 * Sends messages over one connection.
 *
 * @returns what became of each, in order
 * @throws Error if it did not come to sending: no connection, no TLS, no login
 */
export async function submit(options: SubmitOptions, messages: readonly Outgoing[]): Promise<Submitted[]> {
  const { host, port, login, clientName = "localhost" } = options;
  const connection = await open(host, port, tlsClient(host, options.ca));
  const session = new SmtpClientSession({ requireTls: true });
  const done: Submitted[] = [];
  let failure: string | null = null; // why nothing more is sent
  let current: Transaction | null = null;

  const on = (event: SmtpClientEvent): void => {
    switch (event.type) {
      case "greeting":
      case "ehlo":
      case "starttls":
        if (!event.ok) failure ??= `${event.type} failed: ${saying(event.reply)}`;
        break;
      case "auth":
        // The mechanism itself may have found a fault with the server.
        if (!event.ok) failure ??= `auth failed: ${event.text ?? saying(event.reply)}`;
        break;
      case "mail":
      case "rcpt":
      case "data":
      case "message":
        if (current?.take(event)) {
          done.push(current.result());
          current = null;
        }
        break;
      case "violation":
        failure ??= `the server broke the protocol: ${event.text}`;
        break;
      case "closed":
        if (event.cause !== "quit") failure ??= `the connection ended: ${event.cause}`;
        break;
    }
  };

  /** Nothing is under way: what comes next follows from where the session stands. */
  const decide = (): void => {
    if (failure !== null) session.quit();
    else if (session.capabilities === null) session.ehlo(clientName);
    else if (!session.tls) session.starttls();
    else if (login !== null && !session.authenticated) {
      const { mechanism, refused } = chooseMechanism(session.capabilities.auth, login);
      if (mechanism !== null) session.auth(mechanism);
      else {
        failure = `no mechanism to log in with: ${refused.map(({ name, reason }) => `${name} ${reason}`).join("; ")}`;
        session.quit();
      }
    } else {
      const message = messages[done.length];
      if (message === undefined) session.quit();
      else {
        if (session.state !== "ready") session.rset(); // the last one was refused before its content
        current = new Transaction(message);
        try {
          current.begin(session);
        } catch (error) {
          giveUp(`it cannot be sent: ${String(error)}`); // those before and after it can
        }
      }
    }
  };

  const giveUp = (why: string): void => {
    done.push(current!.result(why));
    current = null;
  };

  const chooseMechanism = (offered: readonly string[], { user, password }: { user: string; password: string }) => {
    if (options.mechanisms) return pickMechanism(offered, options.mechanisms(connection), { tls: true });
    const { channelBindings } = connection;
    const credentials = { authenticationIdentity: user, password, channelBindings, prepare: saslprep };
    // For servers that have nothing better: naming them here is what allows them.
    return negotiate(offered, credentials, { tls: true, weak: ["CRAM-MD5", "LOGIN"] });
  };

  const content = async (): Promise<void> => {
    try {
      const { piece, last } = await current!.nextPiece();
      if (last) session.end(piece);
      else session.write(piece!);
    } catch (error) {
      // What has begun can only be broken off: without its end the server does not take it.
      failure = `the content failed: ${String(error)}`;
      giveUp(failure);
      session.receiveEnd();
    }
  };

  const turn = (): void => void (current && current.roundTrips++);

  await drive(session, connection, { on, decide, content, turn, watcher: options.watch?.() });
  if (done.length === 0 && messages.length > 0) throw new Error(failure ?? "nothing was sent");
  for (const message of messages.slice(done.length)) done.push(new Transaction(message).result(failure ?? "not sent"));
  return done;
}

/**
 * One message on its way. MAIL, RCPT and DATA leave together where the server offers PIPELINING; BDAT waits for the
 * recipients.
 */
class Transaction {
  roundTrips = 0;
  readonly #message: Outgoing;
  readonly #pieces: Iterator<Uint8Array> | AsyncIterator<Uint8Array>;
  /** The next piece: with the last one the content ends, so that the last chunk is not an empty one. */
  #ahead: IteratorResult<Uint8Array> | null = null;
  readonly #refused: { readonly address: string; readonly text: string }[] = [];
  readonly #started: number = performance.now();
  #end: MessageEvent | null = null;
  #refusal: Reply | null = null;

  constructor(message: Outgoing) {
    this.#message = message;
    this.#pieces = iterate(message.content);
  }

  begin(session: SmtpClientSession): void {
    const { from, to, size, chunking = true } = this.#message;
    // To a server without 8BITMIME only 7-bit content may go; other content then ends the connection.
    const content = session.capabilities!.keywords.has("8BITMIME") ? "8bit" : "7bit";
    session.mail(from, { content, ...(size !== undefined && { size }) });
    for (const address of to) session.rcpt(address);
    if (chunking && session.capabilities!.keywords.has("CHUNKING")) session.bdat();
    else session.data();
  }

  /** Takes an event of this transaction. True: it was the last. */
  take(event: SmtpClientEvent & { readonly type: "mail" | "rcpt" | "data" | "message" }): boolean {
    if (event.type === "message") {
      this.#end = event;
      return true;
    }
    if (event.ok) return false;
    if (event.type === "rcpt") this.#refused.push({ address: event.to.address, text: saying(event.reply) });
    this.#refusal ??= event.reply; // the first refusal is the reason, those after it follow from it
    return event.type === "data";
  }

  /** The next piece, and whether it is the last. */
  async nextPiece(): Promise<{ readonly piece?: Uint8Array; readonly last: boolean }> {
    const { value, done } = this.#ahead ?? (await this.#pieces.next());
    if (done) return { last: true };
    this.#ahead = await this.#pieces.next();
    return { piece: value, last: this.#ahead.done === true };
  }

  result(failure: string | null = null): Submitted {
    const reply = this.#end?.reply ?? this.#refusal;
    return {
      outcome: this.#end?.outcome ?? "not-accepted",
      text: failure ?? saying(reply),
      refused: this.#refused,
      size: this.#end?.size ?? 0,
      stuffedLines: this.#end?.stuffedLines ?? 0,
      time: performance.now() - this.#started,
      roundTrips: this.roundTrips,
    };
  }
}

function iterate(content: Outgoing["content"]): Iterator<Uint8Array> | AsyncIterator<Uint8Array> {
  if (content instanceof Uint8Array) return [content].values();
  return Symbol.asyncIterator in content ? content[Symbol.asyncIterator]() : content[Symbol.iterator]();
}

function saying(reply: Reply | null): string {
  if (reply === null) return "no reply";
  return [reply.code, reply.enhanced, reply.lines.join(" ")].filter((part) => part !== null).join(" ");
}
