import { outOfRange } from "dot-stuffing/session";
import { COLON, hasLetters, hasNonAscii, isLonger, LESS, SPACE } from "../characters.ts";
import { type Fault, type FaultReply, fault, isFault, SYNTAX_ERROR } from "../fault.ts";
import { type EsmtpParameter, formatParameters, parseParameters } from "../parameters/esmtp-parameter.ts";
import { type Mailbox, needsSmtputf8, parseMailbox } from "../path/mailbox.ts";
import {
  formatPath,
  type Located,
  MAX_PATH,
  type PathRules,
  parseForwardPath,
  parseReversePath,
} from "../path/path.ts";
import type { MailCommand, RcptCommand } from "./command.ts";
import type { CommandOptions } from "./options.ts";

/** `mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF` */
export function parseMail(argument: string | null, options: CommandOptions): MailCommand | Fault {
  const found = parsePathCommand(argument ?? "", "FROM", parseReversePath, options);
  if (isFault(found)) return found;
  const { path, parameters, smtputf8 } = found;
  if (smtputf8 && !hasSmtputf8(parameters)) {
    if (needsSmtputf8(path)) return smtputf8Needed("reverse-path", 550);
    if (parameters.some(({ value }) => value !== null && hasNonAscii(value)))
      return fault("smtputf8-needed", "parameter", "a value beyond ASCII needs SMTPUTF8");
  }
  return { verb: "MAIL", from: path, parameters };
}

/**
 * ```abnf
 * rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
 * ```
 */
export function parseRcpt(argument: string | null, options: CommandOptions): RcptCommand | Fault {
  const found = parsePathCommand(argument ?? "", "TO", parseForwardPath, options);
  if (isFault(found)) return found;
  const { path, parameters, smtputf8 } = found;
  if (smtputf8 && options.smtputf8State !== "in-force" && needsSmtputf8(path))
    return smtputf8Needed("forward-path", 553);
  return { verb: "RCPT", to: path, parameters };
}

/** RFC 6531 §3.5 */
function smtputf8Needed(field: string, code: number): Fault {
  const reply: FaultReply = { code, enhanced: "5.6.7" };
  return fault("smtputf8-needed", field, "an address beyond ASCII needs MAIL with SMTPUTF8", reply);
}

function hasSmtputf8(parameters: readonly EsmtpParameter[]): boolean {
  return parameters.some(({ keyword }) => keyword === "SMTPUTF8");
}

/** What MAIL and RCPT have in common. */
interface PathCommand<Path> {
  readonly path: Path | Mailbox;
  readonly parameters: readonly EsmtpParameter[];
  /** Whether there are characters beyond ASCII, where they may be. */
  readonly smtputf8: boolean;
}

function parsePathCommand<Path>(
  argument: string,
  preposition: "FROM" | "TO",
  parsePath: (text: string, rules: PathRules, from: number) => Located<Path> | Fault,
  options: CommandOptions,
): PathCommand<Path> | Fault {
  let at = preposition.length;
  const named = hasLetters(argument, 0, preposition);
  if (options.spaceBeforeColon) while (argument.charCodeAt(at) === SPACE) at++;
  if (!named || argument.charCodeAt(at) !== COLON) {
    return fault("invalid-argument", "argument", `expected ${preposition}:<path>`, SYNTAX_ERROR);
  }
  at++;
  if (options.spaceAfterColon ?? true) while (argument.charCodeAt(at) === SPACE) at++;
  const allowed = options.smtputf8State === "offered" || options.smtputf8State === "in-force";
  const smtputf8 = allowed && hasNonAscii(argument);
  const rules: PathRules = smtputf8 ? { ...options, smtputf8 } : options;
  const found =
    argument.charCodeAt(at) === LESS ? parsePath(argument, rules, at) : parseBareMailbox(argument, at, rules, options);
  if (isFault(found)) return found;
  const parameters = parseParameters(argument, found.end, { smtputf8, extraSpaces: options.extraSpaces });
  return isFault(parameters) ? parameters : { path: found.path, parameters, smtputf8 };
}

/** The text up to the next space as a Mailbox, where the leniency allows it. */
function parseBareMailbox(
  text: string,
  from: number,
  rules: PathRules,
  { pathWithoutBrackets }: CommandOptions,
): Located<Mailbox> | Fault {
  const space = text.indexOf(" ", from);
  const end = space < 0 ? text.length : space;
  const path = pathWithoutBrackets ? parseMailbox(text.slice(from, end), rules) : null;
  // With brackets it must not be longer than a path.
  if (path === null || isLonger(text, from, end, (rules.maxPath ?? MAX_PATH) - 2)) {
    return fault("invalid-path", "path", "expected a path in angle brackets", SYNTAX_ERROR);
  }
  return { path, end };
}

/**
 * @throws RangeError for a path or parameter that the grammar does not allow; beyond ASCII it takes the SMTPUTF8
 *   parameter.
 */
export function formatMail({ from, parameters }: MailCommand): string {
  const smtputf8 = hasSmtputf8(parameters);
  return `MAIL FROM:${formatPath(from, { smtputf8 })}${formatParameters(parameters, { smtputf8 })}`;
}

/** @throws RangeError as {@link formatMail} does; what is beyond ASCII has to be allowed. */
export function formatRcpt({ to, parameters }: RcptCommand, smtputf8: boolean): string {
  if (to.address === "") throw outOfRange("to", "a mailbox, not the null path");
  return `RCPT TO:${formatPath(to, { smtputf8 })}${formatParameters(parameters, { smtputf8 })}`;
}
