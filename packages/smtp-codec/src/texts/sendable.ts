import { MAX_REPLY_LINE } from "../syntax/reply/format.ts";
import type { Reply } from "../syntax/reply/reply.ts";

/** What is left for a line's text by the longest code and enhanced code, and CRLF. In octets. */
const MAX_TEXT: number = MAX_REPLY_LINE - "421-4.999.999 \r\n".length;
/** And by the name of a host, which a server puts in front of the first line of 421, 221 and what greets. */
const MAX_NAMED_TEXT: number = MAX_TEXT - 256;

/**
 * A reply that a server of others gave, in a form that every server may send: a relay or a proxy passes it on by
 * `session.reject(sendableReply(event.reply))`. Clients take more than servers may say.
 *
 * - Characters that no reply may hold, and those beyond ASCII, are `?` (RFC 5321 §4.2).
 * - Lines above 512 octets are cut into several (RFC 5321 §4.5.3.1.5); where the server's name may come in front of the
 *   first one, in 421 and 2yz, there is room for it.
 * - A code with a second digit of 6 to 9 is the one of its class for the mail system: 250, 450, 550 (RFC 5321 §4.2.1).
 * - 521 is 554: it is for connections alone (RFC 7504 §3).
 */
export function sendableReply({ code, enhanced, lines }: Reply): Reply {
  const most = code === 421 || code < 300 ? MAX_NAMED_TEXT : MAX_TEXT;
  return {
    code: sendableCode(code),
    enhanced,
    lines: lines.flatMap((line) => cut(line.replace(UNSENDABLE, "?"), most)),
  };
}

const UNSENDABLE = /[^\t\x20-\x7e]/gu;

function sendableCode(code: number): number {
  if (code === 521) return 554;
  return code % 100 < 60 ? code : Math.floor(code / 100) * 100 + 50;
}

function cut(line: string, most: number): string[] {
  const parts = [line.slice(0, most)];
  for (let at = most; at < line.length; at += most) parts.push(line.slice(at, at + most));
  return parts;
}
