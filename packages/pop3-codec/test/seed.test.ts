import {
  type Maildrop,
  type Pop3ClientEvent,
  Pop3ClientSession,
  type Pop3ServerEvent,
  type Pop3ServerOptions,
  Pop3ServerSession,
} from "pop3-codec";
import { recordClient, recordServer, replayClient, replayServer } from "pop3-codec/recording";
import { apopDigest, verifyApop } from "sasl";
import { conversed, foobar, played, readTranscripts, sentBy, type TranscriptFile } from "tools/testing";
import { describe, expect, it } from "vitest";

const transcripts = readTranscripts(new URL("./seed/", import.meta.url));

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const text = (pieces: readonly Uint8Array[]) => pieces.map((bytes) => decoder.decode(bytes)).join("");

const USER = "benutzer@zeitform-services.de";
const PASSWORD = "geheimes_passwort";
const TIMESTAMP = "<1017.997873531@mail.zeitform-services.de>";
/** The six sizes that the page prints, and eighteen supplied ones that give its sum. */
const SIZES = [57739, 199077, 341012, 196786, 2680, 349421, ...Array<number>(17).fill(117409), 117422];
const MAILDROP: Maildrop = { sizes: SIZES, uniqueIds: SIZES.map((_, index) => `uid-${index + 1}`) };
const MESSAGES: Record<number, string> = {
  1: "From: jemand@example.org\nSubject: eins\n\n.eine Zeile mit Punkt\n",
  2: "From: jemand@example.org\nSubject: zwei\n\nGuten Tag\n",
};

/** An application with the page's user and maildrop; it answers in the page's words, which are mostly none. */
class Server {
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
class Client {
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

const cuts: [string, (text: string) => string[]][] = [
  ["whole", (line) => [line]],
  ["byte by byte", (line) => [...line]],
];

describe.each(transcripts)("the seed page, $title", (transcript) => {
  const { lines } = transcript;

  it.each(cuts)("is recorded without a secret and replayed, both sides, %s", (_, cut) => {
    const [atServer, atClient]: [string[], string[]] = [[], []];
    const server = new Server((line) => atServer.push(line));
    const client = new Client(transcript, (line) => atClient.push(line));
    server.take("");
    for (const { from, ours } of lines) {
      for (const piece of cut(`${ours}\r\n`)) (from === "C" ? server : client).take(piece);
    }
    const digest = apopDigest(TIMESTAMP, PASSWORD);
    for (const recording of [atServer, atClient]) {
      for (const secret of [PASSWORD, digest, "Guten Tag"]) expect(recording.join("\n")).not.toContain(secret);
    }
    expect(replayServer(atServer).run()).toBe(null);
    expect(replayClient(atClient).run()).toBe(null);
  });

  it.each(cuts)("our server answers the printed client, %s", (_, cut) => {
    // The printed APOP digest is wrong: the transcript names the true one beside it.
    const client = lines
      .filter(({ from }) => from === "C")
      .map(({ printed, ours }) => (printed.startsWith("APOP") ? ours : printed));
    expect(played(new Server(), "C", client, cut)).toBe(sentBy("S", transcript));
  });

  it.each(cuts)("our client takes the printed server, %s", (_, cut) => {
    const client = new Client(transcript);
    const server = lines.filter(({ from }) => from === "S").map(({ printed }) => printed);
    expect(played(client, "S", server, cut)).toBe(sentBy("C", transcript));
    expect(client.events.filter(({ type }) => type === "violation")).toEqual([]);
  });

  it("our client and our server agree", () => {
    const outputs = conversed(new Client(transcript), new Server());
    expect(outputs).toEqual({ C: sentBy("C", transcript), S: sentBy("S", transcript) });
  });
});

it("the seed page's printed APOP digest, which does not follow from its inputs, is refused", () => {
  const server = new Server();
  server.take("");
  expect(server.take(`APOP ${USER} 69cd75fb958e7958da34922f05cc3057\r\n`)).toMatch(/^-ERR \[AUTH\] /);
});

it("the seed page's maildrop: what is read, listed and deleted", () => {
  const transcript = transcripts.find(({ name }) => name === "user-pass.txt")!;
  const server = new Server();
  const client = new Client(transcript);
  conversed(client, server);
  const content = (n: number) =>
    text(client.events.flatMap((event) => (event.type === "content" && event.number === n ? [event.bytes] : [])));
  expect(client.events).toContainEqual(expect.objectContaining({ type: "stat", count: 24, size: 3260090 }));
  expect(client.events.flatMap((event) => (event.type === "scan-listing" ? [event.size] : []))).toEqual(SIZES);
  expect(content(1)).toBe(MESSAGES[1]!.replaceAll("\n", "\r\n"));
  expect(content(2)).toBe(MESSAGES[2]!.replaceAll("\n", "\r\n"));
  expect(server.deleted).toEqual([1, 2]);
});
