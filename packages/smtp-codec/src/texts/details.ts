import { isFault } from "../syntax/fault.ts";
import { parseSolicitation } from "../syntax/parameters/no-soliciting.ts";
import { needsSmtputf8 } from "../syntax/path/mailbox.ts";
import { type ForwardPath, formatPath, parseForwardPath } from "../syntax/path/path.ts";
import type { Reply } from "../syntax/reply/reply.ts";

/**
 * Where a 251 or 551 reply says that the recipient has gone: the first path in its text; null if there is none (RFC
 * 5321 §3.4).
 */
export function forwardedPath({ code, lines }: Reply): ForwardPath | null {
  if (code !== 251 && code !== 551) return null;
  const text = lines.join(" ");
  for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at + 1)) {
    const found = parseForwardPath(text, { smtputf8: true }, at);
    if (!isFault(found)) return found.path;
  }
  return null;
}

/**
 * The reply that says where a recipient has gone: 251, who takes the message all the same, or 551. An address that the
 * client could not read, beyond ASCII in a transaction without SMTPUTF8, is left out, and the code is 250 or 550 (RFC
 * 6531 §3.7.4.1).
 *
 * @param smtputf8 whether the transaction has SMTPUTF8: then the reply is to be written with it too
 */
export function forwardReply(code: 251 | 551, to: ForwardPath, smtputf8: boolean): Reply {
  if (needsSmtputf8(to) && !smtputf8) {
    if (code === 251) return { code: 250, enhanced: "2.1.5", lines: ["recipient ok, will be forwarded"] };
    return { code: 550, enhanced: "5.1.6", lines: ["the mailbox has moved"] };
  }
  const path = formatPath(to, { smtputf8 });
  if (code === 251) return { code, enhanced: "2.1.5", lines: [`user not local; will forward to ${path}`] };
  return { code, enhanced: "5.7.1", lines: [`user not local; please try ${path}`] };
}

/** The priority that a reply with X.3.6 says that the server gave a message; null if it says none (RFC 6710 §4.1). */
export function changedPriority({ enhanced, lines }: Reply): number | null {
  const number = enhanced?.endsWith(".3.6") ? /^-?[0-9](?= |$)/.exec(lines[0]!)?.[0] : undefined;
  return number === undefined ? null : Number(number);
}

/** The solicitation classes that a refusal names; null if it names none (RFC 3865 §2.4). */
export function refusedSolicitation({ lines }: Reply): readonly string[] | null {
  const list = /(?:^| )SOLICIT=([^ ]+)/i.exec(lines.join(" "))?.[1];
  return list === undefined ? null : parseSolicitation(list);
}

/** How many messages a 253 reply to ETRN says are waiting; null if it says none (RFC 1985 §5.1). */
export function pendingMessages({ code, lines }: Reply): number | null {
  const number = code === 253 ? /(?:^| )([0-9]{1,15}) /.exec(lines[0]!)?.[1] : undefined;
  return number === undefined ? null : Number(number);
}

/** The recipient's features in a reply to RCPT with CONNEG, in order (RFC 4141 §5.2). */
export function contentFeatures({ lines }: Reply): string[] {
  return lines.slice(1).flatMap((line) => (/^CONNEG /i.test(line) ? [line.slice("CONNEG ".length)] : []));
}

/** The lines of a reply to RCPT with CONNEG: the text, then the features. */
export function formatContentFeatures(text: string, features: readonly string[]): string[] {
  return [text, ...features.map((feature) => `CONNEG ${feature}`)];
}
