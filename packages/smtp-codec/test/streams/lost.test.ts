/**
 * Connections that take nothing more: no more is made for them, the peer's last words are read, and a message's fate is
 * certain.
 */
import { driveStreams } from "dot-stuffing/streams";
import { type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import {
  type SmtpClientEvent,
  SmtpClientSession,
  type SmtpServerEvent,
  SmtpServerSession,
  SmtpTransaction,
  type TransactionEvent,
} from "smtp-codec";
import { AsyncContent, behind, type StreamApplication, type StreamConnection } from "smtp-codec/streams";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { clock, settled } from "./support.ts";

const HELLO = ["220 mx\r\n", "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n"];
const ACCEPTED = "250 ok\r\n250 ok\r\n";

/**
 * A connection whose peer says the next thing after each write, and of which a write fails once this was written; then
 * it says its last words, and goes on in silence.
 */
function failing(said: readonly string[], isLast: (written: string) => boolean, lastWords: () => Uint8Array | null) {
  const left = [...said];
  const written: string[] = [];
  let isLost = false;
  let wake = () => {};
  const next = (): Uint8Array | null => {
    const reply = left[0];
    if (reply === undefined) return isLost ? lastWords() : null;
    if (written.length < said.length - left.length) return null;
    left.shift();
    return octets(reply);
  };
  const connection: StreamConnection = {
    readable: new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          let bytes = next();
          for (; bytes === null; bytes = next()) await new Promise<void>((resolve) => (wake = resolve));
          controller.enqueue(bytes);
        },
      },
      { highWaterMark: 0 },
    ),
    writable: new WritableStream({
      write(bytes) {
        isLost = isLast(text(bytes));
        if (!isLost) written.push(text(bytes));
        wake();
        if (isLost) throw new Error("reset");
      },
    }),
  };
  return { connection, written };
}

/** Says something once. */
function once(words: string): () => Uint8Array | null {
  const left = words === "" ? [] : [octets(words)];
  return () => left.shift() ?? null;
}

/** Content of many pieces, which are counted. */
function counted(pieces: number) {
  const drawn = { count: 0, calls: 0 };
  function* iterable() {
    for (; drawn.count < pieces; drawn.count++) yield octets("piece\r\n");
  }
  return { drawn, iterable };
}

/** A client that sends one message by a transaction, over a connection that is lost in its content. */
async function lostIn(
  content: "pieces" | "iterable" | Uint8Array,
  {
    chunking = false,
    words = "",
    more = {},
  }: { chunking?: boolean; words?: string; more?: Partial<StreamApplication<never>> },
  isLast: (written: string) => boolean,
) {
  const said = [...HELLO, chunking ? ACCEPTED : `${ACCEPTED}354 go\r\n`];
  const { connection, written } = failing(said, isLast, once(words));
  const session = new SmtpClientSession();
  let transaction: SmtpTransaction | null = null;
  const { drawn, iterable } = counted(20_000);
  const feeding = new AsyncContent(async function* () {
    yield* iterable();
  });
  const events: string[] = [];
  const options =
    content === "pieces" ? {} : { content: content === "iterable" ? { [Symbol.iterator]: iterable } : content };
  const envelope = { from: "a@example.com", to: ["b@example.org"], content: "7bit" } as const;
  await driveStreams(
    behind<SmtpClientEvent | TransactionEvent>(session, () => transaction),
    connection,
    {
      on: (event) => {
        events.push(event.type === "closed" ? `closed ${event.cause}` : event.type);
        if (event.type === "greeting") session.ehlo("client.example.com");
        else if (event.type === "ehlo") transaction = new SmtpTransaction(session, envelope, { chunking, ...options });
      },
      content: () => {
        drawn.calls++;
        return feeding.feed(transaction!);
      },
      ...more,
    },
  );
  const report = (transaction as SmtpTransaction | null)?.report;
  const [recipient] = report!.recipients;
  return { recipient: recipient!, drawn, events, written };
}

