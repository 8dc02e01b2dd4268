import { ClientLine, type LineEnd, type MaskKind, type Side, type WireRules } from "dot-stuffing/recording";
import { Onlooker } from "../onlooker.ts";

// With a tab for a space, or blanks in front, it is no command, and what follows no less a secret.
const URL_NEXT = /^burl[\s\0]$/i;

/**
 * What SMTP's lines hold of secrets and content: initial responses, challenges and responses (RFC 4954 §4), BURL's URLs
 * (RFC 4468 §8), and what follows DATA and BDAT. What comes after AUTH or DATA before the reply is taken for what it
 * would be if the server agrees, unless it is a command after AUTH.
 */
export class SmtpWire implements WireRules {
  readonly #bareLineFeed: boolean;
  readonly #onlooker: Onlooker = new Onlooker();
  readonly #line: ClientLine = new ClientLine(this.#onlooker);

  /** @param bareLineFeed whether an LF alone ends a line of the server's */
  constructor(bareLineFeed: boolean) {
    this.#bareLineFeed = bareLineFeed;
  }

  lineEnd(side: Side): LineEnd {
    return this.#bareLineFeed && side === "S" ? "CRLF or LF" : "CRLF";
  }

  begins(side: Side, whole: () => string | null): MaskKind {
    if (side === "S") return "shown";
    if (this.#onlooker.content) return "content";
    return this.#line.begins(whole());
  }

  goesOn(side: Side, text: string, ahead: () => string): MaskKind {
    if (side === "S") return /^334 $/.test(text) ? "sasl" : "shown";
    if (URL_NEXT.test(text)) return "url";
    return this.#line.goesOn(text, ahead);
  }

  ended(side: Side, text: string, kind: MaskKind): number {
    const onlooker = this.#onlooker;
    if (side === "S") onlooker.replied(text);
    else if (kind === "content") onlooker.passed(text);
    else {
      const size = onlooker.sent(text);
      // With a blank in front it is no BDAT for our server, and one without a size is the last command that it reads.
      if (/^b/i.test(text)) return size ?? Number.POSITIVE_INFINITY;
    }
    return 0;
  }

  tls(): void {
    this.#onlooker.tls();
  }
}
