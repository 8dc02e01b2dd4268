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

/** Texts in lower case, and what stands in for them. */
type Masks = Map<string, string>;

/** Masks what stands in values, and remembers what was a secret. */
export class Secrets {
  readonly #settings: Required<RecordSettings>;
  /** Every text that was one, in lower case. */
  readonly #known: Set<string> = new Set();
  /** What the application's functions made of secrets, with its masks. */
  readonly #made: Masks = new Map();
  /** What was masked in lines that the session may still have to read, with its masks. */
  readonly #unread: Masks = new Map();
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
   * Remembers what was masked on the wire.
   *
   * @param read whether the session reads it: a line of SASL's may yet be a command, of which words and argument come
   *   in events
   * @param shown what the word where it begins has in front of it
   */
  hidden(read: boolean, kind: MaskKind, text: string, shown: string): void {
    const masks = read ? this.#unread : null;
    const words = kind === "sasl" || kind === "mechanism" ? text.split(" ") : [];
    const argument = /^\S+\s+(.*\S)/s.exec(text)?.[1] ?? "";
    for (const part of words.length === 0 ? [text] : [text, argument, ...words]) this.mask(kind, part, masks);
    // The verb that it may be part of is given in upper case.
    const [first = ""] = words;
    const masked = maskText(kind, first);
    if (shown !== "" && masked !== first && !this.shows(kind))
      this.#remember(shown + first, shown.toUpperCase() + masked, masks);
  }

  /** The session has read what has come: what it reads from now on is what lines show. */
  allRead(): void {
    this.#unread.clear();
  }

  /** Whether text has been seen as a secret, or may have been. */
  knows(value: unknown): boolean {
    return typeof value === "string" && (this.#overflown || this.#known.has(value.toLowerCase()));
  }

  /** Remembers what was made of a secret, and gives its mask. */
  made(kind: MaskKind, text: string): string {
    return this.mask(kind, text, this.#made);
  }

  /** Remembers a secret that was seen, and gives its mask. @param masks where that is kept too */
  mask(kind: MaskKind, text: string, masks: Masks | null = null): string {
    if (this.shows(kind)) return text;
    const masked = maskText(kind, text);
    if (masked !== text && !this.#overflown) this.#remember(text, masked, masks);
    return masked;
  }

  /**
   * A password may be a word like any other, and masking that where it is no secret would tell it to whoever sees the
   * line. So it is masked where it must be one, and in events where it comes from what was masked before.
   */
  text(text: string, property: string, around: Surroundings): string {
    if (SECRET.has(property)) return this.mask(property === "digest" ? "digest" : "password", text);
    if (OPEN.has(property)) return text;
    if (around === "secrets" || around === "answers") return this.mask("password", text);
    const word = text.toLowerCase();
    const masked = around === "events" ? (this.#unread.get(word) ?? this.#made.get(word)) : undefined;
    return masked ?? (this.#overflown ? maskText("password", text) : text);
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

  #remember(text: string, masked: string, masks: Masks | null): void {
    const word = text.toLowerCase();
    if (!this.#known.has(word)) this.#size += text.length + masked.length + EACH;
    if (this.#overflown) return;
    this.#known.add(word);
    masks?.set(word, masked);
  }
}
