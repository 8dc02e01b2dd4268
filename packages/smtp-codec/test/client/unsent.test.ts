/**
 * Connections that end before the output was taken: what was never handed out for sending is certainly not accepted,
 * and stays unsent.
 */
import { type SmtpClientOptions, SmtpClientSession, SmtpTransaction } from "smtp-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { GREETING, offer, shown } from "./support.ts";

const EXTENSIONS = ["PIPELINING", "8BITMIME", "CHUNKING", "BURL imap"];

type Act = (session: SmtpClientSession) => void;

/** A session after its hello, and what it does then; all that was taken of its output. */
class Client {
  session: SmtpClientSession;
  readonly #options: SmtpClientOptions;

  constructor(options: SmtpClientOptions = {}, extensions: readonly string[] = EXTENSIONS) {
    this.#options = options;
    this.session = new SmtpClientSession(options);
    this.hear(GREETING);
    this.session.ehlo("client.example.com");
    this.take();
    this.hear(offer(...extensions));
  }

  hear(replies: string): void {
    this.session.receive(octets(replies));
    for (const _ of this.session);
  }

  /** Takes so many pieces of the output, or all of it. */
  take(pieces: number = Number.POSITIVE_INFINITY): string {
    let taken = "";
    for (let count = 0; count < pieces; count++) {
      const bytes = this.session.takeOutput();
      if (bytes === null) break;
      taken += text(bytes);
    }
    return taken;
  }

