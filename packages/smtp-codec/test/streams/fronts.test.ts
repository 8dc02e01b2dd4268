/** What the driver has to mind where it does not see all that the session says, or is held up in the midst of it. */
import { behind, driveStreams } from "dot-stuffing/streams";
import { type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import { type SmtpClientEvent, SmtpClientSession, SmtpTransaction, type TransactionEvent } from "smtp-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { GREETING, offer } from "../client/support.ts";
import { OK } from "../transaction/support.ts";
import { clock, settled } from "./support.ts";

type Event = SmtpClientEvent | TransactionEvent;

/** Lets the time run out, and that for the end too. */
async function over(time: ReturnType<typeof clock>, driven: Promise<void>): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    time.late();
    await settled();
  }
  await driven;
}

/** A peer that answers what it is sent, or says what the test has it say. */
function far(answer: (written: string, say: (words: string) => void) => void = () => {}) {
  const written: string[] = [];
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const say = (words: string) => controller.enqueue(octets(words));
  const readable = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(bytes) {
      written.push(text(bytes));
      answer(written.at(-1)!, say);
    },
  });
  const end = () => controller.close();
  return { connection: { readable, writable }, written, say, end };
}

/** Drives a client that sends one message, and leaves its transaction in front of the session or takes it away. */
function sending(
  peer: ReturnType<typeof far>,
  transact: (session: SmtpClientSession) => SmtpTransaction,
  leaves = false,
  next: (session: SmtpClientSession) => unknown = (session) => session.quit(),
) {
  const session = new SmtpClientSession();
  const time = clock();
  const found: string[] = [];
  let transaction: SmtpTransaction | null = null;
  const both = behind<Event>(session, () => transaction);
  const driven = driveStreams(both, peer.connection, {
    on(event) {
      found.push(event.type === "closed" ? `closed ${event.cause}` : event.type);
      if (event.type === "greeting") session.ehlo("client.example.com");
      if (event.type === "ehlo") transaction = transact(session);
      if (event.type === "done") found.push(...event.report.recipients.map(({ outcome }) => outcome));
      if (event.type === "done" && !leaves) transaction = null;
    },
    decide: () => next(session),
    timer: time.timer,
  });
  return { session, time, found, driven };
}

it("a buffer that is used again is written before the next piece comes, though replies come in the midst of it", async () => {
  const size = 262_144;
  function* content() {
    const buffer = new Uint8Array(size);
    for (const letter of "abcdef") {
      buffer.fill(letter.charCodeAt(0));
      buffer.set(octets("\r\n"), size - 2);
      yield buffer;
    }
  }
  let [unread, left, whole] = ["", 0, ""];
  const peer = far((written, say) => {
    unread += written;
    for (;;) {
      const part = unread.slice(0, left);
      whole += part;
      left -= part.length;
      unread = unread.slice(part.length);
      if (part !== "" && left === 0) say(OK);
      const end = unread.indexOf("\r\n");
      if (left > 0 || end < 0) return;
      const line = unread.slice(0, end);
      unread = unread.slice(end + 2);
      left = Number(/^BDAT (\d+)/.exec(line)?.[1] ?? 0);
      if (line.startsWith("EHLO")) say(offer("PIPELINING", "8BITMIME", "CHUNKING"));
      else if (left === 0) say(line === "QUIT" ? "221 bye\r\n" : OK);
    }
  });
  peer.say(GREETING);
  const envelope = { from: "a@b", to: ["c@d"] };
  const { found, driven } = sending(peer, (session) => new SmtpTransaction(session, envelope, { content: content() }));
  while (!peer.written.join("").endsWith("QUIT\r\n")) await settled();
  peer.end();
  await driven;
  expect(found).toContain("accepted");
  expect([...whole.matchAll(/([a-f])\1*\r\n/g)].map(([line]) => `${line[0]}${line.length}`)).toEqual(
    [..."abcdef"].map((letter) => `${letter}${size}`),
  );
});

