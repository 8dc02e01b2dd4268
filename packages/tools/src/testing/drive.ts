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
  readonly events: readonly (Event | { readonly type: "content"; readonly bytes: Uint8Array })[];
  readonly output: string;
  readonly waiting: string;
}

/**
 * Feeds chunks to a session, each from one buffer that is overwritten once the session has let go of it, and answers every
 * event. At the end the input ends, if `ending` says so.
 */
export function drive<Event extends { readonly type: string }>(
  session: DrivenSession<Event>,
  chunks: readonly Uint8Array[],
  answer: (event: Event) => void,
  ending = true,
): Driven<Event> {
  const events: (Event | { type: "content"; bytes: Uint8Array })[] = [];
  let output = "";
  const pull = () => {
    do {
      for (const event of session) {
        record(events, event);
        answer(event);
      }
      for (const piece of session.takeOutputPieces()) output += String.fromCharCode(...piece);
    } while (session.waiting === "output");
  };
  pull();
  for (const chunk of chunks) {
    const buffer = chunk.slice();
    session.receive(buffer);
    pull();
    buffer.fill(0xaa);
  }
  if (ending) {
    session.receiveEnd();
    pull();
  }
  return { events, output, waiting: session.waiting };
}

function record<Event extends { readonly type: string }>(
  events: (Event | { type: "content"; bytes: Uint8Array })[],
  event: Event,
): void {
  if (event.type !== "content" || !("bytes" in event)) {
    events.push(event);
    return;
  }
  const bytes = event.bytes as Uint8Array;
  const last = events.at(-1);
  if (last?.type === "content" && "bytes" in last) {
    const before = last.bytes as Uint8Array;
    const joined = new Uint8Array(before.length + bytes.length);
    joined.set(before);
    joined.set(bytes, before.length);
    events[events.length - 1] = { ...last, bytes: joined };
  } else events.push({ ...event, bytes: bytes.slice() });
}
