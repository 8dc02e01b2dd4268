/**
 * Plain loops over octets that make the checks a correct implementation must make: what every other figure is compared
 * with. They are written to be fast: an ordinary octet is known for one by its first test.
 */
type Sink = (piece: Uint8Array) => void;

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;

/** What the next octet comes after: a line's start, text, a CR, a line's first dot, that dot and a CR. */
const START = 0;
const TEXT = 1;
const AFTER_CR = 2;
const AFTER_DOT = 3;
const AFTER_DOT_CR = 4;

/** Receives: every CR and LF, every line's first dot, the end. It hands nothing over but the content's length. */
export function receive(wire: readonly Uint8Array[]): number {
  let size = 0;
  let place = START;
  for (const chunk of wire) {
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet > CR && place === TEXT) continue;
      if (place === AFTER_CR || place === AFTER_DOT_CR) {
        if (octet !== LF) throw new Error("a bare CR");
        if (place === AFTER_DOT_CR) return size + at - 1;
        place = START;
      } else if (octet === CR) place = place === AFTER_DOT ? AFTER_DOT_CR : AFTER_CR;
      else if (octet === LF) throw new Error("a bare LF");
      else if (octet === DOT && place === START) {
        place = AFTER_DOT;
        size--;
      } else place = TEXT;
    }
    size += chunk.length;
  }
  throw new Error("the end was not found");
}

/** Receives and makes every line end a CRLF, which takes a copy. A dot ends the content only between two CRLFs. */
export function receiveNormalizing(wire: readonly Uint8Array[], sink: Sink): void {
  let place = START;
  let hard = true; // whether the last line ended in CRLF
  for (const chunk of wire) {
    const out = new Uint8Array(2 * chunk.length + 2);
    let to = 0;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet > CR && place === TEXT) {
        out[to++] = octet;
        continue;
      }
      if (place === AFTER_CR || place === AFTER_DOT_CR) {
        if (octet === LF && place === AFTER_DOT_CR && hard) {
          sink(out.subarray(0, to));
          return;
        }
        out[to++] = CR;
        out[to++] = LF;
        hard = octet === LF;
        place = START;
        if (hard) continue;
      }
      if (octet === CR) place = place === AFTER_DOT ? AFTER_DOT_CR : AFTER_CR;
      else if (octet === LF) {
        out[to++] = CR;
        out[to++] = LF;
        hard = false;
        place = START;
      } else if (octet === DOT && place === START) place = AFTER_DOT;
      else {
        out[to++] = octet;
        place = TEXT;
      }
    }
    sink(out.subarray(0, to));
  }
}

/** Sends: copies, puts dots, makes every line end a CRLF. */
export function send(content: readonly Uint8Array[], sink: Sink): void {
  let place = START;
  for (const chunk of content) {
    const out = new Uint8Array(2 * chunk.length + 1);
    let to = 0;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet > CR && place === TEXT) {
        out[to++] = octet;
        continue;
      }
      if (place === AFTER_CR) {
        out[to++] = LF;
        place = START;
        if (octet === LF) continue;
      }
      if (octet === CR) place = AFTER_CR;
      else if (octet === LF) {
        out[to++] = CR;
        place = START;
      } else {
        if (octet === DOT && place === START) out[to++] = DOT;
        place = TEXT;
      }
      out[to++] = octet;
    }
    sink(out.subarray(0, to));
  }
  sink(Uint8Array.of(DOT, CR, LF));
}
