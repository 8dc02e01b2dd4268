import type { MaskKind, Side, WireRules } from "dot-stuffing/recording";
import { VERB } from "../transcript.ts";

/** What the server sends: a status line, or what follows one. */
type Mode = "status" | "listing" | "content";

// With a tab for a space, or blanks in front, it is no command, and what follows no less a secret.
const SECRET_NEXT = /^(?:pass|(?:apop|auth)[\s\0]+[^\s\0]+)[\s\0]$/i;
const AUTH = /^[\s\0]*auth[\s\0]+[^\s\0]/i;

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
  #isResponse = false; // whether the client's line is one of SASL's, or may be

  constructor(bareLineFeed: boolean) {
    this.bareLineFeed = bareLineFeed;
  }

  begins(side: Side, whole: () => string | null): MaskKind {
    if (side === "S") return this.#mode === "content" ? "content" : "shown";
    this.#isResponse = this.#challenged || (this.#authsDue > 0 && !VERB.test(whole() ?? ""));
    return this.#isResponse ? "sasl" : "shown";
  }

  goesOn(side: Side, text: string): MaskKind {
    if (side === "S") return this.#mode === "status" && this.#authsDue > 0 && text === "+ " ? "sasl" : "shown";
    if (!SECRET_NEXT.test(text)) return "shown";
    const verb = text.slice(0, 4).toUpperCase();
    return verb === "PASS" ? "password" : verb === "APOP" ? "digest" : "sasl";
  }

  ended(side: Side, text: string): number {
    if (side === "S") this.#responded(text);
    else if (!this.#isResponse) this.#commanded(text);
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
    const auth = AUTH.test(text);
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
