import type { SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import {
  assertServerDriver,
  contracts,
  DriverError,
  type Envelope,
  type ServerDriver,
  type SmtpServerWorld,
  type TestTransport,
  testServerDriver,
} from "smtp-codec/driver-test";
import { describe, expect, it } from "vitest";
import { drive, never, type Parts, right, type Session, Stop } from "./drivers.ts";
import { wrongServerDrivers } from "./wrong-server-drivers.ts";

const driver =
  (part: () => Partial<Parts<SmtpServerEvent>> = () => ({})): ServerDriver =>
  (transport, { createSession, on }) =>
    drive<SmtpServerEvent>(transport, createSession(), { on }, part());

describe("a driver of server sessions that keeps its contracts", () => {
  it("passes all scenarios, cut after every octet", async () => {
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
          } else if (event.type === "aborted" || event.type === "refused") pieces = [];
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
  it("finds a driver that keeps replies back while decisions take their time, where that is asked", async () => {
    const { broken } = await testServerDriver(driver(), { prompt: true, cutEvery: 200 });
    expect(broken).toEqual([
      {
        contract: "held-back",
        scenario: "decisions that take their time",
        what: "it kept a reply back for as long as a further decision took",
      },
    ]);
    const eager = driver(() => ({
      async events(session, application, transport) {
        for (const event of session) {
          const answered = application.on(event);
          for (let turn = 0; turn < 20; turn++) await undefined;
          if (event.answer !== "default") await right.output(session as Session<never>, transport);
          await answered;
        }
      },
    }));
    const found = await testServerDriver(eager, { prompt: true, cutEvery: 200 });
    expect(found.broken.map(({ contract }) => contract)).not.toContain("held-back");
  });

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

  it("says so if a message is stored that did not come to its end", async () => {
    const { broken } = await testServerDriver(
      async (transport, { createSession, store }) => {
        const session = createSession();
        let pieces: number[] = [];
        const on = async (event: SmtpServerEvent): Promise<void> => {
          if (event.type === "content") pieces.push(...event.bytes);
          else if (event.type === "message" || event.type === "aborted") {
            await store(Uint8Array.from(pieces));
            pieces = [];
          } else if (event.type === "refused") pieces = [];
          if (event.answer === "needed") session.accept();
        };
        await drive<SmtpServerEvent>(transport, session, { on });
      },
      { cutEvery: 20 },
    );
    expect(broken).toEqual([
      {
        contract: "messages",
        scenario: expect.stringMatching(/^a message, ended after \d+ octets of input$/),
        what: "it stored a message whose end had not come",
      },
    ]);
  });
});

const asSent = (
  { from, recipients }: SmtpServerEvent & { readonly type: "message" },
  bcc: readonly string[] = [],
): Envelope => ({ from: from.address, to: [...recipients.map(({ to }) => to.address), ...bcc] });

/** Applications of a driver's own that lose, double or mix messages. They accept each message once this is done. */
const wrongApplications: [string, { readonly inMessage: InMessage; readonly forgets?: string }, string, string][] = [
  [
    "stores each message twice",
    {
      async inMessage(store, content) {
        await store(content);
        await store(content);
      },
    },
    "a message",
    "it stored a message twice",
  ],
  [
    "keeps what came of a message that was given up",
    { inMessage: (store, content) => store(content), forgets: "refused" },
    "a message after one that was given up",
    "it stored another message than was sent",
  ],
  [
    "keeps what came of a message that was refused",
    { inMessage: (store, content) => store(content), forgets: "aborted" },
    "a message after one with a bare LF",
    "it stored another message than was sent",
  ],
  [
    "stores for those whose message was given up",
    { inMessage: (store, content, event, accepted) => store(content, asSent(event, accepted.slice(0, -1))) },
    "a message after one that was given up",
    "it stored a message with another envelope than was sent",
  ],
  [
    "stores for nobody",
    { inMessage: (store, content, { from }) => store(content, { from: from.address, to: [] }) },
    "a message",
    "it stored a message with another envelope than was sent",
  ],
  [
    "stores as from nobody",
    { inMessage: (store, content, event) => store(content, { ...asSent(event), from: "" }) },
    "a message",
    "it stored a message with another envelope than was sent",
  ],
  [
    "stores the second message alone",
    {
      inMessage: async (store, content, _, accepted) => {
        if (accepted.length > 1) await store(content);
      },
    },
    "a message",
    "it acknowledged a message that was not stored",
  ],
];

type InMessage = (
  store: SmtpServerWorld["store"],
  content: Uint8Array,
  event: SmtpServerEvent & { readonly type: "message" },
  accepted: readonly string[],
) => Promise<void>;

describe("a driver with an application of its own that", () => {
  it.each(wrongApplications)("%s is told so", async (_, { inMessage, forgets }, scenario, what) => {
    const way: ServerDriver = async (transport, { createSession, store }) => {
      const session = createSession();
      const accepted: string[] = [];
      let pieces: number[] = [];
      const on = async (event: SmtpServerEvent): Promise<void> => {
        if (event.type === "content") pieces.push(...event.bytes);
        else if (event.type === "rcpt") accepted.push(event.to.address);
        else if (event.type === "message") await inMessage(store, Uint8Array.from(pieces), event, accepted);
        if (event.type === "message" || event.type === (forgets ?? "aborted") || (!forgets && event.type === "refused"))
          pieces = [];
        if (event.answer === "needed") session.accept();
      };
      await drive<SmtpServerEvent>(transport, session, { on });
    };
    const { broken } = await testServerDriver(way, { cutEvery: 200 });
    expect(broken).toContainEqual({ contract: "messages", scenario, what });
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
  it.each(wrongServerDrivers)("%s is told so: %s", async (_, contract, what, part) => {
    const { passed, broken } = await testServerDriver(stopping(driver(part)), { cutEvery: 40 });
    expect(passed).toBe(false);
    expect(broken.map((each) => `${each.contract}: ${each.what}`)).toContain(`${contract}: ${what}`);
  });
});