const isPiece = (written: string) => written.includes("piece");

describe("a write of content that fails", () => {
  it.each([true, false])(
    "ends it: nothing more is drawn, and the message is not accepted (BDAT: %s)",
    async (chunking) => {
      for (const content of ["pieces", "iterable"] as const) {
        const { recipient, drawn, events } = await lostIn(content, { chunking }, isPiece);
        expect(recipient).toMatchObject({ outcome: "not-accepted", code: null });
        expect(events.at(-1)).toBe("closed end-of-input");
        // A chunk is written when there is no room in it for one more.
        const before = chunking ? Math.floor(65_536 / "piece\r\n".length) : 0;
        if (content === "pieces") expect(drawn).toEqual({ count: before, calls: before + 1 });
        else expect(drawn.count).toBeLessThan(20_000);
      }
    },
  );

  it("is told by the server's last reply", async () => {
    const { recipient, events } = await lostIn("pieces", { words: "421 4.3.1 disk full\r\n" }, isPiece);
    expect(recipient).toMatchObject({ outcome: "transient", code: 421, enhanced: "4.3.1" });
    expect(events.at(-1)).toBe("closed reply-421");
  });

  it("makes certain what was not written before it, though the session had made all of it", async () => {
    const large = octets(`piece${"x".repeat(73)}\r\n`.repeat(1000));
    for (const chunking of [true, false]) {
      for (const where of [isPiece, ...(chunking ? [(written: string) => written.startsWith("BDAT")] : [])])
        expect((await lostIn(large, { chunking }, where)).recipient.outcome).toBe("not-accepted");
      // What has begun to be written, to its end, may have come.
      const begun = await lostIn(
        large,
        { chunking },
        chunking
          ? (written) => isPiece(written) && written.length < 65_536
          : (written) => written.endsWith("\r\n.\r\n") || written === ".\r\n",
      );
      expect(begun.recipient.outcome).toBe("unknown");
    }
  });

  it("has two seconds' patience with a server that says nothing, where there is a timer", async () => {
    const { timer, asked, late } = clock();
    const driven = lostIn("pieces", { more: { timer } }, isPiece);
    await settled();
    await settled();
    expect(asked.at(-1)).toBe(2);
    late();
    expect((await driven).recipient.outcome).toBe("not-accepted");
  });
});

/** A client whose first command cannot be written. */
function greeted(lastWords: () => Uint8Array | null, session: SmtpClientSession) {
  const { connection } = failing(["220 mx\r\n"], () => true, lastWords);
  const events: SmtpClientEvent[] = [];
  const driven = driveStreams(session, connection, {
    on: (event: SmtpClientEvent) => void events.push(event),
    decide: () => session.ehlo("client.example.com"),
  });
  return { driven, events };
}

describe("a peer's last words", () => {
  it("are read up to 16,384 octets", async () => {
    let given = 0;
    const { driven, events } = greeted(() => {
      given++;
      return octets(`250-${"x".repeat(94)}\r\n`);
    }, new SmtpClientSession());
    await driven;
    expect(events.map(({ type }) => type)).toEqual(["greeting", "ehlo", "closed"]);
    expect(given).toBeGreaterThanOrEqual(Math.ceil(16_384 / 100));
    expect(given).toBeLessThanOrEqual(Math.ceil(16_384 / 100) + 1);
  });

  it("are left where the session takes no more", async () => {
    const { connection } = failing([...HELLO, `${ACCEPTED}354 go\r\n`], isPiece, once("421 4.3.1 disk full\r\n"));
    const session = new SmtpClientSession({ maxPendingInput: 4 });
    const events: string[] = [];
    await driveStreams(session, connection, {
      on: (event: SmtpClientEvent) => void events.push(event.type === "closed" ? event.cause : event.type),
      decide: () => {
        if (session.capabilities === null) session.ehlo("client.example.com");
        else session.mail("a@example.com", { content: "7bit" }).rcpt("b@example.org").data();
      },
      content: () => session.write(octets("piece\r\n")),
    });
    expect(events.slice(-3)).toEqual(["data", "message", "end-of-input"]);
  });
});

