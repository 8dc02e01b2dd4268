/** Sends messages with `SmtpTransaction`, in all the ways that the example client does not need. */
import { behind } from "dot-stuffing/streams";
import { drive } from "examples/src/transport/drive.ts";
import {
  type Attribute,
  type Capabilities,
  type Envelope,
  type Reply,
  type SmtpClientEvent,
  SmtpClientSession,
  SmtpTransaction,
  type TransactionEvent,
  type TransactionReport,
  type XclientName,
  type XforwardName,
} from "smtp-codec";
import { loginOf } from "../clients.ts";
import { mechanism as mechanismNamed } from "../mechanisms.ts";
import { connectTo, type Target } from "./connect.ts";
import { UNKNOWN, unknownMechanism } from "./unknown-mechanism.ts";

export interface Delivering extends Target {
  /** Default `"smtp"`. */
  readonly protocol?: "smtp" | "lmtp";
  /** Who logs in, and how. Default: nobody does. */
  readonly login?: { readonly user: string; readonly mechanism: string; readonly isRight?: boolean };
  /** By BDAT, where the server offers CHUNKING. Default true. */
  readonly chunking?: boolean;
  /** Sends commands in groups. Default true. */
  readonly pipelining?: boolean;
  /** What a server that trusts us is told, before a second EHLO. */
  readonly xclient?: readonly Attribute<XclientName>[];
  readonly xforward?: readonly Attribute<XforwardName>[];
}

export interface Parcel {
  readonly envelope: Envelope;
  readonly content: Uint8Array | Iterable<Uint8Array>;
}

export interface Delivered {
  /** One a message. A connection that was lost leaves out those after it. */
  readonly reports: readonly TransactionReport[];
  /** Of the last EHLO. */
  readonly capabilities: Capabilities | null;
  readonly tls: boolean;
  /** What refused a command other than those of the transaction. */
  readonly refusals: readonly Refused[];
}

export interface Refused {
  readonly command: string;
  readonly reply: Reply | null;
  /** Of AUTH: what the refusal means, and what the mechanism or session itself found wrong. */
  readonly failure?: string | null;
  readonly text?: string | null;
}

/** @throws Error if it did not come to a connection, or the server breaks the protocol */
export async function deliver(options: Delivering, parcels: readonly Parcel[]): Promise<Delivered> {
  const { protocol = "smtp", tls, login, chunking = true, pipelining = true } = options;
  const { channel, connection } = await connectTo(options);
  const session = new SmtpClientSession({
    protocol,
    pipelining,
    tls: tls === "implicit TLS",
    requireTls: tls !== "none",
    plaintextMechanismsWithoutTls: tls === "none",
  });
  const waiting = [...parcels];
  const reports: TransactionReport[] = [];
  const refusals: Refused[] = [];
  let fault: string | null = null;
  let transaction: SmtpTransaction | null = null;
  let { xclient = null, xforward = null } = options;

  const on = (event: TransactionEvent | ReturnType<typeof session.nextEvent>): void => {
    if (event === null) return;
    if (event.type === "done") reports.push(event.report);
    else if (event.type === "violation") fault ??= `${event.code}: ${event.text}`;
    else if (event.type === "auth" && !event.ok) {
      refusals.push({ command: "auth", reply: event.reply, failure: event.failure, text: event.text });
    } else if ("reply" in event && "ok" in event && !event.ok && event.type !== "quit") {
      refusals.push({ command: event.type, reply: event.reply });
    }
  };

  const decide = (): void => {
    transaction = null; // it is done
    if (refusals.length > 0) session.quit();
    else if (session.capabilities === null) session.ehlo("client.example.org");
    else if (tls === "STARTTLS" && !session.tls) session.starttls();
    else if (xclient !== null) {
      session.xclient(xclient);
      xclient = null;
    } else if (login !== undefined && !session.authenticated) {
      const place = { service: "smtp", host: "localhost", binding: null } as const;
      const isUnknown = login.mechanism === UNKNOWN;
      const mechanism = isUnknown ? unknownMechanism : mechanismNamed(login.mechanism).client(loginOf(login), place);
      session.auth(mechanism, { force: isUnknown });
    } else if (xforward !== null) {
      session.xforward(xforward);
      xforward = null;
    } else {
      const parcel = waiting.shift();
      if (parcel === undefined) session.quit();
      else transaction = new SmtpTransaction(session, parcel.envelope, { content: parcel.content, chunking });
    }
  };

  await drive(
    behind<SmtpClientEvent | TransactionEvent>(session, () => transaction),
    connection,
    { on, decide },
  );
  if (fault !== null) throw new Error(`the server broke the protocol: ${fault}`);
  const { capabilities } = session;
  return { reports, capabilities, tls: channel.channelBindings.length > 0, refusals };
}
