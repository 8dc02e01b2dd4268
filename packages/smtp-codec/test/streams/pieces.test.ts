/** Long content goes in pieces: each has its own time, and what the server says meanwhile is heard between two. */
import { driveStreams } from "dot-stuffing/streams";
import { type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import {
  type SmtpClientEvent,
  type SmtpClientOptions,
  SmtpClientSession,
  SmtpTransaction,
  type TransactionEvent,
} from "smtp-codec";
import { behind, type StreamConnection } from "smtp-codec/streams";
import { octets, text } from "tools/testing";
import { expect, it } from "vitest";
import { clock, settled } from "./support.ts";

const PIECE = 65_536;
const LINE = `${"x".repeat(76)}\r\n`;
const LONG = octets(LINE.repeat(4000)); // five pieces

/** A connection whose peer answers what is written, piece by piece, and takes each when the test says so. */
function stepwise(answer: (written: string, count: number) => string | null, greeting = "220 mx\r\n") {
  const written: string[] = [];
  let take = () => {};
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const say = (words: string) => controller.enqueue(octets(words));
  const connection: StreamConnection = {
    readable: new ReadableStream<Uint8Array>({
      start(given) {
        controller = given;
        if (greeting !== "") say(greeting);
      },
    }),
    writable: new WritableStream<Uint8Array<ArrayBuffer>>({
      write(bytes) {
        written.push(text(bytes));
        const words = answer(text(bytes), written.length);
        if (words !== null) say(words);
        return new Promise<void>((resolve) => (take = resolve));
      },
    }),
  };
  /** Takes what is written, so many times. */
  const taking = async (times: number) => {
    for (let time = 0; time < times; time++) {
      await settled();
      take();
    }
    await settled();
  };
  return { connection, written, taking, say, end: () => controller.close() };
}

const HELLO = "250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n";

function replying(early: (count: number) => string | null, chunking: boolean) {
  return (written: string, count: number): string | null => {
    if (written.startsWith("EHLO")) return HELLO;
    if (written.startsWith("MAIL")) return chunking ? "250 ok\r\n250 ok\r\n" : "250 ok\r\n250 ok\r\n354 go\r\n";
    if (written.startsWith("QUIT")) return "221 bye\r\n";
    return early(count);
  };
}

/** Sends long content by a transaction. */
function sending(connection: StreamConnection, chunking: boolean, options: SmtpClientOptions, time = clock()) {
  const session = new SmtpClientSession(options);
  let transaction: SmtpTransaction | null = null;
  const events: string[] = [];
  const driven = driveStreams(
    behind<SmtpClientEvent | TransactionEvent>(session, () => transaction),
    connection,
    {
      on: (event) => {
        if (event.type === "recipient") events.push(`${event.outcome} ${event.code}`);
        if (event.type === "greeting") session.ehlo("c.example");
        if (event.type === "ehlo")
          transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"] }, { content: LONG, chunking });
        if (event.type === "done") transaction = null;
        if (event.type === "closed") events.push(event.cause);
      },
      decide: () => session.quit(),
      timer: time.timer,
    },
  );
  return { driven, events, time };
}

it.each([
  [{}, 180],
  [{ timeouts: { content: 3600 } }, 3600],
])("each piece has the time that the session says: %j", async (options, seconds) => {
  for (const chunking of [false, true]) {
    const far = stepwise(replying(() => null, chunking));
    const { driven, events, time } = sending(far.connection, chunking, options);
    await far.taking(2 + (chunking ? 1 : 0));
    const before = time.asked.length - 1;
    await far.taking(6);
    const content = far.written.slice(2).join("");
    expect(content.includes(LINE.repeat(4000))).toBe(true);
    expect(Math.max(...far.written.map(({ length }) => length))).toBe(PIECE);
    expect(time.asked.slice(before).filter((each) => each === seconds).length).toBeGreaterThanOrEqual(5);
    expect(time.asked).not.toContain(seconds === 180 ? 3600 : 180);
    far.say("250 stored\r\n");
    await far.taking(2);
    time.late();
    await driven;
    expect(events).toEqual(["accepted 250", "quit"]);
  }
});

it.each([false, true])("a 421 in the midst ends it: the rest is not sent (BDAT: %s)", async (chunking) => {
  const far = stepwise(replying((count) => (count === 4 ? "421 4.3.2 going down\r\n" : null), chunking));
  const { driven, events, time } = sending(far.connection, chunking, {});
  await far.taking(5);
  time.late();
  await driven;
  expect(events).toEqual(["transient 421", "reply-421"]);
  expect(far.written.length).toBeLessThanOrEqual(5);
});

it("a refusal in the midst is told at once, and the rest is sent before anything else", async () => {
  const far = stepwise(replying((count) => (count === 4 ? "552 5.3.4 too big\r\n" : null), false));
  const { driven, events, time } = sending(far.connection, false, {});
  await far.taking(4);
  await far.taking(1);
  expect(events).toEqual(["permanent 552"]);
  await far.taking(4);
  time.late();
  await driven;
  expect(far.written.join("")).toMatch(/x\r\n\.\r\nQUIT\r\n$/);
  expect(far.written.slice(2, -1).join("")).toBe(`${LINE.repeat(4000)}.\r\n`);
  expect(events).toEqual(["permanent 552", "quit"]);
});

it.each([false, true])(
  "an end in the midst ends it, and the message is certainly not there (BDAT: %s)",
  async (chunking) => {
    const far = stepwise(replying(() => null, chunking));
    const { driven, events, time } = sending(far.connection, chunking, {});
    await far.taking(3);
    far.end();
    await far.taking(1);
    time.late();
    await driven;
    expect(events).toEqual(["not-accepted null", "end-of-input"]); // its end had not been taken
    expect(far.written.length).toBeLessThanOrEqual(4);
  },
);

it("a server's message of POP3 goes in pieces too", async () => {
  const session = new Pop3ServerSession({ plaintextWithoutTls: true });
  const far = stepwise(() => null, "USER tim\r\nPASS x\r\n");
  const time = clock();
  const driven = driveStreams(session, far.connection, {
    on: (event: Pop3ServerEvent) => {
      if (event.type === "pass") session.accept({ sizes: [LONG.length], uniqueIds: ["a"] });
      else if (event.answer === "needed") session.accept();
    },
    content: () => session.write(LONG).end(),
    timer: time.timer,
  });
  await far.taking(2);
  far.say("RETR 1\r\nQUIT\r\n");
  await far.taking(9);
  time.late();
  await driven;
  expect(far.written.join("")).toContain(`${LINE.repeat(4000)}.\r\n+OK`);
  expect(Math.max(...far.written.map(({ length }) => length))).toBe(PIECE);
  expect(new Set(time.asked)).toEqual(new Set([60, session.timeout?.seconds, 2]));
});
