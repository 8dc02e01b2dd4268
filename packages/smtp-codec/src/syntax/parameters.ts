import { isVisible } from "./characters.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { formatPath, parseMailbox, type ReversePath } from "./path.ts";
import { decodeXtext, encodeXtext } from "./xtext.ts";

/** One parameter of MAIL or RCPT as it was written; the keyword in upper case, no value as null (RFC 5321 §4.1.2). */
export interface EsmtpParameter {
  readonly keyword: string;
  readonly value: string | null;
}

/** The parameters of MAIL that have a meaning here, by their typed values; absent ones are absent. */
export interface MailParameters {
  /** The declared message size in octets; a figure above 2^53−1 is Infinity (RFC 1870 §6). */
  readonly size?: number;
  /** The declared form of the content (RFC 6152 §2). */
  readonly body?: "7BIT" | "8BITMIME";
  /** Who submitted the message, as an authenticated peer vouches: a mailbox, or `<>` for "unknown" (RFC 4954 §5). */
  readonly auth?: ReversePath;
}

/** A parameter's keyword, the extension that brings it, and its value's grammar. */
interface Definition<Value> {
  readonly extension: string;
  /** What a well-formed value is, in words. */
  readonly expected: string;
  /** How many octets it adds to the longest MAIL command (each extension's own RFC). */
  readonly lineIncrement: number;
  parse(value: string): Value | null;
  format(value: Value): string;
}

const BODY_VALUES = ["7BIT", "8BITMIME"] as const;

/** `size-value = 1*20DIGIT` (RFC 1870 §3) */
const size: Definition<number> = {
  extension: "SIZE",
  expected: "1 to 20 digits",
  lineIncrement: 26,
  parse: (value) => {
    if (!/^[0-9]{1,20}$/.test(value)) return null;
    const figure = Number(value);
    return Number.isSafeInteger(figure) ? figure : Number.POSITIVE_INFINITY;
  },
  format: (value) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`"size" expected a whole number, got ${value}`);
    return String(value);
  },
};

/** `body-value = "7BIT" / "8BITMIME"` (RFC 6152 §2) */
const body: Definition<"7BIT" | "8BITMIME"> = {
  extension: "8BITMIME",
  expected: "7BIT or 8BITMIME",
  lineIncrement: 14,
  parse: (value) => BODY_VALUES.find((known) => known === value.toUpperCase()) ?? null,
  format: (value) => {
    if (!BODY_VALUES.includes(value)) throw new RangeError(`"body" expected ${BODY_VALUES.join(" or ")}`);
    return value;
  },
};

/** `auth-param = "AUTH=" xtext`, of a Mailbox or of `<>` (RFC 4954 §5 and §8) */
const auth: Definition<ReversePath> = {
  extension: "AUTH",
  expected: "a mailbox in xtext, or <>",
  lineIncrement: 500,
  parse: (value) => {
    const text = decodeXtext(value);
    return text === "<>" ? { kind: "null", address: "" } : parseMailbox(text ?? "");
  },
  format: (value) => encodeXtext(value.kind === "null" ? "<>" : formatPath(value).slice(1, -1)),
};

const definitions = { size, body, auth } as const satisfies {
  [Name in keyof MailParameters]-?: Definition<NonNullable<MailParameters[Name]>>;
};
const names: readonly (keyof MailParameters)[] = ["size", "body", "auth"];

/** The longest MAIL command in octets, CRLF included, where these extensions are offered (RFC 5321 §2.2.2). */
export function maxMailLine(offered: (extension: string) => boolean): number {
  return names.reduce(
    (sum, name) => sum + (offered(definitions[name].extension) ? definitions[name].lineIncrement : 0),
    512,
  );
}

