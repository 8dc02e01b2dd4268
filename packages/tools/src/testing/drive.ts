import { join, text } from "./bytes.ts";

/** What the helpers need of a session. */
export interface DrivenSession<Event> extends Iterable<Event> {
  receive(chunk: Uint8Array): unknown;
  receiveEnd(): unknown;
  takeOutputPieces(): Uint8Array[];
  readonly waiting: string;
}

/** What a session made of its input. */
export interface Driven<Event> {
  /** Pieces of content that follow one another are joined: only their cuts may differ. */
  readonly events: readonly Event[];
  readonly output: string;
  readonly waiting: string;
}

/** Pulls events and takes output, until the session waits for more than its output to be taken. */
export function pull<Event>(session: DrivenSession<Event>, take: (event: Event) => void): Uint8Array[] {
  const output: Uint8Array[] = [];
  do {
    for (const event of session) take(event);
    output.push(...session.takeOutputPieces());
  } while (session.waiting === "output");
  return output;
}

/**
 * Feeds chunks to a session, each from one buffer that is overwritten once the session has let go of it, and answers
 * every event. At the end the input ends, if `ending` says so.
 */
export function drive<Event extends { readonly type: string }>(
  session: DrivenSession<Event>,
  chunks: readonly Uint8Array[],
  answer: (event: Event) => void,
  ending = true,
): Driven<Event> {
  const events: Event[] = [];
  let output = "";
  const go = () => {
    const pieces = pull(session, (event) => {
      record(events, event);
      answer(event);
    });
    output += text(pieces);
  };
  go();
  for (const chunk of chunks) {
    const buffer = chunk.slice();
    session.receive(buffer);
    go();
    buffer.fill(0xaa);
  }
  if (ending) {
    session.receiveEnd();
    go();
  }
  return { events, output, waiting: session.waiting };
}

/**
 * As `drive`, of a client: its output is taken after every event, since what became of a message when the connection
 * ended hangs on whether its end was taken; and no chunk has more than a line, since no reply may come before its
 * command was taken.
 */
export function driveClient<Event extends { readonly type: string }>(
  session: DrivenSession<Event>,
  chunks: readonly Uint8Array[],
  answer: (event: Event) => void,
  ending = true,
): Driven<Event> {
  let output = "";
  const taking: DrivenSession<Event> = {
    receive: (chunk) => session.receive(chunk),
    receiveEnd: () => session.receiveEnd(),
    takeOutputPieces: () => {
      output += text(session.takeOutputPieces());
      return [];
    },
    get waiting() {
      return session.waiting;
    },
    *[Symbol.iterator]() {
      for (const event of session) {
        yield event;
        output += text(session.takeOutputPieces());
      }
    },
  };
  const driven = drive(taking, chunks.flatMap(linesOf), answer, ending);
  return { ...driven, output };
}

/** Cuts octets after every line feed. */
export function linesOf(chunk: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let rest = chunk; rest.length > 0; rest = rest.subarray(lines.at(-1)!.length))
    lines.push(rest.subarray(0, rest.indexOf(0x0a) + 1 || rest.length));
  return lines;
}

/** Adds an event; the octets of `content` events that follow one another are joined, and are copies. */
export function record<Event extends { readonly type: string }>(events: Event[], event: Event): void {
  if (event.type !== "content" || !("bytes" in event && event.bytes instanceof Uint8Array)) {
    events.push(event);
    return;
  }
  const last = events.at(-1);
  const follows = last?.type === "content" && "bytes" in last && last.bytes instanceof Uint8Array;
  const bytes = join(follows ? [last.bytes as Uint8Array, event.bytes] : [event.bytes]);
  if (follows) events.pop();
  events.push({ ...event, bytes });
}
