/**
 * The legal order of commands as a server sees it (RFC 5321 §4.1.4, RFC 3207 §4.2, RFC 4954 §4). The session runs from
 * this table.
 */

/** Where a server session stands between commands. */
export type ServerState =
  /** The greeting was sent, or TLS has begun: a hello is needed. */
  | "greeted"
  /** A hello was accepted; no mail transaction. */
  | "ready"
  /** MAIL was accepted, no recipient yet. */
  | "mail"
  /** At least one recipient was accepted. */
  | "rcpt"
  /** The greeting was a 554: nothing but QUIT does anything. */
  | "refused";

/** What an accepted command leads to: a state, or a mode in which input is not commands. */
export type ServerNext = ServerState | "content" | "sasl" | "tls" | "closed";

/** The verbs that the table has a row for. */
export type ServerVerb =
  | "HELO"
  | "EHLO"
  | "MAIL"
  | "RCPT"
  | "DATA"
  | "RSET"
  | "NOOP"
  | "HELP"
  | "VRFY"
  | "AUTH"
  | "STARTTLS"
  | "QUIT";

/** A state: the command may be accepted, and then leads there. A number: the code of the refusal, without asking anybody. */
export type ServerCell = ServerNext | 503 | 554;

type Row = { readonly [State in ServerState]: ServerCell };

const hello: Row = { greeted: "ready", ready: "ready", mail: "ready", rcpt: "ready", refused: 503 };
const stays: Row = { greeted: "greeted", ready: "ready", mail: "mail", rcpt: "rcpt", refused: 503 };

/** What each command does in each state. */
export const serverTable: { readonly [Verb in ServerVerb]: Row } = {
  HELO: hello,
  EHLO: hello,
  MAIL: { greeted: 503, ready: "mail", mail: 503, rcpt: 503, refused: 503 },
  RCPT: { greeted: 503, ready: 503, mail: "rcpt", rcpt: "rcpt", refused: 503 },
  DATA: { greeted: 503, ready: 503, mail: 554, rcpt: "content", refused: 503 },
  RSET: { greeted: "greeted", ready: "ready", mail: "ready", rcpt: "ready", refused: 503 },
  NOOP: stays,
  HELP: stays,
  VRFY: stays,
  AUTH: { greeted: 503, ready: "sasl", mail: 503, rcpt: 503, refused: 503 },
  STARTTLS: { greeted: 503, ready: "tls", mail: 503, rcpt: 503, refused: 503 },
  QUIT: { greeted: "closed", ready: "closed", mail: "closed", rcpt: "closed", refused: "closed" },
};

/** What follows the modes in which input is not commands, once they end. */
export const afterMode: { readonly content: ServerState; readonly sasl: ServerState; readonly tls: ServerState } = {
  content: "ready",
  sasl: "ready",
  tls: "greeted",
};

/** Whether the table has a row for a verb in upper case. */
export function isServerVerb(verb: string): verb is ServerVerb {
  return Object.hasOwn(serverTable, verb);
}