  /** Goes on as another session that is made of the snapshot. */
  restore(): void {
    this.session = SmtpClientSession.restore(structuredClone(this.session.snapshot()), this.#options);
  }

  /** What is told when the connection ends so. */
  end(how: Act = (session) => session.receiveEnd()): string[] {
    how(this.session);
    const events = [...this.session];
    const deliveries = events.flatMap((event) => (event.type === "delivery" ? [event.outcome] : []));
    return [...deliveries, ...shown({ events, output: "", waiting: "" }).filter((line) => line.startsWith("message"))];
  }
}

/** The envelope is answered; what was written then waits to be taken. */
function begun(act: Act, options: SmtpClientOptions = {}): Client {
  const client = new Client(options);
  client.session.mail("a@example.com").rcpt("b@example.org").rcpt("c@example.org");
  act(client.session);
  client.take();
  client.hear(options.protocol === "lmtp" ? "250 ok\r\n250 ok\r\n550 no\r\n" : "250 ok\r\n250 ok\r\n250 ok\r\n");
  return client;
}

const large = octets(`${"x".repeat(78)}\r\n`.repeat(1000));
const data = (content: Uint8Array) => {
  const client = begun((session) => session.data());
  client.hear("354 go\r\n");
  client.session.content(content);
  return client;
};
const chunks = (content: Uint8Array) => begun((session) => session.bdat().content(content));

const byUrl = () => {
  const client = new Client();
  client.session.mail("a@example.com").rcpt("b@example.org").burl("imap://example.org/x");
  return client;
};

describe("a message whose end was not taken as output", () => {
  it.each<readonly [string, () => Client, number]>([
    ["by DATA, nothing of it", () => data(octets("x")), 0],
    ["by DATA, all but the final dot", () => data(large), 1],
    ["by BDAT, nothing of it", () => chunks(octets("x")), 0],
    ["by BDAT, all but the last chunk's octets", () => chunks(large), 1],
    ["by BURL", byUrl, 0],
  ])("is not accepted, and none of it is sent any more: %s", (_, make, pieces) => {
    for (const restored of [false, true]) {
      const ends: Act[] = [
        (session) => session.receiveEnd(),
        (session) => session.timedOut(),
        (session) => session.receive(octets("what\r\n")).receiveEnd(),
      ];
      for (const end of ends) {
        const client = make();
        const taken = client.take(pieces);
        if (restored) client.restore();
        expect(client.end(end)).toEqual(["message not-accepted"]);
        expect([client.take(), taken === ""]).toEqual(["", pieces === 0]);
      }
    }
  });

  it("is unknown once it was: written or not, it may have come", () => {
    for (const make of [
      () => data(octets("x")),
      () => data(large),
      () => chunks(octets("x")),
      () => chunks(large),
      byUrl,
    ]) {
      for (const restored of [false, true]) {
        const client = make();
        client.take();
        if (restored) client.restore();
        expect(client.end()).toEqual(["message unknown"]);
      }
    }
  });

  it("is not accepted beside one whose end was taken, in the order in which they were given", () => {
    const client = begun((session) => session.bdat().content(octets("x")));
    expect(client.take()).toBe("BDAT 3 LAST\r\nx\r\n");
    client.session.rset().mail("a@example.com").rcpt("d@example.org").bdat({ eager: true }).content(octets("y"));
    expect(client.end()).toEqual(["message unknown", "message not-accepted"]);
    expect(client.take()).toBe("");
  });

  it("is not accepted, sent in one flight with its envelope", () => {
    const client = new Client();
    client.session.mail("a@example.com").rcpt("b@example.org").bdat({ eager: true }).content(octets("x"));
    expect(client.end()).toEqual(["message not-accepted"]);
  });

  it("is not accepted for any recipient of LMTP; nor where a reply came too soon", () => {
    const client = begun((session) => session.bdat().content(octets("x")), { protocol: "lmtp" });
    expect(client.end()).toEqual(["not-accepted", "message not-accepted"]);
    const two = new Client({ protocol: "lmtp" });
    two.session.mail("a@example.com").rcpt("b@example.org").rcpt("c@example.org").bdat().content(large);
    two.take();
    two.hear("250 ok\r\n250 ok\r\n250 ok\r\n");
    expect(two.take(1)).toBe(`BDAT ${large.length} LAST\r\n`);
    two.hear("250 early\r\n");
    expect(two.end()).toEqual(["not-accepted", "not-accepted", "message not-accepted"]);
  });

  it("ends without its output being taken, however much that is", () => {
    const client = data(large);
    client.session.receiveEnd();
    expect([...client.session].map(({ type }) => type)).toEqual(["message", "closed"]);
    expect(client.session.waiting).toBe("closed");
  });

  it("is not accepted by the report of its transaction", () => {
    for (const [taken, outcome] of [
      [false, "not-accepted"],
      [true, "unknown"],
    ] as const) {
      for (const chunking of [true, false]) {
        const { session } = new Client();
        const envelope = { from: "a@example.com", to: ["b@example.org", "c@example.org"] };
        const transaction = new SmtpTransaction(session, envelope, { content: octets("x\r\n"), chunking });
        session.takeOutputPieces();
        session.receive(octets(`250 ok\r\n250 ok\r\n250 ok\r\n${chunking ? "" : "354 go\r\n"}`));
        for (const _ of transaction);
        if (taken) session.takeOutputPieces();
        session.receiveEnd();
        for (const _ of transaction);
        expect(transaction.report?.recipients.map((recipient) => recipient.outcome)).toEqual([outcome, outcome]);
        expect(session.takeOutputPieces()).toEqual([]);
      }
    }
  });
});

describe("a 421 that comes before the end of content was taken", () => {
  it.each<[string, SmtpClientOptions]>([
    ["SMTP", {}],
    ["LMTP", { protocol: "lmtp" }],
  ])("decides the message's fate, and its end is never sent: %s", (_, options) => {
    const client = begun((session) => session.data(), options);
    client.hear("354 go\r\n");
    client.session.write(octets("first\r\n"));
    expect(client.take()).toBe("first\r\n");
    client.session.end(octets("rest\r\n"));
    client.session.receive(octets("421 4.4.2 slow\r\n"));
    const events = [...client.session];
    expect(events.find(({ type }) => type === "message")).toMatchObject({ outcome: "transient", reply: { code: 421 } });
    expect([client.take(), client.session.waiting]).toEqual(["", "closed"]);
  });

  it("takes back no other commands: those before its end, or after it", () => {
    const client = data(octets("x"));
    client.take();
    client.session.rset().noop();
    client.hear("421 bye\r\n");
    expect(client.take()).toBe("RSET\r\nNOOP\r\n");
    const another = new Client();
    another.session.noop().noop();
    another.hear("421 bye\r\n");
    expect(another.take()).toBe("NOOP\r\n");
  });
});
