import { AuthOnlooker, type DueLine } from "dot-stuffing/session";
import { VERBS } from "./syntax/command.ts";

/** What the server sends: a status line, or what follows one. */
export type Mode = "status" | "listing" | "content";

/** A line of the client's to which there is no response yet. */
interface Due extends DueLine {
  /** What follows its response if that is +OK. */
  readonly follows: Mode;
}

const STATUS = /^[\r\n]*(?:\+OK|-ERR)/i;
const CHALLENGE = /^[\r\n]*\+(?:\s|$)/;

/**
 * Tells what each line of a connection is. It has every leniency of both sessions, since what either of them takes must
 * not be lost sight of: blanks around the words of a command, empty lines in front of a status line, `+ok`.
 */
export class Onlooker extends AuthOnlooker<Due> {
  #mode: Mode = "status";

  constructor() {
    super(VERBS);
  }

  /** What the server's next line is. */
  get mode(): Mode {
    return this.#mode;
  }

  /**
   * Whether a line of the server's, where a status line should stand, is none: after the greeting it may be of a
   * message.
   */
  isStray(line: string): boolean {
    return this.greeted && !STATUS.test(line) && !CHALLENGE.test(line) && !/^[\r\n]*$/.test(line);
  }

  /** The server has sent a line of a listing, or of a message. */
  passed(line: string): void {
    if (line === ".") this.#mode = "status";
  }

  /** The server has sent what should be a status line; null: one that is not known, which may be +OK. */
  replied(line: string | null): void {
    if (line === null ? this.challengeable : CHALLENGE.test(line)) this.challenged();
    else if (line === null || STATUS.test(line)) {
      const ok = line === null || /^[\r\n]*\+/.test(line);
      const due = this.answered(ok);
      if (ok && due !== undefined) this.#mode = due.follows;
    }
  }

  override tls(): void {
    super.tls();
    this.#mode = "status";
  }

  protected override due(line: string, auth: boolean): Due {
    return { auth, follows: followsOf(line) };
  }
}

/** What follows +OK to a command, if it is one. */
function followsOf(line: string): Mode {
  const [, verb = "", argument = ""] = /^[\s\0]*([^\s\0]+)[\s\0]*([^\s\0]*)/.exec(line.toUpperCase()) ?? [];
  if (verb === "RETR" || verb === "TOP") return "content";
  return verb === "CAPA" || (argument === "" && LISTS.includes(verb)) ? "listing" : "status";
}

const LISTS: readonly string[] = ["LIST", "UIDL", "AUTH", "LANG"];
