import { isKeyword, refusal, SPACE } from "../characters.ts";
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

/**
 * Cuts the text behind a path into parameters; it is empty, or begins with the SP in front of the first one.
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
    return fault("invalid-path", "path", "expected a space behind the path", SYNTAX_ERROR);
  const parameters: EsmtpParameter[] = [];
  const seen = new Set<string>();
  for (let at = from; at < text.length; ) {
    const start = ++at;
    while (text.charCodeAt(at) === SPACE) at++;
    if (at > start && rules.extraSpaces === false) {
      return fault("invalid-parameter", "parameter", "expected one space before a parameter", SYNTAX_ERROR);
    }
    if (at === text.length) break;
    const space = text.indexOf(" ", at);
    const end = space < 0 ? text.length : space;
    const parameter = parseParameter(text.slice(at, end), rules.smtputf8 ?? false);
    if (parameter === null) return fault("invalid-parameter", "parameter", "expected keyword or keyword=value");
    const { keyword } = parameter;
    if (seen.has(keyword)) {
      // RFC 6710 §4.1 names its own reply.
      const reply = keyword === "MT-PRIORITY" ? SYNTAX_ERROR : INVALID_ARGUMENTS;
      return fault("repeated-parameter", "parameter", "a parameter is given twice", reply);
    }
    seen.add(keyword);
    parameters.push(parameter);
    at = end;
  }
  return parameters;
}

function parseParameter(item: string, nonAscii: boolean): EsmtpParameter | null {
  const equals = item.indexOf("=");
  const keyword = equals < 0 ? item : item.slice(0, equals);
  const value = equals < 0 ? null : item.slice(equals + 1);
  // As it came: there are letters beyond ASCII whose capitals are ASCII.
  if (!isKeyword(keyword) || (value !== null && !isValue(value, nonAscii))) return null;
  return { keyword: keyword.toUpperCase(), value };
}

function isValue(value: string, nonAscii: boolean): boolean {
  return (nonAscii ? /^[!-<>-~\u{a0}-\u{d7ff}\u{e000}-\u{10ffff}]+$/u : /^[!-<>-~]+$/).test(value);
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
      throw refusal("parameters", "keyword or keyword=value (RFC 5321 section 4.1.2)");
    }
    const upper = keyword.toUpperCase();
    if (seen.has(upper)) throw refusal("parameters", `${upper} once`);
    seen.add(upper);
    text += value === null ? ` ${upper}` : ` ${upper}=${value}`;
  }
  return text;
}
