/** Plain loops over octets that make the checks a correct implementation must make: what every other figure is compared with. */
type Sink = (piece: Uint8Array) => void;

/** Receives: every CR and LF, every line's first dot, the end. It hands nothing over but the content's length. */
export function receive(wire: readonly Uint8Array[]): number {
  let size = 0;
  let lineStart = true;
  let dot = false;
  let cr = false;
  for (const chunk of wire) {
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (cr !== (octet === 0x0a)) throw new Error("a bare CR or LF");
      if (octet === 0x0a && dot) return size - 1;
      if (lineStart && octet === 0x2e) {
        lineStart = false;
        dot = true;
        continue;
      }
      cr = octet === 0x0d;
      if (!cr) dot = false;
      lineStart = octet === 0x0a;
      size++;
    }
  }
  throw new Error("the end was not found");
}

/** Receives and makes every line end a CRLF, which takes a copy. */
export function receiveNormalizing(wire: readonly Uint8Array[], sink: Sink): void {
  let before = 0x0a;
  let dot = false;
  let hard = true;
  for (const chunk of wire) {
    const out = new Uint8Array(2 * chunk.length + 2);
    let to = 0;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet === 0x0a) {
        if (dot && before === 0x0d) {
          sink(out.subarray(0, to - 1));
          return;
        }
        hard = before === 0x0d;
        if (!hard) out[to++] = 0x0d;
      } else if (before === 0x0d) {
        out[to++] = 0x0a;
        hard = false;
      }
      dot = (octet === 0x2e && before === 0x0a && hard) || (dot && octet === 0x0d);
      if (octet !== 0x2e || before !== 0x0a) out[to++] = octet;
      before = octet;
    }
    sink(out.subarray(0, to));
  }
}

/** Sends: copies, puts dots, makes every line end a CRLF. */
export function send(content: readonly Uint8Array[], sink: Sink): void {
  let before = 0x0a;
  for (const chunk of content) {
    const out = new Uint8Array(2 * chunk.length);
    let to = 0;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet === 0x0a && before !== 0x0d) out[to++] = 0x0d;
      else if (before === 0x0d && octet !== 0x0a) out[to++] = 0x0a;
      if (octet === 0x2e && (before === 0x0a || before === 0x0d)) out[to++] = 0x2e;
      out[to++] = octet;
      before = octet;
    }
    sink(out.subarray(0, to));
  }
  sink(Uint8Array.of(0x2e, 0x0d, 0x0a));
}
