/** A client listens while its application takes its time: for a server that gives up, and for the signal. */

import type { SaslClient } from "dot-stuffing/session";
import { driveStreams } from "dot-stuffing/streams";
import { type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import { type SmtpClientEvent, SmtpClientSession } from "smtp-codec";
import { AsyncContent, type StreamConnection } from "smtp-codec/streams";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { clock, peer, settled } from "./support.ts";

const never = () => new Promise<never>(() => {});

/** A server that says what the test has it say, and takes everything. */
function server() {
  const written: string[] = [];
  let isCancelled = false;
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const connection: StreamConnection = {
    readable: new ReadableStream<Uint8Array>({
      start: (given) => void (controller = given),
      cancel: () => void (isCancelled = true),
    }),
    writable: new WritableStream({ write: (bytes) => void written.push(text(bytes)) }),
  };
  const say = async (words: string) => {
    controller.enqueue(octets(words));
    await settled();
  };
  const end = async () => {
    controller.close();
    await settled();
  };
  return { connection, written, say, end, isCancelled: () => isCancelled };
}

type Server = ReturnType<typeof server>;

interface Driven {
  readonly session: SmtpClientSession;
  readonly events: string[];
  readonly ended: Promise<unknown>;
  readonly stop: AbortController;
  readonly time: ReturnType<typeof clock>;
}

/** Drives a client over it. What `decide` gives after EHLO is the test's. */
function drive(
  connection: StreamConnection,
  decide: (session: SmtpClientSession) => unknown,
  content: (session: SmtpClientSession) => unknown = never,
): Driven {
  const session = new SmtpClientSession();
  const events: string[] = [];
  const stop = new AbortController();
  const time = clock();
  const driven = driveStreams(session, connection, {
    on: (event: SmtpClientEvent) => {
      if (event.type === "closed") events.push(`closed ${event.cause}`);
      else events.push(event.type === "message" ? `message ${event.outcome}` : event.type);
    },
    decide: () => (session.capabilities === null ? session.ehlo("c.example") : decide(session)),
    content: () => content(session),
    startTls: () => {
      throw new Error("no TLS in this test");
    },
    signal: stop.signal,
    timer: time.timer,
  });
  return {
    session,
    events,
    ended: driven.then(
      () => "done",
      (error: Error) => error.message,
    ),
    stop,
    time,
  };
}

async function greeted(far: Server): Promise<void> {
  await settled();
  await far.say("220 mx\r\n");
  await far.say("250-mx\r\n250-PIPELINING\r\n250-AUTH X-ASK\r\n250-STARTTLS\r\n250 8BITMIME\r\n");
}

/** Lets the end of a connection come, where its timers are over. */
async function over({ ended, time }: Driven): Promise<unknown> {
  for (let turn = 0; turn < 2; turn++) {
    await settled();
    time.late();
  }
  return ended;
}

describe("while the next command is awaited", () => {
  it.each([
    ["a 421", ["421 4.4.2 idle\r\n"], false, "closed reply-421"],
    ["a 421 in pieces", ["42", "1 4.4.2 idle\r", "\n"], false, "closed reply-421"],
    ["an end", [], true, "closed end-of-input"],
    ["a reply that nobody has asked for", ["250 hm\r\n"], false, "closed violation"],
  ] as const)("%s is heard", async (_, words, ends, closed) => {
    const far = server();
    const driven = drive(far.connection, never);
    await greeted(far);
    for (const word of words) await far.say(word);
    if (ends) await far.end();
    expect(await over(driven)).toBe("done");
    expect(driven.events.at(-1)).toBe(closed);
  });

  it("what was read while the last command was written is heard", async () => {
    const far = server();
    let take = () => {};
    const { readable } = far.connection;
    const writable = new WritableStream({ write: () => new Promise<void>((resolve) => (take = resolve)) });
    const driven = drive({ readable, writable }, never);
    await greeted(far);
    await far.say("421 4.4.2 busy\r\n");
    take();
    expect(await over(driven)).toBe("done");
    expect(driven.events).toEqual(["greeting", "ehlo", "closed reply-421"]);
  });

  it("nothing is heard that hinders it", async () => {
    const far = server();
    let give = () => {};
    const job = new Promise<void>((resolve) => (give = resolve));
    const driven = drive(far.connection, async (session) => {
      await job;
      if (session.state === "ready") session.quit();
    });
    await greeted(far);
    give();
    await settled();
    await far.say("221 bye\r\n");
    expect(await over(driven)).toBe("done");
    expect(far.written).toEqual(["EHLO c.example\r\n", "QUIT\r\n"]);
    expect(driven.events).toEqual(["greeting", "ehlo", "quit", "closed quit"]);
  });

  it("the signal ends it, and what fails later is nobody's", async () => {
    const far = server();
    let fail: (error: Error) => void = () => {};
    const driven = drive(far.connection, () => new Promise((_, reject) => (fail = reject)));
    await greeted(far);
    driven.stop.abort();
    expect(await over(driven)).toBe("done");
    expect(driven.events.at(-1)).toBe("closed end-of-input");
    expect(far.isCancelled()).toBe(true);
    fail(new Error("nobody's"));
    await settled();
  });

  it("a signal from within it ends it", async () => {
    const far = server();
    const driven: Driven = drive(far.connection, () => {
      driven.stop.abort();
      return never();
    });
    await greeted(far);
    expect(await over(driven)).toBe("done");
    expect(driven.events.at(-1)).toBe("closed end-of-input");
  });

  it("what it fails with comes back", async () => {
    const far = server();
    const driven = drive(far.connection, async () => {
      await settled();
      throw new Error("no jobs");
    });
    await greeted(far);
    await settled();
    expect(await driven.ended).toBe("no jobs");
  });

  it.each([
    ["the reply to it is heard, and then the end", "250 ok\r\n", ["noop", "closed end-of-input"]],
    ["its time is kept", "", ["noop", "closed timeout"]],
  ])("what was given before has left: %s", async (_, words, ends) => {
    const far = server();
    const driven = drive(far.connection, (session) => {
      session.noop();
      return never();
    });
    await greeted(far);
    expect(far.written).toEqual(["EHLO c.example\r\n", "NOOP\r\n"]);
    if (words === "") expect(driven.time.asked.at(-1)).toBe(300);
    else {
      await far.say(words);
      await far.end();
    }
    expect(await over(driven)).toBe("done");
    expect(driven.events.slice(2)).toEqual(ends);
  });

  it("what comes after the reply to STARTTLS is left for the handshake", async () => {
    const far = server();
    let give = () => {};
    const driven = drive(far.connection, async (session) => {
      session.starttls();
      await new Promise<void>((resolve) => (give = resolve));
    });
    await greeted(far);
    await far.say("220 go\r\n");
    await far.say("hello of TLS");
    expect(driven.events.at(-1)).toBe("starttls");
    give();
    expect(await over(driven)).toBe("no TLS in this test");
    expect(driven.events.at(-1)).toBe("closed tls-failed");
  });

  it("an answer that `on` owes still is one when the server has ended, whenever the signal comes", async () => {
    for (let turns = 0; turns < 40; turns += 2) {
      const far = server();
      const session = new SmtpClientSession({ plaintextMechanismsWithoutTls: true });
      const stop = new AbortController();
      const commands = [() => session.ehlo("c.example"), () => session.auth(asking)];
      const driven = driveStreams(session, far.connection, {
        on: () => {},
        decide: () => (commands.shift() ?? never)(),
        signal: stop.signal,
      });
      const ended = driven.catch((error: Error) => error.message);
      await greeted(far);
      await far.say("334 eA==\r\n");
      const isSaid = far.end();
      for (let turn = 0; turn < turns; turn++) await undefined;
      stop.abort();
      await isSaid;
      expect(await ended).toBe("an event was not answered");
    }
  });

  it("a session of one's own may have no time limit for what was given", async () => {
    const stop = new AbortController();
    const time = clock();
    const session = {
      waiting: "decision" as "decision" | "bytes" | "closed",
      timeout: null,
      *[Symbol.iterator]() {},
      receive: () => {},
      receiveEnd: () => void (session.waiting = "closed"),
      takeOutput: () => null,
      tlsEstablished: () => {},
      tlsFailed: () => {},
      timedOut: () => {},
    };
    const driven = driveStreams(session, server().connection, {
      on: () => {},
      decide: () => {
        session.waiting = "bytes";
        return never();
      },
      signal: stop.signal,
      timer: time.timer,
    });
    await settled();
    const asked = time.asked.slice();
    stop.abort();
    await settled();
    time.late();
    await driven;
    expect(asked).toEqual([]);
  });
});

/** A mechanism that asks the application something. */
const asking: SaslClient = {
  name: "X-ASK",
  start: () => ({ type: "response", bytes: null }),
  next: () => ({ type: "ask" }),
  finish: () => ({ type: "success", serverProved: false }),
  abort: () => {},
};

describe("while content is awaited", () => {
  const DATA = (session: SmtpClientSession) => session.mail("a@b", { content: "7bit" }).rcpt("c@d").data();
  const stuck = () =>
    new AsyncContent(async function* () {
      yield octets("piece\r\n");
      await never();
    });

  async function inContent(content: (session: SmtpClientSession, far: Server) => unknown) {
    const far = server();
    const driven = drive(far.connection, DATA, (session) => content(session, far));
    await greeted(far);
    await far.say("250 ok\r\n250 ok\r\n354 go\r\n");
    return { far, driven };
  }

  it.each([
    ["a 421", "421 4.3.1 disk full\r\n", ["message transient", "closed reply-421"]],
    ["an end", null, ["message not-accepted", "closed end-of-input"]],
  ])("%s is heard, and the message is not accepted", async (_, words, ends) => {
    const source = stuck();
    const { far, driven } = await inContent((session) => source.feed(session));
    if (words === null) await far.end();
    else await far.say(words);
    expect(await over(driven)).toBe("done");
    expect(driven.events.slice(-2)).toEqual(ends);
    expect(far.written.slice(2)).toEqual(["piece\r\n"]);
  });

  it("a 421 is heard too where each piece comes at once", async () => {
    let pieces = 0;
    const { driven } = await inContent((session, far) => {
      if (++pieces === 3) void far.say("421 4.3.1 disk full\r\n");
      session.write(octets("piece\r\n"));
    });
    expect(await over(driven)).toBe("done");
    expect(driven.events.slice(-2)).toEqual(["message transient", "closed reply-421"]);
  });

  it("the signal ends it", async () => {
    const source = stuck();
    const { far, driven } = await inContent((session) => source.feed(session));
    driven.stop.abort();
    expect(await over(driven)).toBe("done");
    expect(driven.events.slice(-2)).toEqual(["message not-accepted", "closed end-of-input"]);
    expect(far.written.slice(2)).toEqual(["piece\r\n"]);
  });

  it("what the session does not take yet is read afterwards", async () => {
    const far = server();
    const session = new SmtpClientSession({ maxPendingInput: 4 });
    const events: string[] = [];
    let give = () => {};
    const driven = driveStreams(session, far.connection, {
      on: (event: SmtpClientEvent) => void events.push(event.type === "closed" ? event.cause : event.type),
      decide: () => (session.capabilities === null ? session.ehlo("c.example") : DATA(session)),
      content: async () => {
        await new Promise<void>((resolve) => (give = resolve));
        session.content(octets("all\r\n"));
      },
    });
    await greeted(far);
    await far.say("250 ok\r\n250 ok\r\n354 go\r\n");
    await far.say("421 4.3.1 disk full\r\n");
    expect(events.at(-1)).toBe("data");
    give();
    await driven;
    expect([events.slice(-2), far.written.slice(2)]).toEqual([["message", "reply-421"], ["all\r\n.\r\n"]]);
  });
});

it("a decide() that gives no command, twice in a row, is a fault", async () => {
  for (const decide of [() => {}, async () => {}, () => settled()]) {
    const far = server();
    let count = 0;
    const driven = drive(far.connection, () => {
      count++;
      return decide();
    });
    await greeted(far);
    expect(await driven.ended).toBe("decide() has given no command");
    expect(count).toBe(2);
  }
});

describe("while a server's message is awaited", () => {
  function serving(hasTimer: boolean, give: (session: Pop3ServerSession) => unknown) {
    const session = new Pop3ServerSession({ plaintextWithoutTls: true });
    const far = peer(["USER tim\r\n", "PASS x\r\n", "RETR 1\r\n"], "is silent");
    const stop = new AbortController();
    const time = clock();
    const events: string[] = [];
    const driven = driveStreams(session, far.connection, {
      on: (event: Pop3ServerEvent) => {
        events.push(event.type === "closed" ? event.cause : event.type);
        if (event.type === "pass") session.accept({ sizes: [7], uniqueIds: ["a"] });
        else if (event.answer === "needed") session.accept();
      },
      content: () => give(session),
      signal: stop.signal,
      timer: hasTimer ? time.timer : undefined,
    });
    return { far, stop, time, events, ended: driven.then(() => "done") };
  }

  it.each([true, false])("the signal ends it, after a minute where there is a timer: %s", async (hasTimer) => {
    const { far, stop, time, events, ended } = serving(hasTimer, never);
    await settled();
    stop.abort();
    await settled();
    if (hasTimer) expect([time.asked.at(-1), events.at(-1)]).toEqual([60, "retr"]);
    for (let turn = 0; turn < 3; turn++) {
      time.late();
      await settled();
    }
    expect(await ended).toBe("done");
    expect(events.at(-1)).toBe("timeout");
    expect(far.written.join("")).not.toContain("\r\n.\r\n");
  });

  it("it may end within that minute", async () => {
    let given = () => {};
    const { far, stop, time, events, ended } = serving(true, async (session) => {
      await new Promise<void>((resolve) => (given = resolve));
      session.write(octets("text\r\n")).end();
    });
    await settled();
    stop.abort();
    await settled();
    given();
    for (let turn = 0; turn < 3; turn++) {
      await settled();
      time.late();
    }
    expect(await ended).toBe("done");
    expect(events.at(-1)).toBe("shutdown");
    expect(far.written.join("")).toContain("text\r\n.\r\n");
  });
});

it("what is flushed while content is awaited leaves meanwhile, as often as that is", async () => {
  const far = server();
  let give = () => {};
  const { session, events, ended, time } = drive(
    far.connection,
    (session) => session.state === "ready" && session.mail("a@b", { content: "7bit" }).rcpt("c@d").bdat(),
    () => new Promise<void>((resolve) => (give = resolve)),
  );
  await far.say("220 mx\r\n");
  await far.say("250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
  await far.say("250 ok\r\n250 ok\r\n");
  for (const words of ["one\r\n", "two\r\n"]) {
    session.write(octets(words)).flush();
    await settled();
    expect(far.written.at(-1)).not.toContain(words);
    expect(time.asked.at(-1)).toBe(10);
    time.late();
    await settled();
    expect(far.written.at(-1)).toBe(`BDAT 5\r\n${words}`);
  }
  session.end(octets("three\r\n"));
  give();
  await far.say("250 ok\r\n250 ok\r\n");
  expect(far.written.at(-1)).toBe("BDAT 7 LAST\r\nthree\r\n");
  await far.say("250 stored\r\n");
  expect(events.at(-1)).toBe("message accepted");
  await far.end();
  await ended;
});

it("once content is there, a reply has its own time, also where nothing of it may leave before that", async () => {
  const far = server();
  let give = () => {};
  const { session, events, ended, time } = drive(
    far.connection,
    (session) =>
      session.state === "ready" && session.mail("a@b", { content: "7bit" }).rcpt("c@d").bdat({ eager: true }),
    async (session) => {
      await new Promise<void>((resolve) => (give = resolve));
      session.write(new Uint8Array(70_000).fill(97));
    },
  );
  await far.say("220 mx\r\n");
  await far.say("250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n");
  expect(time.asked.at(-1)).toBe(10);
  give();
  await settled();
  expect([session.waiting, session.timeout?.seconds, time.asked.at(-1)]).toEqual(["bytes", 300, 300]);
  time.late();
  await settled();
  expect(events.at(-1)).toBe("closed timeout");
  await far.end();
  await ended;
});
