/**
 * What is read while something is written: enough that two sides that write do not wait for each other, and nothing
 * that is TLS's.
 */
import { driveStreams, type StreamSession } from "dot-stuffing/streams";
import {
  type SmtpClientEvent,
  SmtpClientSession,
  type SmtpServerEvent,
  SmtpServerSession,
  SmtpTransaction,
  type TransactionEvent,
  type TransactionReport,
} from "smtp-codec";
import { AsyncContent, behind, type StreamConnection } from "smtp-codec/streams";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { connected, piped, settled } from "./support.ts";

const WORDS = `blocked, see https://list.example/lookup?ip=192.0.2.1 for how to be removed from it ${"x".repeat(200)}`;

/** A server that refuses every recipient but the first at length. */
function serving(session: SmtpServerSession, connection: StreamConnection): Promise<void> {
  return driveStreams(session, connection, {
    on: (event: SmtpServerEvent) => {
      if (event.type === "rcpt" && !event.to.address.startsWith("0-"))
        session.reject({ code: 550, enhanced: "5.7.1", text: WORDS });
      else if (event.answer === "needed") session.accept();
    },
  });
}

/** A client that sends one message to so many. */
async function sending(connection: StreamConnection, count: number, content: AsyncContent | null, chunking: boolean) {
  const session = new SmtpClientSession();
  let transaction: SmtpTransaction | null = null;
  let report: TransactionReport | null = null;
  const to = Array.from(
    { length: count },
    (_, place) => `${place}-${"x".repeat(50)}@subdomain-of-a-customer.example.com`,
  );
  await driveStreams(
    behind<SmtpClientEvent | TransactionEvent>(session, () => transaction),
    connection,
    {
      on: (event) => {
        if (event.type === "greeting") session.ehlo("client.example.com");
        else if (event.type === "ehlo")
          transaction = new SmtpTransaction(
            session,
            { from: "a@example.com", to, content: "7bit" },
            {
              chunking,
              ...(content === null && { content: octets("hi\r\n".repeat(50_000)) }),
            },
          );
        else if (event.type === "done") {
          report = event.report;
          transaction = null;
        }
      },
      decide: () => session.quit(),
      content: () => content!.feed(transaction!),
    },
  );
  return (report as TransactionReport | null)!.recipients.map(({ outcome }) => outcome);
}

/** A message of many pieces. */
const pieces = (count: number) =>
  new AsyncContent(
    () =>
      new ReadableStream({
        pull(controller) {
          if (count-- > 0) controller.enqueue(octets("piece\r\n"));
          else controller.close();
        },
      }),
  );

describe("two sides that both write", () => {
  it.each([
    ["as much as connections hold", () => piped(65_536)],
    ["where they hold little", () => piped(1024)],
    ["where they hold nothing", connected],
  ])("do not wait for each other %s", async (_, connect) => {
    for (const chunking of [true, false]) {
      for (const content of [null, pieces(100)]) {
        const { client, server } = connect();
        const served = serving(
          new SmtpServerSession({ host: "mx.example.com", chunking: true, maxErrors: 2000 }),
          server,
        );
        const outcomes = await sending(client, 1000, content, chunking);
        await served;
        expect([outcomes[0], new Set(outcomes.slice(1))]).toEqual(["accepted", new Set(["permanent"])]);
      }
    }
  });
});

/**
 * A connection that takes nothing until it is told to, and gives chunks whenever it is asked.
 *
 * @param give the next one, by how many were given, and how many writes have begun; null: none before another write
 */
function stuck(give: (count: number, writes: number) => Uint8Array | null) {
  let count = 0;
  let take = () => {};
  let wake = () => {};
  const written: string[] = [];
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    let chunk = give(count, written.length);
    for (; chunk === null; chunk = give(count, written.length)) await new Promise<void>((resolve) => (wake = resolve));
    count++;
    controller.enqueue(chunk);
  };
  const write = (bytes: Uint8Array) => {
    written.push(text(bytes));
    wake();
    return new Promise<void>((resolve) => (take = resolve));
  };
  const connection: StreamConnection = {
    readable: new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 }),
    writable: new WritableStream<Uint8Array<ArrayBuffer>>({ write }),
  };
  return { connection, written, take: () => take(), count: () => count };
}

