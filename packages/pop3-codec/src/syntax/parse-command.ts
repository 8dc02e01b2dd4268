import { binaryText, conceal, decodeBase64, isMechanismName, isPrintable, plainChunk } from "dot-stuffing/session";
import { decodeStrictUtf8 } from "../web.ts";
import { type Command, type CommandOptions, MAX_COMMAND_LENGTH } from "./command.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { isDigest, isLanguageRange } from "./forms.ts";
import { parseNumber } from "./text.ts";

/** Named leniencies of {@link parseCommand}. */
export interface CommandLeniencies {
  /** Spaces in front of CRLF are ignored, but for PASS: several clients send them. Default true. */
  readonly trailingSpaces?: boolean;
  /** Names with spaces: USER takes the whole rest of the line, APOP splits at the last space. Default true. */
  readonly spacesInNames?: boolean;
  /** AUTH commands up to the limit of SASL lines, as mechanisms with long tokens need. Default true. */
  readonly longInitialResponse?: boolean;
  /**
   * Octets above 0x7F in USER, PASS and APOP though `UTF8 USER` is not announced, as Dovecot takes them: one character
   * an octet, in no charset. Default false.
   */
  readonly eightBitCredentials?: boolean;
}

/** Options of {@link parseCommand}. */
export interface CommandParserOptions extends CommandOptions {
  /** The longest AUTH command in octets with CRLF. Default 12,288 (RFC 4954 §4; RFC 5034 §4 names no figure). */
  readonly maxSaslLineLength?: number;
  readonly leniencies?: CommandLeniencies;
}

/** Verb and argument of a command line: what is known before the argument is looked at. */
export interface CommandLine {
  /** In upper case. */
  readonly verb: string;
  /** What stands after the first space; null if there is none. */
  readonly argument: string | null;
}

/**
 * The longest command that could be legal, in octets with CRLF: what bounds a reader that does not know the verb yet.
 */
export function longestCommand(options: CommandParserOptions): number {
  return Math.max(limitOf("AUTH", options), limitOf("", options));
}

function limitOf(verb: string, options: CommandParserOptions): number {
  return verb === "AUTH" && (options.leniencies?.longInitialResponse ?? true)
    ? (options.maxSaslLineLength ?? 12_288)
    : (options.maxCommandLength ?? MAX_COMMAND_LENGTH);
}

/** Splits a command line, without its CRLF, at its first space (RFC 1939 §3). */
export function splitCommand(line: Uint8Array, options: CommandParserOptions = {}): CommandLine | Fault {
  let text = binaryText(line);
  const space = text.indexOf(" ");
  const verb = (space < 0 ? text : text.slice(0, space)).toUpperCase();
  const limit = limitOf(verb, options);
  if (line.length + 2 > limit) return fault("line-too-long", "command", `expected at most ${limit} octets`);
  if (!isPrintable(text)) {
    const eightBit = /^(?:user|pass|apop) [ -~\x80-\xff]*$/i.test(text);
    const decoded = eightBit && options.utf8User ? decodeStrictUtf8(line) : null;
    if (decoded === null && !(eightBit && options.leniencies?.eightBitCredentials)) {
      return fault("invalid-octet", "command", "expected printable ASCII");
    }
    text = decoded ?? text;
  }
  if (verb === "") return fault("unknown-verb", "verb", "expected a command");
  if (verb !== "PASS" && (options.leniencies?.trailingSpaces ?? true)) text = trimEnd(text);
  return { verb, argument: text.length === verb.length ? null : text.slice(verb.length + 1) };
}

function trimEnd(text: string): string {
  let length = text.length;
  while (text[length - 1] === " ") length--;
  return text.slice(0, length);
}

