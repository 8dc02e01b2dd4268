import type { LineEnd, MaskKind, Side, WireRules } from "dot-stuffing/recording";
import { authSecret } from "dot-stuffing/session";
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
  /** Whether the client's line under way was shown before all of it had come. */
  #early = false;

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
    if (side === "C") {
      onlooker.underWay = true;
      const line = whole();
      this.#early = line === null;
      return onlooker.maybeResponse(line) ? "sasl" : "shown";
    }
    if (onlooker.mode !== "status") return onlooker.mode === "content" ? "content" : "shown";
    return onlooker.isStray(whole() ?? BEGINNINGS[first] ?? "?") ? "content" : "shown";
  }

  goesOn(side: Side, text: string, ahead: () => string): MaskKind {
    if (side === "S") return this.#onlooker.mode === "status" && text === "+ " ? "sasl" : "shown";
    if (SECRET_NEXT.test(text)) return /^p/i.test(text) ? "password" : "digest";
    const secret = authSecret(text, ahead);
    if (secret === "response" || (secret === null && this.#early && this.#onlooker.strays(text))) return "sasl";
    return secret ?? "shown";
  }

  ended(side: Side, text: string): number {
    const onlooker = this.#onlooker;
    if (side === "C") onlooker.sent(text);
    else if (onlooker.mode === "status") onlooker.answered(text);
    else onlooker.passed(text);
    return 0;
  }

  tls(): void {
    this.#onlooker.tls();
  }
}

/** What a line may be whose first octet alone is known. */
const BEGINNINGS: { readonly [octet: number]: string } = { 10: "", 13: "", 43: "+OK", 45: "-ERR" };
