/** A POP3 client: STLS, login, a list of what is there, and every message fetched and, if wanted, deleted. */
import { type Pop3ClientEvent, Pop3ClientSession, type Response } from "pop3-codec";
import { apopDigest, negotiate, pickMechanism, type SaslClient } from "sasl";
import { saslprep } from "sasl/saslprep";
import type { Channel } from "./transport/channel-binding.ts";
import { drive, type Watcher } from "./transport/drive.ts";
import { open, tlsClient } from "./transport/node.ts";

export interface FetchOptions {
  /** Also the name, or the address, that the server's certificate must have. */
  readonly host: string;
  readonly port: number;
  readonly login: { readonly user: string; readonly password: string };
  /** Certificates to trust, in PEM. Default: those that Node trusts. */
  readonly ca?: string;
  /** Stays without TLS, where mail can be read on its way, and logs in by what shows no password. Default false. */
  readonly withoutTls?: boolean;
  /**
   * The mechanisms to pick from, one of them used at most; APOP where none fits. Default: what `login` suffices for.
   */
  readonly mechanisms?: (channel: Channel) => readonly SaslClient[];
  /** Takes a message; it is deleted on the server if this gives, or resolves to, true. */
  readonly take: (message: Fetched) => boolean | Promise<boolean>;
  readonly watch?: () => Watcher<Pop3ClientEvent>;
}

export interface Fetched {
  /** In this session. */
  readonly number: number;
  /** The same in every session. */
  readonly uniqueId: string | null;
  readonly octets: Uint8Array;
  /** In milliseconds. */
  readonly time: number;
  /** How often the client had to wait for the server. */
  readonly roundTrips: number;
}

/**
 * Fetches all messages, one after the other.
 *
 * @returns how many there were
 * @throws Error if it did not come to an end: no connection, no TLS, no login, a message cut off. Nothing is deleted
 *   then.
 */
export async function fetch(options: FetchOptions): Promise<number> {
  const { host, port, login, withoutTls = false } = options;
  const connection = await open(host, port, tlsClient(host, options.ca));
  const session = new Pop3ClientSession({ requireTls: !withoutTls });
  let failure: string | null = null;
  let listed = false;
  const numbers: number[] = []; // still to be fetched
  let taken: number | null = null; // still to be deleted
  const uniqueIds = new Map<number, string>();
  let count = 0;
  let pieces: Uint8Array[] = [];
  let started = 0;
  let roundTrips = 0;

  const on = async (event: Pop3ClientEvent): Promise<void> => {
    if (event.type === "login") {
      if (!event.ok) failure ??= event.failure === "no-tls" ? "no TLS" : "no way to log in that hides the password";
      return;
    }
    if ("ok" in event && !event.ok && event.type !== "capa" && event.type !== "uidl") {
      // Of AUTH, the mechanism itself may have found a fault with the server.
      const reason = event.type === "auth" ? event.text : null;
      failure ??= `${event.type} failed: ${reason ?? saying(event.response)}`;
      return;
    }
    switch (event.type) {
      case "scan-listing":
        numbers.push(event.number);
        break;
      case "unique-id-listing":
        uniqueIds.set(event.number, event.uniqueId);
        break;
      case "content":
        pieces.push(event.bytes.slice()); // a view of the input: what is kept is copied
        break;
      case "retr": {
        const { number } = event;
        const octets = Buffer.concat(pieces);
        pieces = [];
        count++;
        const time = performance.now() - started;
        const message = { number, uniqueId: uniqueIds.get(number) ?? null, octets, time, roundTrips };
        taken = (await options.take(message)) ? number : null;
        break;
      }
      case "violation":
        if (event.fatal) failure ??= `the server broke the protocol: ${event.text}`;
        break;
      case "closed":
        if (event.cause !== "quit") failure ??= `the connection ended: ${event.cause}`;
        break;
    }
  };

  /** Nothing is under way: what comes next follows from where the session stands. */
  const decide = (): void => {
    if (failure !== null) {
      // RSET takes marks back that QUIT would make deletions of.
      if (session.state === "transaction") session.rset();
      session.quit();
    } else if (session.state === "authorization") logIn();
    else if (!listed) {
      listed = true;
      session.list().uidl();
    } else {
      // Both leave together where the server offers PIPELINING.
      if (taken !== null) session.dele(taken);
      taken = null;
      const number = numbers.shift();
      started = performance.now();
      roundTrips = 0;
      if (number === undefined) session.quit();
      else session.retr(number);
    }
  };

  const logIn = (): void => {
    const { user, password } = login;
    session.login({
      choose: (offered) => {
        const { tls } = session;
        if (options.mechanisms) return pickMechanism(offered, options.mechanisms(connection), { tls }).mechanism;
        const { channelBindings } = connection; // there are none before TLS
        const credentials = { authenticationIdentity: user, password, channelBindings, prepare: saslprep };
        return negotiate(offered, credentials, { tls, weak: ["CRAM-MD5"] }).mechanism;
      },
      name: user,
      apop: (timestamp) => apopDigest(timestamp, password),
      password,
      stls: withoutTls ? "never" : "required",
    });
  };

  const turn = (): void => void roundTrips++;
  await drive(session, connection, { on, decide, turn, watcher: options.watch?.() });
  if (failure !== null) throw new Error(failure);
  return count;
}

function saying(response: Response | null): string {
  return response === null ? "no response" : `${response.ok ? "+OK" : "-ERR"} ${response.text}`.trim();
}
