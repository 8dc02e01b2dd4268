const CR = 0x0d;
const LF = 0x0a;

/**
 * Cuts content for TOP: the header, the empty line and the first lines of the body (RFC 1939 §7). Content without an empty
 * line is all header. Line ends are CRLF, and LF or CR alone, which are sent as CRLF.
 */
export class TopCutter {
  #left: number;
  #inHeader = true;
  #lineEmpty = true;
  #afterCr = false;
  #done = false;

  /** @param lines of the body, from 0 */
  constructor(lines: number) {
    this.#left = lines;
  }

  /** The part of this piece that is sent. */
  cut(bytes: Uint8Array): Uint8Array {
    if (this.#done) return bytes.subarray(0, 0);
    for (let at = 0; at < bytes.length; at++) {
      const octet = bytes[at]!;
      if (this.#afterCr) {
        this.#afterCr = false;
        this.#endLine();
        if (this.#done) return bytes.subarray(0, octet === LF ? at + 1 : at);
        if (octet === LF) continue;
      }
      if (octet === LF) {
        this.#endLine();
        if (this.#done) return bytes.subarray(0, at + 1);
      } else if (octet === CR) this.#afterCr = true;
      else this.#lineEmpty = false;
    }
    return bytes;
  }

  #endLine(): void {
    if (!this.#inHeader) this.#left--;
    else if (this.#lineEmpty) this.#inHeader = false;
    this.#lineEmpty = true;
    this.#done = !this.#inHeader && this.#left === 0;
  }
}
