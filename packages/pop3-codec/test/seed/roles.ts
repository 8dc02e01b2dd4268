/** The applications on both sides of the seed page's POP3 sessions. They know nothing of a runtime. */
import {
  type Maildrop,
  type Pop3ClientEvent,
  Pop3ClientSession,
  type Pop3ServerEvent,
  type Pop3ServerOptions,
  Pop3ServerSession,
} from "pop3-codec";
import { recordClient, recordServer } from "pop3-codec/recording";
import { apopDigest, verifyApop } from "sasl";
import { foobar, type TranscriptFile } from "tools/testing";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const text = (pieces: readonly Uint8Array[]) => pieces.map((bytes) => decoder.decode(bytes)).join("");

export const USER = "benutzer@zeitform-services.de";
export const PASSWORD = "geheimes_passwort";
export const TIMESTAMP = "<1017.997873531@mail.zeitform-services.de>";
/** The six sizes that the page prints, and eighteen supplied ones that give its sum. */
export const SIZES = [57739, 199077, 341012, 196786, 2680, 349421, ...Array<number>(17).fill(117409), 117422];
const MAILDROP: Maildrop = { sizes: SIZES, uniqueIds: SIZES.map((_, index) => `uid-${index + 1}`) };
export const MESSAGES: Record<number, string> = {
  1: "From: jemand@example.org\nSubject: eins\n\n.eine Zeile mit Punkt\n",
  2: "From: jemand@example.org\nSubject: zwei\n\nGuten Tag\n",
};

/** An application with the page's user and maildrop; it answers in the page's words, which are mostly none. */
export class Server {
  readonly session: Pop3ServerSession;
  deleted: readonly number[] = [];

  constructor(write?: (line: string) => void) {
    const options: Pop3ServerOptions = {
      greeting: "",
      apop: { timestamp: TIMESTAMP },
      mechanisms: ["CRAM-MD5"],
      plaintextWithoutTls: true,
    };
    this.session = write === undefined ? new Pop3ServerSession(options) : recordServer(options, write);
  }

  take(input: string): string {
    if (input !== "") this.session.receive(encoder.encode(input));
    for (const event of this.session) this.#answer(event);
    return text(this.session.takeOutputPieces());
  }

  #answer(event: Pop3ServerEvent): void {
    const { session } = this;
    if (event.type === "pass") {
      if (event.name === USER && event.password === PASSWORD) session.accept(MAILDROP);
      else session.reject();
    } else if (event.type === "apop") {
      if (verifyApop({ timestamp: event.timestamp, digest: event.digest, password: PASSWORD }))
        session.accept(MAILDROP);
      else session.reject();
    } else if (event.type === "retr") session.accept().content(encoder.encode(MESSAGES[event.number]!));
    else if (event.type === "quit") {
      this.deleted = event.deleted;
      session.accept();
    } else if (event.type === "violation" && event.code === "unknown-mechanism") session.reject("unsupported method");
  }
}

/** An application that gives the transcript's commands, one when the last is answered. */
export class Client {
  readonly session: Pop3ClientSession;
  readonly events: Pop3ClientEvent[] = [];
  readonly #commands: string[];

  constructor({ lines }: TranscriptFile, write?: (line: string) => void) {
    const options = { plaintextWithoutTls: true };
    this.session = write === undefined ? new Pop3ClientSession(options) : recordClient(options, write);
    this.#commands = lines.filter(({ from }) => from === "C").map(({ printed }) => printed);
  }

  take(input: string): string {
    this.session.receive(encoder.encode(input));
    for (const event of this.session) {
      this.events.push(event.type === "content" ? { ...event, bytes: event.bytes.slice() } : event);
      if (event.type !== "closed" && event.type !== "violation" && "ok" in event) this.#next();
    }
    return text(this.session.takeOutputPieces());
  }

  #next(): void {
    const [verb, argument = ""] = (this.#commands.shift() ?? "").split(" ");
    const { session } = this;
    if (verb === "USER") session.user(argument);
    else if (verb === "PASS") session.pass(argument);
    else if (verb === "APOP") session.apop(argument, apopDigest(session.timestamp!, PASSWORD));
    else if (verb === "AUTH") session.auth(foobar, { force: true });
    else if (verb === "STAT") session.stat();
    else if (verb === "LIST") session.list();
    else if (verb === "RETR") session.retr(Number(argument));
    else if (verb === "DELE") session.dele(Number(argument));
    else if (verb === "QUIT") session.quit();
  }
}
