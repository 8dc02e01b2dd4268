import type { MaskKind, Side, WireRules } from "dot-stuffing/recording";

/** What the server sends: a status line, or what follows one. */
type Mode = "status" | "listing" | "content";

/** A command whose response has not come. */
interface Due {
  readonly auth: boolean;
  /** What follows its response if that is +OK. */
  readonly follows: Mode;
}

const VERB = /^(?:USER|PASS|APOP|AUTH|STLS|UTF8|CAPA|LANG|QUIT|STAT|LIST|UIDL|RETR|TOP|DELE|NOOP|RSET)(?: |$)/i;

/**
 * What POP3's lines hold of secrets and content: passwords, digests (RFC 1939 §7), initial responses, challenges and responses
 * (RFC 5034 §4), and the messages behind RETR and TOP. What comes behind AUTH before the response is taken for a secret unless it
 * is a command.
 */
export class Pop3Wire implements WireRules {
  readonly bareLineFeed: boolean;
  #due: Due[] = [];
  #mode: Mode = "status";
  #greeted = false;
  #challenged = false;

  constructor(bareLineFeed: boolean) {
    this.bareLineFeed = bareLineFeed;
  }

  begins(side: Side, whole: () => string | null): MaskKind {
    if (side === "S") return this.#mode === "content" ? "content" : "shown";
    if (this.#challenged) return "sasl";
    return this.#authDue && !VERB.test(whole() ?? "") ? "sasl" : "shown";
  }

  goesOn(side: Side, text: string): MaskKind {
    if (side === "S") return this.#mode === "status" && this.#authDue && text === "+ " ? "sasl" : "shown";
    if (/^pass $/i.test(text)) return "password";
    if (/^apop .* $/i.test(text)) return "digest";
    return /^auth +[^ ]+ +$/i.test(text) ? "sasl" : "shown";
  }

  ended(side: Side, text: string, kind: MaskKind): number {
    if (side === "S") this.#responded(text);
    else if (kind !== "sasl" || /^auth /i.test(text)) this.#commanded(text);
    return 0;
  }

  tls(): void {
    this.#due = [];
    this.#mode = "status";
    this.#challenged = false;
  }

  get #authDue(): boolean {
    return this.#due.some(({ auth }) => auth);
  }

  #commanded(text: string): void {
    const [verb = "", argument] = text.toUpperCase().split(" ", 2);
    const lists = verb === "CAPA" || (argument === undefined && ["LIST", "UIDL", "AUTH", "LANG"].includes(verb));
    const follows = lists ? "listing" : verb === "RETR" || verb === "TOP" ? "content" : "status";
    this.#due.push({ auth: verb === "AUTH" && argument !== undefined, follows });
  }

  #responded(text: string): void {
    if (this.#mode !== "status") {
      if (text === ".") this.#mode = "status";
      return;
    }
    this.#challenged = this.#authDue && /^\+(?: |$)/.test(text);
    if (this.#challenged) return;
    const due = this.#greeted ? this.#due.shift() : undefined;
    this.#greeted = true;
    if (due !== undefined && /^\+OK/i.test(text)) this.#mode = due.follows;
  }
}
