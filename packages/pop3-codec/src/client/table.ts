/**
 * The legal order of commands as a client keeps it (RFC 1939 §3 to §6), and which commands may be followed by others before
 * their response has come (RFC 2449 §6.6). The session runs from these tables.
 */

/** Where a client session stands, or will stand once every command given so far has succeeded. */
export type ClientState =
  /** Nobody is logged in. */
  | "authorization"
  /** USER was given: PASS may follow. */
  | "name"
  /** A maildrop is open. */
  | "transaction"
  /** A login or STLS is under way: what may follow is known when it is done. */
  | "busy"
  /** QUIT was given, or the connection is gone. */
  | "closed";

/** The commands that a client gives. */
export type ClientVerb =
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

type Row = { readonly [State in ClientState]?: ClientState };

const transactionAlone: Row = { transaction: "transaction" };

/** The state that a command leads to if it succeeds; a state without an entry does not allow it. */
export const clientTable: { readonly [Verb in ClientVerb]: Row } = {
  USER: { authorization: "name" },
  PASS: { name: "busy" },
  APOP: { authorization: "busy" },
  AUTH: { authorization: "busy" },
  STLS: { authorization: "busy" },
  CAPA: { authorization: "authorization", transaction: "transaction" },
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

/** The commands behind which more may be sent before their response has come, where PIPELINING is offered. */
export const mayBeFollowed: ReadonlySet<ClientVerb> = new Set([
  ...(["CAPA", "STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP", "RSET"] as const),
]);

/** The verbs that a state allows. */
export function verbsIn(state: ClientState): ClientVerb[] {
  return (Object.keys(clientTable) as ClientVerb[]).filter((verb) => clientTable[verb][state] !== undefined);
}
