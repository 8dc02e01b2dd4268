import { AuthOnlooker, type DueLine } from "dot-stuffing/session";
import { VERBS } from "./syntax/command/line.ts";

/** A command whose last reply has not come. */
interface Due extends DueLine {
  readonly verb: string;
  /** DATA: its content has come before its reply. */
  early: boolean;
  /** How many replies it has; null: one a recipient, as the end of a message under LMTP has. */
  replies: number | null;
}

/**
 * A chunk's size, which has any number of digits (RFC 3030 §2). Whoever knows BDAT reads the chunk over where it takes
 * none, and our server does without having offered CHUNKING.
 */
const CHUNK_SIZE = /^[\s\0]*bdat(?![a-z])(?:\s+(\d+)(?:\s|$))?/i;

/**
 * Tells what each line of the client's is. What comes after DATA before the reply is taken for content, as it is if the
 * server agrees.
 */
export class Onlooker extends AuthOnlooker<Due> {
  #lmtp = false;
  /** Those accepted in the transaction; null: there is none. */
  #recipients: number | null = null;
  #content: "no" | "asked" | "yes" = "no";
  /** The last DATA. */
  #data: Due | null = null;

  constructor() {
    super(VERBS);
  }

  /** Whether the client's next line is one of content, or is if the server agrees to DATA. */
  get content(): boolean {
    return this.#content !== "no";
  }

  /** The client has sent a line of content. */
  passed(line: string): void {
    if (line !== ".") return;
    if (this.#content === "asked") this.#data!.early = true;
    this.#content = "no";
    this.expectReply({ auth: false, verb: ".", early: false, replies: this.#lmtp ? null : 1 });
  }

  /**
   * The client has sent a line that is none of content.
   *
   * @returns how many octets of a chunk follow it; null: it is a BDAT that does not say so
   */
  sent(line: string): number | null {
    const chunk = this.ended(line) ? null : CHUNK_SIZE.exec(line);
    if (chunk === null) return 0;
    return chunk[1] === undefined ? null : Number(chunk[1]);
  }

  /** The server has sent a line of a reply. */
  replied(line: string): void {
    const [, code = "", more] = /^(\d{3})(?:([- ])|$)/.exec(line) ?? [];
    if (code === "" || more === "-") return;
    if (code === "334") {
      if (this.challenged()?.verb === "DATA") this.#content = "no"; // it was no command
      return;
    }
    const ok = code.startsWith("2");
    const due = this.answered(ok);
    if (ok && due?.verb === "MAIL") this.#recipients = 0;
    else if (ok && due?.verb === "RCPT") this.#recipients = (this.#recipients ?? 0) + 1;
    if (code === "354") {
      if (!due?.early) this.#content = "yes";
    } else if (due?.verb === "DATA" && !due.early) this.#content = "no";
  }

  override tls(): void {
    super.tls();
    this.#content = "no";
  }

  protected override due(line: string, auth: boolean): Due {
    const verb = line.toUpperCase().split(" ", 1)[0]!;
    const last = (verb === "BDAT" || verb === "BURL") && / LAST *$/i.test(line);
    const due = { auth, verb, early: false, replies: last && this.#lmtp ? null : 1 };
    if (verb === "LHLO") this.#lmtp = true;
    else if (verb === "DATA") {
      this.#content = "asked";
      this.#data = due;
    }
    return due;
  }

  protected override replyTo(): Due | undefined {
    const due = this.oldest;
    if (due === undefined) return undefined;
    if (due.replies === null) {
      due.replies = this.#recipients ?? 1;
      this.#recipients = null;
    }
    if (--due.replies <= 0) this.take();
    // The end of a message that nobody receives has no reply of its own (RFC 2033 §4.2).
    return due.replies < 0 ? this.replyTo() : due;
  }
}
