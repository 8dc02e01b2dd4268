import { closingWords, type Form, orNull, type SaslServer, type ServerMemory, type Words } from "dot-stuffing/session";
import type { Attribute, XclientName, XforwardName } from "../syntax/command/attributes.ts";
import type { MailParameters } from "../syntax/parameters/sets.ts";
import { newDomain } from "../syntax/path/mailbox.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import type { Reply } from "../syntax/reply/reply.ts";
import { type WithProtocol, withProtocol } from "../trace/protocol.ts";
import type { AbortCause, AcceptedRecipient, ServerViolation, SmtpServerEvent, WithOwn } from "./events.ts";
import type { ServerSettings } from "./options.ts";
import { type ServerState, serverTable } from "./table.ts";

/** The hello that a client said. */
export type Hello = "HELO" | "EHLO" | "LHLO";

/** A mail transaction from an accepted MAIL on. */
export interface Transaction {
  readonly from: ReversePath;
  readonly parameters: WithOwn<MailParameters>;
  readonly with: WithProtocol;
  readonly recipients: AcceptedRecipient[];
}

/** What a server session remembers, as plain data. */
export interface SmtpServerMemory<Mechanism extends SaslServer> extends ServerMemory<SmtpServerEvent<Mechanism>> {
  mode: "connect" | "commands" | "content" | "skip" | "deliveries" | "sasl" | "tls" | "closed";
  state: ServerState;
  /**
   * Of the last command, in upper case; "": it had none that counts, or content came after it. The form of a reply
   * depends on it.
   */
  verb: string;
  hello: Hello | null;
  authenticated: boolean;
  transaction: Transaction | null;
  /** What the message in work will be refused with. */
  refusal: Reply | null;
  /** Whether the chunk in work is the last one. */
  lastChunk: boolean;
  /** A refused chunk's octets still to be read over, and the violation that waits for its end. */
  skipping: number;
  skippedFor: ServerViolation | null;
  /** LMTP: who replies are owed for, and how many of these were asked for. */
  deliveries: readonly ForwardPath[];
  delivered: number;
  /**
   * LMTP, in state `"failed"`: whom a last chunk would have been for, each of whom a reply is owed for (RFC 2033 §4.3).
   */
  lostRecipients: readonly ForwardPath[];
  /** What commands are refused with in state `"refused"`. */
  refusedWith: "outOfPlace" | "noService" | "weakTls";
  /** What accepted XCLIENT and XFORWARD commands said: of the client, and of the next message's. */
  xclient: readonly Attribute<XclientName>[];
  forwarded: readonly Attribute<XforwardName>[];
  /** Faulty and refused commands since a message was last accepted. */
  errors: number;
  /** Commands since then that bring no message on its way. */
  idle: number;
  /** Commands since then that were refused without a fault of the client's. */
  faultless: number;
  /** Whether part of a message was refused since MAIL was last accepted: what follows from it is no fault. */
  groupBroken: boolean;
  authFailures: number;
  /** Accepted MAILs. */
  transactions: number;
  /** The domains of the session's recipients, in lower case; empty unless they are limited. */
  domains: Set<string>;
}

/** The chunk that a BDAT announces (RFC 3030 §2). */
export interface Chunk {
  /** In octets. */
  readonly size: number;
  readonly last: boolean;
}

// Shared by all sessions, so nobody may change it.
const NOTHING_SAID: readonly never[] = Object.freeze([]);

/** What a session begins with. */
export function newMemory<Mechanism extends SaslServer>(tls: boolean): SmtpServerMemory<Mechanism> {
  return {
    tls,
    events: [],
    pulled: 0,
    pending: null,
    plaintextSeen: false,
    mode: "connect",
    state: "greeted",
    verb: "",
    hello: null,
    authenticated: false,
    transaction: null,
    refusal: null,
    lastChunk: false,
    skipping: 0,
    skippedFor: null,
    deliveries: [],
    delivered: 0,
    lostRecipients: NOTHING_SAID,
    closing: null,
    refusedWith: "outOfPlace",
    xclient: NOTHING_SAID,
    forwarded: NOTHING_SAID,
    errors: 0,
    idle: 0,
    faultless: 0,
    groupBroken: false,
    authFailures: 0,
    transactions: 0,
    domains: new Set(),
  };
}

/** What may stand in these places of a snapshot. */
export const words: Words<Pick<SmtpServerMemory<SaslServer>, "mode" | "state" | "hello" | "closing" | "refusedWith">> =
  {
    mode: {
      connect: true,
      commands: true,
      content: true,
      skip: true,
      deliveries: true,
      sasl: true,
      tls: true,
      closed: true,
    },
    state: { greeted: true, ready: true, mail: true, rcpt: true, chunks: true, failed: true, refused: true },
    hello: { HELO: true, EHLO: true, LHLO: true },
    closing: closingWords,
    refusedWith: { outOfPlace: true, noService: true, weakTls: true },
  };

