import { parseMailDate } from "./date-time.ts";

/** A clause of a Received field. */
export interface TraceClause {
  /** In lower case: `from`, `by`, `via`, `with`, `id`, `for`, or another. */
  readonly name: string;
  /**
   * Its words: one, or several paths in `for` (RFC 2821 allowed them), or text of no grammar; quoted strings without
   * quotes.
   */
  readonly values: readonly string[];
  /** The comments after it, without their parentheses: what is known of the connection stands in those of `from`. */
  readonly comments: readonly string[];
}

/** What a Received field says, as far as it could be read. */
export interface ReceivedTrace {
  readonly clauses: readonly TraceClause[];
  /** Milliseconds since 1970-01-01T00:00:00Z; null if there is no date, or none that can be read. */
  readonly date: number | null;
}

/** A word, a quoted string without its quotes, a comment without its parentheses, or a semicolon. */
interface Token {
  readonly kind: "word" | "quoted" | "comment" | "semicolon";
  readonly text: string;
}

/**
 * Reads the value of a Received field, folded or not (RFC 5321 §4.4). Fields of others hold anything: what has no
 * grammar gives less, never an exception.
 *
 * @param text the field's value, without its name; it may hold the field's CRLFs
 */
export function parseReceived(text: string): ReceivedTrace {
  const tokens = tokenize(text);
  const semicolon = tokens.map(({ kind }) => kind).lastIndexOf("semicolon");
  const clauses: { name: string; values: string[]; comments: string[] }[] = [];
  for (const { kind, text: word } of semicolon < 0 ? tokens : tokens.slice(0, semicolon)) {
    const last = clauses.at(-1);
    if (kind === "comment") last?.comments.push(word);
    else if (kind === "word" && startsClause(word, last))
      clauses.push({ name: word.toLowerCase(), values: [], comments: [] });
    else last?.values.push(word);
  }
  const date = tokens.slice(semicolon + 1).flatMap(({ kind, text: word }) => (kind === "word" ? [word] : []));
  return { clauses, date: semicolon < 0 ? null : parseMailDate(date.join(" ")) };
}

/** What stands where no value is owed is a clause's name, unless it cannot be one, as a second path cannot. */
function startsClause(
  word: string,
  last: { readonly name: string; readonly values: readonly string[] } | undefined,
): boolean {
  if (last === undefined) return true;
  if (last.values.length === 0 || !/^[A-Za-z][A-Za-z0-9-]*$/.test(word)) return false;
  // Exchange writes `with Microsoft SMTP Server (…) id …` and `via Frontend Transport;`: more words may follow what
  // nobody registered.
  if (last.name === "with") return KNOWN_CLAUSE.test(word) || PROTOCOL.test(last.values[0]!);
  return last.name !== "via" || KNOWN_CLAUSE.test(word) || /^with$/i.test(word);
}

const KNOWN_CLAUSE = /^(?:from|by|via|id|for)$/i;
/** What is registered for `with` (RFC 3848, RFC 6531 §4.3), and what else one word says. */
const PROTOCOL = /^(?:UTF8)?[EL]?SMTP[SA]{0,2}$|^(?:UTF8)?LMTP[SA]{0,2}$|^(?:HTTPS?|MMS|local|qmqp|qmtp)$/i;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    const from = at;
    if (/\s/.test(char)) at++;
    else if (char === ";") tokens.push({ kind: "semicolon", text: text[at++]! });
    else if (char === "(") {
      at = endOfComment(text, at);
      tokens.push({ kind: "comment", text: plain(text.slice(from + 1, at - 1)) });
    } else if (char === '"') {
      at = endOfQuoted(text, at);
      // A quoted local-part goes on after its quotes: the word is the whole path.
      if (text[at] === "@") {
        at = endOfWord(text, at);
        tokens.push({ kind: "word", text: text.slice(from, at) });
      } else tokens.push({ kind: "quoted", text: plain(text.slice(from + 1, at - 1)) });
    } else {
      at = endOfWord(text, at);
      tokens.push({ kind: "word", text: text.slice(from, at) });
    }
  }
  return tokens;
}

/** After the comment's last parenthesis, inner comments counted, or the text's end. */
function endOfComment(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === "(") depth++;
    else if (char === ")" && --depth === 0) return at + 1;
  }
  return text.length + 1;
}

function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length + 1;
}

/** A word ends before white space, a comment, a semicolon; in angle brackets quoted strings are part of it. */
function endOfWord(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') at = endOfQuoted(text, at) - 1;
    else if (/[\s(;]/.test(text[at]!)) return at;
  }
  return text.length;
}

/** Unfolded, quoted-pairs resolved. */
function plain(text: string): string {
  return text.replace(/\r\n(?=[ \t])/g, "").replace(/\\(.)/gs, "$1");
}
