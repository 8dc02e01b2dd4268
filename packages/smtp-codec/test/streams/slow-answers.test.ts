/**
 * Answers that take their time: what was decided before does not wait for them (RFC 2033 section 5, RFC 2920 section
 * 3.2).
 */
import { driveStreams } from "dot-stuffing/streams";
import { type SmtpClientEvent, SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { clock, peer, settled } from "./support.ts";

const ENVELOPE = "EHLO c.example\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n";

/** Answers that the test gives, each when it says so. */
function later() {
  const open: { readonly type: string; readonly give: () => void; readonly fail: (error: Error) => void }[] = [];
  const wait = (type: string) => new Promise<void>((give, fail) => open.push({ type, give, fail }));
  return { open, wait, next: () => open.shift()! };
}

/** The codes of what was written, a list for each write. */
const codes = (written: readonly string[]) =>
  written.map((each) => [...each.matchAll(/^(\d{3}) /gm)].map(([, code]) => Number(code)));

/** A server whose application takes its time with events of these types. */
function serving(said: readonly string[], slow: readonly SmtpServerEvent["type"][], lmtp = false) {
  const session = new SmtpServerSession({ host: "mx.example.com", protocol: lmtp ? "lmtp" : "smtp" });
  const far = peer(said, "is silent");
  const answers = later();
  const stop = new AbortController();
  const time = clock();
  const driven = driveStreams(session, far.connection, {
    on: async (event: SmtpServerEvent) => {
      if (slow.includes(event.type)) await answers.wait(event.type);
      else await Promise.resolve();
      if (event.answer === "needed") session.accept();
    },
    signal: stop.signal,
    timer: time.timer,
  });
  return { far, answers, driven, stop, time, session };
}

describe("while the application decides", () => {
  it("[PIPE-3.2-6] what was decided before has left, and decisions that come at once leave together", async () => {
    const { far, answers, driven, stop, time } = serving([ENVELOPE], ["rcpt"]);
    await settled();
    expect(codes(far.written)).toEqual([[220], [250, 250]]); // EHLO and MAIL
    answers.next().give();
    await settled();
    expect(codes(far.written).slice(2)).toEqual([[250]]);
    answers.next().give();
    await settled();
    expect(codes(far.written).slice(3)).toEqual([[250]]);
    stop.abort();
    await settled();
    time.late();
    await driven;
  });

  it("so has the answer to a command in front of one that is answered by default, and that one has not", async () => {
    for (const slow of ["noop", "data", "quit"] as const) {
      const { far, answers, driven, stop, time } = serving([`${ENVELOPE}${slow.toUpperCase()}\r\n`], [slow]);
      await settled();
      expect(codes(far.written)).toEqual([[220], [250, 250, 250, 250]]);
      answers.next().give();
      await settled();
      expect(codes(far.written).slice(2)).toEqual([[{ noop: 250, data: 354, quit: 221 }[slow]]]);
      stop.abort();
      await settled();
      time.late();
      await driven;
    }
  });

  it("[LMTP-5-2] each recipient's reply leaves when it is given", async () => {
    const { far, answers, driven, stop, time } = serving(
      [ENVELOPE.replace("EHLO", "LHLO"), "DATA\r\n", "hi\r\n.\r\n"],
      ["delivery"],
      true,
    );
    for (let given = 0; given < 2; given++) {
      await settled();
      expect(codes(far.written).slice(3)).toEqual(Array(given).fill([250]));
      answers.next().give();
    }
    await settled();
    expect(codes(far.written).slice(3)).toEqual([[250], [250]]);
    stop.abort();
    await settled();
    time.late();
    await driven;
  });

  it("that fails, what was decided before is told, and nothing else", async () => {
    const { far, answers, driven } = serving(
      [ENVELOPE.replace("EHLO", "LHLO"), "DATA\r\n", "hi\r\n.\r\n"],
      ["delivery"],
      true,
    );
    await settled();
    answers.next().give();
    await settled();
    answers.next().fail(new Error("disk full"));
    await expect(driven).rejects.toThrow("disk full");
    expect(codes(far.written)).toEqual([[220], [250, 250, 250, 250], [354], [250]]);
    expect(far.ends).toEqual(["aborted", "cancelled"]);
  });

  it.each([false, true])("that throws at once, what was decided before is told (a timer: %s)", async (hasTimer) => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    const time = clock();
    const far = peer([`${ENVELOPE}NOOP\r\n`], "is silent");
    const driven = driveStreams(session, far.connection, {
      on: (event: SmtpServerEvent) => {
        if (event.type === "noop") throw new Error("not that");
        if (event.answer === "needed") session.accept();
      },
      timer: hasTimer ? time.timer : undefined,
    });
    await expect(driven).rejects.toThrow("not that");
    expect(codes(far.written)).toEqual([[220], [250, 250, 250, 250]]);
  });

  it("a client that takes nothing does not keep what was thrown from being told", async () => {
    for (const time of [null, clock()]) {
      const session = new SmtpServerSession({ host: "mx.example.com" });
      let writes = 0;
      const { readable } = peer([ENVELOPE], "is silent").connection;
      const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
        write: () => (writes++ === 0 ? undefined : new Promise<void>(() => {})),
      });
      const driven = driveStreams(
        session,
        { readable, writable },
        {
          on: (event: SmtpServerEvent) => {
            if (event.type === "rcpt") throw new Error("not that");
            if (event.answer === "needed") session.accept();
          },
          timer: time?.timer,
        },
      );
      const ended = expect(driven).rejects.toThrow("not that");
      await settled();
      time?.late();
      await ended;
    }
  });

  it("of a client, a command that was given has left", async () => {
    const session = new SmtpClientSession();
    const far = peer(["220 mx\r\n"], "is silent");
    const answers = later();
    const stop = new AbortController();
    const events: string[] = [];
    const driven = driveStreams(session, far.connection, {
      on: async (event: SmtpClientEvent) => {
        events.push(event.type);
        if (event.type !== "greeting") return;
        session.ehlo("c.example");
        await answers.wait(event.type);
      },
      signal: stop.signal,
    });
    await settled();
    expect(far.written).toEqual(["EHLO c.example\r\n"]);
    stop.abort();
    await driven;
    expect(events).toEqual(["greeting", "ehlo", "closed"]);
    answers.next().fail(new Error("nobody's")); // and is not unhandled
  });

  it("more than 65,536 octets of answers do not wait for each other", async () => {
    const session = new SmtpServerSession({ host: "mx.example.com", maxIdleCommands: 3000 });
    const far = peer(["EHLO c.example\r\n".repeat(3000)], "ends");
    let longest = 0;
    await driveStreams(session, far.connection, { on: () => {} });
    for (const each of far.written) longest = Math.max(longest, each.length);
    expect(codes(far.written).flat()).toEqual([220, ...Array(3000).fill(250)]);
    expect(longest).toBeGreaterThan(60_000);
    expect(longest).toBeLessThanOrEqual(65_536);
  });
});

