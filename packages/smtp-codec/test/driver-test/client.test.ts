import { type SmtpClientEvent, SmtpClientSession } from "smtp-codec";
import { assertClientDriver, type ClientDriver, testClientDriver } from "smtp-codec/driver-test";
import { describe, expect, it } from "vitest";
import { drive, type Parts, right } from "./drivers.ts";

type Part = Partial<Parts<SmtpClientEvent>>;

const driver =
  (part: () => Part = () => ({})): ClientDriver =>
  (transport, { createSession, on, decide, content }) =>
    drive<SmtpClientEvent>(transport, createSession(), { on, decide, content }, part());

describe("a driver of client sessions that keeps its contracts", () => {
  it("passes all scenarios", async () => {
    const report = await assertClientDriver(driver(), { cutEvery: 3 });
    expect(report).toMatchObject({ passed: true, broken: [] });
    expect(report.played).toBeGreaterThan(300);
  });

  it("passes with an application of its own", async () => {
    const way: ClientDriver = async (transport, { createSession, message, tls }) => {
      const session = createSession({ highWaterMark: 1000 });
      let sent = false;
      const on = async (event: SmtpClientEvent): Promise<void> => {
        if (event.type === "message") sent = true;
        if ("ok" in event && !event.ok) sent = true;
      };
      const decide = async (): Promise<void> => {
        if (sent) session.quit();
        else if (session.capabilities === null) session.ehlo("own.example.com");
        else if (tls && !session.tls) session.starttls();
        else session.mail(message.from).rcpt(message.to).data();
      };
      const content = async (): Promise<void> => void session.content(message.content);
      await drive<SmtpClientEvent>(transport, session, { on, decide, content });
    };
    expect((await testClientDriver(way, { cutEvery: 7 })).broken).toEqual([]);
  });
});

/** An application of the driver's own, which sends the message again while it is told to. */
const sender =
  (given: Given): ClientDriver =>
  async (transport, { createSession, message }) => {
    const { again, from = message.from, to = [message.to], sent = (content) => content } = given;
    const session = createSession();
    const results: boolean[] = [];
    let isOver = false;
    const on = async (event: SmtpClientEvent): Promise<void> => {
      if (event.type === "message") results.push(event.ok);
      else if ("ok" in event && !event.ok) isOver = true;
    };
    const decide = async (): Promise<void> => {
      if (isOver || (results.length > 0 && !again(results))) session.quit();
      else if (session.capabilities === null) session.ehlo("own.example.com");
      else {
        session.mail(from);
        for (const each of to) session.rcpt(each);
        session.data();
      }
    };
    const content = async (): Promise<void> => void session.content(sent(message.content, results.length));
    await drive<SmtpClientEvent>(transport, session, { on, decide, content });
  };

interface Given {
  /** @param results of all times so far */
  again(results: readonly boolean[]): boolean;
  readonly from?: string;
  readonly to?: readonly string[];
  /** What is sent the nth time, from 0. */
  sent?(content: Uint8Array, times: number): Uint8Array;
}

const onceRefused = (results: readonly boolean[]): boolean => results.at(-1) === false;

const wrong: [string, string, ClientDriver][] = [
  [
    "sends a message that was accepted again",
    "messages: the server got the message twice",
    sender({ again: ({ length }) => length < 2 }),
  ],
  [
    "goes on in the midst of a message that was refused",
    "messages: the server got another message than the one that was to be sent",
    sender({ again: onceRefused, sent: (content, times) => (times === 0 ? content : content.subarray(40)) }),
  ],
  [
    "sends from somebody else",
    "messages: the server got another envelope than the one that was to be sent",
    sender({ again: onceRefused, from: "else@example.com" }),
  ],
  [
    "sends to its recipient twice",
    "messages: the server got another envelope than the one that was to be sent",
    sender({ again: onceRefused, to: ["recipient@example.org", "recipient@example.org"] }),
  ],
  [
    "does not wait for its writes",
    "back-pressure: it wrote on and on to a peer that does not read",
    driver(() => ({
      async output(session, transport) {
        for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput())
          void transport.write(bytes).catch(() => {});
      },
    })),
  ],
  [
    "does not mind that a write fails",
    "failed-write: it asked for more and more content after a write had failed",
    driver(() => ({
      async output(session, transport) {
        for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput())
          await transport.write(bytes).catch(() => {});
      },
    })),
  ],
  [
    "asks for content all the time",
    "back-pressure: it asked for more and more content without taking the output",
    async (transport, { createSession, on, decide, content }) => {
      const own = async (): Promise<void> => {
        while (session.waiting === "content") {
          await content();
          for (const event of session) await on(event);
        }
      };
      const session = createSession({ highWaterMark: Number.POSITIVE_INFINITY });
      await drive<SmtpClientEvent>(transport, session, { on, decide, content: own });
    },
  ],
  [
    "has no word for its session to say",
    'progress: it does nothing while waiting is "decision"',
    (transport, { createSession, on, content }) =>
      drive<SmtpClientEvent>(transport, createSession(), { on, content, decide: () => new Promise(() => {}) }),
  ],
  [
    "sends another message",
    "messages: the server got another message than the one that was to be sent",
    (transport, { createSession, on, decide }) => {
      const session = createSession();
      const content = async (): Promise<void> => void session.end(new TextEncoder().encode("something else"));
      return drive<SmtpClientEvent>(transport, session, { on, decide, content });
    },
  ],
  ["has no session", "progress: it has no session, and does nothing", () => new Promise(() => {})],
  [
    "has no session, and reads",
    "progress: it has no session, and waits for input",
    async (transport) => {
      for (;;) await transport.read();
    },
  ],
  [
    "has no session, and begins a handshake",
    "tls: it began a handshake that the session does not wait for",
    async (transport) => {
      await transport.startTls();
      transport.close();
    },
  ],
  ["ends without a session", "progress: it ended without a session", async (transport) => transport.close()],
  [
    "makes two sessions",
    "errors: it rejected: a connection has one session: createSession() was called twice",
    async (transport, { createSession }) => {
      createSession();
      transport.close();
      createSession();
    },
  ],
  [
    "makes a session of its own",
    "progress: it ended without a session",
    async (transport, { on }) => {
      const session = new SmtpClientSession();
      await drive<SmtpClientEvent>(transport, session, { on, decide: async () => void session.quit() }).catch(() => {});
    },
  ],
  [
    "believes what came in the clear",
    "plaintext-behind-tls: it handed the session octets from before the handshake after it",
    driver(() => {
      let early: Uint8Array | null = null;
      return {
        async tls(session, transport) {
          early = transport.readNow()?.slice() ?? null;
          await right.tls(session as never, transport);
          if (early !== null) session.receive(early);
        },
      };
    }),
  ],
  [
    "throws what is no error",
    "errors: it rejected: nothing",
    async (transport, { createSession }) => {
      createSession();
      transport.close();
      throw "nothing";
    },
  ],
];

it("a driver of client sessions may send a message again that was refused for the time being", async () => {
  const { broken } = await testClientDriver(sender({ again: onceRefused }), { cutEvery: 40 });
  expect(broken.filter(({ scenario }) => scenario === "a message that is refused at first")).toEqual([]);
  expect(broken.filter(({ contract }) => contract === "messages")).toEqual([]);
});

describe("a driver of client sessions that", () => {
  it.each(wrong)("%s is told so: %s", async (_, what, way) => {
    const { broken } = await testClientDriver(way, { cutEvery: 40 });
    expect(broken.map((each) => `${each.contract}: ${each.what}`)).toContain(what);
  });
});
