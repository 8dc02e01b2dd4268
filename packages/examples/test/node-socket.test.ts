/** The streams of Node's sockets, over real ones. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { type SmtpClientEvent, SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { driveStreams, type StreamTimer } from "smtp-codec/streams";
import { afterEach, expect, it } from "vitest";
import { streamsOf } from "../src/runtimes/node-socket.ts";
import { octets, tls } from "./support.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Both ends of a connection. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const far = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  const [near] = (await once(server, "connection")) as [Socket];
  closing.push(
    () => near.destroy(),
    () => far.destroy(),
    () => server.close(),
  );
  return { near, far };
}

const timer: StreamTimer = (seconds, late) => {
  const timeout = setTimeout(late, seconds * 1000);
  return () => clearTimeout(timeout);
};

/** A server of the session's own answers that accepts everything. */
async function serve(socket: Socket): Promise<string[]> {
  const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
  const events: string[] = [];
  await driveStreams(session, streamsOf(socket), {
    on: (event: SmtpServerEvent) => {
      events.push(event.type === "closed" ? `closed ${event.cause}` : event.type);
      if (event.answer === "needed") session.accept();
    },
    startTls: async () => {
      const secure = new TLSSocket(socket, { ...tls, isServer: true });
      await once(secure, "secure");
      return streamsOf(secure);
    },
    timer,
  });
  return events;
}

it("tell that the peer has ended its side, which still has its replies", async () => {
  const { near, far } = await pair();
  const served = serve(near);
  far.end("EHLO c.example\r\nNOOP\r\n");
  let heard = "";
  for await (const chunk of far) heard += chunk;
  expect(heard.match(/^\d{3}(?= )/gm)).toEqual(["220", "250", "250"]);
  expect(await served).toEqual(["connect", "ehlo", "noop", "closed end-of-input"]);
});

it("survive STARTTLS, on both sides", async () => {
  const { near, far } = await pair();
  const served = serve(near);
  const session = new SmtpClientSession();
  const events: string[] = [];
  await driveStreams(session, streamsOf(far), {
    on: (event: SmtpClientEvent) => void events.push(event.type),
    decide: () => {
      if (session.capabilities === null) session.ehlo("c.example");
      else if (session.tls) session.quit();
      else session.starttls();
    },
    startTls: async () => {
      const secure = connectTls({ socket: far, ca: tls.cert, servername: "localhost" });
      await once(secure, "secureConnect");
      return streamsOf(secure);
    },
    timer,
  });
  expect(events).toEqual(["greeting", "ehlo", "starttls", "ehlo", "quit", "closed"]);
  expect(await served).toEqual(["connect", "ehlo", "starttls", "ehlo", "quit", "closed quit"]);
});

it("leave to the handshake what a client says before it, so that it fails", async () => {
  const { near, far } = await pair();
  const served = serve(near);
  far.write("EHLO c.example\r\nSTARTTLS\r\n");
  let heard = "";
  while (!heard.includes("\r\n220 ")) heard += ((await once(far, "data")) as [Buffer])[0].toString();
  far.write("MAIL FROM:<evil@b.example>\r\n");
  await expect(served).rejects.toThrow();
});

it("read nothing that nobody reads, and then all of it", async () => {
  const { near, far } = await pair();
  const { readable } = streamsOf(near);
  const size = 20_000_000;
  far.end(new Uint8Array(size));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(near.bytesRead).toBeLessThan(1_000_000);
  let count = 0;
  const reader = readable.getReader();
  for (let found = await reader.read(); !found.done; found = await reader.read()) count += found.value.length;
  expect(count).toBe(size);
});

it("end the reading of a connection that was reset, and fail a write", async () => {
  const { near, far } = await pair();
  const { readable, writable } = streamsOf(near);
  const reading = readable.getReader().read();
  far.resetAndDestroy();
  expect((await reading).done).toBe(true);
  await expect(writable.getWriter().write(new Uint8Array(octets("x")))).rejects.toThrow();
});

it.each<readonly [string, (near: Socket) => Promise<unknown>, string]>([
  [
    "both sides are ended, once all is written",
    async (near) => {
      const { readable, writable } = streamsOf(near);
      const writer = writable.getWriter();
      void writer.write(new Uint8Array(octets("last words")));
      await readable.cancel();
      await writer.close();
    },
    "last words",
  ],
  [
    "both sides are ended, the other way round",
    async (near) => {
      const { readable, writable } = streamsOf(near);
      await writable.close();
      await readable.cancel();
    },
    "",
  ],
  ["one is aborted", (near) => streamsOf(near).writable.abort(), ""],
])("close the socket when %s", async (_, end, words) => {
  const { near, far } = await pair();
  const closed = once(near, "close");
  await end(near);
  let heard = "";
  for await (const chunk of far) heard += chunk;
  await closed;
  expect(heard).toBe(words);
});