/**
 * Cuts the text behind a path into parameters; it is empty, or begins with the SP in front of the first one.
 *
 * ```abnf
 * Mail-parameters = esmtp-param *(SP esmtp-param)
 * esmtp-param     = esmtp-keyword ["=" esmtp-value]
 * esmtp-keyword   = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * esmtp-value     = 1*(%d33-60 / %d62-126)
 * ```
 */
export function parseParameters(text: string): readonly EsmtpParameter[] | Fault {
  const parameters: EsmtpParameter[] = [];
  if (text === "") return parameters;
  if (!text.startsWith(" ")) return fault("invalid-path", "path", "expected a space behind the path", SYNTAX);
  const seen = new Set<string>();
  for (const item of text.split(" ")) {
    if (item === "") continue; // runs of spaces: several clients send them
    const equals = item.indexOf("=");
    const keyword = (equals < 0 ? item : item.slice(0, equals)).toUpperCase();
    const value = equals < 0 ? null : item.slice(equals + 1);
    if (!/^[A-Z0-9][A-Z0-9-]*$/.test(keyword) || (value !== null && !isValue(value))) {
      return fault("invalid-parameter", "parameter", "expected keyword or keyword=value");
    }
    if (seen.has(keyword)) return fault("repeated-parameter", "parameter", "a parameter is given twice");
    seen.add(keyword);
    parameters.push({ keyword, value });
  }
  return parameters;
}

const SYNTAX = { code: 501, enhanced: "5.5.2" } as const;

function isValue(text: string): boolean {
  return text.length > 0 && isVisible(text) && !text.includes("=");
}

/**
 * Gives the parameters of MAIL their types.
 *
 * @param offered whether an extension was offered: a parameter of any other is unknown (RFC 5321 §4.1.1.11)
 */
export function typeMailParameters(
  parameters: readonly EsmtpParameter[],
  offered: (extension: string) => boolean,
): MailParameters | Fault {
  const typed: { -readonly [Name in keyof MailParameters]: MailParameters[Name] } = {};
  for (const { keyword, value } of parameters) {
    const name = names.find((known) => known.toUpperCase() === keyword);
    if (name === undefined || !offered(definitions[name].extension)) return unknownParameter();
    const parsed = value === null ? null : definitions[name].parse(value);
    if (parsed === null) return fault("invalid-parameter", keyword, `expected ${definitions[name].expected}`);
    Object.assign(typed, { [name]: parsed });
  }
  return typed;
}

/** RCPT has no parameters of the extensions implemented here. */
export function refuseRcptParameters(parameters: readonly EsmtpParameter[]): Fault | null {
  return parameters.length === 0 ? null : unknownParameter();
}

function unknownParameter(): Fault {
  const text = "a parameter is not known or its extension not offered";
  return fault("unknown-parameter", "parameter", text, { code: 555, enhanced: "5.5.4" });
}

/**
 * The inverse of {@link typeMailParameters}: the parameters as they are written, each with the extension that it needs.
 *
 * @throws RangeError naming the parameter whose value is outside its range.
 */
export function mailParameters(typed: MailParameters): (EsmtpParameter & { readonly extension: string })[] {
  const written: (EsmtpParameter & { readonly extension: string })[] = [];
  const write = <Value>(keyword: string, definition: Definition<Value>, value: Value | undefined) => {
    if (value === undefined) return;
    written.push({ keyword, value: definition.format(value), extension: definition.extension });
  };
  write("SIZE", size, typed.size);
  write("BODY", body, typed.body);
  write("AUTH", auth, typed.auth);
  return written;
}

/** Writes parameters, each with a space in front. @throws RangeError for one that the grammar does not allow. */
export function formatParameters(parameters: readonly EsmtpParameter[]): string {
  const text = parameters.map(({ keyword, value }) => ` ${keyword}${value === null ? "" : `=${value}`}`).join("");
  const parsed = parseParameters(text);
  if (isFault(parsed)) throw new RangeError(`"parameters" ${parsed.text} (RFC 5321 section 4.1.2)`);
  return text;
}
