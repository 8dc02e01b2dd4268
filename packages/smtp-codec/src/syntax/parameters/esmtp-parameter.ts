import { outOfRange } from "dot-stuffing/session";
import { asciiUpperCase, EQUALS, isKeyword, nonAsciiAt, SPACE, scanKeyword } from "../characters.ts";
import { type Fault, fault, INVALID_ARGUMENTS, SYNTAX_ERROR } from "../fault.ts";

/** One parameter of MAIL or RCPT as it was written; the keyword in upper case, no value as null (RFC 5321 §4.1.2). */
export interface EsmtpParameter {
  readonly keyword: string;
  readonly value: string | null;
}

/** How parameters are read and written. */
export interface EsmtpParameterRules {
  /** Whether values may hold characters beyond ASCII (RFC 6531 §3.3). Default false. */
  readonly smtputf8?: boolean;
  /** Whether runs of spaces between parameters count as one. Default true. */
  readonly extraSpaces?: boolean | undefined;
}

// Shared by all commands, so nobody may change it.
const NO_PARAMETERS: readonly EsmtpParameter[] = Object.freeze([]);

/** Up to so many parameters are compared with one another: a set would take longer. */
const FEW = 8;

/**
 * Cuts the text after a path into parameters; it is empty, or begins with the SP in front of the first one.
 *
 * ```abnf
 * Mail-parameters = esmtp-param *(SP esmtp-param)
 * esmtp-param     = esmtp-keyword ["=" esmtp-value]
 * esmtp-keyword   = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * esmtp-value     = 1*(%d33-60 / %d62-126)
 * esmtp-value     =/ UTF8-non-ascii                        ; RFC 6531 §3.3
 * ```
 */
export function parseParameters(
  text: string,
  from = 0,
  rules: EsmtpParameterRules = {},
): readonly EsmtpParameter[] | Fault {
  if (from === text.length) return NO_PARAMETERS;
  if (text.charCodeAt(from) !== SPACE)
    return fault("invalid-path", "path", "expected a space after the path", SYNTAX_ERROR);
  const parameters: EsmtpParameter[] = [];
  let seen: Set<string> | null = null; // of more than a few
  for (let at = from; at < text.length; ) {
    const start = ++at;
    while (text.charCodeAt(at) === SPACE) at++;
    if (at > start && rules.extraSpaces === false) {
      return fault("invalid-parameter", "parameter", "expected one space before a parameter", SYNTAX_ERROR);
    }
    if (at === text.length) break;
    const stop = scanKeyword(text, at);
    const valued = text.charCodeAt(stop) === EQUALS;
    const end = valued ? scanValue(text, stop + 1, rules.smtputf8 ?? false) : stop;
    const whole = stop > at && (!valued || end > stop + 1) && (end === text.length || text.charCodeAt(end) === SPACE);
    if (!whole) return fault("invalid-parameter", "parameter", "expected keyword or keyword=value");
    const keyword = asciiUpperCase(text.slice(at, stop));
    if (parameters.length === FEW) seen = new Set(parameters.map((other) => other.keyword));
    if (seen?.has(keyword) ?? parameters.some((other) => other.keyword === keyword)) {
      // RFC 6710 §4.1 names its own reply.
      const reply = keyword === "MT-PRIORITY" ? SYNTAX_ERROR : INVALID_ARGUMENTS;
      return fault("repeated-parameter", "parameter", "a parameter is given twice", reply);
    }
    seen?.add(keyword);
    parameters.push({ keyword, value: valued ? text.slice(stop + 1, end) : null });
    at = end;
  }
  return parameters;
}

/** The end of the value that stands at a place. */
function scanValue(text: string, from: number, nonAscii: boolean): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > SPACE && code < 0x7f && code !== EQUALS) continue;
    const units = nonAscii ? nonAsciiAt(text, at) : 0;
    if (units === 0) break;
    at += units - 1;
  }
  return at;
}

function isValue(value: string, nonAscii: boolean): boolean {
  return value !== "" && scanValue(value, 0, nonAscii) === value.length;
}

/**
 * Writes parameters, each with a space in front and its keyword in upper case.
 *
 * @throws RangeError for one that the grammar does not allow, and for one given twice.
 */
export function formatParameters(
  parameters: readonly EsmtpParameter[],
  { smtputf8 = false }: EsmtpParameterRules = {},
): string {
  let text = "";
  const seen = new Set<string>();
  for (const { keyword, value } of parameters) {
    if (!isKeyword(keyword) || (value !== null && !isValue(value, smtputf8))) {
      throw outOfRange("parameters", "keyword or keyword=value (RFC 5321 section 4.1.2)");
    }
    const upper = keyword.toUpperCase();
    if (seen.has(upper)) throw outOfRange("parameters", `${upper} once`);
    seen.add(upper);
    text += value === null ? ` ${upper}` : ` ${upper}=${value}`;
  }
  return text;
}