const hello = { name: "" };
const reply = { code: 0, lines: [""], enhanced: orNull("") };
const attribute = { name: "" };
const path = (found: unknown): Form =>
  (found as ForwardPath | null)?.kind === "mailbox" ? { address: "", domain: "" } : { kind: "", address: "" };
const recipient = { to: path, parameters: {} };

/** What stands in these places of a snapshot, if anything does. */
export const forms: { readonly [Field in keyof SmtpServerMemory<SaslServer>]?: Form } = {
  transaction: { parameters: {}, from: path, with: "", recipients: [recipient] },
  refusal: reply,
  skippedFor: { type: "", code: "", text: "", reply },
  deliveries: [path],
  lostRecipients: [path],
  xclient: [attribute],
  forwarded: [attribute],
  closing: { farewell: "" },
};

/** What is needed of the events that a session may wait with. */
export const eventForms: { readonly [type: string]: object } = {
  ...{ connect: {}, helo: hello, ehlo: hello, lhlo: hello, data: {}, chunk: {}, rset: {}, noop: {}, help: {} },
  ...{ vrfy: {}, expn: {}, etrn: {}, atrn: {}, quit: {}, starttls: {}, sasl: {}, unknown: {}, authenticated: {} },
  ...{ mail: { from: path, parameters: {} }, rcpt: recipient, message: { from: path, recipients: [recipient] } },
  ...{ bdat: { size: 0, last: false }, burl: { last: false }, delivery: { to: path, index: 0 } },
  ...{ xclient: { attributes: [attribute] }, xforward: { attributes: [attribute] } },
  ...{ auth: { initialResponse: orNull(new Uint8Array(0)) } },
  ...{ refused: { reply }, violation: { reply, code: "", fatal: false }, "authentication-failed": { reply } },
};

/** MAIL was accepted. */
export function beginTransaction<Mechanism extends SaslServer>(
  memory: SmtpServerMemory<Mechanism>,
  { from, parameters }: Pick<Transaction, "from" | "parameters">,
): void {
  const { hello, tls, authenticated } = memory;
  // Where a leniency takes MAIL without a hello, it is as if HELO had been said.
  const value = withProtocol({ hello: hello ?? "HELO", tls, authenticated, smtputf8: parameters.smtputf8 ?? false });
  memory.transaction = { from, parameters, with: value, recipients: [] };
  memory.transactions++;
  memory.groupBroken = false;
  memory.state = serverTable.MAIL.ready as ServerState;
}

/** RCPT was accepted. */
export function addRecipient<Mechanism extends SaslServer>(
  memory: SmtpServerMemory<Mechanism>,
  { to, parameters }: AcceptedRecipient,
  { maxRecipientDomains }: ServerSettings,
): void {
  memory.transaction!.recipients.push({ to, parameters });
  memory.state = serverTable.RCPT[memory.state] as ServerState; // it was accepted
  const domain = Number.isFinite(maxRecipientDomains) ? newDomain(to, memory.domains) : null;
  if (domain !== null) memory.domains.add(domain);
}

/** A message was accepted, in LMTP for one recipient: what came before it counts no more. */
export function forgive<Mechanism extends SaslServer>(memory: SmtpServerMemory<Mechanism>): void {
  memory.errors = memory.idle = memory.faultless = 0;
}

/**
 * XCLIENT was accepted: the session is as after the greeting, with another client. TLS is still that with the proxy.
 */
export function changeClient<Mechanism extends SaslServer>(
  memory: SmtpServerMemory<Mechanism>,
  attributes: readonly Attribute<XclientName>[],
): void {
  memory.xclient = attributes;
  memory.authenticated = attributes.some(({ name, value }) => name === "LOGIN" && value !== null);
  endTransaction(memory, memory.state);
}

/** The transaction is over, one way or the other. */
export function endTransaction<Mechanism extends SaslServer>(
  memory: SmtpServerMemory<Mechanism>,
  state: ServerState,
): void {
  memory.lostRecipients =
    state !== "failed" ? NOTHING_SAID : (memory.transaction?.recipients.map(({ to }) => to) ?? memory.lostRecipients);
  memory.transaction = null;
  memory.forwarded = NOTHING_SAID;
  memory.state = state;
}

/** The transaction, if there is one, is dropped, which the application is told. */
export function abortTransaction<Mechanism extends SaslServer>(
  memory: SmtpServerMemory<Mechanism>,
  cause: AbortCause,
  state: ServerState,
): void {
  if (memory.transaction !== null) memory.events.push({ type: "aborted", cause, answer: "none" });
  endTransaction(memory, state);
}

/** BDAT was refused before its chunk came, which has to be read over before the reply (RFC 3030 §2). */
export function skipChunk<Mechanism extends SaslServer>(
  memory: SmtpServerMemory<Mechanism>,
  { size, last }: Chunk,
  violation: ServerViolation,
): void {
  memory.mode = "skip";
  memory.skipping = size;
  memory.lastChunk = last;
  memory.skippedFor = violation;
}
