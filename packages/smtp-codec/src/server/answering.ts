import type { Reply } from "../syntax/reply/reply.ts";
import type { SmtpServerMemory } from "./memory.ts";
import {
  classOf,
  completeReply,
  isGreeting,
  isHello,
  type ReplyInput,
  type ReplyTemplate,
  writeReply,
} from "./replies.ts";
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
  const { type: to } = event;
  // The offer that an accepted EHLO announces is the one after it, whatever hello came before.
  const keywordLines = isHello(to) ? offerOf(shared, memory.tls, "EHLO").keywordLines : [];
  const forwarding = (reply.code === 251 || reply.code === 551) && memory.transaction?.parameters.smtputf8 === true;
  return writeReply(reply, {
    ...{ to, host, keywordLines, anySecondDigit: leniencies.anySecondDigit },
    enhanced: enhancedStatusCodes && memory.mode !== "connect" && !HELLO_VERBS.has(memory.verb),
    smtputf8: forwarding || event.smtputf8 === true,
  });
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
    throw new RangeError(`"code" expected ${classOf(template.code)}yz to accept ${type}, got ${reply.code}`);
  }
  return wireForm(reply, event, shared, memory);
}
