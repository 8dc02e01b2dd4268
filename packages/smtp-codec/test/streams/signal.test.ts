/** Early ends: asked for while something is read, written, or shaken hands on. */
import { driveStreams } from "dot-stuffing/streams";
import { type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import { type SmtpClientEvent, SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import type { StreamConnection } from "smtp-codec/streams";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { client, clock, message, peer, settled } from "./support.ts";

const quiet = { on: () => {}, decide: () => {} };

describe("a signal", () => {
  it.each(["before", "while it is read"])("ends a server politely, %s", async (when) => {
    const stop = new AbortController();
    const session = new SmtpServerSession({ host: "mx.example.com" });
    const far = peer([], "is silent");
    if (when === "before") stop.abort();
    const driven = driveStreams(session, far.connection, { ...quiet, signal: stop.signal });
    await settled();
    stop.abort();
    await driven;
    // Before anything was said, 421 takes the place of the greeting.
    const codes = far.written.join("").match(/^\d+/gm);
    expect(codes).toEqual(when === "before" ? ["421"] : ["220", "421"]);
  });

  it.each<readonly [string, string, readonly string[]]>([
    ["mail", "250 421", ["aborted", "closed"]],
    ["rcpt", "250 250 421", ["aborted", "closed"]],
    ["content", "250 250 250 421", ["aborted", "closed"]],
    ["message", "250 250 250 250 421", ["closed"]],
  ])("has a server answer what is under way, and nothing that is buffered after it: %s", async (at, codes, after) => {
    const stop = new AbortController();
    const session = new SmtpServerSession({ host: "mx.example.com", chunking: true });
    const one = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@d.example>\r\nBDAT 3 LAST\r\nabc";
    const far = peer([`EHLO c.example\r\n${one}${one}`], "is silent");
    const handedOut: string[] = [];
    await driveStreams(session, far.connection, {
      on: async (event) => {
        if (stop.signal.aborted) handedOut.push(event.type);
        if (event.type === at) stop.abort();
        await settled();
        if (event.answer === "needed") session.accept();
      },
      signal: stop.signal,
    });
    const replies = far.written.join("").split("250 HELP\r\n").at(-1)!.match(/^\d+/gm);
    expect([replies?.join(" "), handedOut]).toEqual([codes, after]);
  });

  it("ends a client's input", async () => {
    const stop = new AbortController();
    const session = new SmtpClientSession();
    const atClient = client(session, message(""));
    const driven = driveStreams(session, peer(["220 mx\r\n"], "is silent").connection, {
      ...atClient,
      signal: stop.signal,
    });
    await settled();
    stop.abort();
    await driven;
    expect(atClient.events).toEqual(["greeting", "ehlo", "closed end-of-input"]);
  });

  it.each(["server", "client"] as const)("gives up a write that is stuck, and its connection: a %s's", async (role) => {
    for (const how of [null, clock()]) {
      const stop = new AbortController();
      const session = role === "server" ? new SmtpServerSession({ host: "mx.example.com" }) : new SmtpClientSession();
      const events: string[] = [];
      const far = peer(["220 mx\r\n"], "is silent", "nothing");
      const driven = driveStreams<SmtpServerEvent | SmtpClientEvent>(session, far.connection, {
        on: (event) => void events.push(event.type === "closed" ? event.cause : event.type),
        decide: () => (session as SmtpClientSession).ehlo("client.example.com"),
        signal: stop.signal,
        timer: how?.timer,
      });
      await settled();
      stop.abort();
      await settled();
      if (how !== null) {
        expect(how.asked.at(-1)).toBe(2);
        how.late();
      }
      await driven;
      expect(events.at(-1)).toBe(role === "server" ? "shutdown" : "end-of-input");
      expect(far.written).toEqual([]);
      expect(far.ends).toEqual(["cancelled"]); // a write under way is never aborted by the standard
    }
  });

  it("lets a write end that is slow, and a server say good-bye after it", async () => {
    const { timer, asked } = clock();
    const stop = new AbortController();
    const written: string[] = [];
    let take = () => {};
    const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
      write(bytes) {
        written.push(text(bytes));
        return new Promise<void>((resolve) => (take = resolve));
      },
    });
    const { readable } = peer([], "ends").connection;
    const session = new SmtpServerSession({ host: "mx.example.com" });
    const driven = driveStreams(session, { readable, writable }, { ...quiet, timer, signal: stop.signal });
    await settled();
    stop.abort();
    await settled();
    take();
    await settled();
    take();
    await driven;
    expect(written.map((reply) => reply.slice(0, 3))).toEqual(["220", "421"]);
    expect(asked.slice(0, 3)).toEqual([60, 2, 2]); // two seconds for each of them
  });

  it("does not wait for a good-bye that nobody takes, with or without a timer", async () => {
    for (const how of [null, clock()]) {
      const stop = new AbortController();
      stop.abort();
      const far = peer([], "is silent", "nothing");
      const session = new SmtpServerSession({ host: "mx.example.com" });
      const driven = driveStreams(session, far.connection, { ...quiet, signal: stop.signal, timer: how?.timer });
      await settled();
      how?.late();
      await driven;
      expect(far.ends).toEqual(["cancelled"]);
    }
  });

  it.each(["server", "client"] as const)("gives up a handshake that is stuck: a %s's", async (role) => {
    const stop = new AbortController();
    const isServer = role === "server";
    const said = ["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n"];
    const far = peer(isServer ? ["EHLO a.example\r\n", "STARTTLS\r\n"] : said, "is silent");
    const secure = peer([], "is silent");
    const events: string[] = [];
    let finish: (connection: StreamConnection) => void = () => {};
    const application = {
      on: (event: SmtpServerEvent | SmtpClientEvent) =>
        void events.push(event.type === "closed" ? event.cause : event.type),
      startTls: () => new Promise<StreamConnection>((resolve) => (finish = resolve)),
      signal: stop.signal,
    };
    const sending = new SmtpClientSession();
    const driven = isServer
      ? driveStreams(new SmtpServerSession({ host: "mx.example.com", starttls: true }), far.connection, application)
      : driveStreams(sending, far.connection, {
          ...application,
          decide: () => (sending.capabilities === null ? sending.ehlo("client.example.com") : sending.starttls()),
        });
    await settled();
    stop.abort();
    await driven;
    expect(events.slice(-2)).toEqual(["starttls", isServer ? "shutdown" : "end-of-input"]);
    expect(far.written.at(-1)).toMatch(isServer ? /^220 / : /^STARTTLS/);
    expect(far.ends).toEqual(["aborted", "cancelled"]);
    finish(secure.connection);
    await settled();
    expect(secure.ends).toEqual(["aborted", "cancelled"]);
  });

  it("ends a message that is sent, of a client in the midst of it", async () => {
    const stop = new AbortController();
    const said = ["220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"];
    const far = peer(said, "is silent");
    const session = new SmtpClientSession();
    const outcomes: string[] = [];
    await driveStreams(session, far.connection, {
      on: (event: SmtpClientEvent) => void (event.type === "message" && outcomes.push(event.outcome)),
      decide: () => {
        if (session.capabilities === null) session.ehlo("client.example.com");
        else session.mail("a@example.com", { content: "7bit" }).rcpt("b@example.org").data();
      },
      content: () => {
        session.content(octets("all of it"));
        stop.abort();
      },
      signal: stop.signal,
    });
    expect(outcomes).toEqual(["not-accepted"]);
    expect(far.written.at(-1)).toBe("DATA\r\n");
  });

  it("lets a POP3 server end its message where there is a timer, and no longer elsewhere", async () => {
    for (const how of [null, clock()]) {
      const stop = new AbortController();
      const session = new Pop3ServerSession({ plaintextWithoutTls: true });
      const far = peer(["USER tim\r\n", "PASS x\r\n", "RETR 1\r\n"], "ends");
      const events: string[] = [];
      await driveStreams(session, far.connection, {
        on: (event: Pop3ServerEvent) => {
          events.push(event.type === "closed" ? event.cause : event.type);
          if (event.type === "pass") session.accept({ sizes: [7], uniqueIds: ["a"] });
          else if (event.answer === "needed") session.accept();
        },
        content: () => {
          if (!stop.signal.aborted) session.write(octets("one\r\n"));
          else session.write(octets("x\r\n")).end();
          stop.abort();
        },
        signal: stop.signal,
        timer: how?.timer,
      });
      expect(events.at(-1)).toBe(how === null ? "timeout" : "shutdown");
      expect(far.written.join("").includes("x\r\n.\r\n")).toBe(how !== null);
    }
  });

  it("that many connections share has one listener, and none when they are over", async () => {
    const stop = new AbortController();
    const { signal } = stop;
    const calls: string[] = [];
    for (const name of ["addEventListener", "removeEventListener"] as const) {
      const call = signal[name].bind(signal) as (type: string, listener: () => void) => void;
      signal[name] = (type: string, listener: () => void) => {
        calls.push(name);
        call(type, listener);
      };
    }
    const drive = (then: "ends" | "is silent") => {
      const far = peer([], then);
      return { far, driven: driveStreams(new SmtpServerSession({ host: "mx" }), far.connection, { ...quiet, signal }) };
    };
    const first = drive("ends");
    const others = Array.from({ length: 20 }, () => drive("is silent"));
    await first.driven;
    await settled();
    expect(calls).toEqual(["addEventListener"]);
    stop.abort();
    await Promise.all(others.map(({ driven }) => driven));
    for (const { far } of others) expect(far.written.at(-1)).toMatch(/421 /);
    expect(calls).toEqual(["addEventListener", "removeEventListener"]);
  });
});
