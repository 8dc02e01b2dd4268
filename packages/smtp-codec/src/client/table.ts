/**
 * The legal order of commands as a client keeps it (RFC 5321 §4.1.4, RFC 3030 §2, RFC 3207 §4.2, RFC 4954 §4), and
 * which commands may be followed by others before their reply has come (RFC 2920 §3.1). The session runs from these
 * tables.
 */
import { transitions } from "dot-stuffing/session";
import type { Command } from "../syntax/command/command.ts";

/** Where a client session stands, or will stand once every command given so far has succeeded. */
export type ClientState =
  /** Connected, or TLS has begun: a hello is needed. */
  | "greeted"
  /** A hello succeeded; no mail transaction. */
  | "ready"
  /** MAIL succeeded, no recipient yet. */
  | "mail"
  /** At least one recipient was given. */
  | "rcpt"
  /** DATA, BDAT or BURL was given: content is to be written. */
  | "content"
  /**
   * A chunk was refused, or the last one may yet be: RSET comes before another transaction (RFC 3030 §2). So it does
   * where RSET was refused in a transaction.
   */
  | "failed"
  /** A hello, AUTH, STARTTLS, ATRN or XCLIENT is under way: what may follow is known when it is done. */
  | "busy"
  /** The greeting refused the connection: only QUIT is left. */
  | "refused"
  /** QUIT was given, or the connection is gone. */
  | "closed";

/** The commands that a client gives; in LMTP, LHLO stands in the place of EHLO. `message` is the end of content. */
export type ClientVerb = Exclude<Command["verb"], "LHLO" | "other"> | "message";

/** A row of the table. */
export type ClientRow = { readonly [State in ClientState]?: ClientState };

const hello: ClientRow = { greeted: "busy", ready: "busy", mail: "busy", rcpt: "busy", failed: "busy" };
const stays: ClientRow = { greeted: "greeted", ready: "ready", mail: "mail", rcpt: "rcpt", failed: "failed" };
const alone: ClientRow = { ready: "busy" };

/** What each command does in each state. */
export type ClientTable = { readonly [Verb in ClientVerb]: ClientRow };

/** The state that a command leads to if it succeeds; a state without an entry does not allow it. */
export const clientTable: ClientTable = /* @__PURE__ */ transitions<ClientTable>({
  EHLO: hello,
  HELO: hello,
  MAIL: { ready: "mail" },
  RCPT: { mail: "rcpt", rcpt: "rcpt" },
  DATA: { rcpt: "content" },
  BDAT: { rcpt: "content" },
  BURL: { rcpt: "content" },
  message: { content: "ready" },
  RSET: { greeted: "greeted", ready: "ready", mail: "ready", rcpt: "ready", failed: "ready" },
  NOOP: stays,
  HELP: stays,
  VRFY: stays,
  EXPN: stays,
  AUTH: alone,
  STARTTLS: alone,
  ETRN: { ready: "ready" },
  ATRN: alone,
  XCLIENT: alone,
  XFORWARD: { ready: "ready" },
  QUIT: { greeted: "closed", ready: "closed", mail: "closed", rcpt: "closed", failed: "closed", refused: "closed" },
});

/** What a successful hello, XCLIENT or TLS handshake leads to. */
export const afterBusy: {
  readonly EHLO: ClientState;
  readonly HELO: ClientState;
  readonly STARTTLS: ClientState;
  readonly XCLIENT: ClientState;
} = {
  EHLO: "ready",
  HELO: "ready",
  STARTTLS: "greeted",
  XCLIENT: "greeted",
};

/**
 * The commands after which more may be sent before their reply has come, where PIPELINING is offered (RFC 2920 §3.1,
 * RFC 3030 §4.2). After a chunk only chunks may follow, and after the last one nothing: the session sees to that.
 */
export const mayBeFollowed: ReadonlySet<ClientVerb> = new Set<ClientVerb>(
  ["MAIL", "RCPT", "RSET", "BDAT", "BURL", "message", "XFORWARD"], // of content by DATA, the final dot
);

/**
 * Whether a command is of a transaction that has come to nothing: MAIL, the RSET before it, or all RCPT were refused.
 */
export function isVain(verb: ClientVerb, state: ClientState): boolean {
  return (verb === "MAIL" || verb === "RCPT" || verb === "DATA") && clientTable[verb][state] === undefined;
}
