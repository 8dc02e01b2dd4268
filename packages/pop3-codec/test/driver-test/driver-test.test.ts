import type { Pop3ClientEvent, Pop3ServerEvent } from "pop3-codec";
import {
  assertClientDriver,
  assertServerDriver,
  type ClientDriver,
  type ServerDriver,
  type TestTransport,
  testClientDriver,
  testServerDriver,
} from "pop3-codec/driver-test";
import { describe, expect, it } from "vitest";

interface Session<Event> extends Iterable<Event> {
  readonly waiting: string;
  receive(chunk: Uint8Array): unknown;
  receiveEnd(): unknown;
  takeOutputPieces(): Uint8Array[];
  tlsEstablished(): void;
  tlsFailed(): void;
}

/** @param on is given each event @param decide gives the next command */
async function drive<Event>(
  transport: TestTransport,
  session: Session<Event>,
  on: (event: Event) => Promise<void>,
  decide?: () => Promise<void>,
): Promise<void> {
  for (;;) {
    for (const event of session) await on(event);
    for (let pieces = session.takeOutputPieces(); pieces.length > 0; pieces = session.takeOutputPieces())
      await transport.writeAll(pieces).catch(() => {});
    switch (session.waiting) {
      case "bytes": {
        const chunk = await transport.read().catch(() => null);
        if (chunk === null) session.receiveEnd();
        else session.receive(chunk);
        break;
      }
      case "tls": {
        const works = await transport.startTls().then(
          () => true,
          () => false,
        );
        if (works) session.tlsEstablished();
        else session.tlsFailed();
        break;
      }
      case "decision":
        await decide!();
        break;
      case "closed":
        transport.close();
        return;
    }
  }
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

describe("a driver of server sessions", () => {
  it("passes all scenarios, cut after every octet, if it keeps its contracts", async () => {
    const report = await assertServerDriver((transport, { createSession, on }) =>
      drive<Pop3ServerEvent>(transport, createSession(), on),
    );
    expect(report).toMatchObject({ passed: true, broken: [] });
    expect(report.played).toBeGreaterThan(600);
  });

  /** An application of the driver's own. */
  const own =
    (wrong: Partial<Record<"login" | "retr" | "dele" | "quit" | "rset" | "twice", true>>): ServerDriver =>
    async (transport, { createSession, messages, remove, user, password }) => {
      const session = createSession({ top: false });
      const marked = new Set<number>();
      await drive<Pop3ServerEvent>(transport, session, async (event) => {
        if (event.type === "pass") {
          if (wrong.login || event.name !== user || event.password !== password) session.reject();
          else
            session.accept({
              sizes: messages.map(({ length }) => length),
              uniqueIds: messages.map((_, index) => `own-${index}`),
            });
        } else if (event.type === "retr") {
          session.accept().content(wrong.retr ? text("another\r\n") : messages[event.number - 1]!);
        } else if (event.type === "dele") {
          marked.add(event.number);
          if (wrong.dele) await remove([event.number]);
        } else if (event.type === "quit") {
          if (!wrong.quit) await remove(wrong.rset ? [...marked] : event.deleted);
          if (wrong.twice) await remove(event.deleted);
          if (event.answer === "needed") session.accept();
        } else if (event.answer === "needed") session.reject();
      });
    };

  it("passes with an application of its own", async () => {
    expect((await testServerDriver(own({}), { cutEvery: 9 })).broken).toEqual([]);
  });

  it.each([
    ["login", 'progress: the peer got "-ERR [AUTH] authentication failed" in the place of +OK'],
    ["retr", "messages: the client got another message than is stored"],
    ["dele", "messages: it removed messages that its client had not asked it to"],
    ["rset", "messages: it removed messages that its client had not asked it to"],
    ["twice", "messages: it removed a message twice"],
    ["quit", "messages: it acknowledged deletions that were not done"],
  ])("is told what its application does wrong: %s", async (where, what) => {
    const { broken } = await testServerDriver(own({ [where]: true }), { cutEvery: 60 });
    expect(broken.map((each) => `${each.contract}: ${each.what}`)).toContain(what);
  });

  it("is told of answers in writes of their own, and of reading ahead", async () => {
    const { broken } = await testServerDriver(
      async (transport, { createSession, on }) => {
        const session = createSession();
        const chunks: (Uint8Array | null)[] = [];
        let wake = () => {};
        void (async () => {
          for (let chunk: Uint8Array | null = text(""); chunk !== null; wake()) {
            chunk = (await transport.read().catch(() => null))?.slice() ?? null;
            chunks.push(chunk);
          }
        })();
        const ahead = {
          ...transport,
          read: async () => {
            while (chunks.length === 0) await new Promise<void>((resolve) => (wake = resolve));
            return chunks.shift()!;
          },
          writeAll: (pieces: readonly Uint8Array[]) => transport.writeAll(pieces),
          startTls: () => transport.startTls(),
          close: () => transport.close(),
        };
        await drive<Pop3ServerEvent>(ahead, session, async (event) => {
          await on(event);
          const pieces = session.takeOutputPieces();
          if (pieces.length > 0) await transport.writeAll(pieces).catch(() => {});
        });
      },
      { cutEvery: 60 },
    );
    const contracts = broken.map((each) => each.contract);
    expect(contracts).toContain("one-write");
    expect(contracts).toContain("read-ahead");
  });
});

describe("a driver of client sessions", () => {
  it("passes all scenarios, cut after every octet, if it keeps its contracts", async () => {
    const report = await assertClientDriver((transport, { createSession, on, decide }) =>
      drive<Pop3ClientEvent>(transport, createSession(), on, decide),
    );
    expect(report).toMatchObject({ passed: true, broken: [] });
    expect(report.played).toBeGreaterThan(400);
  });

  /**
   * An application of the driver's own.
   *
   * @param keeps which messages: all, those that came to their end, those twice, those with what came before, or none
   */
  const own =
    (keeps: "all" | "whole" | "twice" | "mixed" | "none"): ClientDriver =>
    async (transport, { createSession, user, password, tls, keep }) => {
      const session = createSession({ highWaterMark: 100 });
      let pieces: number[] = [];
      let over = false;
      let next = 1;
      await drive<Pop3ClientEvent>(
        transport,
        session,
        async (event) => {
          if (event.type === "content") pieces.push(...event.bytes);
          else if (event.type === "retr" && (event.ok || (keeps === "all" && pieces.length > 0))) {
            if (keeps !== "none") await keep(Uint8Array.from(pieces));
            if (keeps === "twice") await keep(Uint8Array.from(pieces));
            if (keeps !== "mixed") pieces = [];
            if (event.ok) session.dele(event.number);
            else over = true;
          } else if ("ok" in event && !event.ok) over = true;
        },
        async () => {
          if (over) session.quit();
          else if (tls && !session.tls) session.stls();
          else if (session.state === "authorization") session.user(user).pass(password);
          else session.retr(next++);
        },
      );
    };

  it("passes with an application of its own", async () => {
    expect((await testClientDriver(own("whole"), { cutEvery: 9 })).broken).toEqual([]);
  });

  it("is told of messages that are deleted and were not kept", async () => {
    const { broken } = await testClientDriver(own("none"), { cutEvery: 60 });
    expect(broken.map(({ what }) => what)).toContain("it has deleted a message that was not kept as it came");
  });

  it.each([
    ["twice", "it kept a message twice"],
    ["mixed", "it kept a message that was not served: one cut off, or changed"],
  ] as const)("is told of messages that are kept %s", async (keeps, what) => {
    const { broken } = await testClientDriver(own(keeps), { cutEvery: 60 });
    expect(broken[0]).toEqual({ contract: "messages", scenario: "two messages", what });
  });

  it("is told of a message that is kept though it was refused", async () => {
    const way: ClientDriver = async (transport, { createSession, user, password, keep }) => {
      const session = createSession();
      const pieces: number[] = [];
      let isAnswered = false;
      await drive<Pop3ClientEvent>(
        transport,
        session,
        async (event) => {
          if (event.type === "content") pieces.push(...event.bytes);
          else if (event.type === "retr") {
            await keep(Uint8Array.from(pieces));
            isAnswered = true;
          }
        },
        async () => {
          if (session.state === "authorization") session.user(user).pass(password);
          else if (isAnswered) session.quit();
          else session.retr(1);
        },
      );
    };
    const { broken } = await testClientDriver(way, { cutEvery: 1000 });
    expect(broken).toContainEqual({
      contract: "messages",
      scenario: "a message that is not given out",
      what: "it kept a message that was not served: one cut off, or changed",
    });
  });

  it("is told of messages that are kept though they were cut off", async () => {
    const { broken } = await testClientDriver(own("all"), { cutEvery: 60 });
    expect(broken).toEqual([
      {
        contract: "messages",
        scenario: expect.stringMatching(/^two messages, ended after \d+ octets of input$/),
        what: "it kept a message that was not served: one cut off, or changed",
      },
    ]);
  });
});
