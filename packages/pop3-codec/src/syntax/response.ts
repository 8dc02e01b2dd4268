import { binaryText, isPrintable, outOfRange, plainChunk } from "dot-stuffing/session";
import { decodeUtf8, utf8Length } from "../web.ts";
import { checkField, hasFraming, isLine } from "./text.ts";

/** What a status line says (RFC 1939 §3, RFC 2449 §8). */
export interface StatusLine {
  readonly ok: boolean;
  /** The response code without its brackets, in upper case, e.g. `"IN-USE"` or `"SYS/TEMP"`; null if there is none. */
  readonly code: string | null;
  /** The text, without the response code and the space after it; malformed UTF-8 as U+FFFD. */
  readonly text: string;
}

/** A status line that was received. */
export interface Response extends StatusLine {
  /** The documented code that `code` acts as; null: none. */
  readonly actsAs: ResponseCode | null;
  /** The whole line as it came, without its CRLF, one character an octet. */
  readonly line: string;
}

/**
 * The response codes of RFC 2449 §8.1, RFC 3206 §4 and §5, RFC 6856 §5, and SYS, which the levels below it stand on.
 */
export type ResponseCode = (typeof CODES)[number];

const CODES = ["IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM", "SYS", "AUTH", "UTF8"] as const;

/**
 * What a response code acts as: levels that are not known are left off, `SYS/TEMP/DISK` acts as `SYS/TEMP` and
 * `SYS/FOO` as `SYS`; a first level that is not known acts as no code (RFC 2449 §8). Case does not matter.
 */
export function actsAs(code: string): ResponseCode | null {
  const given = `${code.toUpperCase()}/`;
  return CODES.find((known) => given.startsWith(`${known}/`)) ?? null;
}

/** Named leniencies of {@link parseResponse}. */
export interface ResponseLeniencies {
  /** LFs and CRLFs in front of the status, as some servers leave them behind, are skipped. Default true. */
  readonly leadingLineEnds?: boolean;
  /** `+ok` and `-err`. Default false. */
  readonly statusIgnoresCase?: boolean;
}

/** Options of {@link parseResponse}. */
export interface ResponseParserOptions {
  /** The longest status line in octets with CRLF. Default 512 (RFC 2449 §4). */
  readonly maxResponseLength?: number;
  readonly leniencies?: ResponseLeniencies;
}

/** The longest status line in octets with CRLF (RFC 2449 §4). */
export const MAX_RESPONSE_LENGTH = 512;
const LEVELS = String.raw`[!-.0-\\^-~]+(?:/[!-.0-\\^-~]+)*`;
const CODE = new RegExp(`^${LEVELS}$`);
const STATUS = new RegExp(String.raw`^(\+OK|-ERR)(?: (?:\[(${LEVELS})\] ?)?|$)`, "i");

/**
 * Parses a status line without its CRLF; null if it is none, is too long, or holds a CR, LF or NUL.
 *
 * ```abnf
 * single-line = status [SP text] CRLF          ; 512 octets maximum; the SP as RFC 1939 §3 has it
 * status      = "+OK" / "-ERR"
 * text        = *schar / resp-code *CHAR
 * resp-code   = "[" resp-level *("/" resp-level) "]"
 * resp-level  = 1*rchar                        ; rchar: %x21-2E / %x30-5C / %x5E-7F: without DEL, here
 * ```
 *
 * @throws TypeError for anything but a Uint8Array that is not backed by shared memory
 */
export function parseResponse(octets: Uint8Array, options: ResponseParserOptions = {}): Response | null {
  return readResponse(plainChunk("octets", octets), options);
}

/** As {@link parseResponse}, for octets that were looked at already. */
export function readResponse(octets: Uint8Array, options: ResponseParserOptions): Response | null {
  const { maxResponseLength = MAX_RESPONSE_LENGTH, leniencies = {} } = options;
  const { leadingLineEnds = true, statusIgnoresCase = false } = leniencies;
  let from = 0;
  while (leadingLineEnds && octets[octets[from] === CR ? from + 1 : from] === LF) from++;
  const bare = octets.subarray(from);
  if (bare.length + 2 > maxResponseLength) return null;
  const line = binaryText(bare);
  const [head, status = "", level] = STATUS.exec(line) ?? [];
  const upper = status.toUpperCase();
  if (head === undefined || (status !== upper && !statusIgnoresCase) || hasFraming(line)) return null;
  const code = level === undefined ? null : level.toUpperCase();
  // What the head matched is ASCII: as many octets as characters.
  const text = isPrintable(line) ? line.slice(head.length) : decodeUtf8(bare.subarray(head.length));
  return { ok: upper === "+OK", code, actsAs: code === null ? null : actsAs(code), text, line };
}

const CR = 0x0d;
const LF = 0x0a;

/** Options of {@link formatResponse}. */
export interface ResponseFormatterOptions {
  /** The longest status line in octets with CRLF. Default 512 (RFC 2449 §4). */
  readonly maxResponseLength?: number;
  /** Whether text may be other than ASCII: after UTF8 or LANG has succeeded (RFC 6856 §3.2). Default false. */
  readonly utf8?: boolean;
}

/**
 * Writes a status line with its CRLF, to be sent as UTF-8: the inverse of {@link parseResponse}.
 *
 * @throws RangeError for a code or text that cannot be written, text that begins like a code, or a line over the limit.
 */
export function formatResponse({ ok, code, text }: StatusLine, options: ResponseFormatterOptions = {}): string {
  const { maxResponseLength = MAX_RESPONSE_LENGTH, utf8 = false } = options;
  checkField("text", text, utf8 ? isLine : isPrintable, `${utf8 ? "text" : "printable ASCII"} without line ends`);
  if (code !== null)
    checkField("code", code, (found) => CODE.test(found), "levels of visible ASCII, joined by slashes");
  else if (text.startsWith("[")) throw outOfRange("text", 'no bracket at its start: use "code"');
  const bracketed = code === null ? "" : ` [${code.toUpperCase()}]`;
  const line = `${ok ? "+OK" : "-ERR"}${bracketed}${text === "" ? "" : ` ${text}`}\r\n`;
  if (line.length > maxResponseLength || (utf8 && utf8Length(line) > maxResponseLength)) {
    throw outOfRange("text", `a line of at most ${maxResponseLength} octets`);
  }
  return line;
}
