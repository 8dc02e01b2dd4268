import { type MaskKind, maskOctets, maskText } from "./mask.ts";
import type { RecordSettings } from "./role.ts";

/** Properties whose text is secret wherever they stand. */
const SECRET: ReadonlySet<string> = new Set(["password", "digest", "token"]);
/** Properties whose text is no secret, though it stands among secrets. */
const OPEN: ReadonlySet<string> = new Set([
  ...["type", "name", "mechanism", "answer", "cause", "text", "timestamp"],
  ...["authenticationIdentity", "authorizationIdentity"],
]);
/** How much of secrets is remembered. In characters, of them and their masks. */
const MOST = 1_048_576;
/** What remembering one costs besides. In characters. */
const EACH = 64;

/**
 * What surrounds a value: `"events"` and `"calls"` show text, and content's lines; in `"secrets"`, which are events,
 * and in `"answers"` of mechanisms everything is one.
 */
export type Surroundings = "events" | "calls" | "secrets" | "answers";

/** Masks what stands in values, and remembers what was a secret. */
export class Secrets {
  readonly #settings: Required<RecordSettings>;
  readonly #known: Map<string, string> = new Map();
  /** How much of them is remembered; over the most: some were not, and any text may be one. */
  #size = 0;

  constructor(settings: Required<RecordSettings>) {
    this.#settings = settings;
  }

  /** Whether what is of a kind is shown as it is. */
  shows(kind: MaskKind): boolean {
    return kind === "shown" || (kind === "content" ? this.#settings.content : this.#settings.secrets);
  }

  /**
   * Remembers what was masked on the wire. A line of SASL's may yet be read as a command, of which words and argument
   * matter.
   *
   * @param shown what the word where it begins has in front of it
   */
  hidden(kind: MaskKind, text: string, shown: string): void {
    const words = kind === "sasl" || kind === "mechanism" ? text.split(" ") : [];
    const argument = /^\S+\s+(.*\S)/s.exec(text)?.[1] ?? "";
    for (const part of words.length === 0 ? [text] : [text, argument, ...words]) this.mask(kind, part);
    // The verb that it may be part of is given in upper case.
    const [first = ""] = words;
    const masked = maskText(kind, first);
    if (shown !== "" && masked !== first && !this.shows(kind))
      this.#remember((shown + first).toLowerCase(), shown.toUpperCase() + masked);
  }

  /** Whether text has been seen as a secret, or may have been. */
  knows(value: unknown): boolean {
    return typeof value === "string" && (this.#overflown || this.#known.has(value.toLowerCase()));
  }

  /** Remembers a secret that was seen, and gives its mask. */
  mask(kind: MaskKind, text: string): string {
    if (this.shows(kind)) return text;
    const masked = maskText(kind, text);
    if (masked !== text && !this.#overflown) this.#remember(text.toLowerCase(), masked);
    return masked;
  }

  text(text: string, property: string, around: Surroundings): string {
    if (SECRET.has(property)) return this.mask(property === "digest" ? "digest" : "password", text);
    if (OPEN.has(property)) return text;
    if (around === "secrets" || around === "answers") return this.mask("password", text);
    return this.#known.get(text.toLowerCase()) ?? (this.#overflown ? maskText("password", text) : text);
  }

  octets(bytes: Uint8Array, around: Surroundings): Uint8Array {
    if (around === "secrets" || around === "answers") return this.shows("sasl") ? bytes : new Uint8Array(bytes.length);
    if (this.shows("content")) return bytes;
    const masked = maskOctets("content", bytes);
    // What was received has had its dots removed, and is cut anywhere.
    return around === "events" ? masked.map((octet) => (octet === 0x2e ? 0x78 : octet)) : masked;
  }

  get #overflown(): boolean {
    return this.#size > MOST;
  }

  #remember(text: string, masked: string): void {
    if (!this.#known.has(text)) this.#size += text.length + masked.length + EACH;
    if (!this.#overflown) this.#known.set(text, masked);
  }
}
