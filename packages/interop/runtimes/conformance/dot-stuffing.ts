/** Content both ways, in any chunks: correct wire forms, every smuggling family, and any octets; and the same as Web Streams. */
import { Stuffer, Unstuffer, unstuff } from "dot-stuffing";
import { content, cutAt, framing, hostileWireForm, wireForm } from "dot-stuffing/arbitraries";
import { StuffStream, UnstuffStream } from "dot-stuffing/streams";
import fc from "fast-check";
import type { Log } from "./log.ts";
import { COUNT, places, samples } from "./samples.ts";

const lineEndings = ["reject", "normalize", "preserve"] as const;

const wire = fc.oneof(
  wireForm().map((found) => found.wire),
  hostileWireForm().map((found) => found.wire),
  framing(),
);

export function dotStuffing(log: Log): void {
  for (const [octets, cuts] of samples(fc.tuple(wire, places), 1, 2 * COUNT)) {
    log.items++;
    for (const chosen of lineEndings) {
      const unstuffer = new Unstuffer({ lineEndings: chosen, maxSize: 3000 });
      for (const chunk of cutAt(log.input(octets), cuts)) {
        if (unstuffer.done) break;
        const { content: pieces, ...step } = unstuffer.push(chunk);
        log.event(step);
        for (const piece of pieces) log.output(piece);
      }
      log.event({ end: unstuffer.end(), size: unstuffer.size, longestLine: unstuffer.longestLine });
    }
  }
  for (const [octets, cuts] of samples(fc.tuple(fc.oneof(content(), framing()), places), 2, COUNT)) {
    log.items++;
    for (const chosen of ["reject", "normalize"] as const) {
      const stuffer = new Stuffer({ lineEndings: chosen });
      log.attempt(() => {
        for (const chunk of cutAt(log.input(octets), cuts)) for (const piece of stuffer.push(chunk)) log.output(piece);
        for (const piece of stuffer.end()) log.output(piece);
      });
      log.event({ size: stuffer.size, wireSize: stuffer.wireSize, stuffedLines: stuffer.stuffedLines });
    }
  }
}

/** One chunk at each read. */
function source(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = left.shift();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
  );
}

/** What runtimes themselves say of failed streams differs: of errors, ours alone are written down. */
async function read(log: Log, stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
    }
  } catch (error) {
    log.event(error);
  }
  log.event(pieces);
}

export async function streams(log: Log): Promise<void> {
  for (const [octets, cuts] of samples(fc.tuple(wire, places), 3, COUNT / 2)) {
    log.items++;
    const stream = new UnstuffStream({ lineEndings: "normalize" });
    const piped = source(cutAt(log.input(octets), cuts))
      .pipeTo(stream.writable, { preventCancel: true })
      .catch(() => {});
    await read(log, stream.readable);
    await piped;
    log.event({ rest: stream.rest, done: stream.done, size: stream.size, violation: stream.violation });
    const stuffed = new StuffStream();
    await read(log, source(cutAt(unstuff(log.input(octets)).content, cuts)).pipeThrough(stuffed));
    log.event({ size: stuffed.size, wireSize: stuffed.wireSize });
  }
}
