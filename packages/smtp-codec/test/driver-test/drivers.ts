/** One loop for every session, and what can be wrong with it. */
import type { TestTransport } from "smtp-codec/driver-test";

export interface Session<Event> extends Iterable<Event> {
  readonly waiting: string;
  receive(chunk: Uint8Array): unknown;
  receiveEnd(): unknown;
  nextEvent(): Event | null;
  takeOutput(): Uint8Array | null;
  takeOutputPieces(): Uint8Array[];
  tlsEstablished(): void;
  tlsFailed(): void;
}

export interface Application<Event> {
  on(event: Event): Promise<void>;
  decide?(): Promise<void>;
  content?(): Promise<void>;
}

/** The parts of a driver. Each can be put in the place of the one that is right. */
export interface Parts<Event> {
  events(session: Session<Event>, application: Application<Event>, transport: TestTransport): Promise<void>;
  output(session: Session<Event>, transport: TestTransport): Promise<void>;
  input(session: Session<Event>, transport: TestTransport): Promise<void>;
  tls(session: Session<Event>, transport: TestTransport): Promise<void>;
  close(transport: TestTransport): void;
}

export const right: Parts<never> = {
  async events(session, application) {
    for (const event of session) await application.on(event);
  },
  async output(session, transport) {
    for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput()) await transport.write(bytes);
  },
  async input(session, transport) {
    const chunk = await transport.read();
    if (chunk === null) session.receiveEnd();
    else session.receive(chunk);
  },
  async tls(session, transport) {
    let works = true;
    await transport.startTls().catch(() => {
      works = false;
    });
    if (works) session.tlsEstablished();
    else session.tlsFailed();
  },
  close(transport) {
    transport.close();
  },
};

/** Runs a session to its end. */
export async function drive<Event>(
  transport: TestTransport,
  session: Session<Event>,
  application: Application<Event>,
  wrong: Partial<Parts<Event>> = {},
): Promise<void> {
  const parts = { ...(right as Parts<Event>), ...wrong };
  try {
    for (;;) {
      await parts.events(session, application, transport);
      await parts.output(session, transport);
      switch (session.waiting) {
        case "bytes":
          await parts.input(session, transport);
          break;
        case "tls":
          await parts.tls(session, transport);
          break;
        case "decision":
          await application.decide!();
          break;
        case "content":
          await application.content!();
          break;
        case "closed":
          return;
      }
    }
  } finally {
    parts.close(transport);
  }
}

/** What it waits for does not come. */
export const never = (): Promise<void> => new Promise(() => {});

/** Ends a driver without a word. */
export class Stop extends Error {}

/** Input that somebody reads whenever there is some, and somebody else takes when the session wants it. */
export function readingAhead(most: number): Pick<Parts<unknown>, "input"> {
  const queue: (Uint8Array | null)[] = [];
  let wake = () => {};
  let more = () => {};
  let reading = false;
  return {
    async input(session, transport) {
      if (!reading) {
        reading = true;
        void (async () => {
          for (let chunk: Uint8Array | null = new Uint8Array(0); chunk !== null; wake()) {
            chunk = (await transport.read().catch(() => null))?.slice() ?? null;
            queue.push(chunk);
            if (queue.length >= most) await new Promise<void>((resolve) => (more = resolve));
          }
        })();
      }
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const chunk = queue.shift()!;
      more();
      if (chunk === null) session.receiveEnd();
      else session.receive(chunk);
    },
  };
}
