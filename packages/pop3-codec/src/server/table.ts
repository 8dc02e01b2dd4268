/** The legal order of commands as a server sees it (RFC 1939 §3 to §6). The session runs from this table. */

/** Where a server session stands between commands. */
export type ServerState =
  /** Nobody is logged in. */
  | "authorization"
  /** USER was accepted: only PASS makes use of it. */
  | "name"
  /** A maildrop is open. */
  | "transaction";

/** The verbs that the table has a row for. */
export type ServerVerb =
  | "USER"
  | "PASS"
  | "APOP"
  | "AUTH"
  | "STLS"
  | "CAPA"
  | "QUIT"
  | "STAT"
  | "LIST"
  | "UIDL"
  | "RETR"
  | "TOP"
  | "DELE"
  | "NOOP"
  | "RSET";

/** What an accepted command leads to: a state, or a mode in which input is not commands. Null: -ERR. */
export type ServerCell = ServerState | "sasl" | "tls" | "closed" | null;

type Row = { readonly [State in ServerState]: ServerCell };

const transactionAlone: Row = { authorization: null, name: null, transaction: "transaction" };

/**
 * What each command does in each state. In state "name" every command but PASS forgets the name, whatever its answer
 * (RFC 1939 §7), which the cells that lead to "authorization" say.
 */
export const serverTable: { readonly [Verb in ServerVerb]: Row } = {
  USER: { authorization: "name", name: null, transaction: null },
  PASS: { authorization: null, name: "transaction", transaction: null },
  APOP: { authorization: "transaction", name: null, transaction: null },
  AUTH: { authorization: "sasl", name: "sasl", transaction: null },
  STLS: { authorization: "tls", name: "tls", transaction: null },
  CAPA: { authorization: "authorization", name: "authorization", transaction: "transaction" },
  QUIT: { authorization: "closed", name: "closed", transaction: "closed" },
  STAT: transactionAlone,
  LIST: transactionAlone,
  UIDL: transactionAlone,
  RETR: transactionAlone,
  TOP: transactionAlone,
  DELE: transactionAlone,
  NOOP: transactionAlone,
  RSET: transactionAlone,
};

/** Whether the table has a row for a verb in upper case. */
export function isServerVerb(verb: string): verb is ServerVerb {
  return Object.hasOwn(serverTable, verb);
}
