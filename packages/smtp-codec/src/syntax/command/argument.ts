import { isPrintable, refusal } from "../characters.ts";

/**
 * A verb, a space, and an argument of free text.
 *
 * @throws RangeError naming the field unless it is SP and visible ASCII, not empty, and without spaces around it.
 */
export function formatArgument(verb: string, field: string, argument: string, nonAscii = false): string {
  if (
    argument === "" ||
    argument.startsWith(" ") ||
    argument.endsWith(" ") ||
    !isPrintable(argument, false, nonAscii)
  ) {
    throw refusal(field, "printable ASCII without line ends and without spaces around it");
  }
  return `${verb} ${argument}`;
}