describe("while something is written", () => {
  it("a server reads one chunk, and what is after STARTTLS stays for the handshake", async () => {
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    const said = ["EHLO client.example.com\r\n", "STARTTLS\r\n", "hello of TLS"];
    const { connection, written, take, count } = stuck((count) => (count < said.length ? octets(said[count]!) : null));
    const events: string[] = [];
    let handshake = "";
    const driven = driveStreams(session, connection, {
      on: (event) => void events.push(event.type),
      startTls: async () => {
        const { value } = await connection.readable.getReader().read();
        handshake = text(value!);
        throw new Error("no TLS in this test");
      },
    });
    const read: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await settled();
      read.push(count());
      take();
    }
    await expect(driven).rejects.toThrow("no TLS");
    expect(read).toEqual([1, 2, 2]); // with the greeting, the hello's reply, and the reply to STARTTLS
    expect(written.map((line) => line.slice(0, 4))).toEqual(["220 ", "250-", "220 "]);
    expect([events.at(-2), events.at(-1), handshake]).toEqual(["starttls", "closed", "hello of TLS"]);
  });

  it("a client reads so many octets", async () => {
    const flood = octets(`250-${"x".repeat(996)}\r\n`);
    const { connection, take, count, written } = stuck((count) => (count === 0 ? octets("220 mx\r\n") : flood));
    const session = new SmtpClientSession();
    const driven = driveStreams(session, connection, {
      on: () => {},
      decide: () => session.ehlo("client.example.com"),
    });
    await settled();
    expect([written.length, count()]).toEqual([1, 1 + Math.ceil(65_536 / flood.length)]);
    take();
    await driven;
  });

  it.each<[string, readonly string[], object, readonly string[], number]>([
    ["one chunk after STARTTLS was given", [], {}, ["starttls", "closed tls-failed"], 3],
    ["what is too early, and reports it", ["220 go\r\n", "in the clear"], {}, ["violation", "closed violation"], 4],
    ["what is too early, and forgets it", ["220 go\r\n", "clear"], { maxPendingInput: 2 }, ["closed tls-failed"], 4],
  ])("a client that asks for TLS reads %s", async (_, early, options, ends, read) => {
    const hello = ["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", ...early];
    const { connection, take, count } = stuck((count, writes) => {
      if (count < hello.length) return octets(hello[count]!);
      return writes === 2 && early.length === 0 ? octets(count === 2 ? "220 go\r\n" : "TLS") : null;
    });
    const session = new SmtpClientSession(options);
    const events: string[] = [];
    const driven = driveStreams(session, connection, {
      on: (event: SmtpClientEvent) => void events.push(event.type === "closed" ? `closed ${event.cause}` : event.type),
      decide: () => {
        if (session.capabilities === null) session.ehlo("client.example.com");
        else session.starttls();
      },
      startTls: async () => {
        throw new Error("no TLS in this test");
      },
    });
    const ended = driven.catch((error: Error) => expect(error.message).toBe("no TLS in this test"));
    for (let turn = 0; turn < 2; turn++) {
      await settled();
      take();
    }
    await ended;
    expect(events.slice(-ends.length)).toEqual(ends);
    expect(count()).toBe(read);
  });

  it.each([
    ["plaintext that was under way", "in the clear", ["starttls", "violation", "closed violation"]],
    ["an end that was under way", null, ["starttls", "closed end-of-input"]],
  ])("a client reports %s when STARTTLS was asked for", async (_, last, ends) => {
    let [controller, take]: [ReadableStreamDefaultController<Uint8Array> | null, () => void] = [null, () => {}];
    const connection: StreamConnection = {
      readable: new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) }),
      writable: new WritableStream({ write: () => new Promise<void>((resolve) => (take = resolve)) }),
    };
    const say = async (...words: readonly (string | null)[]) => {
      for (const each of words) {
        if (each === null) controller!.close();
        else controller!.enqueue(octets(each));
        await settled();
      }
    };
    const session = new SmtpClientSession();
    const events: string[] = [];
    const commands = [() => session.ehlo("client.example.com"), () => session.noop(), () => session.starttls()];
    const driven = driveStreams(session, connection, {
      on: (event: SmtpClientEvent) => void events.push(event.type === "closed" ? `closed ${event.cause}` : event.type),
      decide: () => commands.shift()!(),
      startTls: () => {
        throw new Error("no TLS in this test");
      },
    });
    await say("220 mx\r\n");
    take();
    // Two answers come before NOOP is written, so that a read is under way when STARTTLS is.
    await say("250-mx\r\n250 STARTTLS\r\n", "250 ok\r\n", "220 go\r\n");
    take();
    await settled();
    await say(last);
    take();
    await driven;
    expect(events).toEqual(["greeting", "ehlo", "noop", ...ends]);
  });

  it("a session of one's own that says nothing of it has one chunk read", async () => {
    const heard: string[] = [];
    const output = [Uint8Array.of(0x78)];
    const session: StreamSession<never> = {
      get waiting() {
        return heard.length === 0 ? "bytes" : "closed";
      },
      timeout: null,
      *[Symbol.iterator]() {},
      receive: (chunk) => heard.push(text(chunk)),
      receiveEnd: () => {},
      takeOutput: () => output.pop() ?? null,
      tlsEstablished: () => {},
      tlsFailed: () => {},
      timedOut: () => {},
    };
    const { connection, take, count } = stuck((count) => octets(`${count}`));
    const driven = driveStreams(session, connection, { on: () => {} });
    await settled();
    expect(count()).toBe(1);
    take();
    await driven;
    expect(heard).toEqual(["0"]);
  });
});
