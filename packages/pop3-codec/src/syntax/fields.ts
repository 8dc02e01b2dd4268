import { decodeUtf8 } from "../web.ts";

const TAB = 0x09;
const SPACE = 0x20;
const ZERO = 0x30;

/**
 * Reads the fields of a line one after the other, where its octets stand: no string is made but where one is wanted.
 */
export class Fields {
  #octets: Uint8Array = new Uint8Array(0);
  #at = 0;
  #to = 0;

  /** Goes on with this line. */
  begin(octets: Uint8Array, from: number, to: number): this {
    this.#octets = octets;
    this.#at = from;
    this.#to = to;
    return this;
  }

  /** Whether nothing is left. */
  get ended(): boolean {
    return this.#at === this.#to;
  }

  /** `1*DIGIT` of at most 2^53−1 (RFC 1939 §4); NaN: it is none. */
  number(): number {
    const octets = this.#octets;
    const to = this.#to;
    const from = this.#at;
    let at = from;
    let value = 0;
    for (; at < to; at++) {
      const digit = octets[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = 10 * value + digit;
    }
    this.#at = at;
    return at > from && value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
  }

  /** Skips what separates two fields, one SP or a run of SP and TAB, and says whether there was any. */
  gap(run: boolean): boolean {
    const from = this.#at;
    if (run) this.blanks();
    else if (from < this.#to && this.#octets[from] === SPACE) this.#at++;
    return this.#at > from;
  }

  blanks(): void {
    const octets = this.#octets;
    let at = this.#at;
    while (at < this.#to && (octets[at] === SPACE || octets[at] === TAB)) at++;
    this.#at = at;
  }

  /** Octets 0x21 to 0x7E; none perhaps. */
  word(): string {
    const octets = this.#octets;
    const from = this.#at;
    let at = from;
    while (at < this.#to && octets[at]! > SPACE && octets[at]! < 0x7f) at++;
    this.#at = at;
    return decodeUtf8(octets.subarray(from, at)); // flat: a string joined of parts would keep them all
  }

  /** All that is left; null if a control other than TAB is in it. */
  rest(): string | null {
    const rest = this.#octets.subarray(this.#at, this.#to);
    return rest.some((octet) => octet < SPACE && octet !== TAB) ? null : decodeUtf8(rest);
  }
}

/** The fields of a text; what is no ASCII becomes an octet that no listing has. */
export function fieldsOf(text: string): Fields {
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) octets[at] = Math.min(text.charCodeAt(at), 0x80);
  return new Fields().begin(octets, 0, octets.length);
}
