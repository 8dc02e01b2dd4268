import { type Parameter, valueParameter } from "./parameter.ts";

/** The longest list of classes in octets (RFC 3865 §2.2). */
const MAX_LIST = 1000;

/**
 * A list of solicitation classes, or null if it is none (RFC 3865 §2.2).
 *
 * ```abnf
 * Solicitation-keywords = word 0*("," word)             ; length of this string is limited to <= 1000 characters
 * word                  = ALPHA 0*(wordchar)
 * wordchar              = ("." / "-" / "_" / ":" / ALPHA / DIGIT)
 * ```
 */
export function parseSolicitation(list: string): readonly string[] | null {
  if (list.length > MAX_LIST) return null;
  const classes = list.split(",");
  return classes.every((word) => /^[A-Za-z][A-Za-z0-9._:-]*$/.test(word)) ? classes : null;
}

/** SOLICIT (RFC 3865 §2.3): the classes that the message is of. */
export const solicit: Parameter<readonly string[]> = valueParameter({
  keyword: "SOLICIT",
  extensions: { "NO-SOLICITING": 1009 },
  expected: "solicitation classes joined by commas, at most 1000 octets",
  parse: parseSolicitation,
});
