import { isText, outOfRange } from "dot-stuffing/session";
import { isTextUtf8, octetLength } from "../characters.ts";
import { isEnhancedCode } from "./enhanced-code.ts";
import type { Reply } from "./reply.ts";

/** The longest reply line in octets, code and CRLF included (RFC 5321 §4.5.3.1.5). */
export const MAX_REPLY_LINE = 512;

/** How replies are written. */
export interface ReplyFormat {
  /**
   * Whether texts may hold characters beyond ASCII: in replies 251 and 551 of a transaction with SMTPUTF8, and in those
   * to VRFY and EXPN with that parameter (RFC 6531 §3.7.4.2). Default false.
   */
  readonly smtputf8?: boolean;
  /**
   * Writes codes with a second digit of 6 to 9 too, which RFC 5321's grammar excludes and `ReplyAssembler` takes: for
   * proxies, which pass on what servers send. Default false.
   */
  readonly anySecondDigit?: boolean;
}

/**
 * Writes a reply, each line with its CRLF (RFC 5321 §4.2). An enhanced code is written on every line (RFC 2034 §4).
 *
 * @throws RangeError for a code that RFC 5321's grammar excludes, unless the format takes it, an enhanced code of
 *   another class or on a 3yz reply, a text with other characters than HT and 32 to 126, or a line over 512 octets.
 */
export function formatReply({ code, enhanced, lines }: Reply, format: ReplyFormat = {}): string {
  const { smtputf8 = false, anySecondDigit = false } = format;
  if (!(anySecondDigit ? /^[2-5][0-9]{2}$/ : /^[2-5][0-5][0-9]$/).test(String(code))) {
    throw outOfRange("code", `200 to ${anySecondDigit ? 599 : 559}, got ${code}`);
  }
  if (enhanced !== null && (!isEnhancedCode(enhanced) || enhanced[0] !== String(code)[0])) {
    throw outOfRange("enhanced", `a code of the class of ${code}, such as ${String(code)[0]}.0.0`);
  }
  if (lines.length === 0) throw outOfRange("lines", "at least one line");
  const prefix = enhanced === null ? "" : `${enhanced} `;
  let text = "";
  for (const [index, line] of lines.entries()) {
    if (!(smtputf8 ? isTextUtf8(line) : isText(line)))
      throw outOfRange("reply", "lines of printable ASCII without line ends (RFC 5321 section 4.2)");
    const whole = `${code}${index === lines.length - 1 ? " " : "-"}${prefix}${line}\r\n`;
    if (octetLength(whole) > MAX_REPLY_LINE) throw outOfRange("reply", `lines of at most ${MAX_REPLY_LINE} octets`);
    text += whole;
  }
  return text;
}
