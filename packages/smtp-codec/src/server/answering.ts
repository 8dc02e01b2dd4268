import { outOfRange } from "dot-stuffing/session";
import { formatReply } from "../syntax/reply/format.ts";
import { classOf, type Reply } from "../syntax/reply/reply.ts";
import type { SmtpServerMemory } from "./memory.ts";
import { completeReply, isGreeting, isHello, type ReplyInput, type ReplyTemplate } from "./replies.ts";
import { offerOf, type Shared } from "./settings.ts";

/** What a reply answers: an event, or none. */
export interface Answered {
  readonly type: string;
  /** Whether the reply may hold UTF-8. */
  readonly smtputf8?: boolean;
}

/** In place of an event: a reply to none. */
export const NO_EVENT: Answered = { type: "none" };

type Remembered = Pick<SmtpServerMemory<never>, "mode" | "verb" | "tls" | "transaction">;

const HELLO_VERBS: ReadonlySet<string> = new Set(["HELO", "EHLO", "LHLO"]);

/**
 * The wire form of a reply to an event.
 *
 * @throws RangeError if it cannot be written.
 */
export function wireForm(reply: Reply, event: Answered, shared: Shared, memory: Remembered): string {
  const { host, enhancedStatusCodes, leniencies } = shared.settings;
  const { type } = event;
  const { code, lines } = reply;
  const { verb, mode, tls, transaction } = memory;
  const accepted = code < 300;
  const hello = isHello(type) && accepted;
  const greeting = isGreeting(type) && accepted;
  if (hello && lines.length > 1) throw outOfRange("text", `one line to accept ${type}`);
  const all = [...lines];
  if (hello || greeting || code === 221 || code === 421) all[0] = all[0] === "" ? host : `${host} ${all[0]}`;
  // The offer that an accepted EHLO announces is the one after it, whatever hello came before.
  if (hello && type !== "helo") all.push(...offerOf(shared, tls, "EHLO").keywordLines);
  const plain = !enhancedStatusCodes || mode === "connect" || greeting || HELLO_VERBS.has(verb) || classOf(code) === 3;
  const forwarding = (code === 251 || code === 551) && transaction?.parameters.smtputf8 === true;
  return formatReply(
    { code, enhanced: plain ? null : reply.enhanced, lines: all },
    { smtputf8: forwarding || event.smtputf8 === true, anySecondDigit: leniencies.anySecondDigit },
  );
}

/**
 * The wire form of the reply that accepts an event. Most are defaults, which are written once.
 *
 * @throws RangeError for a reply of another class than the default's, or that cannot be written.
 */
export function acceptance(
  input: ReplyInput | undefined,
  template: ReplyTemplate,
  event: Answered,
  shared: Shared,
  memory: Remembered,
): string {
  const { type } = event;
  if (input === undefined) {
    // A hello's reply is that of what it offers.
    const key = type === "ehlo" || type === "lhlo" ? offerOf(shared, memory.tls, "EHLO") : template;
    let text = shared.written.get(key);
    if (text === undefined) {
      const greeting = isGreeting(type) ? shared.settings.greeting : undefined;
      text = wireForm(completeReply(greeting, template), event, shared, memory);
      shared.written.set(key, text);
    }
    return text;
  }
  const reply = completeReply(input, template);
  if (classOf(reply.code) !== classOf(template.code)) {
    throw outOfRange("code", `${classOf(template.code)}yz to accept ${type}, got ${reply.code}`);
  }
  return wireForm(reply, event, shared, memory);
}
