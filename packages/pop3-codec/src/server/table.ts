/**
 * The legal order of commands as a server sees it (RFC 1939 §3 to §7, and its extensions). The session runs from this
 * table.
 */
import { transitions } from "dot-stuffing/session";
import type { Command } from "../syntax/command.ts";

/** Where a server session stands between commands. */
export type ServerState =
  /** Nobody is logged in. */
  | "authorization"
  /** USER was accepted: only PASS makes use of it. */
  | "name"
  /** A maildrop is open. */
  | "transaction";

/** The verbs that the table has a row for. */
export type ServerVerb = Exclude<Command["verb"], "other">;

/** What an accepted command leads to: a state, or a mode in which input is not commands. Null: -ERR. */
export type ServerCell = ServerState | "sasl" | "tls" | "closed" | null;

/** A row of the table. */
export type ServerRow = { readonly [State in ServerState]: ServerCell };

const transactionAlone: ServerRow = { authorization: null, name: null, transaction: "transaction" };

/** What each command does in each state. */
export type ServerTable = { readonly [Verb in ServerVerb]: ServerRow };

/**
 * What each command does in each state. In state "name" every command but PASS forgets the name, whatever its answer
 * (RFC 1939 §7), which the cells that lead to "authorization" say.
 */
export const serverTable: ServerTable = /* @__PURE__ */ transitions<ServerTable>({
  USER: { authorization: "name", name: null, transaction: null },
  PASS: { authorization: null, name: "transaction", transaction: null },
  APOP: { authorization: "transaction", name: null, transaction: null },
  AUTH: { authorization: "sasl", name: "sasl", transaction: null },
  STLS: { authorization: "tls", name: "tls", transaction: null },
  UTF8: { authorization: "authorization", name: "authorization", transaction: null },
  CAPA: { authorization: "authorization", name: "authorization", transaction: "transaction" },
  LANG: { authorization: "authorization", name: "authorization", transaction: "transaction" },
  QUIT: { authorization: "closed", name: "closed", transaction: "closed" },
  STAT: transactionAlone,
  LIST: transactionAlone,
  UIDL: transactionAlone,
  RETR: transactionAlone,
  TOP: transactionAlone,
  DELE: transactionAlone,
  NOOP: transactionAlone,
  RSET: transactionAlone,
});

const rows: ReadonlyMap<string, ServerVerb> = new Map(
  (Object.keys(serverTable) as ServerVerb[]).map((verb) => [verb, verb]),
);

/** The verb of the table's row for a verb in upper case; undefined: there is none. */
export function serverVerb(verb: string): ServerVerb | undefined {
  return rows.get(verb);
}

/**
 * What a command leads to.
 *
 * @param keepName whether a name is no obstacle: commands other than PASS are as without one, and do not forget it
 */
export function cellOf(verb: ServerVerb, state: ServerState, keepName: boolean): ServerCell {
  const row = serverTable[verb];
  if (!keepName || state !== "name" || verb === "PASS") return row[state];
  return row.authorization === "authorization" ? state : row.authorization;
}
