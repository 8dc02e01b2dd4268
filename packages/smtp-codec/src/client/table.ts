/**
 * The legal order of commands as a client keeps it (RFC 5321 §4.1.4, RFC 3207 §4.2, RFC 4954 §4), and which commands may
 * be followed by others before their reply has come (RFC 2920 §3.1). The session runs from these tables.
 */

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
  /** DATA was given: content is to be written. */
  | "content"
  /** A hello, AUTH or STARTTLS is under way: what may follow is known when it is done. */
  | "busy"
  /** The greeting refused the connection: only QUIT is left. */
  | "refused"
  /** QUIT was given, or the connection is gone. */
  | "closed";

/** The commands that a client gives. `message` stands for content and its end. */
export type ClientVerb =
  | "EHLO"
  | "HELO"
  | "MAIL"
  | "RCPT"
  | "DATA"
  | "message"
  | "RSET"
  | "NOOP"
  | "HELP"
  | "VRFY"
  | "AUTH"
  | "STARTTLS"
  | "QUIT";

type Row = { readonly [State in ClientState]?: ClientState };

const hello: Row = { greeted: "busy", ready: "busy", mail: "busy", rcpt: "busy" };
const stays: Row = { greeted: "greeted", ready: "ready", mail: "mail", rcpt: "rcpt" };

/** The state that a command leads to if it succeeds; a state without an entry does not allow it. */
export const clientTable: { readonly [Verb in ClientVerb]: Row } = {
  EHLO: hello,
  HELO: hello,
  MAIL: { ready: "mail" },
  RCPT: { mail: "rcpt", rcpt: "rcpt" },
  DATA: { rcpt: "content" },
  message: { content: "ready" },
  RSET: { greeted: "greeted", ready: "ready", mail: "ready", rcpt: "ready" },
  NOOP: stays,
  HELP: stays,
  VRFY: stays,
  AUTH: { ready: "busy" },
  STARTTLS: { ready: "busy" },
  QUIT: { greeted: "closed", ready: "closed", mail: "closed", rcpt: "closed", refused: "closed" },
};

/** What a successful hello, AUTH or TLS handshake leads to. */
export const afterBusy: {
  readonly EHLO: ClientState;
  readonly HELO: ClientState;
  readonly AUTH: ClientState;
  readonly STARTTLS: ClientState;
} = {
  EHLO: "ready",
  HELO: "ready",
  AUTH: "ready",
  STARTTLS: "greeted",
};

/** The commands behind which more may be sent before their reply has come, where PIPELINING is offered (RFC 2920 §3.1). */
export const mayBeFollowed: ReadonlySet<ClientVerb> = new Set(["MAIL", "RCPT", "RSET", "message"]);

/** The verbs that a state allows. */
export function verbsIn(state: ClientState): ClientVerb[] {
  return (Object.keys(clientTable) as ClientVerb[]).filter((verb) => clientTable[verb][state] !== undefined);
}
