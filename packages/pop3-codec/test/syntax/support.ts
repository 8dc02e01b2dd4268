import { type Command, type Fault, isFault } from "pop3-codec/syntax";
import { cutAt, octets, text } from "tools/testing";

/** A line of the wire without its CRLF. */
export function line(shown: string): Uint8Array {
  return octets(shown.replace(/\r\n$/, ""));
}

/** Every field of a command, those that no log shows too; a fault as it is. */
export function revealed(command: Command | Fault): Record<string, unknown> {
  if (isFault(command)) return { ...command };
  return Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(command)).map(([name, { get, value = get?.() }]) => [
      name,
      value instanceof Uint8Array ? text(value) : value,
    ]),
  );
}

/** What both listing decoders have. */
interface Decoder<Entry> extends Iterable<Entry> {
  push(chunk: Uint8Array): Iterable<Entry>;
  readonly done: boolean;
  readonly consumed: number;
  readonly violation: { readonly code: string; readonly offset: number } | null;
}

/** What a decoder makes of chunks, each given in a buffer that is overwritten once it has been read. */
export function decode<Entry>(
  decoder: Decoder<Entry>,
  chunks: readonly Uint8Array[],
): { entries: Entry[]; done: boolean; consumed: number; violation: string | null } {
  const entries: Entry[] = [];
  let consumed = 0;
  for (const chunk of chunks) {
    const buffer = chunk.slice();
    for (const entry of decoder.push(buffer)) entries.push(entry);
    consumed += decoder.consumed;
    buffer.fill(0xaa);
    if (decoder.done) break;
  }
  const { violation } = decoder;
  return {
    entries,
    done: decoder.done,
    consumed,
    violation: violation === null ? null : `${violation.code} at ${violation.offset}`,
  };
}

/** Whole, byte by byte, and in every two pieces. */
export function cuttings(bytes: Uint8Array): Uint8Array[][] {
  const places = Array.from({ length: bytes.length + 1 }, (_, place) => place);
  return [[bytes], cutAt(bytes, places), ...places.map((place) => cutAt(bytes, [place]))];
}
