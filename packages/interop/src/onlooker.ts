/** What our servers saw: kept, so that a check can say whether a client did what it was asked to. */
import type { Watcher } from "examples/src/transport/drive.ts";

/** No more than this of a chunk is kept: the content of a message is of no interest. In octets. */
const KEPT = 4096;

export class Onlooker<Event> {
  /** In order, of all connections. */
  readonly events: Event[] = [];
  /** What came in at a time, as Latin-1: the beginning of it. */
  readonly chunks: string[] = [];
  /**
   * What clients sent without waiting for a reply, as Latin-1: the beginning of it. Only where replies are held back,
   * and without TLS.
   */
  batches: readonly string[] = [];

  readonly watch = (): Watcher<Event> => ({
    received: (chunk) => {
      this.chunks.push(Buffer.from(chunk.subarray(0, KEPT)).toString("latin1"));
      return chunk.length;
    },
    event: (event) => void this.events.push(event),
    settled: () => {},
    tls: () => {},
  });
}