describe("a server whose client takes nothing more", () => {
  it.each([3, 2000])("drops what it has to say, however much that is: %i replies to EHLO", async (count) => {
    const events: string[] = [];
    const session = new SmtpServerSession({
      host: "mx.example.com",
      highWaterMark: 0,
      maxIdleCommands: Number.POSITIVE_INFINITY,
    });
    const { connection } = failing([], () => true, once("EHLO x\r\n".repeat(count)));
    await driveStreams(session, connection, { on: (event: SmtpServerEvent) => void events.push(event.type) });
    expect(events).toEqual(["connect", ...Array(count).fill("ehlo"), "closed"]);
  });

  it("does no handshake that the client was not asked for", async () => {
    const events: string[] = [];
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    const said = ["EHLO a.example\r\n", "STARTTLS\r\n"];
    let writes = 0;
    const { connection } = failing(said, () => ++writes === 3, once("hello of TLS"));
    await driveStreams(session, connection, {
      on: (event: SmtpServerEvent) => void events.push(event.type),
      startTls: () => {
        throw new Error("not asked for");
      },
    });
    expect(events).toEqual(["connect", "ehlo", "starttls", "closed"]);
  });

  it("makes no more of a message, of POP3 too", async () => {
    const session = new Pop3ServerSession({ plaintextWithoutTls: true });
    const events: string[] = [];
    const said = ["USER tim\r\n", "PASS x\r\n", "RETR 1\r\n"];
    const { connection } = failing(said, isPiece, () => null);
    let made = 0;
    await driveStreams(session, connection, {
      on: (event: Pop3ServerEvent) => {
        events.push(event.type === "closed" ? event.cause : event.type);
        if (event.type === "pass") session.accept({ sizes: [1000], uniqueIds: ["a"] });
        else if (event.answer === "needed") session.accept();
      },
      content: () => {
        made++;
        session.write(octets("piece\r\n"));
      },
    });
    expect([events.at(-1), made]).toEqual(["timeout", 1]);
  });
});

it.each([
  ["552 too big\r\n", "permanent"],
  ["421 bye\r\n", "transient"],
  ["", "not-accepted"],
])(
  "a server that says %j in the midst of content, and ends, is told of by an application that takes its time",
  async (words, outcome) => {
    let writes = 0;
    let say: (text: string) => void = () => {};
    let end = () => {};
    const readable = new ReadableStream<Uint8Array>({
      start(controller) {
        say = (said) => controller.enqueue(octets(said));
        end = () => controller.close();
        say(HELLO[0]!);
      },
    });
    const writable = new WritableStream<Uint8Array>({
      write(bytes) {
        const sent = text(bytes.subarray(0, 4));
        if (sent === "EHLO") say("250 mx\r\n");
        else if (sent === "MAIL" || sent === "RCPT") say("250 ok\r\n");
        else if (sent === "DATA") say("354 go\r\n");
        else if (writes++ === 0) {
          if (words !== "") say(words);
          end();
        }
      },
    });
    const session = new SmtpClientSession();
    let transaction: SmtpTransaction | null = null;
    const told: string[] = [];
    await driveStreams<SmtpClientEvent | TransactionEvent>(
      behind<SmtpClientEvent | TransactionEvent>(session, () => transaction),
      { readable, writable },
      {
        async on(event) {
          if (event.type === "greeting") session.ehlo("c.example");
          else if (event.type === "ehlo") {
            const content = new Uint8Array(300_000).fill(97);
            transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d", "e@f"] }, { content });
          }
          if (event.type === "recipient") told.push(event.outcome);
          if (event.type === "recipient" || event.type === "done")
            await new Promise((resolve) => setTimeout(resolve, 2));
          if (event.type === "done") told.push(event.type);
        },
        decide: () => void session.quit(),
      },
    );
    expect(told).toEqual([outcome, outcome, "done"]);
  },
);
