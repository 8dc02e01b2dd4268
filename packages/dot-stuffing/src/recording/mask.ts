import { decodeUtf8, encodeUtf8 } from "../web.ts";

/** What octets are, and so what stands in for them. */
export type MaskKind =
  | "shown"
  /** Text: its length and its spaces remain. */
  | "password"
  /** Hexadecimal digits. */
  | "digest"
  /** A URL: its scheme remains, and what stands after a space. */
  | "url"
  /** base64: what is base64 remains so, what is not remains not. */
  | "sasl"
  /**
   * What stands where a mechanism's name should: what can be in one remains so, what cannot remains not. Behind a space
   * as `"sasl"`.
   */
  | "mechanism"
  /** Content: its line structure remains. */
  | "content";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * Replaces octets one by one, of one kind until `begin` names another. What it gives it leaves as it is if it is given
 * that.
 */
export class Mask {
  #kind: MaskKind = "shown";
  #previous = -1;
  #group = 0; // characters of base64 since its beginning
  #scheme: "under way" | "over" | "url over" = "under way"; // of a URL
  #unused = false; // whether bits are set in the last one that would be unused if padding came

  get kind(): MaskKind {
    return this.#kind;
  }

  begin(kind: MaskKind): void {
    this.#kind = kind;
    this.#previous = -1;
    this.#group = 0;
    this.#unused = false;
    this.#scheme = "under way";
  }

  take(octet: number): number {
    const masked = this.#masked(octet);
    this.#previous = octet;
    return masked;
  }

  #masked(octet: number): number {
    if (this.#kind === "shown" || octet === CR || octet === LF || octet === NUL) return octet;
    if (this.#kind === "content") {
      // Where a line begins, and perhaps does for somebody, a dot says where the content ends.
      const begins = this.#previous === -1 || this.#previous === CR || this.#previous === LF;
      if (octet === DOT && begins) return DOT;
      return octet > 0x7f ? 0xff : FILLER;
    }
    if (this.#kind === "url") return this.#url(octet);
    if (octet === SPACE) {
      if (this.#kind === "mechanism") this.begin("sasl");
      this.#group = 0;
      return octet;
    }
    if (octet > 0x7f) return maskUtf8(octet);
    if (this.#kind === "password") return octet < SPACE || octet === 0x7f ? octet : ASTERISK;
    if (this.#kind === "mechanism") {
      if (/[\w-]/.test(String.fromCharCode(octet))) return A;
      return octet < SPACE || octet === 0x7f || octet === EQUALS ? octet : NEITHER;
    }
    if (this.#kind === "digest") return /[0-9a-f]/.test(String.fromCharCode(octet)) ? ZERO : X;
    return this.#base64(octet);
  }

  #url(octet: number): number {
    if (octet === SPACE) this.#scheme = "url over";
    const shown = this.#scheme !== "over" || octet < SPACE || octet > 0x7e;
    if (octet === COLON && this.#scheme === "under way") this.#scheme = "over";
    return shown ? octet : FILLER;
  }

  #base64(octet: number): number {
    const value = ALPHABET.indexOf(String.fromCharCode(octet));
    if (value >= 0) {
      this.#group++;
      const left = this.#group % 4;
      this.#unused = (left === 2 && (value & 15) !== 0) || (left === 3 && (value & 3) !== 0);
      return A;
    }
    if (octet === EQUALS && this.#unused) {
      // Padding after bits that would be lost makes it no base64 (RFC 4648 §3.5).
      this.#unused = false;
      return NEITHER;
    }
    return octet === EQUALS || octet === ASTERISK ? octet : NEITHER;
  }
}

/** Octets masked at once. */
export function maskOctets(kind: MaskKind, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const mask = new Mask();
  mask.begin(kind);
  const masked = new Uint8Array(bytes.length);
  for (const [at, octet] of bytes.entries()) masked[at] = mask.take(octet);
  return masked;
}

/** Text of the same length in UTF-8. */
export function maskText(kind: MaskKind, text: string): string {
  return decodeUtf8(maskOctets(kind, encodeUtf8(text)));
}

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const NEITHER = 0x21; // !
const ASTERISK = 0x2a;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const EQUALS = 0x3d;
const A = 0x41;
const X = 0x58;
const FILLER = 0x78;

/** UTF-8 remains UTF-8 of the same length, and what is none remains none. */
function maskUtf8(octet: number): number {
  if (octet < 0xc0) return 0xa9;
  if (octet >= 0xc2 && octet < 0xe0) return 0xc3;
  if (octet >= 0xe0 && octet < 0xf0) return 0xe3;
  return octet >= 0xf0 && octet < 0xf5 ? 0xf1 : 0xff;
}
