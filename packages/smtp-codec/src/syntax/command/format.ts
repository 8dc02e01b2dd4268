import { outOfRange } from "dot-stuffing/session";
import { formatArgument } from "./argument.ts";
import { formatAttributes } from "./attributes.ts";
import { formatAuth } from "./auth.ts";
import type { Command } from "./command.ts";
import { formatBdat, formatBurl } from "./content.ts";
import { formatHello } from "./hello.ts";
import { formatMail, formatRcpt } from "./mail-rcpt.ts";
import { formatAtrn, formatEtrn } from "./queue.ts";

/** What a command may hold besides ASCII. */
export interface CommandFormat {
  /**
   * Whether the open transaction has SMTPUTF8, so that RCPT may hold characters beyond ASCII. Default false. MAIL, VRFY
   * and EXPN have a parameter of their own for it.
   */
  readonly smtputf8?: boolean;
}

/**
 * Writes a command line with its CRLF: the inverse of `parseCommand`. It is text to be sent as UTF-8. Nothing that is
 * given can end the line or begin another one.
 *
 * @throws RangeError naming the field that the grammar does not allow.
 */
export function formatCommand(command: Command, { smtputf8 = false }: CommandFormat = {}): string {
  return `${line(command, smtputf8)}\r\n`;
}

function line(command: Command, smtputf8: boolean): string {
  switch (command.verb) {
    case "HELO":
    case "EHLO":
    case "LHLO":
      return formatHello(command);
    case "MAIL":
      return formatMail(command);
    case "RCPT":
      return formatRcpt(command, smtputf8);
    case "DATA":
    case "RSET":
    case "QUIT":
    case "STARTTLS":
      return command.verb;
    case "NOOP":
    case "HELP":
      return command.argument === null ? command.verb : formatArgument(command.verb, "argument", command.argument);
    case "VRFY":
    case "EXPN":
      return `${formatArgument(command.verb, "argument", command.argument, command.smtputf8)}${command.smtputf8 ? " SMTPUTF8" : ""}`;
    case "AUTH":
      return formatAuth(command);
    case "BDAT":
      return formatBdat(command);
    case "BURL":
      return formatBurl(command);
    case "ETRN":
      return formatEtrn(command);
    case "ATRN":
      return formatAtrn(command);
    case "XCLIENT":
    case "XFORWARD":
      return formatAttributes(command);
    case "other": {
      if (!/^[A-Za-z]+$/.test(command.name)) throw outOfRange("name", "letters");
      const verb = command.name.toUpperCase();
      return command.argument === null ? verb : formatArgument(verb, "argument", command.argument);
    }
  }
}