describe("time limits", () => {
  it("each reply has its own, also those that a transaction keeps to itself", async () => {
    const peer = far();
    peer.say(`${GREETING}`);
    const to = ["c@d", "e@f", "g@h"];
    const { time, found, driven } = sending(peer, (session) => {
      return new SmtpTransaction(session, { from: "a@b", to, content: "7bit" }, { content: [octets("x\r\n")] });
    });
    await settled();
    peer.say(offer("PIPELINING"));
    await settled();
    for (const reply of ["mail", "rcpt", "rcpt"]) {
      const before = time.asked.length;
      peer.say(OK);
      await settled();
      expect([reply, time.asked.slice(before)]).toEqual([reply, [300]]);
    }
    // An octet is no reply.
    const before = time.asked.length;
    peer.say("2");
    await settled();
    peer.say("5");
    await settled();
    expect(time.asked.slice(before)).toEqual([]);
    await over(time, driven);
    expect(found.slice(-2)).toEqual(["not-accepted", "closed timeout"]);
  });

  it("octets that trickle in while a client decides extend none", async () => {
    const peer = far();
    peer.say(GREETING);
    const session = new SmtpClientSession();
    const time = clock();
    const found: string[] = [];
    const driven = driveStreams<SmtpClientEvent>(session, peer.connection, {
      on: (event) => void found.push(event.type === "closed" ? `closed ${event.cause}` : event.type),
      decide() {
        if (session.waiting === "decision") session.ehlo("client.example.com");
        return new Promise<never>(() => {});
      },
      timer: time.timer,
    });
    await settled();
    for (const octet of "250-x") {
      peer.say(octet);
      await settled();
    }
    expect(time.asked.filter((seconds) => seconds === 300)).toHaveLength(2); // of the greeting, and of EHLO
    await over(time, driven);
    expect(found).toEqual(["greeting", "ehlo", "closed timeout"]);
  });
});

it.each([false, true])(
  "the end of a connection is told once a message is done; its transaction is left: %s",
  async (leaves) => {
    const peer = far();
    peer.say(`${GREETING}`);
    const envelope = { from: "a@b", to: ["c@d"], content: "7bit" } as const;
    const idle = () => new Promise<never>(() => {});
    const { found, driven } = sending(
      peer,
      (session) => new SmtpTransaction(session, envelope, { content: [octets("x\r\n")] }),
      leaves,
      idle,
    );
    for (const reply of [offer("PIPELINING"), `${OK}${OK}354 go\r\n`, OK, "421 4.3.2 bye\r\n"]) {
      await settled();
      peer.say(reply);
    }
    await settled();
    peer.end();
    await driven;
    expect(found.slice(-3)).toEqual(["done", "accepted", "closed reply-421"]);
  },
);

describe("a POP3 server", () => {
  const content = octets(`Subject: x\r\n\r\n${"line\r\n".repeat(2000)}`);
  const commands = "USER a\r\nPASS b\r\nRETR 1\r\nNOOP\r\n";

  const serve = (peer: ReturnType<typeof far>, atNoop: () => unknown) => {
    const session = new Pop3ServerSession({ plaintextWithoutTls: true });
    return driveStreams<Pop3ServerEvent>(session, peer.connection, {
      on(event) {
        if (event.type === "pass") session.accept({ sizes: [content.length], uniqueIds: ["u"] });
        else if (event.type === "retr") session.accept().content(content);
        else if (event.type === "noop") return atNoop();
        else if (event.answer === "needed") session.accept();
        return;
      },
    });
  };

  it("has sent a message to its end while the next answer takes its time", async () => {
    const peer = far();
    let goOn = () => {};
    const driven = serve(peer, () => new Promise<void>((resolve) => void (goOn = resolve)));
    peer.say(commands);
    await settled();
    expect(peer.written.join("")).toMatch(/line\r\n\.\r\n$/);
    goOn();
    peer.end();
    await driven;
  });

  it("has sent it where the next event throws", async () => {
    const peer = far();
    const driven = serve(peer, () => {
      throw new Error("no noop");
    });
    peer.say(commands);
    await expect(driven).rejects.toThrow("no noop");
    expect(peer.written.join("")).toMatch(/line\r\n\.\r\n$/);
  });

  it("gives the answer that was made for what a function of the application's threw", async () => {
    const peer = far();
    const session = new Pop3ServerSession({
      plaintextWithoutTls: true,
      languages: [{ language: "de", text: "Deutsch" }],
      translate() {
        throw new Error("no catalogue");
      },
    });
    const driven = driveStreams<Pop3ServerEvent>(session, peer.connection, { on() {} });
    peer.say("LANG de\r\n");
    await expect(driven).rejects.toThrow("no catalogue");
    expect(peer.written.join("")).toMatch(/\r\n\+OK de language changed\r\n$/);
  });
});
