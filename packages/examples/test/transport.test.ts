import { once } from "node:events";
import { type AddressInfo, connect, createServer, Server, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { Pop3ServerSession } from "pop3-codec";
import { SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { afterEach, describe, expect, it, vi } from "vitest";
import { submit } from "../src/smtp-client.ts";
import { type Connection, type DrivenSession, drive, Silence } from "../src/transport/drive.ts";
import { Listener } from "../src/transport/listener.ts";
import { NodeConnection, open, tlsClient, tlsServer } from "../src/transport/node.ts";
import { ALICE, BOB, login, octets, Raw, tls, World } from "./support.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that does with each connection what it is told. @returns its port */
async function serve(connected: (socket: Socket) => void): Promise<number> {
  const server = createServer(connected);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A server made of sessions with a timeout of their own. */
async function listen(seconds: number, errors: unknown[] = [], session?: () => SmtpServerSession): Promise<number> {
  class Impatient extends SmtpServerSession {
    override get timeout(): SmtpServerSession["timeout"] {
      return { seconds, for: "command" };
    }
  }
  const make = session ?? (() => new Impatient({ host: "mx.example.com", starttls: true }));
  const listener = new Listener(
    (connection, signal) => drive(make(), connection, { on: () => {}, signal }),
    tlsServer(tls),
    { failed: (error) => errors.push(error) },
  );
  closing.push(() => listener.close());
  return listener.listen();
}

describe("a server's connection", () => {
  it("ends with 421 when the client is silent for too long", async () => {
    const raw = await Raw.open(await listen(0.05));
    expect(await raw.hear(/421/)).toMatch(/^220 .*\r\n421 4\.4\.2 mx\.example\.com timed out/);
  });

  it("gives a client that has ended its side the replies that it is owed", async () => {
    const socket = connect({ port: await listen(60), host: "127.0.0.1", allowHalfOpen: true });
    socket.end("NOOP\r\nQUIT\r\n");
    let heard = "";
    for await (const chunk of socket) heard += chunk;
    expect(heard.match(/^\d{3}/gm)).toEqual(["220", "250", "221"]);
  });

  it("knows where it came from, also once the client has gone", async () => {
    let gone = (_: string): void => {};
    const address = new Promise<string>((resolve) => {
      gone = resolve;
    });
    const listener = new Listener(async (connection) => {
      while ((await connection.read(5)) !== null) {}
      await connection.close();
      gone(connection.remoteAddress);
    }, tlsServer(tls));
    closing.push(() => listener.close());
    (await Raw.open(await listener.listen())).destroy();
    expect(await address).toBe("127.0.0.1");
  });

  it("is one of a server that goes on where connections cannot be taken", async () => {
    const errors: unknown[] = [];
    const listening = vi.spyOn(Server.prototype, "listen");
    const serve = async (connection: NodeConnection) => {
      await connection.write(octets("220 mx\r\n"), 5);
      await connection.close();
    };
    const listener = new Listener(serve, tlsServer(tls), { failed: (error) => errors.push(error) });
    closing.push(() => listener.close());
    const port = await listener.listen();
    const server = listening.mock.contexts[0] as Server;
    listening.mockRestore();
    const failures = [new Error("accept EMFILE"), new Error("accept ENFILE")];
    for (const failure of failures) server.emit("error", failure);
    expect(errors).toEqual(failures);
    expect(await (await Raw.open(port)).hear(/220/)).toBe("220 mx\r\n");
  });

  it("is under TLS from the first octet, where the server wants it so", async () => {
    const world = await new World().start({ implicitTls: true });
    closing.push(() => world.stop());
    for (const [port, greeting] of [
      [world.smtpPort, "220 "],
      [world.pop3Port, "+OK "],
    ] as const) {
      const socket = connectTls({ port, host: "127.0.0.1", ca: tls.cert });
      const [heard] = (await once(socket, "data")) as [Buffer];
      socket.destroy();
      expect(heard.toString().slice(0, 4)).toBe(greeting);
    }
    const plain = connect(world.smtpPort, "127.0.0.1");
    plain.write("EHLO me.example\r\n");
    const chunks: Buffer[] = [];
    for await (const chunk of plain) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString("latin1")).not.toContain("220 ");
  });

  it("ends when the handshake is broken off in the middle", async () => {
    const port = await listen(60);
    const socket = connect(port, "127.0.0.1");
    socket.write("EHLO me.example\r\nSTARTTLS\r\n");
    await new Promise<void>((resolve) => {
      socket.on("data", (chunk) => {
        if (chunk.includes("ready to start TLS")) resolve();
      });
    });
    socket.end(Uint8Array.of(0x16, 0x03, 0x01)); // the beginning of a ClientHello
    await new Promise((resolve) => socket.once("close", resolve));
  });

  it("is cut when its client does not go though the server is closed", async () => {
    const listener = new Listener(() => new Promise(() => {}), tlsServer(tls), { grace: 0.05 });
    const port = await listener.listen();
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    void listener.close();
    await closed;
  });

  it("has no timer where the session has no limit", async () => {
    const port = await serve((socket) => void socket.once("data", () => socket.write("+OK\r\n")));
    const connection: NodeConnection = await open("127.0.0.1", port, tlsClient("localhost"));
    const timers = vi.spyOn(globalThis, "setTimeout");
    closing.push(() => timers.mockRestore());
    const read = connection.read(Number.POSITIVE_INFINITY);
    await connection.write(octets("NOOP\r\n"), 60);
    expect(new TextDecoder().decode((await read)!)).toBe("+OK\r\n");
    expect(timers.mock.calls.filter(([, milliseconds]) => milliseconds === Number.POSITIVE_INFINITY)).toEqual([]);

    const limits: number[] = [];
    const quitting: Connection = {
      read: async (seconds) => {
        limits.push(seconds);
        return octets("QUIT\r\n");
      },
      readNow: () => null,
      write: async () => true,
      startTls: async () => false,
      close: async () => {},
    };
    const session = new Pop3ServerSession({ tls: true, idleLimit: Number.POSITIVE_INFINITY });
    await drive(session, quitting, { on: () => {} });
    expect(limits).toEqual([Number.POSITIVE_INFINITY]);
  });

  it("ends when no whole command comes in time, though octets do", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    closing.push(() => vi.useRealTimers());
    const limits: number[] = [];
    const said = ["N", "OOP\r\n", "N", "O"];
    const trickling: Connection = {
      read: async (seconds) => {
        limits.push(seconds);
        const next = said.shift();
        if (next === undefined) throw new Silence();
        vi.advanceTimersByTime(250_000);
        return octets(next);
      },
      readNow: () => null,
      write: async () => true,
      startTls: async () => false,
      close: async () => {},
    };
    const ends: string[] = [];
    const session = new Pop3ServerSession({ tls: true });
    await drive(session, trickling, { on: (event) => void (event.type === "closed" && ends.push(event.cause)) });
    expect(limits).toEqual([600, 350, 600, 350, 100]);
    expect(ends).toEqual(["timeout"]);
  });

  it("is one of many at a time, of which Node does not warn", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    closing.push(() => process.off("warning", warned));
    const port = await listen(60);
    const raws = await Promise.all(Array.from({ length: 20 }, () => Raw.open(port)));
    for (const raw of raws) await raw.hear(/^220 /);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  it("reports an event that nobody answered, rather than to wait for ever", async () => {
    const errors: unknown[] = [];
    const raw = await Raw.open(await listen(60, errors));
    await raw.say("EHLO me.example\r\nMAIL FROM:<a@example.org>\r\n", /never/);
    await vi.waitFor(() => expect(errors.map(String)).toEqual(["Error: an event was not answered"]));
  });

  it("stops reading while the client does not take what was written", async () => {
    const options = { host: "mx.example.com", maxIdleCommands: Number.POSITIVE_INFINITY };
    let hellos = 0;
    const errors: unknown[] = [];
    const on = () => void hellos++;
    const listener = new Listener(
      (connection) => drive(new SmtpServerSession(options), connection, { on }),
      tlsServer(tls),
      { grace: 0.05, failed: (error) => errors.push(error) },
    );
    closing.push(() => listener.close());
    const connection = await open("127.0.0.1", await listener.listen(), tlsClient("127.0.0.1"));
    // Each is answered with far more than was asked: what may be under way soon fills up, in both directions.
    const batch = octets("EHLO me.example\r\n".repeat(20_000));
    for (let n = 0; n < 50; n++) await connection.write(batch, 0.3); // gives the connection up when it comes to a stop
    expect(hellos).toBeGreaterThan(100);
    expect(hellos).toBeLessThan(500_000);
    await connection.close();
    await listener.close();
    expect(errors).toEqual([]);
  });
});

describe("a handshake", () => {
  it("is given up where the peer does not take what comes before it", async () => {
    const sockets: Socket[] = [];
    const port = await serve((socket) => sockets.push(socket));
    const peer = connect(port, "127.0.0.1"); // reads nothing
    closing.push(() => peer.destroy());
    await vi.waitFor(() => expect(sockets).toHaveLength(1));
    const [socket] = sockets;
    const connection = new NodeConnection(socket!, tlsServer(tls));
    while (socket!.writableLength === 0) {
      socket!.write(new Uint8Array(65_536));
      await new Promise((resolve) => setImmediate(resolve)); // what the system takes is on its way
    }
    expect(await connection.startTls(0.05)).toBe(false);
    expect(socket!.destroyed).toBe(true);
    await connection.close();
  });
});

describe("a client's connection", () => {
  it.each([
    ["nothing", ""],
    ["a fragment", "25"],
    ["a reply", "250-evil\r\n250 AUTH PLAIN\r\n"],
  ])("believes nothing that came in the clear after the reply to STARTTLS: %s", async (_, injected) => {
    const commands: string[] = [];
    const port = await serve((socket) => {
      socket.on("error", () => {});
      socket.write("220 mx.example.com\r\n");
      socket.once("data", () => {
        socket.write("250-mx.example.com\r\n250 STARTTLS\r\n");
        socket.once("data", () => {
          socket.write(`220 go\r\n${injected}`);
          if (injected !== "") {
            socket.on("data", (chunk) => commands.push(chunk.toString()));
            return;
          }
          const secure = new TLSSocket(socket, { isServer: true, ...tls });
          secure.on("error", () => {});
          secure.once("data", (chunk) => {
            commands.push(chunk.toString());
            secure.end("421 mx.example.com that was all\r\n");
          });
        });
      });
    });
    const sending = submit({ host: "127.0.0.1", port, ca: tls.cert, login: login(ALICE) }, [
      { from: ALICE, to: [BOB], content: octets("x") },
    ]);
    await expect(sending).rejects.toThrow(injected === "" ? "ehlo failed: 421" : "broke the protocol: octets after");
    expect(commands).toEqual(injected === "" ? ["EHLO localhost\r\n"] : []);
  });

  it("rejects where there is nobody", async () => {
    await expect(open("127.0.0.1", 1, tlsClient("localhost"))).rejects.toThrow("ECONNREFUSED");
  });

  it("gives up on a server that says nothing", async () => {
    const port = await serve((socket) => socket.on("error", () => {}).resume());
    const connection = await open("127.0.0.1", port, tlsClient("localhost"));
    await expect(connection.read(0.02)).rejects.toThrow("nothing was read");
    expect(await connection.startTls(0.02)).toBe(false);
    expect(await connection.read(1)).toBeNull();
    await connection.close();
  });

  it("is told of the end, and of a reset", async () => {
    const port = await serve((socket) => socket.end("bye\r\n"));
    const connection = await open("127.0.0.1", port, tlsClient("localhost"));
    expect(new TextDecoder().decode((await connection.read(5))!)).toBe("bye\r\n");
    expect(await connection.read(5)).toBeNull();
    await connection.close();

    const other = await open(
      "127.0.0.1",
      await serve((socket) => socket.once("data", () => socket.resetAndDestroy())),
      tlsClient("localhost"),
    );
    await other.write(octets("now"), 5);
    expect(await other.read(5)).toBeNull();
    await other.write(octets("too late"), 5);
    expect(await other.startTls(5)).toBe(false);
    await other.close();
  });
});

describe("the driver", () => {
  it("shows the session what arrives before the handshake, so that it is never read after it", async () => {
    const chunks: (Uint8Array | null)[] = [octets("EHLO me.example\r\nSTARTTLS\r\n"), octets("NOOP\r\n"), null];
    let late: Uint8Array | null = octets("RSET\r\n");
    const written: string[] = [];
    const connection: Connection = {
      read: async () => chunks.shift() ?? null,
      readNow: () => {
        const now = late;
        late = null;
        return now;
      },
      write: async (bytes) => {
        written.push(new TextDecoder().decode(bytes));
        return true;
      },
      startTls: async () => true,
      close: async () => {},
    };
    const events: string[] = [];
    const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
    await drive(session, connection, { on: (event) => void events.push("code" in event ? event.code : event.type) });
    expect(events).toEqual(["connect", "ehlo", "starttls", "plaintext-behind-starttls", "noop", "closed"]);
    expect(written.at(-1)).toBe("250 2.0.0 ok\r\n");
  });

  it("ends content for a connection that is lost, whose end the server can never have got", async () => {
    const port = await serve((socket) => {
      socket.on("error", () => {});
      socket.write("220 mx.example.com\r\n");
      socket.on("data", (chunk) => {
        if (chunk.includes("EHLO")) socket.write("250-mx.example.com\r\n250 PIPELINING\r\n");
        else if (chunk.includes("DATA")) socket.write("250 ok\r\n250 ok\r\n354 go on\r\n");
        else socket.resetAndDestroy();
      });
    });
    const session = new SmtpClientSession();
    const outcomes: string[] = [];
    let pieces = 0;
    await drive(session, await open("127.0.0.1", port, tlsClient("localhost")), {
      on: (event) => {
        if (event.type === "message") outcomes.push(event.outcome);
      },
      decide: () => {
        if (session.capabilities === null) session.ehlo("me.example");
        else session.mail(ALICE, { content: "7bit" }).rcpt(BOB).data();
      },
      content: async () => {
        pieces++;
        session.write(octets("and so on\r\n"));
        await new Promise((resolve) => setImmediate(resolve)); // so that the reset can arrive
      },
    });
    expect(outcomes).toEqual(["not-accepted"]);
    expect(pieces).toBeGreaterThan(0);
  });

  it("reads to the end of a lost connection, though the server has said something in the middle of the content", async () => {
    const chunks = [
      "220 mx.example.com\r\n",
      "250-mx.example.com\r\n250 PIPELINING\r\n",
      "250 ok\r\n250 ok\r\n354 go on\r\n",
      "552 too much\r\n",
    ].map(octets);
    const session = new SmtpClientSession();
    const shown: string[] = [];
    const connection: Connection = {
      read: async () => chunks.shift() ?? null,
      readNow: () => null,
      write: async (bytes) => !new TextDecoder().decode(bytes).startsWith("and"),
      startTls: async () => false,
      close: async () => {},
    };
    await drive(session, connection, {
      on: (event) => {
        if (event.type === "message" || event.type === "closed")
          shown.push("outcome" in event ? event.outcome : event.cause);
      },
      decide: () => {
        if (session.state === "greeted") session.ehlo("me.example");
        else if (session.state === "ready" && shown.length === 0)
          session.mail(ALICE, { content: "7bit" }).rcpt(BOB).data();
        else session.quit();
      },
      content: () => void session.write(octets("and so on\r\n")),
    });
    expect(shown).toEqual(["permanent", "violation"]);
  });

  it.each([
    ["the greeting", [], ["greeting", "closed end-of-input"]],
    ["a reply", ["220 mx.example.com\r\n"], ["greeting", "ehlo", "closed end-of-input"]],
  ])("ends a client whose signal is aborted while it waits for %s", async (_, said, events) => {
    const stop = new AbortController();
    const chunks = said.map(octets);
    const shown: string[] = [];
    const connection: Connection = {
      read: async (_seconds, signal) => {
        const chunk = chunks.shift();
        if (chunk !== undefined) return chunk;
        stop.abort();
        expect(signal?.aborted).toBe(true);
        throw new Silence("nothing was read");
      },
      readNow: () => null,
      write: async () => true,
      startTls: async () => false,
      close: async () => {},
    };
    const session = new SmtpClientSession();
    await drive(session, connection, {
      on: (event) => void shown.push(event.type === "closed" ? `closed ${event.cause}` : event.type),
      decide: () => void session.ehlo("me.example"),
      signal: stop.signal,
    });
    expect(shown).toEqual(events);
  });

  it.each([
    ["at once", false],
    ["and took its time", true],
  ])("has a server that answered %s say good-bye before what had arrived already", async (_, isSlow) => {
    const stop = new AbortController();
    const chunks = ["EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@d.example>\r\n"];
    let written = "";
    const connection: Connection = {
      read: async () => octets(chunks.shift() ?? "NOOP\r\n"),
      readNow: () => null,
      write: async (bytes) => {
        written += new TextDecoder().decode(bytes);
        return true;
      },
      startTls: async () => false,
      close: async () => {},
    };
    const session = new SmtpServerSession({ host: "mx.example.com" });
    const events: string[] = [];
    const answer = (event: SmtpServerEvent) => {
      events.push(event.type);
      if (event.type === "rcpt") stop.abort();
      if (event.answer === "needed") session.accept();
    };
    await drive(session, connection, { on: isSlow ? async (event) => answer(event) : answer, signal: stop.signal });
    expect(events).toEqual(["connect", "ehlo", "mail", "rcpt", "aborted", "closed"]);
    expect(written.split("250 HELP\r\n")[1]?.match(/^\d+/gm)).toEqual(["250", "250", "421"]);
  });

  it("says good-bye once, and nothing to a peer that is lost", async () => {
    const stop = new AbortController();
    stop.abort();
    const events: string[] = [];
    let reads = 0;
    const connection: Connection = {
      read: async () => (reads++ === 0 ? octets("NOOP\r\n") : null),
      readNow: () => null,
      write: async () => false,
      startTls: async () => false,
      close: async () => {},
    };
    const session = new SmtpServerSession({ host: "mx.example.com" });
    await drive(session, connection, {
      on: (event) => void events.push(event.type === "closed" ? `closed ${event.cause}` : event.type),
      signal: stop.signal,
    });
    expect(events).toEqual(["closed shutdown"]);
  });

  it.each([
    ["content", "there is no content to send"],
    ["decision", "an event was not answered"],
  ] as const)("refuses an application that has no answer to waiting %j", async (waiting, message) => {
    const port = await serve((socket) => socket.resume());
    const connection: NodeConnection = await open("127.0.0.1", port, tlsClient("localhost"));
    const session = { waiting, timeout: null, takeOutput: () => null, *[Symbol.iterator]() {} };
    const driving = drive(session as unknown as DrivenSession<never>, connection, { on: () => {} });
    await expect(driving).rejects.toThrow(message);
  });
});
