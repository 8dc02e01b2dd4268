import type { LineEnd, MaskKind, Side, WireRules } from "dot-stuffing/recording";
import { VERB } from "../transcript.ts";

// With a tab for a space, or blanks in front, it is no command, and what follows no less a secret.
const SECRET_NEXT = /^(?:burl|auth[\s\0]+[^\s\0]+)[\s\0]$/i;
const AUTH = /^[\s\0]*auth[\s\0]/i;

/** A command whose last reply has not come. */
interface Due {
  readonly verb: string;
  /** DATA: its content has come before its reply. */
  early: boolean;
  /** How many replies it has; null: one a recipient, as the end of a message under LMTP has. */
  replies: number | null;
}

/**
 * What SMTP's lines hold of secrets and content: initial responses, challenges and responses (RFC 4954 §4), BURL's URLs (RFC 4468
 * §8), and what follows DATA and BDAT. What comes behind AUTH or DATA before the reply is taken for what it would be if the server agrees, unless it is a
 * command behind AUTH.
 */
export class SmtpWire implements WireRules {
  readonly #bareLineFeed: boolean;
  #due: Due[] = [];
  #authsDue = 0; // so many of them are AUTH
  #greeted = false;
  #lmtp = false;
  #chunking = false;
  /** Those accepted in the transaction; null: there is none. */
  #recipients: number | null = null;
  #challenged = false;
  #isResponse = false; // whether the client's line is one of SASL's, or may be
  #content: "no" | "asked" | "yes" = "no";

  /** @param bareLineFeed whether an LF alone ends a line of the server's */
  constructor(bareLineFeed: boolean) {
    this.#bareLineFeed = bareLineFeed;
  }

  lineEnd(side: Side): LineEnd {
    return this.#bareLineFeed && side === "S" ? "CRLF or LF" : "CRLF";
  }

  begins(side: Side, whole: () => string | null): MaskKind {
    if (side === "S") return "shown";
    if (this.#content !== "no") return "content";
    this.#isResponse = this.#challenged || (this.#authsDue > 0 && !VERB.test(whole() ?? ""));
    return this.#isResponse ? "sasl" : "shown";
  }

  goesOn(side: Side, text: string): MaskKind {
    if (side === "S") return /^334 $/.test(text) ? "sasl" : "shown";
    if (!SECRET_NEXT.test(text)) return "shown";
    return /^b/i.test(text) ? "url" : "sasl";
  }

  ended(side: Side, text: string, kind: MaskKind): number {
    if (side === "S") this.#replied(text);
    else if (kind === "content") this.#contentLine(text);
    else if (!this.#isResponse) return this.#commanded(text);
    return 0;
  }

  tls(): void {
    this.#due = [];
    this.#authsDue = 0;
    this.#challenged = false;
    this.#content = "no";
  }

  #commanded(text: string): number {
    const [first = "", argument = ""] = text.toUpperCase().split(/ +/, 2);
    const verb = AUTH.test(text) ? "AUTH" : first;
    const last = (verb === "BDAT" || verb === "BURL") && / LAST *$/i.test(text);
    this.#due.push({ verb, early: false, replies: last && this.#lmtp ? null : 1 });
    if (verb === "AUTH") this.#authsDue++;
    if (verb === "LHLO") this.#lmtp = true;
    else if (verb === "DATA" && this.#content === "no") this.#content = "asked";
    return verb === "BDAT" && this.#chunking ? Number.parseInt(argument, 10) || 0 : 0;
  }

  #contentLine(text: string): void {
    if (text !== ".") return;
    if (this.#content === "asked") this.#due.at(-1)!.early = true; // nothing is read as a command since DATA
    this.#content = "no";
    this.#due.push({ verb: ".", early: false, replies: this.#lmtp ? null : 1 });
  }

  #replied(text: string): void {
    const [, code = "", more, keyword = ""] = /^(\d{3})([- ]?)(\S*)/.exec(text) ?? [];
    if (code === "250" && keyword.toUpperCase() === "CHUNKING") this.#chunking = true;
    if (code === "" || more === "-") return;
    this.#challenged = code === "334";
    if (this.#challenged) return;
    const due = this.#greeted ? this.#answered() : undefined;
    this.#greeted = true;
    if (due?.verb === "AUTH") this.#authsDue--;
    if (due?.verb === "MAIL" && code.startsWith("2")) this.#recipients = 0;
    else if (due?.verb === "RCPT" && code.startsWith("2")) this.#recipients = (this.#recipients ?? 0) + 1;
    if (code === "354") {
      if (!due?.early) this.#content = "yes";
    } else if (due?.verb === "DATA" && !due.early) this.#content = "no";
  }

  /** What a reply answers. */
  #answered(): Due | undefined {
    const due = this.#due[0];
    if (due === undefined) return undefined;
    if (due.replies === null) {
      due.replies = this.#recipients ?? 1;
      this.#recipients = null;
    }
    if (--due.replies <= 0) this.#due.shift();
    // The end of a message that nobody receives has no reply of its own (RFC 2033 §4.2).
    return due.replies < 0 ? this.#answered() : due;
  }
}
