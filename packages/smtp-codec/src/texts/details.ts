import { isFault } from "../syntax/fault.ts";
import { parseSolicitation } from "../syntax/parameters/no-soliciting.ts";
import { type ForwardPath, parseForwardPath } from "../syntax/path/path.ts";
import type { Reply } from "../syntax/reply/reply.ts";

/** Where a 251 or 551 reply says that the recipient has gone: the first path in its text; null if there is none (RFC 5321 §3.4). */
export function forwardedPath({ code, lines }: Reply): ForwardPath | null {
  if (code !== 251 && code !== 551) return null;
  const text = lines.join(" ");
  const found = parseForwardPath(text, { smtputf8: true }, Math.max(text.indexOf("<"), 0));
  return isFault(found) ? null : found.path;
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
