import { decodeBase64, encodeBase64, isMechanismName } from "dot-stuffing/session";
import { literalKind } from "./address-literal.ts";
import { isAlpha, isPrintable, isVisible, toText } from "./characters.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { type EsmtpParameter, formatParameters, parseParameters } from "./parameters.ts";
import {
  type ForwardPath,
  formatPath,
  isDomain,
  parseForwardPath,
  parseReversePath,
  type ReversePath,
} from "./path.ts";

/** A command, its verb in upper case (RFC 5321 §4.1.1). */
export type Command =
  | HelloCommand
  | { readonly verb: "MAIL"; readonly from: ReversePath; readonly parameters: readonly EsmtpParameter[] }
  | { readonly verb: "RCPT"; readonly to: ForwardPath; readonly parameters: readonly EsmtpParameter[] }
  | { readonly verb: "DATA" | "RSET" | "QUIT" | "STARTTLS" }
  | { readonly verb: "NOOP" | "HELP"; readonly argument: string | null }
  | { readonly verb: "VRFY"; readonly argument: string }
  | AuthCommand
  | { readonly verb: "other"; readonly name: string; readonly argument: string | null };

/** HELO or EHLO (RFC 5321 §4.1.1.1). */
export interface HelloCommand {
  readonly verb: "HELO" | "EHLO";
  readonly name: string;
  /** `"other"`: neither a domain nor an address literal, as clients often send. */
  readonly nameKind: "domain" | "address-literal" | "other";
}

/** AUTH (RFC 4954 §4). */
export interface AuthCommand {
  readonly verb: "AUTH";
  /** In upper case. */
  readonly mechanism: string;
  /** Null: absent. Zero octets: `=` was sent. */
  readonly initialResponse: Uint8Array | null;
}

/** Named leniencies of {@link parseCommand}. */
export interface CommandLeniencies {
  /** `MAIL FROM: <a@b>`, a space behind the colon: sent by many clients and devices. Default true. */
  readonly spaceAfterColon?: boolean;
  /** `MAIL FROM:a@b`, no angle brackets: old scripts and devices. Default false. */
  readonly pathWithoutBrackets?: boolean;
  /** An EHLO or HELO name that is neither domain nor address literal, such as one with an underscore. Default true. */
  readonly helloName?: boolean;
  /** Text behind the EHLO or HELO name, which RFC 2821 allowed. Default true. */
  readonly helloTrailing?: boolean;
}

