import {
  type Pop3ClientSession,
  Pop3Retrieval,
  type Pop3ServerEvent,
  Pop3ServerSession,
  type RetrievalEvent,
  type RetrievalOptions,
  type RetrievalReport,
} from "pop3-codec";
import { byteByByte, drive, octets, text } from "tools/testing";
import { PromptClient } from "../prompt-client.ts";

/** What the client's side of a retrieval shows. */
export interface Retrieved {
  readonly shown: readonly string[];
  readonly output: string;
  readonly report: RetrievalReport | null;
  readonly retrieval: Pop3Retrieval;
}

export const GREETING = "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n";
export const PIPELINING = "+OK\r\n+OK\r\nPIPELINING\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n";

/** A session in which a maildrop is open. */
export function loggedIn(opening: string = GREETING): Pop3ClientSession {
  const session = new PromptClient({ tls: true });
  drive(
    session,
    [octets(opening)],
    (event) => {
      if (event.type === "greeting") session.login({ name: "tim", password: "tanstaaf" });
    },
    false,
  );
  return session;
}

export const messageOf = (event: RetrievalEvent): string => {
  switch (event.type) {
    case "known":
    case "fetched":
      return `${event.type} ${event.message.number} ${event.message.uniqueId}`;
    case "refused":
      return `refused ${event.message.number} ${event.message.response.text}`;
    case "content":
      return `content ${event.message.number} ${text(event.bytes)}`;
    case "listed":
      return `listed ${event.count}`;
    case "violation":
      return `violation ${event.code}`;
    case "done":
      return `done ${event.report.failure ?? "complete"}`;
  }
};

/** Plays what a server sends against a retrieval. */
export function retrieve(
  input: string | readonly Uint8Array[],
  options: RetrievalOptions = {},
  on: (event: RetrievalEvent, retrieval: Pop3Retrieval) => void = () => {},
  opening: string = GREETING,
): Retrieved {
  const session = loggedIn(opening);
  const retrieval = new Pop3Retrieval(session, options);
  let report: RetrievalReport | null = null;
  const driven = drive(
    {
      receive: (chunk: Uint8Array) => session.receive(chunk),
      receiveEnd: () => session.receiveEnd(),
      takeOutputPieces: () => session.takeOutputPieces(),
      get waiting() {
        return session.waiting;
      },
      [Symbol.iterator]: () => retrieval[Symbol.iterator](),
    },
    typeof input === "string" ? [octets(input)] : input,
    (event) => {
      on(event, retrieval);
      if (event.type === "done") report = event.report;
    },
  );
  return { shown: driven.events.map(messageOf), output: driven.output.replaceAll("\r\n", "|"), report, retrieval };
}

/**
 * Plays what a server sends, one octet a chunk, and gives back the commands after the listings, and the report, as it
 * is stored.
 */
export function run(
  input: string,
  options: RetrievalOptions = {},
  opening: string = GREETING,
): readonly [string, RetrievalReport] {
  const { output, retrieval } = retrieve(byteByByte(octets(input)), options, () => {}, opening);
  return [output.replace("UIDL|STAT|LIST|", ""), JSON.parse(JSON.stringify(retrieval.report))];
}

interface Message {
  readonly uniqueId: string;
  readonly content: string;
}

/** A server's side of a maildrop, over one connection after the other. */
export class Maildrop {
  messages: Message[] = [];
  /** Those that were removed, too; each by its last unique-id. */
  all: Message[] = [];
  #names = 0;
  /** How many messages this connection's QUIT does not remove. */
  #kept = 0;

  constructor(uniqueIds: readonly string[]) {
    for (const uniqueId of uniqueIds) this.add(uniqueId);
  }

  /** A message arrives. @param isLong whether it is longer than all that were there before */
  add(uniqueId: string, isLong = false): void {
    const index = this.all.length;
    const text = isLong ? `${index}\r\n`.repeat(index + 2) : "";
    const message = { uniqueId, content: `${index}\r\n.${index}\r\n${text}` };
    this.messages = [...this.messages, message];
    this.all.push(message);
  }

  /** Every message has a unique-id that none had before. */
  rename(): void {
    this.#names++;
    const renamed = (message: Message): Message => ({ ...message, uniqueId: `${message.uniqueId}+${this.#names}` });
    const there = new Set(this.messages.map(({ content }) => content));
    this.messages = this.messages.map(renamed);
    this.all = this.all.map((message) => (there.has(message.content) ? renamed(message) : message));
  }

  /** @param kept how many messages QUIT does not remove, though it should */
  connect(kept = 0): Pop3ServerSession {
    this.#kept = kept;
    return new Pop3ServerSession({ tls: true });
  }

  /** Answers an event of a session of this maildrop. */
  answer(session: Pop3ServerSession, event: Pop3ServerEvent): void {
    const { messages } = this;
    if (event.type === "pass") {
      session.accept({
        sizes: messages.map(({ content }) => content.length),
        uniqueIds: messages.map(({ uniqueId }) => uniqueId),
      });
    } else if (event.type === "retr") session.accept().content(octets(messages[event.number - 1]!.content));
    else if (event.type === "quit") {
      const deleted = event.deleted.slice(0, Math.max(0, event.deleted.length - this.#kept));
      this.messages = messages.filter((_, index) => !deleted.includes(index + 1));
      if (event.answer !== "needed") return;
      if (deleted.length === event.deleted.length) session.accept();
      else session.reject();
    }
  }
}

export const uidl = (...ids: string[]) => `+OK\r\n${ids.map((id, index) => `${index + 1} ${id}\r\n`).join("")}.\r\n`;
export const stat = (count: number) => `+OK ${count} ${3 * count}\r\n`;
export const list = (count: number) =>
  `+OK\r\n${Array.from({ length: count }, (_, index) => `${index + 1} 3\r\n`).join("")}.\r\n`;
export const listings = (...ids: string[]) => `${uidl(...ids)}${stat(ids.length)}${list(ids.length)}`;
export const message = (letter: string) => `+OK\r\n${letter}\r\n.\r\n`;
export const OK = "+OK\r\n";

export const known = (...ids: string[]): RetrievalOptions => ({ known: new Set(ids) });
export const remove = { afterFetching: "remove" } as const;
export const ids = (messages: readonly { readonly uniqueId: string | null }[]) =>
  messages.map(({ uniqueId }) => uniqueId);
/** What a report says, in short. */
export const brief = (report: RetrievalReport | null) =>
  report && {
    fetched: ids(report.fetched),
    refused: ids(report.refused),
    missing: ids(report.missing),
    skipped: ids(report.skipped),
    removed: ids(report.removed),
    unmarked: ids(report.unmarked),
    deletions: report.deletions,
  };
export const NOTHING = {
  ...{ fetched: [], refused: [], missing: [], skipped: [] },
  ...{ removed: [], unmarked: [], deletions: "none" },
};
