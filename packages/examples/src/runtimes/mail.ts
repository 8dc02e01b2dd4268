/**
 * A mail client over Web Streams: what the clients for Deno, Bun, Workers and Node beside it have in common. It knows
 * sockets of none of them; copy it with the one that you want.
 */
import { type Pop3ClientEvent, Pop3ClientSession } from "pop3-codec";
import { negotiate } from "sasl";
import { saslprep } from "sasl/saslprep";
import { type SmtpClientEvent, SmtpClientSession } from "smtp-codec";
import { driveStreams, type StreamConnection, type StreamTimer } from "smtp-codec/streams";

/** A connection to a server. */
export interface Connection extends StreamConnection {
  /** Does the TLS handshake, and checks the server's certificate. Null: TLS is there already. */
  readonly startTls: (() => Promise<StreamConnection>) | null;
}

/** A server, and who logs in there. */
export interface Account {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** A certificate to trust besides those that the runtime trusts, in PEM. */
  readonly ca?: string;
}

/** Opens a connection to the account's server. */
export type Connect = (account: Account) => Promise<Connection>;

export interface Letter {
  readonly from: string;
  readonly to: string;
  /** With its header section. Lines may end in LF: they are sent with CRLF. */
  readonly content: string;
}

/** One thing to do: what the clients take as JSON. */
export type Task =
  | { readonly do: "submit"; readonly account: Account; readonly letter: Letter }
  | { readonly do: "retrieve"; readonly account: Account };

/** What came of it. */
export type Result =
  | { readonly mechanism: string; readonly reply: string }
  | { readonly mechanism: string; readonly messages: readonly string[] };

/** @throws Error saying at which step it failed, in the server's words */
export async function perform(task: Task, connect: Connect): Promise<Result> {
  const connection = await connect(task.account);
  return task.do === "submit"
    ? await submit(connection, task.account, task.letter)
    : await retrieve(connection, task.account);
}

/**
 * Submits a letter: TLS, SCRAM-SHA-256 or what else is strongest and safe, then the message.
 *
 * @returns the server's last word, once it has taken the responsibility
 * @throws Error saying at which step it failed; the message was not accepted then, unless the connection was lost after
 *   its end
 */
export async function submit(connection: Connection, { user, password }: Account, letter: Letter) {
  const session = new SmtpClientSession({ tls: connection.startTls === null, requireTls: true });
  let failure: string | null = null;
  let mechanism = "";
  let reply: string | null = null;
  let isSent = false;

  const on = (event: SmtpClientEvent): void => {
    if (reply !== null) return; // the server has the letter, whatever it says to QUIT
    if ("ok" in event && !event.ok) failure ??= `${event.type}: ${event.reply?.lines.join(" ") ?? "no reply"}`;
    else if (event.type === "auth") mechanism = event.mechanism;
    else if (event.type === "message") reply = event.reply?.lines.join(" ") ?? "";
    else if (event.type === "violation") failure ??= event.text;
  };

  /** Nothing is under way: what comes next follows from where the session stands. */
  const decide = (): void => {
    if (failure !== null || isSent) session.quit();
    else if (session.capabilities === null) session.ehlo("client.example.org");
    else if (!session.tls) session.starttls();
    else if (!session.authenticated) {
      const credentials = { authenticationIdentity: user, password, prepare: saslprep };
      const chosen = negotiate(session.capabilities.auth, credentials, { tls: true }).mechanism;
      if (chosen !== null) session.auth(chosen);
      else {
        failure = "auth: there is no mechanism in common";
        session.quit();
      }
    } else {
      isSent = true;
      session.mail(letter.from).rcpt(letter.to).data(); // one write, where the server offers PIPELINING
    }
  };

  const content = (): void => {
    session.write(new TextEncoder().encode(letter.content));
    session.end();
  };

  await driveStreams(session, connection, { on, decide, content, timer, ...tls(connection) });
  if (failure !== null || reply === null) throw new Error(failure ?? "the connection was lost");
  return { mechanism, reply };
}

/**
 * Fetches every message, and leaves it there.
 *
 * @throws Error saying at which step it failed
 */
export async function retrieve(connection: Connection, { user, password }: Account) {
  const session = new Pop3ClientSession({ tls: connection.startTls === null, requireTls: true });
  const messages: string[] = [];
  let failure: string | null = null;
  let mechanism = "";
  let left: number[] | null = null; // still to be fetched; null: not counted yet
  let decoder = new TextDecoder();
  let message = "";

  const on = (event: Pop3ClientEvent): void => {
    if (event.type === "auth" && event.ok) mechanism = event.mechanism;
    if ("ok" in event && !event.ok && event.type !== "quit") {
      failure ??= `${event.type}: ${"response" in event ? (event.response?.text ?? "no response") : event.failure}`;
    } else if (event.type === "stat") left = Array.from({ length: event.count }, (_, index) => index + 1);
    else if (event.type === "content") message += decoder.decode(event.bytes, { stream: true });
    else if (event.type === "retr") {
      messages.push(message + decoder.decode());
      message = "";
      decoder = new TextDecoder();
    } else if (event.type === "violation" && event.fatal) failure ??= event.text;
  };

  const decide = (): void => {
    if (failure !== null) session.quit();
    else if (session.state === "authorization") {
      session.login({
        stls: "required",
        choose: (offered) => {
          const credentials = { authenticationIdentity: user, password, prepare: saslprep };
          return negotiate(offered, credentials, { tls: true }).mechanism;
        },
      });
    } else if (left === null) session.stat();
    else {
      const number = left.shift();
      if (number === undefined) session.quit();
      else session.retr(number);
    }
  };

  await driveStreams(session, connection, { on, decide, timer, ...tls(connection) });
  if (failure !== null || left === null) throw new Error(failure ?? "the connection was lost");
  return { mechanism, messages };
}

const tls = ({ startTls }: Connection) => (startTls === null ? {} : { startTls });

/** Every runtime's own. */
export const timer: StreamTimer = (seconds, late) => {
  const running = setTimeout(late, seconds * 1000);
  return () => clearTimeout(running);
};
