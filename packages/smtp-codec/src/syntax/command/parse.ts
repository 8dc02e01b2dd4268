import { isPrintable, plainChunk } from "dot-stuffing/session";
import { isPrintableUtf8 } from "../characters.ts";
import { type Fault, fault, isFault, SYNTAX_ERROR } from "../fault.ts";
import { parseAttributes } from "./attributes.ts";
import { parseAuth } from "./auth.ts";
import type { Command, LookupCommand } from "./command.ts";
import { parseBdat, parseBurl } from "./content.ts";
import { parseHello } from "./hello.ts";
import { type CommandLine, splitCommand } from "./line.ts";
import { parseMail, parseRcpt } from "./mail-rcpt.ts";
import type { CommandOptions } from "./options.ts";
import { parseAtrn, parseEtrn } from "./queue.ts";

/**
 * Parses a command line without its CRLF (RFC 5321 §4.1.1 and the extensions' own).
 *
 * @example
 * ```ts
 * const command = parseCommand(line);
 * if ("fault" in command) console.log(command.reply.code, command.text);
 * else if (command.verb === "MAIL") console.log(command.from.address);
 * ```
 *
 * @throws TypeError for anything but a Uint8Array that is not backed by shared memory
 */
export function parseCommand(line: Uint8Array, options: CommandOptions = {}): Command | Fault {
  const split = splitCommand(plainChunk("line", line), options);
  return isFault(split) ? split : parseArgument(split, options);
}

/** Parses the argument that `splitCommand` found. A verb that is not of this package comes back as `"other"`. */
export function parseArgument({ verb, argument }: CommandLine, options: CommandOptions = {}): Command | Fault {
  switch (verb) {
    case "MAIL":
      return parseMail(argument, options);
    case "RCPT":
      return parseRcpt(argument, options);
    case "DATA":
    case "RSET":
    case "QUIT":
    case "STARTTLS":
      return argument === null ? { verb } : fault("unexpected-argument", "argument", `${verb} has no argument`);
    case "BDAT":
      return parseBdat(argument);
    case "HELO":
    case "EHLO":
    case "LHLO":
      return parseHello(verb, argument, options);
    case "NOOP":
    case "HELP":
      return { verb, argument };
    case "VRFY":
    case "EXPN":
      return parseLookup(verb, argument, options);
    case "AUTH":
      return parseAuth(argument);
    case "BURL":
      return parseBurl(argument);
    case "ETRN":
      return parseEtrn(argument);
    case "ATRN":
      return parseAtrn(argument);
    case "XCLIENT":
    case "XFORWARD":
      return parseAttributes(verb, argument);
    default:
      return { verb: "other", name: verb, argument };
  }
}

/**
 * ```abnf
 * vrfy = "VRFY" SP String [SP "SMTPUTF8"] CRLF          ; RFC 6531 §3.7.4.2, where it is offered
 * expn = "EXPN" SP String [SP "SMTPUTF8"] CRLF
 * ```
 *
 * The argument is taken as it is, as `user@example.com`, which is no String, has to be valid (RFC 5321 §3.5.1).
 */
function parseLookup(
  verb: LookupCommand["verb"],
  argument: string | null,
  { smtputf8State = "not-offered" }: CommandOptions,
): LookupCommand | Fault {
  const text = argument ?? "";
  const smtputf8 = smtputf8State !== "not-offered" && SMTPUTF8.test(text);
  const name = smtputf8 ? text.replace(SMTPUTF8, "").trimEnd() : text;
  if (name === "") return fault("missing-argument", "argument", `${verb} expected an argument`);
  if (!(smtputf8 ? isPrintableUtf8(name) : isPrintable(name)))
    return fault("invalid-octet", "argument", "expected printable ASCII", SYNTAX_ERROR);
  return { verb, argument: name, smtputf8 };
}

/** The parameter of VRFY and EXPN, with the space in front of it. */
const SMTPUTF8 = / SMTPUTF8$/i;
