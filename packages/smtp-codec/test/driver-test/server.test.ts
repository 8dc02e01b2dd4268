import type { SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import {
  assertServerDriver,
  type Contract,
  contracts,
  DriverError,
  type ServerDriver,
  type TestTransport,
  testServerDriver,
} from "smtp-codec/driver-test";
import { describe, expect, it } from "vitest";
import { drive, type Parts, right, type Session } from "./drivers.ts";

type Part = Partial<Parts<SmtpServerEvent>>;

const driver =
  (part: () => Part = () => ({})): ServerDriver =>
  (transport, { createSession, on }) =>
    drive<SmtpServerEvent>(transport, createSession(), { on }, part());

/** Input that somebody reads whenever there is some, and somebody else takes when the session wants it. */
function readingAhead(most: number): Part {
  const queue: (Uint8Array | null)[] = [];
  let wake = () => {};
  let more = () => {};
  let reading = false;
  return {
    async input(session, transport) {
      if (!reading) {
        reading = true;
        void (async () => {
          for (let chunk: Uint8Array | null = new Uint8Array(0); chunk !== null; wake()) {
            chunk = (await transport.read().catch(() => null))?.slice() ?? null;
            queue.push(chunk);
            if (queue.length >= most) await new Promise<void>((resolve) => (more = resolve));
          }
        })();
      }
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const chunk = queue.shift()!;
      more();
      if (chunk === null) session.receiveEnd();
      else session.receive(chunk);
    },
  };
}

describe("a driver of server sessions that keeps its contracts", () => {
  it("passes all scenarios, cut behind every octet", async () => {
    const report = await assertServerDriver(driver());
    expect(report).toMatchObject({ passed: true, broken: [] });
    expect(report.played).toBeGreaterThan(1000);
  });

  /** Other ways to be right. */
  const ways: [string, ServerDriver][] = [
    [
      "with a buffer of its own and partial writes",
      driver(() => ({
        async input(session, transport) {
          const buffer = new Uint8Array(100); // less than a batch: it is not answered in one write
          const count = await transport.readInto(buffer);
          if (count === null) session.receiveEnd();
          else session.receive(buffer.subarray(0, count));
        },
        async output(session, transport) {
          for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput())
            for (let at = 0; at < bytes.length; ) at += await transport.writeSome(bytes.subarray(at));
        },
      })),
    ],
    [
      "that is told when it can read, and writes vectors",
      driver(() => ({
        async input(session, transport) {
          await transport.readable();
          const chunk = transport.readNow();
          if (chunk !== null) session.receive(chunk);
          else if (transport.ended) session.receiveEnd();
        },
        async output(session, transport) {
          for (let pieces = session.takeOutputPieces(); pieces.length > 0; pieces = session.takeOutputPieces())
            await transport.writeAll(pieces);
        },
      })),
    ],
    [
      "that leaves its loop over the events and comes back",
      driver(() => ({
        async events(session, application) {
          for (let none = false; !none; ) {
            none = true;
            for (const event of session[Symbol.iterator]() as IterableIterator<SmtpServerEvent>) {
              none = false;
              await application.on(event);
              break;
            }
          }
        },
      })),
    ],
    [
      "that writes on when the connection is gone",
      driver(() => ({
        async output(session, transport) {
          for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput())
            await transport.write(bytes).catch(() => {});
        },
        async input(session, transport) {
          const chunk = await transport.read().catch(() => null);
          if (chunk === null) session.receiveEnd();
          else session.receive(chunk);
        },
      })),
    ],
    [
      "with an application of its own, which rejects where the handshake fails",
      async (transport, { createSession, store }) => {
        const session = createSession({ host: "own.example.com" });
        let pieces: number[] = [];
        const on = async (event: SmtpServerEvent): Promise<void> => {
          if (event.type === "content") pieces.push(...event.bytes);
          else if (event.type === "message") {
            await store(Uint8Array.from(pieces));
            pieces = [];
          }
          if (event.answer === "needed") session.accept();
        };
        const tls: Parts<SmtpServerEvent>["tls"] = async () => {
          await transport.startTls();
          session.tlsEstablished();
        };
        await drive<SmtpServerEvent>(transport, session, { on }, { tls });
      },
    ],
  ];
  it.each(ways)("passes %s", async (_, way) => {
    expect((await testServerDriver(way, { cutEvery: 5 })).broken).toEqual([]);
  });

  it("may be slower than microtasks are, where the kit is told what a turn is", async () => {
    const way = driver(() => ({
      async input(session, transport) {
        await new Promise((resolve) => setImmediate(resolve));
        await right.input(session as Session<never>, transport);
      },
    }));
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    expect((await testServerDriver(way, { turn, patience: 4, cutEvery: 50 })).broken).toEqual([]);
  });
});

