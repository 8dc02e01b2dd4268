/**
 * Stringprep (RFC 3454): the steps that its profiles share. Which code points do what is read from the RFC's tables
 * alone; of the running Unicode version nothing is asked but its normalization, and that of assigned characters only.
 *
 * @module
 */
import { firstOf, kindOf } from "./tables.ts";

/**
 * What the text is for (RFC 3454 §7): a query may have code points that Unicode 3.2 had not assigned, since the stored
 * string that it is compared with has none; a stored string may not, since a later version may normalize them.
 */
export type StringUse = "query" | "stored";

/** Why a text cannot be prepared. It says which code point is at fault, and nothing else of the text. */
export interface StringprepFailure {
  readonly type: "prohibited" | "unassigned" | "bidi";
  readonly codePoint: number;
  /** Where the code point stands in the mapped and normalized text, in UTF-16 code units. */
  readonly index: number;
  /** The table or section that says so, e.g. `"RFC 3454 C.2.1"`. */
  readonly rule: string;
}

/**
 * U+200B is in both: it becomes a space, since RFC 4013 §2.1 lists that table first. libidn and PostgreSQL do so too.
 */
const MAPPING = firstOf(["C.1.2", "B.1"]);
const UNASSIGNED = firstOf(["A.1"]);
const DIRECTION = firstOf(["D.1", "D.2"]);

/** What Unicode 3.2 decomposed to something else than later versions do (Unicode's Corrigendum 4). */
const CORRECTED: ReadonlyMap<string, string> = new Map([
  ["\u{2f868}", "\u{2136a}"],
  ["\u{2f874}", "\u5f33"],
  ["\u{2f91f}", "\u43ab"],
  ["\u{2f95f}", "\u7aae"],
  ["\u{2f9bf}", "\u4d57"],
]);

/**
 * Maps table C.1.2 to SPACE and B.1 to nothing, each code point once (RFC 4013 §2.1, RFC 3454 §3), and normalizes by
 * form KC of Unicode 3.2 (RFC 3454 §4). That is the platform's, of a later version, for what was assigned then: Unicode
 * does not change what it once assigned, but for five mistakes. What was unassigned stays as it is and combines with
 * nothing, so the text between is normalized piece by piece.
 */
export function mapAndNormalize(text: string): string {
  let normalized = "";
  let piece = "";
  for (const char of text) {
    const kind = kindOf(char.codePointAt(0)!);
    if (UNASSIGNED[kind]) {
      normalized += piece.normalize("NFKC") + char;
      piece = "";
    } else if (MAPPING[kind] !== "B.1") {
      piece += MAPPING[kind] === "C.1.2" ? " " : (CORRECTED.get(char) ?? char);
    }
  }
  return normalized + piece.normalize("NFKC");
}

/**
 * Checks a text in which nothing is to be mapped any more: prohibited output first (RFC 3454 §5), with a stored
 * string's unassigned code points (§7), then bidirectional characters (§6).
 *
 * @param prohibited as {@link firstOf} gives it
 */
export function checkOutput(
  text: string,
  prohibited: readonly (string | null)[],
  use: StringUse,
): StringprepFailure | null {
  let index = 0;
  let isRightToLeft = false;
  for (const char of text) {
    const codePoint = char.codePointAt(0)!;
    const kind = kindOf(codePoint);
    const table = prohibited[kind];
    if (table) return { type: "prohibited", codePoint, index, rule: `RFC 3454 ${table}` };
    if (use === "stored" && UNASSIGNED[kind]) return { type: "unassigned", codePoint, index, rule: "RFC 3454 A.1" };
    isRightToLeft ||= DIRECTION[kind] === "D.1";
    index += char.length;
  }
  return isRightToLeft ? checkRightToLeft(text) : null;
}

/**
 * A text with a character that is read from right to left has none that is read from left to right (RFC 3454 §6 rule
 * 2), and begins and ends with one read from right to left (rule 3).
 */
function checkRightToLeft(text: string): StringprepFailure | null {
  let index = 0;
  for (const char of text) {
    const codePoint = char.codePointAt(0)!;
    const table = DIRECTION[kindOf(codePoint)];
    const isLast = index + char.length === text.length;
    if (table === "D.2") return { type: "bidi", codePoint, index, rule: "RFC 3454 §6 rule 2" };
    if (table === null && (index === 0 || isLast)) {
      return { type: "bidi", codePoint, index, rule: "RFC 3454 §6 rule 3" };
    }
    index += char.length;
  }
  return null;
}
