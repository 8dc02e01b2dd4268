/**
 * The framing of security layers (RFC 4422 §3.7), for mechanisms of the caller's own: none of this package negotiates
 * one.
 *
 * @module
 */
import { demandWhole } from "../check.ts";
import { type Failure, failure } from "../failure.ts";
import { plainOctets } from "../octets.ts";

/**
 * What a mechanism hands out that has negotiated a security layer (RFC 4422 §3.7): from the outcome on, everything goes
 * through it, as with GSSAPI (RFC 4752).
 */
export interface SecurityLayer {
  /** The longest protected buffer that this side takes, in octets. */
  readonly maxReceiveSize: number;
  /** The octets protected, as one buffer without its length. */
  wrap(bytes: Uint8Array): Uint8Array;
  /** The octets that were protected; null: they are not the peer's. */
  unwrap(buffer: Uint8Array): Uint8Array | null;
}

/**
 * A protected buffer after its length in four octets, in network order (RFC 4422 §3.7).
 *
 * @throws TypeError for anything but a Uint8Array, and for one in shared memory
 */
export function formatSecurityBuffer(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  const octets = plainOctets("buffer", buffer);
  const framed = new Uint8Array(4 + octets.length);
  new DataView(framed.buffer).setUint32(0, octets.length);
  framed.set(octets, 4);
  return framed;
}

/** What a {@link SecurityBufferReader} makes of a chunk. */
export interface SecurityBuffers {
  /** Those that are complete with it, in order. */
  readonly buffers: readonly Uint8Array<ArrayBuffer>[];
  /** Why there will be no more, `"message-too-long"`; null: there may be. */
  readonly failure: Failure | null;
}

/**
 * Takes protected buffers out of what the peer sends, however it is cut. One that is announced as longer than this side
 * takes fails the connection, before memory is taken for it (RFC 4422 §3.7); memory for the others is taken as they
 * come.
 */
export class SecurityBufferReader {
  readonly #maxSize: number;
  readonly #header: Uint8Array<ArrayBuffer> = new Uint8Array(4);
  #headerLength = 0;
  /** Never longer than announced, nor more than twice as long as what has come. */
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #filled = 0;
  #hasFailed = false;

  /** @param maxSize the layer's `maxReceiveSize` */
  constructor(maxSize: number) {
    demandWhole("maxSize", maxSize, 0, 2 ** 32 - 1);
    this.#maxSize = maxSize;
  }

  /**
   * The buffers that are complete with this chunk: those in front of one that is too long are handed out all the same.
   * After a failure every further chunk fails.
   *
   * @throws TypeError for anything but a Uint8Array, and for one in shared memory.
   */
  push(chunk: Uint8Array): SecurityBuffers {
    const octets = plainOctets("chunk", chunk);
    const buffers: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; !this.#hasFailed; ) {
      at += this.#fillHeader(octets.subarray(at));
      if (this.#headerLength < 4) return { buffers, failure: null };
      const length = new DataView(this.#header.buffer).getUint32(0);
      if (length > this.#maxSize) this.#hasFailed = true;
      else {
        const part = octets.subarray(at, at + length - this.#filled);
        this.#append(part, length);
        at += part.length;
        if (this.#filled < length) return { buffers, failure: null };
        buffers.push(this.#buffer);
        this.#buffer = new Uint8Array(0);
        this.#filled = this.#headerLength = 0;
      }
    }
    return { buffers, failure: failure("message-too-long") };
  }

  /** What was announced need not come: the buffer doubles as it fills. */
  #append(part: Uint8Array, length: number): void {
    const filled = this.#filled + part.length;
    if (filled > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(length, Math.max(filled, 2 * this.#buffer.length)));
      grown.set(this.#buffer);
      this.#buffer = grown;
    }
    this.#buffer.set(part, this.#filled);
    this.#filled = filled;
  }

  #fillHeader(octets: Uint8Array): number {
    const part = octets.subarray(0, 4 - this.#headerLength);
    this.#header.set(part, this.#headerLength);
    this.#headerLength += part.length;
    return part.length;
  }
}