const never = () => new Promise<void>(() => {});

const wrong: [string, Contract, string, () => Part][] = [
  [
    "reads on before the events were pulled",
    "borrowed-chunk",
    "it handed the session a chunk and changed it, or read again, before nextEvent() had returned null",
    () => {
      let next: Promise<Uint8Array | null> | null = null;
      return {
        async input(session, transport) {
          const chunk = await (next ?? transport.read());
          if (chunk === null) session.receiveEnd();
          else session.receive(chunk);
          next = chunk === null ? null : transport.read();
        },
      };
    },
  ],
  [
    "uses its buffer again too early",
    "borrowed-chunk",
    "it handed the session a chunk and changed it, or read again, before nextEvent() had returned null",
    () => ({
      async input(session, transport) {
        const buffer = new Uint8Array(4096);
        const count = await transport.readInto(buffer);
        if (count === null) session.receiveEnd();
        else session.receive(buffer.subarray(0, count));
        buffer.fill(0);
      },
    }),
  ],
  [
    "queues chunks that the next read writes over",
    "input",
    "what it handed the session is not what it read: octets were lost, repeated, reordered or overwritten",
    () => ({
      async input(session, transport) {
        const one = await transport.read();
        const two = one === null ? null : await transport.read();
        if (one !== null) session.receive(one);
        if (two === null) session.receiveEnd();
        else session.receive(two);
      },
    }),
  ],
  [
    "drops what a partial write has not taken",
    "output",
    "it waits for input, and output has not been written: what a partial write did not take is lost",
    () => ({
      async output(session, transport) {
        for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput())
          await transport.writeSome(bytes);
      },
    }),
  ],
  [
    "writes pieces in another order",
    "output",
    "what it wrote is not what the session gave: octets were lost, repeated, reordered, changed or added",
    () => ({
      async output(session, transport) {
        const pieces = session.takeOutputPieces().flatMap((piece) => [piece.subarray(3), piece.subarray(0, 3)]);
        await transport.writeAll(pieces);
      },
    }),
  ],
  [
    "takes output and does not write it",
    "output",
    "it waits for input, and output has not been written",
    () => ({
      async output(session) {
        session.takeOutput();
      },
    }),
  ],
  [
    "never takes output",
    "output",
    "it waits for input, and output has not been written",
    () => ({ output: async () => {} }),
  ],
  [
    "answers each event in a write of its own",
    "one-write",
    "it answered a pipelined batch in more than one write",
    () => ({
      async events(session, application, transport) {
        for (const event of session) {
          await application.on(event);
          await right.output(session as Session<never>, transport);
        }
      },
    }),
  ],
  [
    "does not wait for its application",
    "events",
    "it pulled the next event before the application was done with the last one",
    () => ({
      async events(session, application) {
        for (const event of session) {
          const done = application.on(event);
          if (event.type !== "content") await done;
        }
      },
    }),
  ],
  [
    "keeps events from its application",
    "events",
    "it handed the application another event than the next one",
    () => ({
      async events(session, application) {
        for (const event of session) if (event.type !== "ehlo") await application.on(event);
      },
    }),
  ],
  [
    "does not tell its application of the end",
    "events",
    'it did not hand the application the event "closed"',
    () => ({
      async events(session, application) {
        for (const event of session) if (event.type !== "closed") await application.on(event);
      },
    }),
  ],
  [
    "answers nothing",
    "events",
    'it does nothing, and nobody answers the event "mail"',
    () => ({
      async events(session) {
        for (const _ of session) {
        }
        if (session.waiting === "decision") await never();
      },
    }),
  ],
  [
    "leaves events in the session",
    "events",
    'it left the event "closed" in the session',
    () => ({
      async input(session, transport) {
        const chunk = await transport.read();
        if (chunk !== null) session.receive(chunk);
        else {
          session.receiveEnd();
          Object.defineProperty(session, "ended", { value: true });
        }
      },
      async events(session, application) {
        if ("ended" in session) throw new Stop();
        await right.events(session as Session<never>, application as never, null as never);
      },
    }),
  ],
  [
    "reads as long as there is something to read",
    "read-ahead",
    "it read on while a decision was open",
    () => readingAhead(Number.POSITIVE_INFINITY),
  ],
  [
    "does not wait for its writes",
    "back-pressure",
    "it wrote on and on to a peer that does not read",
    () => ({
      async output(session, transport) {
        for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput())
          void transport.write(bytes).catch(() => {});
      },
    }),
  ],
  [
    "does no handshake",
    "tls",
    'it wrote plaintext after waiting became "tls"',
    () => ({
      async tls(session) {
        session.tlsEstablished();
      },
    }),
  ],
  [
    "waits for a handshake that it does not begin",
    "tls",
    'it waits for input while waiting is "tls": it begins no handshake',
    () => ({
      async tls(_, transport) {
        await transport.read();
      },
    }),
  ],
  [
    "does not say that the handshake is done",
    "tls",
    "it did not call tlsEstablished()",
    () => ({
      async tls(_, transport) {
        await transport.startTls();
        await never();
      },
    }),
  ],
  [
    "does not say that the handshake has failed",
    "tls",
    "it did not call tlsFailed()",
    () => ({
      async tls(session, transport) {
        await transport.startTls().catch(never);
        session.tlsEstablished();
      },
    }),
  ],
  [
    "begins the handshake too early",
    "tls",
    "it began the handshake before the output in front of it was written",
    () => ({
      async output(session, transport) {
        if (session.waiting !== "tls") await right.output(session as Session<never>, transport);
      },
    }),
  ],
  [
    "begins a handshake unasked",
    "tls",
    "it began a handshake that the session does not wait for",
    () => ({
      async input(session, transport) {
        await transport.startTls();
        await right.input(session as Session<never>, transport);
      },
    }),
  ],
  [
    "takes a failed handshake for a good one",
    "tls",
    "it called tlsEstablished() though the handshake had failed",
    () => ({
      async tls(session, transport) {
        await transport.startTls().catch(() => {});
        session.tlsEstablished();
      },
    }),
  ],
  [
    "goes away when the handshake fails",
    "tls",
    "it did not call tlsFailed(), nor reject, when the handshake had failed",
    () => ({
      async tls(session, transport) {
        await transport.startTls().catch(() => {
          throw new Stop();
        });
        session.tlsEstablished();
      },
    }),
  ],
  [
    "reads while the handshake is done",
    "tls",
    "it was reading when the handshake began, whose first octets it would take",
    () => readingAhead(2),
  ],
  [
    "reads what came in the clear behind the handshake",
    "plaintext-behind-tls",
    "it handed the session octets from before the handshake behind it",
    () => {
      const queue: (Uint8Array | null)[] = [];
      return {
        async input(session, transport) {
          if (queue.length === 0) {
            queue.push((await transport.read())?.slice() ?? null);
            for (let now = transport.readNow(); now !== null; now = transport.readNow()) queue.push(now.slice());
          }
          const chunk = queue.shift()!;
          if (chunk === null) session.receiveEnd();
          else session.receive(chunk);
        },
      };
    },
  ],
  [
    "goes away at the end of input",
    "end-of-input",
    "it did not call receiveEnd(), nor reject, when the connection had ended",
    () => ({
      async input(session, transport) {
        const chunk = await transport.read();
        if (chunk === null) throw new Stop();
        session.receive(chunk);
      },
    }),
  ],
  [
    "stops at the end of input",
    "end-of-input",
    "it did not call receiveEnd() when the connection had ended, and goes no further",
    () => ({
      async input(session, transport) {
        const chunk = await transport.read();
        if (chunk === null) await never();
        else session.receive(chunk);
      },
    }),
  ],
  [
    "reads again and again",
    "end-of-input",
    "it read on and on behind the end of input",
    () => ({
      async input(session, transport) {
        const chunk = await transport.read().catch(() => null);
        if (chunk !== null) session.receive(chunk);
      },
    }),
  ],
  [
    "tells of the end twice",
    "calls",
    "it called receiveEnd(), which threw: receiveEnd() is not possible after receiveEnd(); legal now: nextEvent() and takeOutput()",
    () => ({
      async input(session, transport) {
        const chunk = await transport.read();
        if (chunk !== null) session.receive(chunk);
        else session.receiveEnd();
        if (chunk === null) session.receiveEnd();
      },
    }),
  ],
  [
    "reads twice at once",
    "calls",
    "it read while a read was pending",
    () => ({
      async input(session, transport) {
        const chunk = await Promise.race([transport.read(), transport.read()]);
        if (chunk === null) session.receiveEnd();
        else session.receive(chunk);
      },
    }),
  ],
  ["never closes", "closing", "it never closed the transport", () => ({ close: () => {} })],
  [
    "closes in front of the last reply",
    "closing",
    "it closed the transport before the last output was written",
    () => ({
      async output(session, transport) {
        if (session.waiting !== "closed") await right.output(session as Session<never>, transport);
      },
    }),
  ],
  [
    "writes to what it has closed",
    "closing",
    "it wrote to the transport after it had closed it",
    () => ({
      close(transport) {
        transport.close();
        void transport.write(Uint8Array.of(1));
      },
    }),
  ],
  [
    "does not end when the session does",
    "closing",
    'it does nothing though waiting is "closed": it does not end',
    () => ({
      async events(session, application) {
        await right.events(session as Session<never>, application as never, null as never);
        if (session.waiting === "closed") session.takeOutput();
        if (session.waiting === "closed") await never();
      },
      output: right.output as never,
    }),
  ],
  [
    "ends in the middle",
    "progress",
    'it ended before the dialogue did, its session waiting for "bytes"',
    () => {
      let reads = 0;
      return {
        async input(session, transport) {
          if (++reads > 2) throw new Stop();
          await right.input(session as Session<never>, transport);
        },
      };
    },
  ],
  ["does nothing", "progress", 'it does nothing while waiting is "bytes"', () => ({ input: never })],
  [
    "reads before it speaks",
    "events",
    'it waits for input, and has not pulled the event "connect"',
    () => {
      let spoken = false;
      return {
        async events(session, application, transport) {
          if (!spoken) await right.input(session as Session<never>, transport);
          spoken = true;
          await right.events(session as Session<never>, application as never, transport);
        },
      };
    },
  ],
  [
    "fails by itself",
    "errors",
    "it rejected: a bug",
    () => ({
      async input() {
        throw new Error("a bug");
      },
    }),
  ],
];

