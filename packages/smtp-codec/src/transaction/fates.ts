import type { MessageEvent } from "../client/events.ts";
import type { Reply } from "../syntax/reply/reply.ts";
import type { PreparedRecipient } from "./envelope.ts";
import type { RecipientReport } from "./events.ts";

/** What a command, or the message, came to; without a reply the connection ended, or was to end, first. */
export interface Result {
  readonly ok: boolean;
  readonly outcome: MessageEvent["outcome"];
  readonly reply: Reply | null;
}

/**
 * What becomes of a message for each of its recipients. Nothing is certain of one for whom a reply is missing until the
 * message has its fate.
 */
export class Fates {
  readonly #recipients: readonly PreparedRecipient[];
  readonly #reports: (RecipientReport | null)[];
  readonly #told: (report: RecipientReport) => void;
  /**
   * Those of the part under way, by their places, and how many of them have the reply to RCPT, or will never have it.
   */
  #places: readonly number[] = [];
  #replied = 0;
  /** Those whom the server may yet have the message for, and how many of them have a reply of their own in LMTP. */
  #open: number[] = [];
  #delivered = 0;
  /** What refused MAIL: the replies to RCPT follow from it. */
  #refusal: Result | null = null;

  /** @param told is given each fate as soon as it is known */
  constructor(recipients: readonly PreparedRecipient[], told: (report: RecipientReport) => void) {
    this.#recipients = recipients;
    this.#reports = recipients.map(() => null);
    this.#told = told;
  }

  /** Begins a part. */
  begin(places: readonly number[]): void {
    this.#places = places;
    this.#replied = this.#delivered = 0;
    this.#open = [];
    this.#refusal = null;
  }

  mail(result: Result): void {
    if (!result.ok && result.reply !== null) this.#refusal = result;
  }

  rcpt(result: Result): void {
    const place = this.#places[this.#replied++]!;
    if (this.#refusal !== null) this.#decideBy(place, this.#refusal);
    // Content may have gone ahead of a reply that never came.
    else if (result.ok || result.reply === null) this.#open.push(place);
    else this.#decideBy(place, result);
  }

  delivery(result: Result): void {
    this.#decideBy(this.#open[this.#delivered++]!, result);
  }

  /**
   * The message has its fate, which those share who have none of their own.
   *
   * @param why it was not sent to its end, if it was not
   */
  message(result: Result, why: string): void {
    for (const place of this.#open.slice(this.#delivered)) this.#decideBy(place, result, why);
    this.#open = [];
  }

  /** These are not sent to. */
  leaveOut(places: Iterable<number>, text: string): void {
    for (const place of places) this.#decide(place, "not-accepted", null, text);
  }

  /**
   * It is over: whoever has no fate yet was certainly not sent to. In the order of the recipients.
   *
   * @param reply the 421 that ended it
   */
  end(text: string, reply: Reply | null): readonly RecipientReport[] {
    const reports = this.#reports;
    for (const [place, report] of reports.entries()) {
      if (report !== null) continue;
      if (reply === null) this.leaveOut([place], text);
      else this.#decideBy(place, { ok: false, outcome: "transient", reply });
    }
    return reports as readonly RecipientReport[];
  }

  /**
   * What is known so far, in the order of the recipients.
   *
   * @param ended whether the message of the part under way was given to its end
   */
  soFar(ended: boolean): RecipientReport[] {
    const unknown = new Set(ended ? this.#places : []);
    return this.#reports.map((report, place) => {
      if (report !== null) return report;
      const outcome = unknown.has(place) ? "unknown" : "not-accepted";
      const text = "the transaction is under way";
      return { to: this.#recipients[place]!.path, outcome, code: null, enhanced: null, text };
    });
  }

  #decideBy(place: number, { outcome, reply }: Result, why = ""): void {
    if (reply !== null) this.#decide(place, outcome, reply, reply.lines.join(" "));
    else if (outcome === "unknown") this.#decide(place, outcome, null, "the connection ended before the reply came");
    else this.leaveOut([place], why);
  }

  #decide(place: number, outcome: MessageEvent["outcome"], reply: Reply | null, text: string): void {
    const to = this.#recipients[place]!.path;
    const report = { to, outcome, code: reply?.code ?? null, enhanced: reply?.enhanced ?? null, text };
    this.#reports[place] = report;
    this.#told(report);
  }
}