/** Verbs of this and other documents that the codec knows by name: not offered is not unknown (RFC 5321 §4.2.4). */
const VERBS = [
  ...["HELO", "EHLO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "HELP", "STARTTLS", "AUTH"],
  ...["LHLO", "EXPN", "BDAT", "BURL", "ETRN", "ATRN", "TURN", "SEND", "SOML", "SAML", "XCLIENT", "XFORWARD"],
] as const;
const KNOWN_VERBS: ReadonlySet<string> = new Set(VERBS);

/** Whether the verb, in upper case, belongs to SMTP or one of its extensions. */
export function isKnownVerb(verb: string): boolean {
  return KNOWN_VERBS.has(verb);
}

/** A command line cut at its first space: what is known before the argument is looked at. */
export interface CommandLine {
  /** In upper case. */
  readonly verb: string;
  /** What stands behind the first space, without white space at the line's end; null if there is no space. */
  readonly argument: string | null;
}

/**
 * Splits a command line, without its CRLF, into verb and argument (RFC 5321 §4.1.1). White space at its end is ignored.
 */
export function splitCommand(line: Uint8Array): CommandLine | Fault {
  let length = line.length;
  while (length > 0 && (line[length - 1] === 0x20 || line[length - 1] === 0x09)) length--;
  const text = toText(line.subarray(0, length));
  let end = 0;
  while (end < text.length && isAlpha(text.charCodeAt(end))) end++;
  if (end === 0 || (end < text.length && text[end] !== " ")) return unknownVerb();
  const verb = text.slice(0, end).toUpperCase();
  const argument = end === text.length ? null : text.slice(end + 1).replace(/^ +/, "");
  if (argument !== null && !isPrintable(argument)) {
    return fault("invalid-octet", "argument", "expected printable ASCII", { code: 501, enhanced: "5.5.2" });
  }
  return { verb, argument };
}

function unknownVerb(): Fault {
  return fault("unknown-verb", "verb", "expected a command", { code: 500, enhanced: "5.5.2" });
}

/**
 * Parses a command line without its CRLF (RFC 5321 §4.1.1, RFC 3207 §4, RFC 4954 §4).
 *
 * @example
 * ```ts
 * const command = parseCommand(line);
 * if ("fault" in command) console.log(command.reply.code, command.text);
 * else if (command.verb === "MAIL") console.log(command.from.address);
 * ```
 */
export function parseCommand(line: Uint8Array, leniencies: CommandLeniencies = {}): Command | Fault {
  const split = splitCommand(line);
  return isFault(split) ? split : parseArgument(split, leniencies);
}

/** Parses the argument that `splitCommand` found. A verb that is not of this package comes back as `"other"`. */
export function parseArgument({ verb, argument }: CommandLine, leniencies: CommandLeniencies = {}): Command | Fault {
  switch (verb) {
    case "HELO":
    case "EHLO":
      return parseHello(verb, argument, leniencies);
    case "MAIL": {
      const found = parsePathCommand(argument, "FROM", parseReversePath, leniencies);
      return isFault(found) ? found : { verb, from: found.path, parameters: found.parameters };
    }
    case "RCPT": {
      const found = parsePathCommand(argument, "TO", parseForwardPath, leniencies);
      return isFault(found) ? found : { verb, to: found.path, parameters: found.parameters };
    }
    case "DATA":
    case "RSET":
    case "QUIT":
    case "STARTTLS":
      return argument === null ? { verb } : fault("unexpected-argument", "argument", `${verb} has no argument`);
    case "NOOP":
    case "HELP":
      return { verb, argument };
    case "VRFY":
      return argument ? { verb, argument } : fault("missing-argument", "argument", `${verb} expected an argument`);
    case "AUTH":
      return parseAuth(argument);
    default:
      return { verb: "other", name: verb, argument };
  }
}

/**
 * ```abnf
 * ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
 * helo = "HELO" SP Domain CRLF
 * ```
 */
function parseHello(
  verb: "HELO" | "EHLO",
  argument: string | null,
  leniencies: CommandLeniencies,
): HelloCommand | Fault {
  const [name = "", ...trailing] = (argument ?? "").split(" ");
  if (name === "") return fault("missing-argument", "name", `${verb} expected a domain or an address literal`);
  const nameKind = isDomain(name) ? "domain" : literalKind(name) === null ? "other" : "address-literal";
  const lenientName = (leniencies.helloName ?? true) && isVisible(name) && name.length <= 255;
  const lenientTrailing = leniencies.helloTrailing ?? true;
  if ((nameKind === "other" && !lenientName) || (trailing.length > 0 && !lenientTrailing)) {
    return fault("invalid-argument", "name", `${verb} expected a domain or an address literal`);
  }
  return { verb, name, nameKind };
}

/**
 * ```abnf
 * mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
 * rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
 * ```
 */
function parsePathCommand<Path>(
  argument: string | null,
  preposition: "FROM" | "TO",
  parsePath: (text: string) => { readonly path: Path; readonly end: number } | Fault,
  leniencies: CommandLeniencies,
): { readonly path: Path; readonly parameters: readonly EsmtpParameter[] } | Fault {
  const colon = preposition.length;
  const syntax = { code: 501, enhanced: "5.5.2" } as const;
  if (argument?.slice(0, colon + 1).toUpperCase() !== `${preposition}:`) {
    return fault("invalid-argument", "argument", `expected ${preposition}:<path>`, syntax);
  }
  let text = argument.slice(colon + 1);
  if ((leniencies.spaceAfterColon ?? true) && text.startsWith(" ")) text = text.replace(/^ +/, "");
  if (!text.startsWith("<")) {
    if (!leniencies.pathWithoutBrackets)
      return fault("invalid-path", "path", "expected a path in angle brackets", syntax);
    text = text.replace(/^[^ ]*/, "<$&>");
  }
  const found = parsePath(text);
  if (isFault(found)) return found;
  const parameters = parseParameters(text.slice(found.end));
  return isFault(parameters) ? parameters : { path: found.path, parameters };
}

/**
 * ```abnf
 * auth-command     = "AUTH" SP sasl-mech [SP initial-response] CRLF
 * initial-response = base64 / "="
 * sasl-mech        = 1*20( UPPER-ALPHA / DIGIT / "-" / "_" )
 * ```
 */
function parseAuth(argument: string | null): AuthCommand | Fault {
  const [name = "", initial, ...more] = (argument ?? "").split(" ");
  if (name === "") return fault("missing-argument", "mechanism", "AUTH expected a mechanism");
  const mechanism = name.toUpperCase();
  if (!isMechanismName(mechanism) || more.length > 0) {
    return fault("invalid-argument", "mechanism", "expected the name of a mechanism and at most one initial response");
  }
  if (initial === undefined) return { verb: "AUTH", mechanism, initialResponse: null };
  const initialResponse = initial === "=" ? new Uint8Array(0) : decodeBase64(initial);
  if (initialResponse === null || initial === "") {
    return fault("invalid-argument", "initial response", "expected base64 or =", { code: 501, enhanced: "5.5.2" });
  }
  return { verb: "AUTH", mechanism, initialResponse };
}

/**
 * Writes a command line with its CRLF: the inverse of {@link parseCommand}.
 *
 * @throws RangeError naming the field that the grammar does not allow.
 */
export function formatCommand(command: Command): string {
  switch (command.verb) {
    case "HELO":
    case "EHLO":
      if (command.name === "" || command.name.length > 255 || !isVisible(command.name)) {
        throw new RangeError('"name" expected a domain or an address literal');
      }
      return `${command.verb} ${command.name}\r\n`;
    case "MAIL":
      return `MAIL FROM:${formatPath(command.from)}${formatParameters(command.parameters)}\r\n`;
    case "RCPT":
      if (command.to.address === "") throw new RangeError('"to" expected a mailbox, not the null path');
      return `RCPT TO:${formatPath(command.to)}${formatParameters(command.parameters)}\r\n`;
    case "DATA":
    case "RSET":
    case "QUIT":
    case "STARTTLS":
      return `${command.verb}\r\n`;
    case "NOOP":
    case "HELP":
    case "VRFY":
      return formatWithArgument(command.verb, command.argument);
    case "AUTH": {
      if (!isMechanismName(command.mechanism))
        throw new RangeError('"mechanism" expected 1 to 20 of A-Z, 0-9, - and _');
      const { initialResponse } = command;
      if (initialResponse === null) return `AUTH ${command.mechanism}\r\n`;
      return `AUTH ${command.mechanism} ${initialResponse.length === 0 ? "=" : encodeBase64(initialResponse)}\r\n`;
    }
    case "other":
      if (!/^[A-Za-z]+$/.test(command.name)) throw new RangeError('"name" expected letters');
      return formatWithArgument(command.name.toUpperCase(), command.argument);
  }
}

function formatWithArgument(verb: string, argument: string | null): string {
  if (argument === null) return `${verb}\r\n`;
  if (argument === "" || argument !== argument.trim() || !isPrintable(argument)) {
    throw new RangeError('"argument" expected printable ASCII without line ends and without spaces around it');
  }
  return `${verb} ${argument}\r\n`;
}
