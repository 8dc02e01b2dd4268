/**
 * What onlookers make of a line with AUTH (RFC 4954 §4, RFC 5034 §4), or with what somebody has sent for it: blanks in
 * front, a tab or NUL for a space, `AUTH=PLAIN`, or no mechanism between the verb and the credentials.
 */
import { conceal } from "./conceal.ts";

/**
 * Where a command begins, as a pattern: in front of a line, or after a CR or LF alone, where a lenient peer finds
 * another command. The blanks are no line ends: a text of these would be looked at from each of them to its end.
 */
export const COMMAND_BEGINS = "(?:^|[\\r\\n])(?:(?![\\r\\n])[\\s\\0])*";

const VERB = "auth[^\\s\\0=]*[\\s\\0=]+";
const TRIED = new RegExp(`${COMMAND_BEGINS}${VERB}[^\\s\\0=]`, "i");
const LINE = new RegExp(`(${COMMAND_BEGINS}${VERB})([^\\s\\0=]*)([\\s\\0=]*)(.*)$`, "is");
const WORD = new RegExp(`^${VERB}([^\\s\\0=]+)([\\s\\0=]*)$`, "i");
/** A mechanism's name in one case: what is in both is rather base64. */
const NAME = /^(?:[A-Z0-9_-]{1,20}|[a-z0-9_-]{1,20})$/;

/** Whether there is AUTH in a line, and something behind it. */
export function triesAuth(line: string): boolean {
  return TRIED.test(line);
}

/** The line with `[redacted]` for an initial response, and for all that stands where a mechanism should and is none. */
export function redactAuth(line: string): string {
  return line.replace(LINE, (_, verb: string, word: string, blanks: string, rest: string) => {
    if (!NAME.test(word)) return word === "" ? verb : `${verb}[redacted]`;
    return `${verb}${word}${blanks}${rest === "" ? "" : "[redacted]"}`;
  });
}

/** A verb that nobody knows, with what is after it. */
interface UnknownVerb {
  readonly verb: string;
  readonly argument: string | null;
}

/**
 * The event of such a verb. Behind one that begins with AUTH, as `AUTH=PLAIN` does, credentials may stand: they are not
 * enumerable.
 */
export function unknownVerb({ verb, argument }: UnknownVerb): UnknownVerb & { type: "unknown"; answer: "default" } {
  if (verb.startsWith("AUTH")) return conceal({ type: "unknown", verb, answer: "default" }, { argument });
  return { type: "unknown", verb, argument, answer: "default" };
}

/**
 * What begins in a line that came so far: an initial response behind its last octet, or with it what should be a
 * mechanism's name and is none.
 *
 * @param text from where the command begins
 * @param ahead what follows it, as far as that is known
 */
export function authSecret(text: string, ahead: () => string): "response" | "mechanism" | null {
  const [, word, blanks] = WORD.exec(text) ?? [];
  if (word === undefined) return null;
  if (blanks !== "") return "response";
  return NAME.test(word + /^[^\s\0=]*/.exec(ahead())![0]) ? null : "mechanism";
}
