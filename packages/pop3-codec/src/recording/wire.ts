import type { MaskKind, Side, WireRules } from "dot-stuffing/recording";
import { VERB } from "../transcript.ts";

/** What the server sends: a status line, or what follows one. */
type Mode = "status" | "listing" | "content";

/** A command whose response has not come. */
interface Due {
  readonly auth: boolean;
  /** What follows its response if that is +OK. */
  readonly follows: Mode;
}

/**
 * What POP3's lines hold of secrets and content: passwords, digests (RFC 1939 §7), initial responses, challenges and responses
 * (RFC 5034 §4), and the messages behind RETR and TOP. What comes behind AUTH before the response is taken for a secret unless it
 * is a command.
 */
export class Pop3Wire implements WireRules {
  readonly bareLineFeed: boolean;
  #due: Due[] = [];
  #authsDue = 0; // so many of them are AUTH
  #mode: Mode = "status";
  #greeted = false;
  #challenged = false;

  constructor(bareLineFeed: boolean) {
    this.bareLineFeed = bareLineFeed;
  }

  begins(side: Side, whole: () => string | null): MaskKind {
    if (side === "S") return this.#mode === "content" ? "content" : "shown";
    if (this.#challenged) return "sasl";
    return this.#authsDue > 0 && !VERB.test(whole() ?? "") ? "sasl" : "shown";
  }

  goesOn(side: Side, text: string): MaskKind {
    if (side === "S") return this.#mode === "status" && this.#authsDue > 0 && text === "+ " ? "sasl" : "shown";
    // Blanks in front make it no command, and what follows no less a secret.
    if (/^[\s\0]*pass $/i.test(text)) return "password";
    if (/^[\s\0]*apop .* $/is.test(text)) return "digest";
    return /^[\s\0]*auth +[^ ]+ +$/i.test(text) ? "sasl" : "shown";
  }

  ended(side: Side, text: string, kind: MaskKind): number {
    if (side === "S") this.#responded(text);
    else if (kind !== "sasl" || /^[\s\0]*auth /i.test(text)) this.#commanded(text);
    return 0;
  }

  tls(): void {
    this.#due = [];
    this.#authsDue = 0;
    this.#mode = "status";
    this.#challenged = false;
  }

  #commanded(text: string): void {
    const [verb = "", argument] = text.toUpperCase().split(" ", 2);
    const lists = verb === "CAPA" || (argument === undefined && ["LIST", "UIDL", "AUTH", "LANG"].includes(verb));
    const follows = lists ? "listing" : verb === "RETR" || verb === "TOP" ? "content" : "status";
    const auth = verb === "AUTH" && argument !== undefined;
    if (auth) this.#authsDue++;
    this.#due.push({ auth, follows });
  }

  #responded(text: string): void {
    if (this.#mode !== "status") {
      if (text === ".") this.#mode = "status";
      return;
    }
    this.#challenged = this.#authsDue > 0 && /^\+(?: |$)/.test(text);
    if (this.#challenged) return;
    const due = this.#greeted ? this.#due.shift() : undefined;
    this.#greeted = true;
    if (due?.auth) this.#authsDue--;
    if (due !== undefined && /^\+OK/i.test(text)) this.#mode = due.follows;
  }
}
