/**
 * Connections in memory for sessions over Web Streams, applications for both sides, and time that passes when a test
 * says so.
 */
import { plainClient, plainServer, type SaslServer } from "sasl";
import type { SmtpClientEvent, SmtpClientSession, SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { AsyncContent, type StreamApplication, type StreamConnection, type StreamTimer } from "smtp-codec/streams";
import { octets, text } from "tools/testing";

/** Both ends of a connection, and what went over it. */
export function connected(): { client: StreamConnection; server: StreamConnection; passed: string[] } {
  const passed: string[] = [];
  const way = (from: string) =>
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array>({
      transform(chunk, controller) {
        passed.push(`${from}: ${text(chunk)}`);
        controller.enqueue(chunk.slice());
      },
    });
  const [up, down] = [way("C"), way("S")];
  return {
    client: { readable: down.readable, writable: up.writable },
    server: { readable: up.readable, writable: down.writable },
    passed,
  };
}

const user = { authenticationIdentity: "tim", password: "tanstaaf" };

/** A server that takes everything from tim; what it stored, and the events that it had. */
export function server(session: SmtpServerSession<SaslServer>): StreamApplication<SmtpServerEvent<SaslServer>> & {
  readonly stored: string[];
  readonly events: string[];
} {
  const stored: string[] = [];
  const events: string[] = [];
  let message = "";
  const on = async (event: SmtpServerEvent<SaslServer>) => {
    events.push(event.type);
    await Promise.resolve();
    if (event.type === "auth") session.authenticate(plainServer());
    else if (event.type === "sasl" && event.step.type === "verify")
      session.proceed(event.step.password === user.password ? event.mechanism.accept() : event.mechanism.reject());
    else if (event.type === "content") message += text(event.bytes);
    else if (event.type === "message") {
      stored.push(message);
      session.accept();
    } else if (event.answer === "needed") session.accept();
  };
  return { on, stored, events };
}

/** A client that sends one message, after TLS and AUTH if the server has them. */
export function client(session: SmtpClientSession, content: AsyncContent, events: string[] = []) {
  let isSent = false;
  return {
    events,
    on: (event: SmtpClientEvent) => {
      events.push(event.type === "closed" ? `closed ${event.cause}` : event.type);
    },
    decide: async () => {
      await Promise.resolve();
      if (session.capabilities === null) session.ehlo("client.example.com");
      else if (!session.tls && session.capabilities.keywords.has("STARTTLS")) session.starttls();
      else if (!session.authenticated && session.capabilities.auth.length > 0) session.auth(plainClient(user));
      else if (isSent) session.quit();
      else {
        isSent = true;
        session.mail("a@example.com").rcpt("b@example.org").data();
      }
    },
    content: () => content.feed(session),
  };
}

export const message = (...pieces: readonly string[]) =>
  new AsyncContent(() => new Blob([pieces.join("")]).stream() as ReadableStream<Uint8Array>);

/** Timers that run out when the test says so. In the order in which they were asked for. */
export function clock(): {
  readonly timer: StreamTimer;
  readonly asked: number[];
  readonly cancelled: number[];
  late(): void;
} {
  const asked: number[] = [];
  const cancelled: number[] = [];
  let running: (() => void)[] = [];
  return {
    asked,
    cancelled,
    timer: (seconds, late) => {
      asked.push(seconds);
      running.push(late);
      return () => {
        cancelled.push(seconds);
        running = running.filter((one) => one !== late);
      };
    },
    late: () => {
      for (const late of running) late();
    },
  };
}

/** Lets everything run that can run without more being asked for. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A connection whose peer says these things, and then ends, goes on in silence, or breaks. */
export function peer(
  said: readonly string[],
  then: "ends" | "is silent" | "breaks",
  takes: "all" | "nothing" | "breaks" = "all",
) {
  const left = [...said];
  const written: string[] = [];
  const ends: string[] = [];
  const readable = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = left.shift();
        if (next !== undefined) controller.enqueue(octets(next));
        else if (then === "ends") controller.close();
        else if (then === "breaks") controller.error(new Error("reset"));
        else return new Promise<void>(() => {});
        return;
      },
      cancel: () => void ends.push("cancelled"),
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(bytes) {
      if (takes === "breaks") throw new Error("reset");
      if (takes === "nothing") return new Promise<void>(() => {});
      written.push(text(bytes));
      return;
    },
    close: () => void ends.push("closed"),
    abort: () => void ends.push("aborted"),
  });
  return { connection: { readable, writable }, written, ends };
}

/** One direction of a socket: holds so many octets, and gives them in pieces of 16,384 at most. */
function pipe(capacity: number): {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: StreamConnection["writable"];
} {
  const held: Uint8Array[] = [];
  let size = 0;
  let hasEnded = false;
  let filled = () => {};
  let emptied = () => {};
  const end = () => {
    hasEnded = true;
    filled();
  };
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    async write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        while (size >= capacity) await new Promise<void>((resolve) => (emptied = resolve));
        const piece = bytes.slice(at, at + Math.min(capacity - size, 16_384));
        held.push(piece);
        size += piece.length;
        at += piece.length;
        filled();
      }
    },
    close: end,
    abort: end,
  });
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    while (held.length === 0 && !hasEnded) await new Promise<void>((resolve) => (filled = resolve));
    const piece = held.shift();
    if (piece === undefined) return controller.close();
    size -= piece.length;
    controller.enqueue(piece);
    emptied();
  };
  return { readable: new ReadableStream({ pull }, { highWaterMark: 0 }), writable };
}

/** Both ends of a connection that holds so many octets in each direction. */
export function piped(capacity: number): { client: StreamConnection; server: StreamConnection } {
  const [up, down] = [pipe(capacity), pipe(capacity)];
  return {
    client: { readable: down.readable, writable: up.writable },
    server: { readable: up.readable, writable: down.writable },
  };
}