/** Ends a driver without a word. */
class Stop extends Error {}

const stopping =
  (inner: ServerDriver): ServerDriver =>
  async (transport, world) => {
    try {
      await inner(transport, world);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
  };

describe("testServerDriver", () => {
  it("says what its peer got where an application refuses mail", async () => {
    const { broken } = await testServerDriver(
      async (transport, { createSession }) => {
        const session = createSession();
        const on = async (event: SmtpServerEvent): Promise<void> => {
          if (event.type === "rcpt") session.reject({ code: 550, enhanced: "5.1.1", text: "nobody" });
          else if (event.answer === "needed") session.accept();
        };
        await drive<SmtpServerEvent>(transport, session, { on });
      },
      { cutEvery: 200 },
    );
    expect(broken.map(({ what }) => what)).toContain('the peer got "550 5.1.1 nobody" in the place of a reply 250');
  });

  it("says so if a message is acknowledged and not stored, or stored as something else", async () => {
    const way =
      (stored: Uint8Array | null): ServerDriver =>
      async (transport, { createSession, store }) => {
        const session = createSession();
        const on = async (event: SmtpServerEvent): Promise<void> => {
          if (event.type === "message" && stored !== null) await store(stored);
          if (event.answer === "needed") session.accept();
        };
        await drive<SmtpServerEvent>(transport, session, { on });
      };
    const wordsFor = async (stored: Uint8Array | null) =>
      (await testServerDriver(way(stored), { cutEvery: 200 })).broken.map(({ what }) => what);
    expect(await wordsFor(null)).toEqual(["it acknowledged a message that was not stored"]);
    expect(await wordsFor(Uint8Array.of(1))).toEqual(["it stored another message than was sent"]);
  });
});

describe("a driver that is still there when its test is over", () => {
  it("can use neither session nor transport", async () => {
    let left: { transport: TestTransport; session: SmtpServerSession } | null = null;
    await testServerDriver(async (transport, { createSession }) => {
      left ??= { transport, session: createSession() };
      await never();
    });
    const { transport, session } = left!;
    for (const call of [() => transport.readable(), () => transport.startTls(), () => session.nextEvent()])
      expect(call).toThrow("the test of this driver is over");
    await expect(transport.read()).rejects.toThrow("the test of this driver is over");
  });
});

describe("assertServerDriver", () => {
  it("throws with the words of everything that was broken", async () => {
    const error = await assertServerDriver(
      driver(() => ({ close: () => {} })),
      { cutEvery: 100 },
    ).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(DriverError);
    expect(error.report.broken).toHaveLength(1);
    expect(error.message).toBe(
      `the driver breaks its contracts:\n- it never closed the transport\n  (in "a message") closing: ${contracts.closing}`,
    );
  });
});

describe("a driver of server sessions that", () => {
  it.each(wrong)("%s is told so: %s", async (_, contract, what, part) => {
    const { passed, broken } = await testServerDriver(stopping(driver(part)), { cutEvery: 40 });
    expect(passed).toBe(false);
    expect(broken.map((each) => `${each.contract}: ${each.what}`)).toContain(`${contract}: ${what}`);
  });
});
