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
    packed([...verb].map((letter) => letter.charCodeAt(0))),
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
 */
export function splitCommand(line: Uint8Array, leniencies: CommandLeniencies = {}): CommandLine | Fault {
  let length = line.length;
  while (length > 0 && (line[length - 1] === SPACE || line[length - 1] === HT)) length--;
  let end = 0;
  while (end < length && isAlpha(line[end]!)) end++;
  if (end === 0 || (end < length && line[end] !== SPACE)) {
    return fault("unknown-verb", "verb", "expected a command", { code: 500, enhanced: "5.5.2" });
  }
  const verb = (end === 4 && SHORT_VERBS.get(packed(line))) || strictText(line, 0, end)!.toUpperCase();
  if (end === length) return { verb, argument: null };
  let start = end + 1;
  while (line[start] === SPACE) start++;
  if (start > end + 1 && leniencies.extraSpaces === false) {
    return fault("invalid-argument", "argument", "expected one space after the verb", SYNTAX_ERROR);
  }
  const argument = printableText(line, start, length, verb);
  if (argument === null) return fault("invalid-octet", "argument", "expected printable ASCII", SYNTAX_ERROR);
  return { verb, argument };
}

/** Four letters as one number, whatever their case. */
function packed(octets: ArrayLike<number>): number {
  return ((octets[0]! << 24) | (octets[1]! << 16) | (octets[2]! << 8) | octets[3]!) & 0xdfdfdfdf;
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
