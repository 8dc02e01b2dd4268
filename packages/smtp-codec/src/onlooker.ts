import { triesAuth } from "dot-stuffing/session";

/** A command whose last reply has not come. */
interface Due {
  readonly verb: string;
  /** DATA: its content has come before its reply. */
  early: boolean;
  /** How many replies it has; null: one a recipient, as the end of a message under LMTP has. */
  replies: number | null;
}

const VERBS: readonly string[] = [
  ...[
    "EHLO",
    "LHLO",
    "HELO",
    "MAIL",
    "RCPT",
    "DATA",
    "BDAT",
    "RSET",
    "NOOP",
    "QUIT",
    "VRFY",
    "EXPN",
    "HELP",
    "STARTTLS",
  ],
  ...["AUTH", "ETRN", "ATRN", "BURL", "XCLIENT", "XFORWARD"],
];
/** What no line of SASL begins with. */
const VERB = new RegExp(`^(?:${VERBS.join("|")})(?: |$)`, "i");

/**
 * A chunk's size, which has any number of digits (RFC 3030 §2). Whoever knows BDAT reads the chunk over where it takes
 * none, and our server does without having offered CHUNKING.
 */
const CHUNK_SIZE = /^[\s\0]*bdat(?![a-z])(?:\s+(\d+)(?:\s|$))?/i;

/**
 * Looks on at a connection without a session's knowledge, and tells what each line of the client's is. What comes after
 * DATA before the reply is taken for content, as it is if the server agrees. A line after AUTH is a command or a
 * response, as the server's answer decides, which comes later when both are sent in one breath: so lines are kept as
 * they come, and one of them is a response once a 334 says so. To be shown it has to be judged before.
 */
export class Onlooker {
  #due: Due[] = [];
  #authsDue = 0; // so many of them are AUTH
  #greeted = false;
  #lmtp = false;
  /** Those accepted in the transaction; null: there is none. */
  #recipients: number | null = null;
  /** Whether an exchange of AUTH is under way: its command is not among those due any more. */
  #exchange = false;
  /** Whether the client's next line answers a challenge. */
  #responseDue = false;
  /**
   * Whether AUTH was given, and neither accepted nor cancelled, and no command since: what else comes may be meant as a
   * response, even to a refusal.
   */
  #authTried = false;
  #cancelled = false; // by the client's last line
  #content: "no" | "asked" | "yes" = "no";
  /** Whether the client's line under way has its reply already: what is wrong with a line is known before its end. */
  #answeredEarly = false;
  /** Whether a line of the client's that is none of content has begun and not ended. */
  underWay = false;

  /** Whether the client's next line is one of content, or is if the server agrees to DATA. */
  get content(): boolean {
    return this.#content !== "no";
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

  /** The client has sent a line of content. */
  passed(line: string): void {
    if (line !== ".") return;
    if (this.#content === "asked") this.#due.at(-1)!.early = true; // nothing is read as a command since DATA
    this.#content = "no";
    this.#due.push({ verb: ".", early: false, replies: this.#lmtp ? null : 1 });
  }

  /**
   * The client has sent a line that is none of content.
   *
   * @returns how many octets of a chunk follow it; null: it is a BDAT that does not say so
   */
  sent(line: string): number | null {
    const auth = triesAuth(line);
    if (auth) this.#authTried = true;
    else if (VERB.test(line)) this.#authTried = false;
    this.#cancelled = line === "*";
    const response = this.#responseDue;
    if (!response && !this.#answeredEarly) this.#awaitReply(line, auth);
    this.#responseDue = this.#answeredEarly = this.underWay = false;
    const chunk = response ? null : CHUNK_SIZE.exec(line);
    if (chunk === null) return 0;
    return chunk[1] === undefined ? null : Number(chunk[1]);
  }

  /** The server has sent a line of a reply. */
  replied(line: string): void {
    const [, code = "", more] = /^(\d{3})(?:([- ])|$)/.exec(line) ?? [];
    if (code === "" || more === "-") return;
    if (code === "334") {
      this.#challenged();
      return;
    }
    const due = this.#greeted && !this.#exchange ? this.#answered() : undefined;
    const authOver = (this.#exchange || due?.verb === "AUTH") && this.#authsDue === 0;
    if (authOver && (this.#cancelled || code.startsWith("2"))) this.#authTried = false;
    const unasked = this.#greeted && !this.#exchange && due === undefined;
    this.#answeredEarly = this.underWay && (this.#responseDue || unasked);
    this.#greeted = true;
    this.#exchange = this.#responseDue = false;
    if (due?.verb === "MAIL" && code.startsWith("2")) this.#recipients = 0;
    else if (due?.verb === "RCPT" && code.startsWith("2")) this.#recipients = (this.#recipients ?? 0) + 1;
    if (code === "354") {
      if (!due?.early) this.#content = "yes";
    } else if (due?.verb === "DATA" && !due.early) this.#content = "no";
  }

  /** TLS has begun: what was under way is forgotten. */
  tls(): void {
    this.#due = [];
    this.#authsDue = 0;
    this.#exchange = this.#responseDue = this.#authTried = this.#answeredEarly = this.underWay = false;
    this.#content = "no";
  }

  #awaitReply(line: string, auth: boolean): void {
    const verb = auth ? "AUTH" : line.toUpperCase().split(" ", 1)[0]!;
    const last = (verb === "BDAT" || verb === "BURL") && / LAST *$/i.test(line);
    this.#due.push({ verb, early: false, replies: last && this.#lmtp ? null : 1 });
    if (verb === "AUTH") this.#authsDue++;
    if (verb === "LHLO") this.#lmtp = true;
    else if (verb === "DATA") this.#content = "asked";
  }

  #challenged(): void {
    // Without AUTH it is no challenge, whatever somebody may take it for.
    if (!this.#exchange && this.#due[0]?.verb !== "AUTH") {
      this.#responseDue = true;
      return;
    }
    if (!this.#exchange) this.#take();
    this.#exchange = this.#authTried = true;
    const response = this.#take();
    this.#responseDue = response === undefined;
    if (response?.verb === "DATA") this.#content = "no"; // it was no command
  }

  #take(): Due | undefined {
    const due = this.#due.shift();
    if (due?.verb === "AUTH") this.#authsDue--;
    return due;
  }

  /** What a reply answers. */
  #answered(): Due | undefined {
    const due = this.#due[0];
    if (due === undefined) return undefined;
    if (due.replies === null) {
      due.replies = this.#recipients ?? 1;
      this.#recipients = null;
    }
    if (--due.replies <= 0) this.#take();
    // The end of a message that nobody receives has no reply of its own (RFC 2033 §4.2).
    return due.replies < 0 ? this.#answered() : due;
  }
}
