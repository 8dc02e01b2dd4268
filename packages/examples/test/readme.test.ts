import { readFileSync } from "node:fs";
import { plainServer } from "sasl";
import { SmtpServerSession } from "smtp-codec";
import { describe, expect, it } from "vitest";
import { send } from "../src/readme/client.ts";
import type { Connection } from "../src/readme/connection.ts";
import { serve } from "../src/readme/server.ts";

const text = (pieces: readonly Uint8Array[]) => pieces.map((piece) => new TextDecoder().decode(piece)).join("");
const octets = (content: string) => new TextEncoder().encode(content);

/** One side of a connection in memory, and what was written to it. */
class Side implements Connection {
  readonly written: Uint8Array[] = [];
  handshakes = 0;
  peer!: Side;
  #queue: (Uint8Array | null)[] = [];
  #wake: () => void = () => {};

  async read(): Promise<Uint8Array | null> {
    while (this.#queue.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#queue.shift()!;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.written.push(bytes);
    this.peer.deliver(bytes.slice());
  }

  async startTls(): Promise<void> {
    this.handshakes++;
  }

  deliver(bytes: Uint8Array | null): void {
    this.#queue.push(bytes);
    this.#wake();
  }
}

function pair(): { client: Side; server: Side } {
  const client = new Side();
  const server = new Side();
  client.peer = server;
  server.peer = client;
  return { client, server };
}

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!);

describe("the README's code", () => {
  it.each(["server", "client"])("has the %s as it is run here", (name) => {
    const source = readFileSync(new URL(`../src/readme/${name}.ts`, import.meta.url), "utf8");
    expect(blocks).toContain(source);
  });

  it("the server takes a message for a user it has, and refuses one that it does not", async () => {
    const { client, server } = pair();
    const stored: string[] = [];
    const done = serve(server, new Set(["b@example.org"]), async (message) => void stored.push(text(message)));
    for (const line of [
      "EHLO me.example.com",
      "MAIL FROM:<a@example.com>",
      "RCPT TO:<nobody@example.org>",
      "RCPT TO:<b@example.org>",
      "DATA",
    ]) {
      client.peer.deliver(octets(`${line}\r\n`));
    }
    client.peer.deliver(octets("Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n"));
    await done;
    expect(stored).toEqual(["Subject: x\r\n\r\n.dot\r\n"]);
    const codes = text(server.written)
      .split("\r\n")
      .filter((line) => line[3] === " ")
      .map((line) => line.slice(0, 3));
    expect(codes).toEqual(["220", "250", "250", "550", "250", "354", "250", "221"]);
  });

  it("the server does TLS when asked, and ends with the connection", async () => {
    const { client, server } = pair();
    const done = serve(server, new Set(), async () => {});
    client.peer.deliver(octets("EHLO me.example.com\r\n"));
    client.peer.deliver(octets("STARTTLS\r\n"));
    client.peer.deliver(null);
    await done;
    expect(server.handshakes).toBe(1);
  });

  it.each([
    ["pencil", "accepted", "Subject: x\r\n\r\n.dot\r\n"],
    ["wrong", "not accepted", ""],
  ])("the client sends under TLS, with the password %s: %s", async (password, outcome, content) => {
    const { client, server } = pair();
    const received: Uint8Array[] = [];
    const serving = submission(server, received);
    expect(await send(client, "user@example.com", password, "b@example.org", octets("Subject: x\n\n.dot"))).toBe(
      outcome,
    );
    await serving;
    expect(client.handshakes).toBe(1);
    expect(text(received)).toBe(content);
  });

  it.each([
    ["after the message was accepted", "QUIT", "accepted"],
    ["before its reply", "\r\n.\r\n", "unknown"],
    ["before there is a message", "EHLO", "not accepted"],
  ])("the client says what it knows when the connection is reset %s", async (_, last, outcome) => {
    const { client, server } = pair();
    void submission(server, []).catch(() => {});
    let isReset = false;
    const connection: Connection = {
      read: async () => {
        if (isReset) throw new Error("ECONNRESET");
        return client.read();
      },
      write: async (bytes) => {
        if (isReset) throw new Error("EPIPE");
        isReset = text([bytes]).includes(last);
        if (!isReset) await client.write(bytes);
      },
      startTls: () => client.startTls(),
    };
    expect(await send(connection, "user@example.com", "pencil", "b@example.org", octets("x\n"))).toBe(outcome);
  });

  it("the server ends with a connection that is reset, and keeps nothing of a message that has not come whole", async () => {
    const stored: string[] = [];
    const said = ["EHLO me.example.com", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.org>", "DATA", "half"];
    const connection: Connection = {
      read: async () => {
        if (said.length === 0) throw new Error("ECONNRESET");
        return octets(`${said.shift()}\r\n`);
      },
      write: async () => {
        if (said.length < 2) throw new Error("EPIPE");
      },
      startTls: async () => {},
    };
    await serve(connection, new Set(["b@example.org"]), async (message) => void stored.push(text(message)));
    expect([said, stored]).toEqual([[], []]);
  });
});

/** A submission server for the client to talk to: the password is "pencil". */
async function submission(connection: Connection, received: Uint8Array[]): Promise<void> {
  const session = new SmtpServerSession<ReturnType<typeof plainServer>>({
    host: "mx.example.com",
    starttls: true,
    mechanisms: ["PLAIN"],
    requireAuth: true,
  });
  for (;;) {
    for (const event of session) {
      if (event.type === "auth") session.authenticate(plainServer());
      else if (event.type === "sasl") {
        const good = event.step.type === "verify" && event.step.password === "pencil";
        session.proceed(good ? event.mechanism.accept() : event.mechanism.reject());
      } else if (event.type === "content") received.push(event.bytes.slice());
      else if (event.answer === "needed") session.accept();
    }
    for (let bytes: Uint8Array | null; (bytes = session.takeOutput()); ) await connection.write(bytes);
    if (session.waiting === "closed") return;
    if (session.waiting === "tls") {
      await connection.startTls();
      session.tlsEstablished();
    } else session.receive((await connection.read())!);
  }
}
