import { ClientLine, type LineEnd, type MaskKind, type Side, type WireRules } from "dot-stuffing/recording";
import { Onlooker } from "../onlooker.ts";

// With a tab for a space, or blanks in front, it is no command, and what follows no less a secret.
const SECRET_NEXT = /^(?:pass|apop[\s\0]+[^\s\0]+)[\s\0]$/i;

/**
 * What POP3's lines hold of secrets and content: passwords, digests (RFC 1939 §7), initial responses, challenges and
 * responses (RFC 5034 §4), and the messages after RETR and TOP. What comes after AUTH before the response is taken for
 * a secret unless it is a command, and what comes after the greeting without being a response for a message.
 */
export class Pop3Wire implements WireRules {
  readonly #lenient: Side | null;
  readonly #onlooker: Onlooker = new Onlooker();
  readonly #line: ClientLine = new ClientLine(this.#onlooker);

  /** @param lenient whose lines may end in CR or LF alone: those that the session receives, if it has that leniency */
  constructor(lenient: Side | null) {
    this.#lenient = lenient;
  }

  lineEnd(side: Side): LineEnd {
    const lenient = side === this.#lenient && (side === "C" || this.#onlooker.mode === "status");
    return lenient ? "CRLF, CR or LF" : "CRLF";
  }

  begins(side: Side, whole: () => string | null, first: number): MaskKind {
    const onlooker = this.#onlooker;
    if (side === "C") return this.#line.begins(whole());
    if (onlooker.mode !== "status") return onlooker.mode === "content" ? "content" : "shown";
    return onlooker.isStray(whole() ?? BEGINNINGS[first] ?? "?") ? "content" : "shown";
  }

  goesOn(side: Side, text: string, ahead: () => string): MaskKind {
    if (side === "S") return this.#onlooker.mode === "status" && text === "+ " ? "sasl" : "shown";
    if (SECRET_NEXT.test(text)) return /^p/i.test(text) ? "password" : "digest";
    return this.#line.goesOn(text, ahead);
  }

  ended(side: Side, text: string): number {
    const onlooker = this.#onlooker;
    if (side === "C") onlooker.ended(text);
    else if (onlooker.mode === "status") onlooker.replied(text);
    else onlooker.passed(text);
    return 0;
  }

  tls(): void {
    this.#onlooker.tls();
  }
}

/** What a line may be whose first octet alone is known. */
const BEGINNINGS: { readonly [octet: number]: string } = { 10: "", 13: "", 43: "+OK", 45: "-ERR" };