describe("a signal while a server's application decides", () => {
  it("waits for the answer, gives it, and then says good-bye", async () => {
    const { far, answers, driven, stop, time } = serving([ENVELOPE], ["rcpt"]);
    await settled();
    stop.abort();
    await settled();
    expect(time.asked.at(-1)).toBe(60);
    answers.next().give();
    await settled();
    time.late();
    await driven;
    expect(codes(far.written).flat()).toEqual([220, 250, 250, 250, 421]); // not to the RCPT after it
  });

  it("gives the connection up where that takes more than a minute", async () => {
    const { far, answers, driven, stop, time } = serving([ENVELOPE], ["rcpt"]);
    await settled();
    stop.abort();
    await settled();
    time.late();
    await expect(driven).rejects.toThrow("an answer was not given within a minute of the signal");
    expect(codes(far.written).flat()).toEqual([220, 250, 250]);
    expect(far.ends).toEqual(["aborted", "cancelled"]);
    answers.next().fail(new Error("nobody's")); // and is not unhandled
  });
});

it("events of a session of one's own that say nothing of answers leave what they have open", async () => {
  const events = [{ type: "mine" }, { type: "mine" }];
  const output = ["one", "two"].map((text) => new Uint8Array(octets(text)));
  const answers = later();
  const session = {
    get waiting(): "bytes" | "closed" {
      return events.length === 0 ? "closed" : "bytes";
    },
    timeout: null,
    [Symbol.iterator]: () => ({
      next: () =>
        events.length > 0 ? { done: false as const, value: events.shift()! } : { done: true as const, value: 0 },
    }),
    receive: () => {},
    receiveEnd: () => {},
    takeOutput: () => output.shift() ?? null,
    tlsEstablished: () => {},
    tlsFailed: () => {},
    timedOut: () => {},
    shutdown: () => {},
  };
  const far = peer([], "ends");
  const driven = driveStreams<{ type: string }>(session, far.connection, { on: ({ type }) => answers.wait(type) });
  await settled();
  expect(far.written).toEqual([]);
  answers.next().give();
  await settled();
  expect(far.written).toEqual(["onetwo"]); // all that there is: the next event is not pulled yet
  answers.next().give();
  await driven;
  expect(far.written).toEqual(["onetwo"]);
});
