import { decodeUtf8 } from "../web.ts";
import { isPrintable } from "./text.ts";

/** A status line (RFC 1939 §3, RFC 2449 §8). */
export interface Response {
  readonly ok: boolean;
  /** The response code without its brackets, in upper case, e.g. `"IN-USE"` or `"SYS/TEMP"`; null if there is none. */
  readonly code: string | null;
  /** The text, without the response code; malformed UTF-8 as U+FFFD. */
  readonly text: string;
}

/** Named leniencies of {@link parseResponse}. */
export interface ResponseLeniencies {
  /** `+ok` and `-err`. Default false. */
  readonly statusIgnoresCase?: boolean;
}

/**
 * Parses a status line without its CRLF; null if it is none.
 *
 * ```abnf
 * single-line  = status [SP text] CRLF
 * status       = "+OK" / "-ERR"
 * resp-code    = "[" resp-level *("/" resp-level) "]"
 * resp-level   = 1*rchar     ; rchar: %x21-2E / %x30-5C / %x5E-7E
 * ```
 */
export function parseResponse(line: Uint8Array, leniencies: ResponseLeniencies = {}): Response | null {
  const whole = decodeUtf8(line);
  const status = whole.split(" ", 1)[0]!;
  const compared = leniencies.statusIgnoresCase ? status.toUpperCase() : status;
  if (compared !== "+OK" && compared !== "-ERR") return null;
  const text = whole.slice(status.length + 1);
  const code = /^\[([!-.0-\\^-~]+(?:\/[!-.0-\\^-~]+)*)\](?: |$)/.exec(text)?.[1] ?? null;
  return {
    ok: compared === "+OK",
    code: code === null ? null : code.toUpperCase(),
    text: code === null ? text : text.slice(code.length + 3),
  };
}

/** The longest status line in octets with CRLF (RFC 2449 §4). */
const MAX_RESPONSE = 512;

/**
 * Writes a status line with its CRLF: the inverse of {@link parseResponse}.
 *
 * @throws RangeError for a code or text that cannot be written, text that would read as a code, or more than 512 octets.
 */
export function formatResponse({ ok, code, text }: Response): string {
  if (code !== null && !/^[!-.0-\\^-~]+(?:\/[!-.0-\\^-~]+)*$/.test(code)) {
    throw new RangeError('"code" expected levels of visible ASCII, joined by slashes');
  }
  if (!isPrintable(text)) throw new RangeError('"text" expected printable ASCII without line ends');
  if (code === null && text.startsWith("["))
    throw new RangeError('"text" expected no bracket at its start: use "code"');
  const parts = [
    ok ? "+OK" : "-ERR",
    ...(code === null ? [] : [`[${code.toUpperCase()}]`]),
    ...(text === "" ? [] : [text]),
  ];
  const line = `${parts.join(" ")}\r\n`;
  if (line.length > MAX_RESPONSE) throw new RangeError(`"text" expected a line of at most ${MAX_RESPONSE} octets`);
  return line;
}

/**
 * The timestamp of a greeting, or null: the first `<…@…>` of visible ASCII without inner angle brackets (RFC 1939 §7).
 * One pass, whatever the text.
 */
export function findTimestamp(text: string): string | null {
  let open = -1;
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x3c) {
      open = index;
      at = 0;
    } else if (open >= 0 && code === 0x3e) {
      const found = text.slice(open, index + 1);
      if (at === 1 && found[1] !== "@" && found.at(-2) !== "@") return found;
      open = -1;
    } else if (code < 0x21 || code > 0x7e) open = -1;
    else if (code === 0x40) at++;
  }
  return null;
}