/** Parses the argument that {@link splitCommand} found. A verb of no document comes back as `"other"`. */
export function parseArgument({ verb, argument }: CommandLine, leniencies: CommandLeniencies = {}): Command | Fault {
  switch (verb) {
    case "STAT":
    case "RSET":
    case "NOOP":
    case "QUIT":
    case "CAPA":
    case "STLS":
    case "UTF8":
      return argument === null ? { verb } : fault("unexpected-argument", "argument", `${verb} has no argument`);
    case "USER":
      return parseUser(argument, leniencies);
    case "PASS":
      return argument ? conceal({ verb, secret: true }, { password: argument }) : missing("password");
    case "APOP":
      return parseApop(argument, leniencies);
    case "LIST":
    case "UIDL":
      return argument === null ? { verb, number: null } : withNumber(argument, (number) => ({ verb, number }));
    case "RETR":
    case "DELE":
      return withNumber(argument, (number) => ({ verb, number }));
    case "TOP": {
      const [number = "", count = "", ...more] = (argument ?? "").split(" ");
      const lines = parseNumber(count);
      if (lines === null || more.length > 0) return fault("invalid-argument", "lines", "expected two numbers");
      return withNumber(number, (found) => ({ verb, number: found, lines }));
    }
    case "AUTH":
      return parseAuth(argument);
    case "LANG":
      if (argument === null || isLanguageRange(argument)) return { verb, language: argument };
      return fault("invalid-argument", "language", "expected one language range");
    default:
      return { verb: "other", name: verb, argument };
  }
}

/**
 * Parses a command line without its CRLF (RFC 1939 §3).
 *
 * ```abnf
 * command = keyword *(SP param) CRLF   ; at most 255 octets (RFC 2449 §4)
 * keyword = 3*4VCHAR
 * ```
 *
 * @example
 * ```ts
 * const command = parseCommand(line);
 * if (isFault(command)) console.log(command.text);
 * else if (command.verb === "RETR") console.log(command.number);
 * ```
 *
 * @throws TypeError for anything but a Uint8Array that is not backed by shared memory
 */
export function parseCommand(line: Uint8Array, options: CommandParserOptions = {}): Command | Fault {
  const split = splitCommand(plainChunk("line", line), options);
  return isFault(split) ? split : parseArgument(split, options.leniencies);
}

function missing(field: string): Fault {
  return fault("missing-argument", field, `expected a ${field}`);
}

function withNumber(text: string | null, make: (number: number) => Command): Command | Fault {
  if (text === null) return missing("number");
  const number = parseNumber(text);
  return number === null || number === 0
    ? fault("invalid-argument", "number", "expected a message number")
    : make(number);
}

function parseUser(name: string | null, { spacesInNames = true }: CommandLeniencies): Command | Fault {
  if (!name) return missing("name");
  if (!spacesInNames && name.includes(" ")) return fault("unexpected-argument", "name", "expected one name");
  return { verb: "USER", name };
}

/** `"APOP" SP name SP digest` (RFC 1939 §7) */
function parseApop(argument: string | null, { spacesInNames = true }: CommandLeniencies): Command | Fault {
  const text = argument ?? "";
  const space = text.lastIndexOf(" ");
  const name = text.slice(0, Math.max(space, 0));
  const digest = text.slice(space + 1);
  if (name === "" || (!spacesInNames && name.includes(" "))) {
    return fault("missing-argument", "name", "expected a name and a digest");
  }
  if (!isDigest(digest)) return fault("invalid-argument", "digest", "expected 32 lower-case hexadecimal digits");
  return conceal({ verb: "APOP", name, secret: true }, { digest });
}

/**
 * ```abnf
 * auth-command     = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response] CRLF
 * initial-response = base64 / "="
 * ```
 */
function parseAuth(argument: string | null): Command | Fault {
  if (argument === null) return conceal({ verb: "AUTH", mechanism: null, secret: true }, { initialResponse: null });
  const [name = "", initial, ...more] = argument.split(" ");
  const mechanism = name.toUpperCase();
  if (!isMechanismName(mechanism) || more.length > 0) {
    return fault("invalid-argument", "mechanism", "expected a mechanism and at most one initial response");
  }
  const initialResponse = initial === undefined ? null : initial === "=" ? new Uint8Array(0) : decodeBase64(initial);
  if (initial !== undefined && (initialResponse === null || initial === "")) {
    return fault("invalid-argument", "initial response", "expected base64 or =");
  }
  return conceal({ verb: "AUTH", mechanism, secret: true }, { initialResponse });
}
