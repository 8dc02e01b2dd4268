/**
 * The legal order of commands as a client keeps it (RFC 1939 §3 to §6), and which commands may be followed by others
 * before their response has come (RFC 2449 §6.6). The session runs from these tables.
 */
import { transitions } from "dot-stuffing/session";
import type { Command } from "../syntax/command.ts";

/** Where a client session stands, or will stand once every command given so far has succeeded. */
export type ClientState =
  /** Nobody is logged in. */
  | "authorization"
  /** USER was given: PASS may follow. Every other command voids the name. */
  | "name"
  /** A maildrop is open. */
  | "transaction"
  /** A login or STLS is under way: what may follow is known when it is done. */
  | "busy"
  /** QUIT was given, or the connection is gone. */
  | "closed";

/** The commands that a client gives. */
export type ClientVerb = Exclude<Command["verb"], "other">;

/** A row of the table. */
export type ClientRow = { readonly [State in ClientState]?: ClientState };

const inTransaction: ClientRow = { transaction: "transaction" };
const anywhere: ClientRow = { authorization: "authorization", name: "authorization", transaction: "transaction" };

/** What each command does in each state. */
export type ClientTable = { readonly [Verb in ClientVerb]: ClientRow };

/** The state that a command leads to if it succeeds; a state without an entry does not allow it. */
export const clientTable: ClientTable = /* @__PURE__ */ transitions<ClientTable>({
  USER: { authorization: "name" },
  PASS: { name: "busy" },
  APOP: { authorization: "busy" },
  AUTH: { authorization: "busy", name: "busy" },
  STLS: { authorization: "busy", name: "busy" },
  UTF8: { authorization: "authorization", name: "authorization" },
  CAPA: anywhere,
  LANG: anywhere,
  QUIT: { authorization: "closed", name: "closed", transaction: "closed" },
  STAT: inTransaction,
  LIST: inTransaction,
  UIDL: inTransaction,
  RETR: inTransaction,
  TOP: inTransaction,
  DELE: inTransaction,
  NOOP: inTransaction,
  RSET: inTransaction,
});

/** What those lead to that make a session busy until their response has come, if that is positive. */
const settled: { readonly [Verb in ClientVerb]?: ClientState } = {
  PASS: "transaction",
  APOP: "transaction",
  AUTH: "transaction",
  STLS: "authorization",
};

/**
 * Where a session stands once a command has its response. A name that is not followed by PASS is forgotten, whether the
 * other command succeeds or not (RFC 1939 §7).
 */
export function stateAfter(verb: ClientVerb, ok: boolean, state: ClientState): ClientState {
  const next = ok ? (settled[verb] ?? clientTable[verb][state]) : undefined;
  return next ?? (state === "name" ? "authorization" : state);
}

/**
 * What is known only when its response has come: whether TLS begins, who is logged in, whether the connection goes on.
 */
const decisive: ReadonlySet<ClientVerb> = new Set(["USER", "PASS", "APOP", "AUTH", "STLS", "QUIT"] as const);

/** Whether more may be sent before the response to a command has come, where PIPELINING is offered. */
export function mayBeFollowed(verb: ClientVerb): boolean {
  return !decisive.has(verb);
}
