/** What happened in a section, written down so that every runtime writes the same. */
import type { SectionReport } from "./report.ts";

/** Where `input` turns a bit over, if it is asked to: at every so many calls. */
const FLIP = 10;

export class Log {
  items = 0;
  #events = 0;
  #octets = 0;
  #inputs = 0;
  readonly #lines: string[] = [];
  readonly #flips: boolean;

  /** @param flips whether some of the octets that go in are not what they should be: the digest has to show that */
  constructor(flips: boolean) {
    this.#flips = flips;
  }

  /** Whatever goes into a parser comes through here. A copy. */
  input(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(bytes);
    if (this.#flips && copy.length > 0 && ++this.#inputs % FLIP === 0) copy[copy.length >> 1]! ^= 1;
    return copy;
  }

  event(event: unknown): void {
    this.#events++;
    this.#lines.push(canonical(event));
  }

  output(bytes: Uint8Array | string): void {
    const octets = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    this.#octets += octets.length;
    this.#lines.push(`> ${hex(octets)}`);
  }

  /** Does it, and writes down what it throws: a caller's mistakes are part of what a session says. */
  attempt<Value>(what: () => Value): Value | null {
    try {
      return what();
    } catch (error) {
      this.event({ threw: error });
      return null;
    }
  }

  /** Everything written down, for whoever looks for a difference. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  async report(name: string): Promise<SectionReport> {
    const { items } = this;
    return { name, items, events: this.#events, octets: this.#octets, digest: await sha256(this.#lines.join("\n")) };
  }
}

export async function sha256(text: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

function hex(bytes: Uint8Array): string {
  let digits = "";
  for (const octet of bytes) digits += HEX[octet];
  return digits;
}

/** JSON, with what JSON has not. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, found: unknown) => {
    if (found instanceof Uint8Array) return { $octets: hex(found) };
    if (found instanceof Map) return { $map: [...found] };
    if (found instanceof Set) return { $set: [...found] };
    if (found instanceof Error) return { $error: [found.name, found.message] };
    if (typeof found === "number" && !Number.isFinite(found)) return { $number: String(found) };
    return found;
  });
}
