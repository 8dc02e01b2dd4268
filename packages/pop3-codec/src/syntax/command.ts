import { conceal, decodeBase64, encodeBase64, isMechanismName } from "dot-stuffing/session";
import { type Fault, fault } from "./fault.ts";
import { isPrintable, isVisible, parseNumber, toText } from "./text.ts";

/** A command, its verb in upper case (RFC 1939 §5 to §7, RFC 2449 §5, RFC 2595 §4, RFC 5034 §4). */
export type Command =
  | { readonly verb: "STAT" | "RSET" | "NOOP" | "QUIT" | "CAPA" | "STLS" }
  | { readonly verb: "USER"; readonly name: string }
  /** The password is not enumerable. */
  | { readonly verb: "PASS"; readonly secret: true; readonly password: string }
  /** The digest is not enumerable. */
  | { readonly verb: "APOP"; readonly name: string; readonly secret: true; readonly digest: string }
  | { readonly verb: "LIST" | "UIDL"; readonly number: number | null }
  | { readonly verb: "RETR" | "DELE"; readonly number: number }
  | { readonly verb: "TOP"; readonly number: number; readonly lines: number }
  | AuthCommand
  | { readonly verb: "other"; readonly name: string; readonly argument: string | null };

/** AUTH (RFC 5034 §4). */
export interface AuthCommand {
  readonly verb: "AUTH";
  /** In upper case; null: AUTH alone, which asks for the list of mechanisms. */
  readonly mechanism: string | null;
  readonly secret: true;
  /** Null: absent. Zero octets: `=` was sent. Not enumerable. */
  readonly initialResponse: Uint8Array | null;
}

/** Named leniencies of {@link parseCommand}. */
export interface CommandLeniencies {
  /** Spaces in front of CRLF are ignored, but for PASS: several clients send them. Default true. */
  readonly trailingSpaces?: boolean;
  /** Names with spaces: USER takes the whole rest of the line, APOP splits at the last space. Default true. */
  readonly spacesInNames?: boolean;
}

/** Verb and argument of a command line: what is known before the argument is looked at. */
export interface CommandLine {
  /** In upper case. */
  readonly verb: string;
  /** What stands behind the first space; null if there is none. */
  readonly argument: string | null;
}

