import { HT, isAlpha, SPACE } from "../characters.ts";
import { type Fault, fault, SYNTAX_ERROR } from "../fault.ts";
import { asciiText, strictText } from "../text.ts";
import type { CommandLeniencies } from "./options.ts";

/** The longest command line without extensions, in octets with CRLF (RFC 5321 §4.5.3.1.4). */
export const MAX_COMMAND_LINE = 512;

/** Verbs of this and other documents that the codec knows by name: not offered is not unknown (RFC 5321 §4.2.4). */
export const VERBS: readonly string[] = (
  "HELO EHLO LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP STARTTLS AUTH ETRN ATRN BURL XCLIENT XFORWARD " +
  "TURN SEND SOML SAML"
).split(" ");
const KNOWN_VERBS: ReadonlySet<string> = new Set(VERBS);

/** The verbs of four letters by those letters' codes as one number: most lines find theirs without making a string. */
const SHORT_VERBS: ReadonlyMap<number, string> = new Map(
  VERBS.filter((verb) => verb.length === 4).map((verb) => [
    packed(
      [...verb].map((letter) => letter.charCodeAt(0)),
      0,
    ),
    verb,
  ]),
);

/** The verbs whose arguments SMTPUTF8 extends (RFC 6531 §3.3, §3.7.4.2). */
const EXTENDED: ReadonlySet<string> = new Set(["MAIL", "RCPT", "VRFY", "EXPN"]);

/** Whether the verb, in upper case, belongs to SMTP or one of its extensions. */
export function isKnownVerb(verb: string): boolean {
  return KNOWN_VERBS.has(verb);
}

/** A command line cut at its first space: what is known before the argument is looked at. */
export interface CommandLine {
  /** In upper case. */
  readonly verb: string;
  /** What stands after the first space, without white space at the line's end; null if there is no space. */
  readonly argument: string | null;
}

/**
 * Splits a command line, without its CRLF, into verb and argument (RFC 5321 §4.1.1). White space at its end is ignored.
 * The argument is text of SP and visible ASCII; in commands that SMTPUTF8 extends, of well-formed UTF-8 too.
 *
 * @param from where in the octets the line begins; default: with them
 * @param to where in the octets it ends; default: with them
 */
export function splitCommand(
  octets: Uint8Array,
  leniencies: CommandLeniencies = {},
  from = 0,
  to: number = octets.length,
): CommandLine | Fault {
  let stop = to;
  while (stop > from && (octets[stop - 1] === SPACE || octets[stop - 1] === HT)) stop--;
  let end = from;
  while (end < stop && isAlpha(octets[end]!)) end++;
  if (end === from || (end < stop && octets[end] !== SPACE)) {
    return fault("unknown-verb", "verb", "expected a command", { code: 500, enhanced: "5.5.2" });
  }
  const known = end === from + 4 ? SHORT_VERBS.get(packed(octets, from)) : undefined;
  const verb = known ?? strictText(octets, from, end)!.toUpperCase();
  if (end === stop) return { verb, argument: null };
  let start = end + 1;
  while (octets[start] === SPACE) start++;
  if (start > end + 1 && leniencies.extraSpaces === false) {
    return fault("invalid-argument", "argument", "expected one space after the verb", SYNTAX_ERROR);
  }
  const argument = printableText(octets, start, stop, verb);
  if (argument === null) return fault("invalid-octet", "argument", "expected printable ASCII", SYNTAX_ERROR);
  return { verb, argument };
}

/** Four letters as one number, whatever their case. */
function packed(octets: ArrayLike<number>, at: number): number {
  return ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) & 0xdfdfdfdf;
}

function printableText(line: Uint8Array, start: number, end: number, verb: string): string | null {
  let highest = 0;
  for (let at = start; at < end; at++) {
    const octet = line[at]!;
    if (octet < SPACE || octet === 0x7f) return null;
    if (octet > highest) highest = octet;
  }
  if (highest < 0x7f) return asciiText(line, start, end);
  return EXTENDED.has(verb) ? strictText(line, start, end) : null;
}
