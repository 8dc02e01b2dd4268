/**
 * The legal order of commands as a server sees it (RFC 5321 §4.1.4, RFC 3207 §4.2, RFC 4954 §4, RFC 3030 §2, RFC 4468
 * §3.2). The session runs from these tables.
 */
import { transitions } from "dot-stuffing/session";
import type { Command } from "../syntax/command/command.ts";

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
  /** A BDAT or BURL without LAST was accepted: more chunks are to come. */
  | "chunks"
  /** Content was refused before its end: the message is gone, and what belongs to it is refused too. */
  | "failed"
  /** The greeting was a refusal: nothing but QUIT does anything. */
  | "refused";

/** What an accepted command leads to: a state, or a mode in which input is not commands. */
export type ServerNext = ServerState | "content" | "sasl" | "tls" | "reversed" | "closed";

/** The verbs that the tables have rows for. */
export type ServerVerb = Exclude<Command["verb"], "other">;

/**
 * A state: the command may be accepted, and then leads there. A number: the code of the refusal, without asking
 * anybody.
 */
export type ServerCell = ServerNext | 503 | 554;

/** What a command does in each state. */
export type ServerRow = { readonly [State in ServerState]: ServerCell };

/** What each command does in each state. */
export type ServerTable = { readonly [Verb in ServerVerb]: ServerRow };

const nowhere = { greeted: 503, ready: 503, mail: 503, rcpt: 503, chunks: 503, failed: 503, refused: 503 } as const;

const hello: ServerRow = {
  ...{ greeted: "ready", ready: "ready", mail: "ready", rcpt: "ready", chunks: "ready", failed: "ready" },
  refused: 503,
};

const stays: ServerRow = {
  ...{ greeted: "greeted", ready: "ready", mail: "mail", rcpt: "rcpt", chunks: "chunks", failed: "failed" },
  refused: 503,
};

/** SMTP and submission. A hello that the protocol does not have is an unknown verb. */
export const serverTable: ServerTable = /* @__PURE__ */ transitions<ServerTable>({
  HELO: hello,
  EHLO: hello,
  LHLO: hello,
  MAIL: { ...nowhere, ready: "mail" },
  RCPT: { ...nowhere, mail: "rcpt", rcpt: "rcpt" },
  DATA: { ...nowhere, mail: 554, rcpt: "content" },
  BDAT: { ...nowhere, mail: 554, rcpt: "chunks", chunks: "chunks" },
  BURL: { ...nowhere, mail: 554, rcpt: "chunks", chunks: "chunks" },
  RSET: { ...hello, greeted: "greeted" },
  NOOP: stays,
  HELP: stays,
  VRFY: stays,
  EXPN: stays,
  AUTH: { ...nowhere, ready: "sasl" },
  STARTTLS: { ...nowhere, ready: "tls" },
  ETRN: { ...nowhere, ready: "ready" },
  ATRN: { ...nowhere, ready: "reversed" },
  XCLIENT: { ...nowhere, ready: "greeted" },
  XFORWARD: { ...nowhere, ready: "ready" },
  QUIT: {
    ...{ greeted: "closed", ready: "closed", mail: "closed", rcpt: "closed", chunks: "closed", failed: "closed" },
    refused: "closed",
  },
});

/** LMTP, where content without recipients is out of order (RFC 2033 §4.2). */
export const lmtpServerTable: ServerTable = /* @__PURE__ */ transitions<ServerTable>({
  ...serverTable,
  DATA: { ...serverTable.DATA, mail: 503 },
  BDAT: { ...serverTable.BDAT, mail: 503 },
});

/** The table that a session of a protocol runs from. @param protocol the option; undefined: its default */
export function serverTableOf(protocol: string | undefined): ServerTable {
  return protocol === "lmtp" ? lmtpServerTable : serverTable;
}

/** What a session that runs from these tables is set up with. */
interface OrderSettings {
  readonly protocol: string;
  readonly leniencies: { readonly mailWithoutHello: boolean };
}

/** What a command leads to. Where a leniency takes MAIL without a hello, it is as after one. */
export function cellOf(verb: ServerVerb, state: ServerState, { protocol, leniencies }: OrderSettings): ServerCell {
  const withoutHello = verb === "MAIL" && state === "greeted" && leniencies.mailWithoutHello;
  return serverTableOf(protocol)[verb][withoutHello ? "ready" : state];
}

/** What follows the modes in which input is not commands, once they end, and the last chunk. */
export const afterMode: { readonly [Mode in "content" | "lastChunk" | "sasl" | "tls"]: ServerState } =
  /* @__PURE__ */ Object.freeze({ content: "ready", lastChunk: "ready", sasl: "ready", tls: "greeted" });

/** What follows refused content: a chunk, the last chunk, DATA where only BDAT will do (RFC 3030 §2, §3). */
export const afterRefusal: { readonly [Refused in "chunk" | "lastChunk" | "binaryData"]: ServerState } =
  /* @__PURE__ */ Object.freeze({ chunk: "failed", lastChunk: "ready", binaryData: "failed" });

/** Whether the tables have a row for a verb in upper case. */
export function isServerVerb(verb: string): verb is ServerVerb {
  // Nothing that every object has is in capitals.
  return serverTable[verb as ServerVerb] !== undefined;
}
