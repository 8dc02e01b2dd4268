/**
 * Sessions over Web Streams: a client and a server in memory, TLS included, and everything that can go wrong with a
 * connection.
 */
import { driveStreams, type StreamSession, type StreamTimer } from "dot-stuffing/streams";
import { Pop3ClientSession, type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import * as pop3Streams from "pop3-codec/streams";
import type { SaslServer } from "sasl";
import { type SmtpClientEvent, SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import type { StreamApplication, StreamConnection } from "smtp-codec/streams";
import * as smtpStreams from "smtp-codec/streams";
import { describe, expect, it } from "vitest";
import { client, clock, connected, message, peer, server, settled } from "./support.ts";

it("is the same function in both codecs", () => {
  expect(smtpStreams.driveStreams).toBe(driveStreams);
  expect(pop3Streams.driveStreams).toBe(driveStreams);
});

describe("a client and a server over Web Streams", () => {
  it("do a handshake, log in and send a message", async () => {
    const plain = connected();
    const secure = connected();
    const receiving = new SmtpServerSession<SaslServer>({
      host: "mx.example.com",
      starttls: true,
      mechanisms: ["PLAIN"],
    });
    const sending = new SmtpClientSession({ requireTls: true });
    const atServer = server(receiving);
    const atClient = client(sending, message("Subject: dots\n", "\n.\nend"));
    const { timer, asked, cancelled } = clock();
    const unlocked: boolean[] = [];
    const startTls = (ours: StreamConnection, next: StreamConnection) => () => {
      unlocked.push(!ours.readable.locked && !ours.writable.locked);
      return next;
    };
    await Promise.all([
      driveStreams(receiving, plain.server, { ...atServer, timer, startTls: startTls(plain.server, secure.server) }),
      driveStreams(sending, plain.client, {
        ...atClient,
        timer,
        startTls: async () => startTls(plain.client, secure.client)(),
      }),
    ]);
    expect(atServer.stored).toEqual(["Subject: dots\r\n\r\n.\r\nend\r\n"]);
    expect(atClient.events).toEqual([
      ...["greeting", "ehlo", "starttls", "ehlo", "auth", "mail", "rcpt", "data", "message", "quit", "closed quit"],
    ]);
    expect(plain.passed.at(-1)).toMatch(/^S: 220 /);
    expect(secure.passed[0]).toBe("C: EHLO client.example.com\r\n");
    expect(unlocked).toEqual([true, true]);
    expect(cancelled.length).toBe(asked.length); // no timer is left behind
  });

  it("do without a clock and without TLS", async () => {
    const { client: near, server: far } = connected();
    const receiving = new SmtpServerSession<SaslServer>({ host: "mx.example.com" });
    const sending = new SmtpClientSession();
    const atServer = server(receiving);
    await Promise.all([
      driveStreams(receiving, far, atServer),
      driveStreams(sending, near, client(sending, message("x".repeat(300_000)))),
    ]);
    expect(atServer.stored).toEqual([`${"x".repeat(300_000)}\r\n`]);
  });
});

const quiet = { on: () => {}, decide: () => {} };

describe("a lost connection", () => {
  it.each(["ends", "breaks"] as const)("that %s is the end of the input", async (then) => {
    const session = new SmtpClientSession();
    const atClient = client(session, message(""));
    await driveStreams(session, peer(["220 mx.example.com\r\n"], then).connection, atClient);
    expect(atClient.events).toEqual(["greeting", "ehlo", "closed end-of-input"]);
  });

  it("that takes nothing more is read to its end, once, and then is lost", async () => {
    const session = new SmtpClientSession();
    const atClient = client(session, message(""));
    const far = peer(["220 mx\r\n", "421 go away\r\n"], "is silent", "breaks");
    await driveStreams(session, far.connection, atClient);
    expect(atClient.events).toEqual(["greeting", "ehlo", "closed reply-421"]);
    expect(far.written).toEqual([]);
    expect(far.ends).toContain("cancelled");
  });

  it("takes no more output, and what the peer said is still read", async () => {
    const session = new SmtpServerSession<SaslServer>({ host: "mx.example.com" });
    const atServer = server(session);
    const far = peer(["EHLO a.example\r\n", "NOOP\r\n"], "ends", "breaks");
    await driveStreams(session, far.connection, atServer);
    expect(atServer.events).toEqual(["connect", "ehlo", "noop", "closed"]);
  });

  it("whose peer never reads is given up after a minute", async () => {
    const { timer, asked, late } = clock();
    const session = new SmtpServerSession({ host: "mx.example.com" });
    const events: SmtpServerEvent[] = [];
    const far = peer([], "is silent", "nothing");
    const driven = driveStreams(session, far.connection, { on: (event) => void events.push(event), timer });
    await settled();
    late();
    await driven;
    expect(asked[0]).toBe(60);
    expect(events.at(-1)).toMatchObject({ type: "closed", cause: "end-of-input" });
    expect(far.ends).toContain("cancelled");
  });
});

describe("time", () => {
  it("that is over ends a session: a server says so, and waits two seconds for the client to close", async () => {
    const { timer, asked, late } = clock();
    const session = new SmtpServerSession({ host: "mx.example.com" });
    const far = peer([], "is silent");
    const driven = driveStreams(session, far.connection, { ...quiet, timer });
    await settled();
    expect(asked).toEqual([60, session.timeout.seconds]); // the greeting is written, a command is awaited
    late();
    await settled();
    expect(far.written.at(-1)).toMatch(/^421 /);
    expect(asked.slice(-2)).toEqual([2, 2]);
    late();
    await driven;
    expect(far.ends).toEqual(["closed", "cancelled"]);
  });

  type Driven = StreamSession<{ readonly type: string; readonly cause?: unknown }>;

  it.each<[string, () => Driven, readonly string[]]>([
    ["a POP3 server", () => new Pop3ServerSession({ tls: true }), ["N", "O", "O"]],
    ["an SMTP server", () => new SmtpServerSession({ host: "mx.example.com" }), ["N", "O", "O"]],
    ["a POP3 client", () => new Pop3ClientSession(), ["+", "O", "K"]],
    ["an SMTP client", () => new SmtpClientSession(), ["220-a\r\n", "220-b\r\n", "2"]],
  ])("goes on for %s while octets trickle in that are no whole line or reply", async (_, make, octetsOfLine) => {
    const { timer, asked, late } = clock();
    const session = make();
    const { seconds } = session.timeout!;
    const far = peer(octetsOfLine, "is silent");
    const ends: unknown[] = [];
    const driven = driveStreams(session, far.connection, {
      on: ({ type, cause }) => type === "closed" && ends.push(cause),
      timer,
    });
    await settled();
    expect(asked.filter((each) => each === seconds)).toHaveLength(1);
    late();
    await settled();
    late();
    await driven;
    expect(ends).toEqual(["timeout"]);
  });

  it("[POP3-3-15] begins anew with every command, also with one that came in pieces", async () => {
    const { timer, asked, late } = clock();
    const far = peer(["CA", "PA\r\n", "NO", "OP\r\nCAPA\r\n"], "is silent");
    const session = new Pop3ServerSession({ tls: true });
    const driven = driveStreams<Pop3ServerEvent>(session, far.connection, { on: () => {}, timer });
    await settled();
    expect(asked.filter((each) => each === 600)).toHaveLength(3);
    late();
    await settled();
    late();
    await driven;
  });

  it("begins anew with all that is read of content, be it of a message that is refused", async () => {
    const { timer, asked, late } = clock();
    const envelope = "EHLO a\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n";
    // A bare LF: nothing more is said of the message before its end.
    const far = peer([envelope, "a\r\n", "b\nc\r\n", "d", "e\r\n", "f"], "is silent");
    const session = new SmtpServerSession({ host: "mx.example.com" });
    const events: string[] = [];
    const on = (event: SmtpServerEvent) => {
      events.push(event.type);
      if (event.answer === "needed") session.accept();
    };
    const driven = driveStreams(session, far.connection, { on, timer });
    await settled();
    expect(events.slice(-2)).toEqual(["content", "violation"]);
    expect(asked.filter((each) => each === 300)).toHaveLength(5); // what came while replies were written was there already
    late();
    await settled();
    late();
    await driven;
    expect(events.at(-1)).toBe("closed");
  });

  it("that is over between two reads is over at the next", async () => {
    let runOut = () => {};
    const timer: StreamTimer = (seconds, late) => {
      if (seconds === 600) runOut = late;
      else if (seconds === 2) late();
      return () => {};
    };
    const session = new Pop3ServerSession({ tls: true });
    const receive = session.receive.bind(session);
    session.receive = (chunk) => {
      runOut();
      return receive(chunk);
    };
    const ends: unknown[] = [];
    await driveStreams<Pop3ServerEvent>(session, peer(["N", "O"], "is silent").connection, {
      on: (event) => event.type === "closed" && ends.push(event.cause),
      timer,
    });
    expect(ends).toEqual(["timeout"]);
  });

  it("that a session does not limit has no timer", async () => {
    const { timer, asked, late } = clock();
    const calls: string[] = [];
    const session = {
      waiting: "bytes" as "bytes" | "closed",
      timeout: null,
      *[Symbol.iterator]() {},
      receive: () => calls.push("receive"),
      receiveEnd: () => {
        calls.push("receiveEnd");
        session.waiting = "closed";
      },
      takeOutput: () => null,
      tlsEstablished: () => {},
      tlsFailed: () => {},
      timedOut: () => calls.push("timedOut"),
    };
    const controller = new AbortController();
    const { signal } = controller;
    const driven = driveStreams(session, peer([], "is silent").connection, { on: () => {}, timer, signal });
    await settled();
    expect(asked).toEqual([]);
    controller.abort();
    await settled();
    late();
    await driven;
    expect(calls).toEqual(["receiveEnd"]);
  });

  it("limits a handshake, and one that comes too late is nobody's", async () => {
    const { timer, late } = clock();
    const session = new SmtpClientSession();
    const far = peer(["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n"], "is silent");
    const secure = peer([], "is silent");
    let finish: (connection: StreamConnection) => void = () => {};
    const atClient = client(session, message(""));
    const driven = driveStreams(session, far.connection, {
      ...atClient,
      timer,
      startTls: () => new Promise((resolve) => (finish = resolve)),
    });
    await settled();
    late();
    await expect(driven).rejects.toThrow("the TLS handshake took too long");
    expect(atClient.events.at(-1)).toBe("closed tls-failed");
    expect(far.ends).toEqual(["aborted", "cancelled"]);
    finish(secure.connection);
    await settled();
    expect(secure.ends).toEqual(["aborted", "cancelled"]);
  });
});

describe("a handshake that fails", () => {
  const said = ["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n"];

  it("[TLS-4-8] ends the session without another octet, and its reason is what comes back", async () => {
    const session = new SmtpClientSession();
    const far = peer(said, "is silent");
    const atClient = client(session, message(""));
    const driven = driveStreams(session, far.connection, {
      ...atClient,
      startTls: () => Promise.reject(new Error("self-signed certificate")),
    });
    await expect(driven).rejects.toThrow("self-signed certificate");
    expect(atClient.events.at(-1)).toBe("closed tls-failed");
    expect(far.written).toEqual(["EHLO client.example.com\r\n", "STARTTLS\r\n"]);
    expect(far.ends).toEqual(["aborted", "cancelled"]);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a socket of Node's, whose streams are other ones", { readable: true, writable: true }],
    ["one stream of two", { readable: new ReadableStream() }],
  ])("is what there is where startTls() gives no pair of streams: %s", async (_, given) => {
    const session = new SmtpClientSession();
    const far = peer(said, "is silent");
    const atClient = client(session, message(""));
    const driven = driveStreams(session, far.connection, { ...atClient, startTls: () => given as never });
    await expect(driven).rejects.toThrow(/^startTls\(\) expected to give a ReadableStream/);
    expect(atClient.events.at(-1)).toBe("closed tls-failed");
    expect(far.ends).toEqual(["aborted", "cancelled"]);
  });

  it("is what there is where the streams are in use already", async () => {
    const session = new SmtpClientSession();
    const far = peer(said, "is silent");
    const secure = peer([], "is silent");
    secure.connection.writable.getWriter();
    const atClient = client(session, message(""));
    const driven = driveStreams(session, far.connection, { ...atClient, startTls: () => secure.connection });
    await expect(driven).rejects.toThrow(TypeError);
    expect(atClient.events.at(-1)).toBe("closed tls-failed");
    expect(far.ends).toEqual(["aborted", "cancelled"]);
  });

  it("is what there is without startTls()", async () => {
    const session = new SmtpClientSession();
    const driven = driveStreams(session, peer(said, "is silent").connection, client(session, message("")));
    await expect(driven).rejects.toThrow("there is no startTls()");
  });
});

describe("a fault of the application", () => {
  it.each<[string, Partial<StreamApplication<SmtpClientEvent>>, string]>([
    ["that a function throws", { on: () => Promise.reject(new Error("disk full")) }, "disk full"],
    ["that there is no decide()", {}, "an event was not answered, and there is no decide()"],
    [
      "that there is no content()",
      {
        decide: () => {
          if (session.capabilities === null) session.ehlo("client.example.com");
          else session.mail("a@example.com", { content: "7bit" }).rcpt("b@example.org").data();
        },
      },
      "content is to be sent, and there is no content()",
    ],
  ])("comes back, and the connection is given up: %s", async (_, application, problem) => {
    session = new SmtpClientSession();
    const far = peer(["220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"], "is silent");
    await expect(driveStreams(session, far.connection, { on: () => {}, ...application })).rejects.toThrow(problem);
    expect(far.ends).toEqual(["aborted", "cancelled"]);
  });

  let session = new SmtpClientSession();
});

it("plaintext in one chunk with STARTTLS is reported, and never read after the handshake", async () => {
  const session = new SmtpServerSession<SaslServer>({ host: "mx.example.com", starttls: true });
  const atServer = server(session);
  const secure = peer(["QUIT\r\n"], "ends");
  const plain = peer(["EHLO a.example\r\nSTARTTLS\r\nMAIL FROM:<x@example.com>\r\n"], "is silent");
  await driveStreams(session, plain.connection, { ...atServer, startTls: () => secure.connection });
  expect(atServer.events).toEqual(["connect", "ehlo", "starttls", "violation", "quit", "closed"]);
  expect(secure.written).toEqual([expect.stringMatching(/^221 /)]);
});
