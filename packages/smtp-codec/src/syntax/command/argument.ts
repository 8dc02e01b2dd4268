import { checkType, isPrintable, outOfRange } from "dot-stuffing/session";
import { isPrintableUtf8 } from "../characters.ts";

/**
 * A verb, a space, and an argument of free text.
 *
 * @throws TypeError naming the field unless it is a text, RangeError unless it is SP and visible ASCII, not empty, and
 *   without spaces around it.
 */
export function formatArgument(verb: string, field: string, argument: string, nonAscii = false): string {
  checkType(field, "string", argument);
  if (
    argument === "" ||
    argument.startsWith(" ") ||
    argument.endsWith(" ") ||
    !(nonAscii ? isPrintableUtf8(argument) : isPrintable(argument))
  ) {
    throw outOfRange(field, "printable ASCII without line ends and without spaces around it");
  }
  return `${verb} ${argument}`;
}
