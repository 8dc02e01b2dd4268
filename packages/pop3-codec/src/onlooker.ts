import { Queue, triesAuth } from "dot-stuffing/session";
import { VERBS } from "./syntax/command.ts";

/** What the server sends: a status line, or what follows one. */
export type Mode = "status" | "listing" | "content";

/** A line of the client's to which there is no response yet. */
interface Due {
  readonly auth: boolean;
  /** What follows its response if that is +OK. */
  readonly follows: Mode;
}

/** What no line of SASL begins with. */
const VERB = new RegExp(`^(?:${VERBS.join("|")})(?: |$)`, "i");
const STATUS = /^[\r\n]*(?:\+OK|-ERR)/i;
const CHALLENGE = /^[\r\n]*\+(?:\s|$)/;

/**
 * Looks on at a connection without a session's knowledge, and tells what each line is. It has every leniency of both
 * sessions, since what either of them takes must not be lost sight of: blanks around the words of a command, empty
 * lines in front of a status line, `+ok`.
 *
 * A line after AUTH is a command or a response, as the server's answer decides, which comes later when both are sent in
 * one breath: so lines are kept as they come, and one of them is a response once a challenge says so. To be shown it
 * has to be judged before.
 */
export class Onlooker {
  readonly #due: Queue<Due> = new Queue();
  #authsDue = 0; // so many of them are AUTH
  #mode: Mode = "status";
  #greeted = false;
  /** Whether an exchange of AUTH is under way: its command is not among those due any more. */
  #exchange = false;
  /** Whether the client's next line answers a challenge. */
  #responseDue = false;
  /**
   * Whether AUTH was given, and neither accepted nor cancelled, and no command since: what else comes may be meant as a
   * response, even to -ERR.
   */
  #authTried = false;
  #cancelled = false; // by the client's last line

  /**
   * Whether the client's line under way has its response already: what is wrong with a line is known before its end.
   */
  #answeredEarly = false;
  /** Whether a line of the client's has begun and not ended. */
  underWay = false;

  /** What the server's next line is. */
  get mode(): Mode {
    return this.#mode;
  }

  /**
   * Whether a line of the client's is a response of SASL's, or may be.
   *
   * @param line null: not all of it is known. Once AUTH is refused it is a command until it {@link strays}
   */
  maybeResponse(line: string | null): boolean {
    const refused = this.#authsDue === 0 && !this.#exchange;
    return this.#responseDue || (this.#authTried && (line === null ? !refused : !VERB.test(line)));
  }

  /** Whether a line that was taken for a command may be a response after all. @param text what has come of it */
  strays(text: string): boolean {
    return this.#authTried && !VERB.test(text) && !VERBS.some((verb) => verb.startsWith(text.toUpperCase()));
  }

  /**
   * Whether a line of the server's, where a status line should stand, is none: after the greeting it may be of a
   * message.
   */
  isStray(line: string): boolean {
    return this.#greeted && !STATUS.test(line) && !CHALLENGE.test(line) && !/^[\r\n]*$/.test(line);
  }

  /** The client has sent a line. */
  sent(line: string): void {
    const due = !this.#responseDue && !this.#answeredEarly;
    const auth = triesAuth(line);
    if (auth) this.#authTried = true;
    else if (VERB.test(line)) this.#authTried = false;
    this.#cancelled = line === "*";
    if (due) {
      if (auth) this.#authsDue++;
      this.#due.push({ auth, follows: followsOf(line) });
    }
    this.#responseDue = this.#answeredEarly = this.underWay = false;
  }

  /** The server has sent a line of a listing, or of a message. */
  passed(line: string): void {
    if (line === ".") this.#mode = "status";
  }

  /** The server has sent what should be a status line; null: one that is not known, which may be +OK. */
  answered(line: string | null): void {
    const auth = this.#exchange || (this.#due.first?.auth ?? false);
    if (line === null ? auth : CHALLENGE.test(line)) this.#challenged(auth);
    else if (line === null || STATUS.test(line)) this.#responded(line === null || /^[\r\n]*\+/.test(line));
  }

  /** TLS has begun: what was under way is forgotten. */
  tls(): void {
    this.#due.takeAll();
    this.#authsDue = 0;
    this.#mode = "status";
    this.#exchange = this.#responseDue = this.#authTried = this.#answeredEarly = this.underWay = false;
  }

  #challenged(auth: boolean): void {
    // Without AUTH it is no challenge, whatever somebody may take it for.
    if (!auth) this.#authTried = true;
    else {
      if (!this.#exchange) this.#take();
      this.#exchange = true;
      this.#responseDue = this.#take() === undefined;
    }
  }

  /** The oldest line that is due; undefined: there is none. */
  #take(): Due | undefined {
    const due = this.#due.shift();
    if (due?.auth) this.#authsDue--;
    return due;
  }

  #responded(ok: boolean): void {
    const awaited = this.#exchange || !this.#greeted;
    const due = awaited ? undefined : this.#take();
    this.#answeredEarly = this.underWay && (this.#responseDue || (!awaited && due === undefined));
    const authOver = (this.#exchange || due?.auth) && this.#authsDue === 0;
    if (authOver && (ok || this.#cancelled)) this.#authTried = false;
    this.#greeted = true;
    this.#exchange = this.#responseDue = false;
    if (ok && due !== undefined) this.#mode = due.follows;
  }
}

/** What follows +OK to a command, if it is one. */
function followsOf(line: string): Mode {
  const [, verb = "", argument = ""] = /^[\s\0]*([^\s\0]+)[\s\0]*([^\s\0]*)/.exec(line.toUpperCase()) ?? [];
  if (verb === "RETR" || verb === "TOP") return "content";
  return verb === "CAPA" || (argument === "" && LISTS.includes(verb)) ? "listing" : "status";
}

const LISTS: readonly string[] = ["LIST", "UIDL", "AUTH", "LANG"];
