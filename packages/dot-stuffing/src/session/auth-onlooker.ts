import { triesAuth } from "./auth-line.ts";
import { Queue } from "./queue.ts";

/** A line of the client's that waits for its reply. */
export interface DueLine {
  /** Whether it is AUTH. */
  readonly auth: boolean;
}

/**
 * Looks on at a connection without a session's knowledge, and tells which of the client's lines may be responses of
 * SASL's. A line after AUTH is a command or a response, as the server's answer decides, which comes later when both are
 * sent in one breath: so lines are kept as they come, and one of them is a response once a challenge says so. To be
 * shown it has to be judged before. What protocol it is, and what else its lines are, says the class that extends this.
 */
export abstract class AuthOnlooker<Due extends DueLine> {
  readonly #verbs: readonly string[];
  /** What no line of SASL begins with. */
  readonly #verb: RegExp;
  readonly #due: Queue<Due> = new Queue();
  #authsDue = 0; // so many of them are AUTH
  /** Whether an exchange of AUTH is under way: its command is not among those due any more. */
  #exchange = false;
  /** Whether the client's next line answers a challenge. */
  #responseDue = false;
  /**
   * Whether AUTH was given, or a challenge, and AUTH was neither accepted nor cancelled, and no command came since:
   * what else comes may be meant as a response, even to a refusal.
   */
  #authTried = false;
  #cancelled = false; // by the client's last line
  /** Whether the client's line under way has its reply already: what is wrong with a line is known before its end. */
  #answeredEarly = false;
  #greeted = false;
  /** Whether a line of the client's that is none of content has begun and not ended. */
  underWay = false;

  /** @param verbs the protocol's, in upper case */
  constructor(verbs: readonly string[]) {
    this.#verbs = verbs;
    this.#verb = new RegExp(`^(?:${verbs.join("|")})(?: |$)`, "i");
  }

  /** What is to be known of a line once its reply comes. */
  protected abstract due(line: string, auth: boolean): Due;

  /**
   * Whether a line of the client's is a response of SASL's, or may be.
   *
   * @param line null: not all of it is known. Once AUTH is refused it is a command until it {@link strays}
   */
  maybeResponse(line: string | null): boolean {
    const refused = this.#authsDue === 0 && !this.#exchange;
    return this.#responseDue || (this.#authTried && (line === null ? !refused : !this.#verb.test(line)));
  }

  /** Whether a line that was taken for a command may be a response after all. @param text what has come of it */
  strays(text: string): boolean {
    if (!this.#authTried || this.#verb.test(text)) return false;
    return !this.#verbs.some((verb) => verb.startsWith(text.toUpperCase()));
  }

  /** The client has sent a line that is none of content. @returns whether it answers a challenge */
  ended(line: string): boolean {
    const auth = triesAuth(line);
    if (auth) this.#authTried = true;
    else if (this.#verb.test(line)) this.#authTried = false;
    this.#cancelled = line === "*";
    const response = this.#responseDue;
    if (!response && !this.#answeredEarly) this.expectReply(this.due(line, auth));
    this.#responseDue = this.#answeredEarly = this.underWay = false;
    return response;
  }

  /** TLS has begun: what was under way is forgotten. */
  tls(): void {
    this.#due.takeAll();
    this.#authsDue = 0;
    this.#exchange = this.#responseDue = this.#authTried = this.#answeredEarly = this.underWay = false;
  }

  protected get greeted(): boolean {
    return this.#greeted;
  }

  /** Whether a challenge may come: otherwise it is none, whatever somebody may take it for. */
  protected get challengeable(): boolean {
    return this.#exchange || (this.oldest?.auth ?? false);
  }

  /** The oldest line that is due; undefined: there is none. */
  protected get oldest(): Due | undefined {
    return this.#due.first;
  }

  protected expectReply(due: Due): void {
    if (due.auth) this.#authsDue++;
    this.#due.push(due);
  }

  /** The server has sent a challenge. @returns what was taken for a command, and answers it */
  protected challenged(): Due | undefined {
    const asked = this.challengeable;
    if (asked && !this.#exchange) this.take();
    const response = asked ? this.take() : undefined;
    this.#exchange = asked;
    this.#authTried = true;
    // Where nothing is due nobody has asked for it, and whoever reads it knows that: what comes next is a command.
    this.#responseDue = response === undefined && (asked || this.oldest !== undefined);
    return response;
  }

  /**
   * The server has sent a reply that is no challenge. @param ok whether it is positive
   *
   * @returns what it answers; undefined: an exchange, or nothing that was sent
   */
  protected answered(ok: boolean): Due | undefined {
    const awaited = this.#exchange || !this.#greeted;
    const due = awaited ? undefined : this.replyTo();
    const authOver = (this.#exchange || due?.auth) && this.#authsDue === 0;
    if (authOver && (ok || this.#cancelled)) this.#authTried = false;
    this.#answeredEarly = this.underWay && (this.#responseDue || (!awaited && due === undefined));
    this.#greeted = true;
    this.#exchange = this.#responseDue = false;
    return due;
  }

  /** What a reply answers; it is taken once no more replies to it are to come. */
  protected replyTo(): Due | undefined {
    return this.take();
  }

  /** Takes the oldest line that is due. */
  protected take(): Due | undefined {
    const due = this.#due.shift();
    if (due?.auth) this.#authsDue--;
    return due;
  }
}
