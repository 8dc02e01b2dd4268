/** A session and what stands in front of it, as one. */
import { behind as original } from "dot-stuffing/streams";
import {
  type SmtpClientEvent,
  SmtpClientSession,
  SmtpServerSession,
  SmtpTransaction,
  type TransactionEvent,
} from "smtp-codec";
import { behind, driveStreams } from "smtp-codec/streams";
import { octets, text } from "tools/testing";
import { expect, it } from "vitest";
import { GREETING, offer } from "../client/support.ts";
import { OK } from "../transaction/support.ts";

type Event = SmtpClientEvent | TransactionEvent;
const envelope = { from: "a@b", to: ["c@d"], content: "7bit" } as const;

it("is the same function in both packages", () => {
  expect(behind).toBe(original);
});

it("gives each event from whoever has it when it is pulled", () => {
  const session = new SmtpClientSession();
  let transaction: SmtpTransaction | null = null;
  const both = behind<Event>(session, () => transaction);
  let written = "";
  const found: string[] = [];
  for (const said of [GREETING, offer("PIPELINING"), `${OK}550 no\r\n554 no\r\n`]) {
    both.receive(octets(said));
    for (const event of both) {
      found.push(event.type);
      if (event.type === "greeting") session.ehlo("client.example.com");
      if (event.type === "ehlo") transaction = new SmtpTransaction(session, envelope);
    }
    for (let bytes = both.takeOutput(); bytes !== null; bytes = both.takeOutput()) written += text(bytes);
  }
  expect(found).toEqual(["greeting", "ehlo", "recipient"]);
  expect([both.waiting, both.timeout]).toEqual(["bytes", { seconds: 300, for: "RSET" }]);
  both.receive(octets(OK));
  for (const event of both) {
    found.push(event.type);
    if (event.type !== "done") continue;
    transaction = null;
    session.quit();
  }
  expect(found.slice(3)).toEqual(["done"]);
  both.receiveEnd();
  for (const event of both) found.push(event.type);
  expect([found.slice(4), both.waiting]).toEqual([["quit", "closed"], "closed"]);
  expect(written + text(both.takeOutput()!)).toMatch(/RSET\r\nQUIT\r\n$/);
});

it.each(["with", "without"])("a loop that is left gives the caller its buffer back: %s a front", (front) => {
  const session = new SmtpClientSession();
  for (const _ of session.receive(octets(GREETING)));
  session.ehlo("client.example.com").takeOutputPieces();
  for (const _ of session.receive(octets(offer("PIPELINING"))));
  const transaction = front === "with" ? new SmtpTransaction(session, envelope) : null;
  if (transaction === null) session.mail("a@b", { content: "7bit" }).rcpt("c@d");
  session.takeOutputPieces();
  const both = behind<Event>(session, () => transaction);
  const buffer = octets(transaction === null ? OK + OK : "550 no\r\n503 x\r\n503 x\r\n");
  both.receive(buffer);
  for (const _ of both) break;
  buffer.fill(0xaa);
  expect([...both].map(({ type }) => type)).toEqual([transaction === null ? "rcpt" : "done"]);
});

it("says good-bye as the session does, where it does", async () => {
  const stop = new AbortController();
  stop.abort();
  const written: string[] = [];
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({ write: (bytes) => void written.push(text(bytes)) });
  const server = behind(new SmtpServerSession({ host: "mx.example.com" }), () => null);
  const silent = { readable: new ReadableStream<Uint8Array>(), writable };
  await driveStreams(server, silent, { on: () => {}, signal: stop.signal });
  expect(written.join("")).toMatch(/^421 /);
  expect("shutdown" in behind<SmtpClientEvent>(new SmtpClientSession(), () => null)).toBe(false);
});

it("has the session's own waiting where the front has none, TLS and time", () => {
  const session = new SmtpClientSession();
  const front = [{ type: "mine" }];
  const both = behind<{ readonly type: string }>(session, () => front);
  expect([[...both], both.waiting]).toEqual([[{ type: "mine" }], "bytes"]);
  for (const tls of ["tlsEstablished", "tlsFailed"] as const)
    expect(() => both[tls]()).toThrow("without a TLS handshake");
  both.timedOut();
  expect([...session].map(({ type }) => type)).toEqual(["greeting", "closed"]);
});

it("has the front's waiting, whatever the session's own is", () => {
  const session = new SmtpClientSession();
  for (const _ of session.receive(octets(GREETING)));
  let front: { waiting?: "content" | "decision"; [Symbol.iterator](): Iterator<{ type: string }> } | null = null;
  const both = behind<{ readonly type: string }>(session, () => front);
  const waiting = [both.waiting];
  front = { waiting: "content", [Symbol.iterator]: () => [].values() };
  waiting.push(both.waiting);
  session.receiveEnd();
  for (const _ of session);
  waiting.push(both.waiting, session.waiting);
  front = null;
  expect([...waiting, both.waiting]).toEqual(["decision", "content", "content", "closed", "closed"]);
});

it("does without what an iterator need not have", () => {
  const plain = { [Symbol.iterator]: () => ({ next: () => ({ done: false as const, value: { type: "mine" } }) }) };
  const both = behind<{ readonly type: string }>(new SmtpClientSession(), () => plain);
  for (const { type } of both) {
    expect(type).toBe("mine");
    break;
  }
});
