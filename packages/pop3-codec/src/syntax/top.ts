import { checkAtLeast, checkLike, plainChunk } from "dot-stuffing/session";

const CR = 0x0d;
const LF = 0x0a;

/** What a cutter holds between two calls. */
export interface TopSnapshot {
  readonly left: number;
  readonly inHeader: boolean;
  readonly lineEmpty: boolean;
  readonly afterCr: boolean;
}

/**
 * Cuts content for TOP: the header, the empty line and the first lines of the body (RFC 1939 §7). Content without an
 * empty line is all header. Line ends are CRLF, and LF or CR alone, which are sent as CRLF: as the `Stuffer` of
 * `dot-stuffing` sees them, whose input this makes.
 *
 * @example
 * ```ts
 * const cutter = new TopCutter(10);
 * for (const chunk of file) {
 *   send(cutter.push(chunk));
 *   if (cutter.done) break;
 * }
 * ```
 */
export class TopCutter {
  #left: number;
  #inHeader = true;
  #lineEmpty = true;
  #afterCr = false;

  /**
   * @param lines of the body, from 0
   * @param snapshot of content that goes on here, whatever the lines
   * @throws RangeError for anything but a whole number, or Infinity; TypeError for what is no snapshot
   */
  constructor(lines: number, snapshot?: TopSnapshot) {
    this.#left = checkAtLeast("lines", lines, 0);
    if (snapshot === undefined) return;
    checkLike("snapshot", snapshot, { inHeader: true, lineEmpty: true, afterCr: false });
    this.#left = checkAtLeast("snapshot.left", snapshot.left, 0);
    this.#inHeader = snapshot.inHeader;
    this.#lineEmpty = snapshot.lineEmpty;
    this.#afterCr = snapshot.afterCr;
  }

  /** All that is held, as plain data. */
  snapshot(): TopSnapshot {
    return { left: this.#left, inHeader: this.#inHeader, lineEmpty: this.#lineEmpty, afterCr: this.#afterCr };
  }

  /** Whether all that is wanted has been there: what follows need not be fetched. */
  get done(): boolean {
    return !this.#inHeader && this.#left === 0;
  }

  /**
   * The part of this piece that is wanted: a view of it, of no octets once `done`.
   *
   * @throws TypeError for anything but a Uint8Array, and for one in shared memory.
   */
  push(input: Uint8Array): Uint8Array {
    const bytes = plainChunk("bytes", input);
    const { length } = bytes;
    let at = 0;
    if (this.#afterCr && length > 0) {
      // Whether an LF belongs to the line end in front of it shows only now.
      this.#afterCr = false;
      if (bytes[0] === LF) at = 1;
      this.#endLine();
    }
    while (at < length && !this.done) {
      const octet = bytes[at++]!;
      if (octet === LF) this.#endLine();
      else if (octet !== CR) {
        this.#lineEmpty = false;
        while (at < length && bytes[at]! > CR) at++;
      } else if (at === length) this.#afterCr = true;
      else {
        if (bytes[at] === LF) at++;
        this.#endLine();
      }
    }
    return at === length ? bytes : bytes.subarray(0, at);
  }

  #endLine(): void {
    if (!this.#inHeader) this.#left--;
    else if (this.#lineEmpty) this.#inHeader = false;
    this.#lineEmpty = true;
  }
}
