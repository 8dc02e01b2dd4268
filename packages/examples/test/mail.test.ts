import { Pop3ServerSession } from "pop3-codec";
import { plainServer } from "sasl";
import { SmtpServerSession } from "smtp-codec";
import { describe, expect, it } from "vitest";
import { type Connection, retrieve, submit } from "../src/runtimes/mail.ts";
import { octets } from "./support.ts";

const ACCOUNT = { host: "mx.example.com", port: 1, user: "tim", password: "tanstaaf" };
const LETTER = { from: "a@example.com", to: "b@example.org", content: "Subject: x\n\nhello\n" };

type Server = SmtpServerSession<ReturnType<typeof plainServer>> | Pop3ServerSession<ReturnType<typeof plainServer>>;

/** A connection to a session, which says to QUIT what it is told to, and closes. */
function connectionTo(server: Server, answer: (event: { readonly type: string }) => void, atQuit: string): Connection {
  const [up, down] = [new TransformStream<Uint8Array, Uint8Array>(), new TransformStream<Uint8Array, Uint8Array>()];
  const [reader, writer] = [up.readable.getReader(), down.writable.getWriter()];
  const run = async () => {
    while (server.waiting !== "closed") {
      for (const event of server) {
        if (event.type === "quit") {
          await writer.write(octets(atQuit));
          await writer.close();
          return;
        }
        if (event.type === "auth") server.authenticate(plainServer());
        else if (event.type === "sasl") server.proceed(event.mechanism.accept());
        else answer(event);
      }
      for (let bytes = server.takeOutput(); bytes !== null; bytes = server.takeOutput()) await writer.write(bytes);
      const { value, done } = await reader.read();
      if (done) server.receiveEnd();
      else server.receive(value);
    }
    await writer.close();
  };
  void run().catch(() => {});
  return { readable: down.readable, writable: up.writable, startTls: null };
}

describe("the clients over Web Streams", () => {
  it.each([
    ["queued", "221 bye\r\n"],
    ["queued", ""],
    ["queued", "421 bye\r\n"],
    ["queued", "500 what\r\n"],
  ])("submit() gives the server's word for the letter, %j, whatever it says to QUIT: %j", async (word, atQuit) => {
    const server = new SmtpServerSession<ReturnType<typeof plainServer>>({
      ...{ host: "mx.example.com", tls: true, mechanisms: ["PLAIN"], protocol: "submission" },
    });
    const connection = connectionTo(
      server,
      (event) => {
        if (event.type === "message") server.accept(word);
        else if (["mail", "rcpt"].includes(event.type)) server.accept();
      },
      atQuit,
    );
    expect(await submit(connection, ACCOUNT, LETTER)).toEqual({ mechanism: "PLAIN", reply: word });
  });

  it("submit() says what failed before", async () => {
    const server = new SmtpServerSession<ReturnType<typeof plainServer>>({
      ...{ host: "mx.example.com", tls: true, mechanisms: ["PLAIN"], protocol: "submission" },
    });
    const connection = connectionTo(
      server,
      (event) => {
        if (event.type === "message") server.reject({ text: "full" });
        else if (["mail", "rcpt"].includes(event.type)) server.accept();
      },
      "221 bye\r\n",
    );
    await expect(submit(connection, ACCOUNT, LETTER)).rejects.toThrow("message: full");
  });

  it.each(["+OK\r\n", "-ERR not all removed\r\n", ""])(
    "retrieve() gives what it has after %j to QUIT",
    async (atQuit) => {
      const server = new Pop3ServerSession<ReturnType<typeof plainServer>>({ tls: true, mechanisms: ["PLAIN"] });
      const connection = connectionTo(
        server,
        (event) => {
          if (event.type === "authenticated") server.accept({ sizes: [3], uniqueIds: ["a"] });
          else if (event.type === "retr") server.accept().content(octets("x\r\n"));
        },
        atQuit,
      );
      expect(await retrieve(connection, ACCOUNT)).toEqual({ mechanism: "PLAIN", messages: ["x\r\n"] });
    },
  );
});