/** Splits a command line, without its CRLF, at its first space (RFC 1939 §3). */
export function splitCommand(line: Uint8Array, leniencies: CommandLeniencies = {}): CommandLine | Fault {
  let text = toText(line);
  if (!isPrintable(text)) return fault("invalid-octet", "command", "expected printable ASCII");
  const verb = (text.split(" ", 1)[0] ?? "").toUpperCase();
  if (verb === "") return fault("unknown-verb", "verb", "expected a command");
  if (verb !== "PASS" && (leniencies.trailingSpaces ?? true)) text = trimEnd(text);
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
      return argument === null ? { verb } : fault("unexpected-argument", "argument", `${verb} has no argument`);
    case "USER":
      return parseUser(argument, leniencies);
    case "PASS":
      if (argument === null || argument === "")
        return fault("missing-argument", "password", "PASS expected a password");
      return conceal({ verb, secret: true }, { password: argument });
    case "APOP":
      return parseApop(argument, leniencies);
    case "LIST":
    case "UIDL":
      if (argument === null) return { verb, number: null };
      return withNumber(argument, (number) => ({ verb, number }));
    case "RETR":
    case "DELE":
      return withNumber(argument, (number) => ({ verb, number }));
    case "TOP": {
      const [number = "", lines = "", ...more] = (argument ?? "").split(" ");
      const count = parseNumber(lines);
      if (count === null || more.length > 0) return fault("invalid-argument", "lines", "TOP expected two numbers");
      return withNumber(number, (found) => ({ verb, number: found, lines: count }));
    }
    case "AUTH":
      return parseAuth(argument);
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
 * if ("fault" in command) console.log(command.text);
 * else if (command.verb === "RETR") console.log(command.number);
 * ```
 */
export function parseCommand(line: Uint8Array, leniencies: CommandLeniencies = {}): Command | Fault {
  const split = splitCommand(line, leniencies);
  return "fault" in split ? split : parseArgument(split, leniencies);
}

function withNumber(text: string | null, make: (number: number) => Command): Command | Fault {
  const number = parseNumber(text ?? "");
  if (text === null) return fault("missing-argument", "number", "expected a message number");
  return number === null ? fault("invalid-argument", "number", "expected a message number") : make(number);
}

function parseUser(argument: string | null, { spacesInNames = true }: CommandLeniencies): Command | Fault {
  if (argument === null || argument === "") return fault("missing-argument", "name", "USER expected a name");
  if (!spacesInNames && argument.includes(" ")) return fault("unexpected-argument", "name", "USER expected one name");
  return { verb: "USER", name: argument };
}

/** `"APOP" SP name SP digest`, the digest 32 lower-case hexadecimal digits (RFC 1939 §7) */
function parseApop(argument: string | null, { spacesInNames = true }: CommandLeniencies): Command | Fault {
  const text = argument ?? "";
  const space = text.lastIndexOf(" ");
  const name = text.slice(0, Math.max(space, 0));
  const digest = text.slice(space + 1);
  if (name === "" || (!spacesInNames && name.includes(" "))) {
    return fault("missing-argument", "name", "APOP expected a name and a digest");
  }
  if (!/^[0-9a-f]{32}$/.test(digest)) {
    return fault("invalid-argument", "digest", "APOP expected a digest of 32 lower-case hexadecimal digits");
  }
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
    return fault("invalid-argument", "mechanism", "AUTH expected a mechanism and at most one initial response");
  }
  const initialResponse = initial === undefined ? null : initial === "=" ? new Uint8Array(0) : decodeBase64(initial);
  if (initial !== undefined && (initialResponse === null || initial === "")) {
    return fault("invalid-argument", "initial response", "expected base64 or =");
  }
  return conceal({ verb: "AUTH", mechanism, secret: true }, { initialResponse });
}

/** The longest command in octets with CRLF (RFC 2449 §4). */
const MAX_COMMAND = 255;

/**
 * Writes a command line with its CRLF: the inverse of {@link parseCommand}.
 *
 * @throws RangeError naming the field that cannot be written, or for a command over 255 octets.
 */
export function formatCommand(command: Command): string {
  const line = `${[command.verb === "other" ? command.name.toUpperCase() : command.verb, ...argumentsOf(command)].join(" ")}\r\n`;
  if (line.length > MAX_COMMAND) throw new RangeError(`"${command.verb}" expected at most ${MAX_COMMAND} octets`);
  return line;
}

function argumentsOf(command: Command): string[] {
  switch (command.verb) {
    case "USER":
      return [checked("name", command.name, isVisible, "visible ASCII without spaces")];
    case "PASS":
      return [checked("password", command.password, (text) => text !== "" && isPrintable(text), "printable ASCII")];
    case "APOP":
      return [
        checked("name", command.name, isVisible, "visible ASCII without spaces"),
        checked("digest", command.digest, (text) => /^[0-9a-f]{32}$/.test(text), "32 lower-case hexadecimal digits"),
      ];
    case "LIST":
    case "UIDL":
      return command.number === null ? [] : [wholeNumber("number", command.number)];
    case "RETR":
    case "DELE":
      return [wholeNumber("number", command.number)];
    case "TOP":
      return [wholeNumber("number", command.number), wholeNumber("lines", command.lines)];
    case "AUTH": {
      const { mechanism, initialResponse } = command;
      if (mechanism === null) return [];
      checked("mechanism", mechanism, isMechanismName, "1 to 20 of A-Z, 0-9, - and _");
      if (initialResponse === null) return [mechanism];
      return [mechanism, initialResponse.length === 0 ? "=" : encodeBase64(initialResponse)];
    }
    case "other":
      checked("name", command.name, isVisible, "visible ASCII");
      return command.argument === null ? [] : [checked("argument", command.argument, isPrintable, "printable ASCII")];
    default:
      return [];
  }
}

function checked(name: string, text: string, test: (text: string) => boolean, expected: string): string {
  if (!test(text)) throw new RangeError(`"${name}" expected ${expected}`);
  return text;
}

function wholeNumber(name: string, number: number): string {
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`"${name}" expected a whole number, got ${number}`);
  return String(number);
}
