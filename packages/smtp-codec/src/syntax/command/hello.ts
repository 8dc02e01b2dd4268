import { checkType, isVisible, outOfRange } from "dot-stuffing/session";
import { type Fault, fault } from "../fault.ts";
import { literalKind } from "../path/address-literal.ts";
import { isDomain, MAX_DOMAIN } from "../path/domain.ts";
import { formatArgument } from "./argument.ts";
import type { HelloCommand, HelloNameKind } from "./command.ts";
import type { CommandLeniencies } from "./options.ts";

/** What a name for HELO or EHLO is: `"other"` is refused by strict servers. */
export function helloNameKind(name: string, leniencies: CommandLeniencies = {}): HelloNameKind {
  if (isDomain(name, leniencies)) return "domain";
  return literalKind(name, leniencies) === null ? "other" : "address-literal";
}

/**
 * Checks how a host names itself, and returns it.
 *
 * @throws TypeError unless it is a string, RangeError for one that is neither a domain nor an address literal (RFC 5321
 *   §4.1.1.1)
 */
export function expectHost(field: string, name: string): string {
  if (helloNameKind(checkType(field, "string", name)) === "other")
    throw outOfRange(field, "a domain or an address literal");
  return name;
}

/**
 * ```abnf
 * ehlo = "EHLO" SP ( Domain / address-literal ) CRLF
 * helo = "HELO" SP Domain CRLF
 * lhlo = "LHLO" SP Domain CRLF                          ; RFC 2033 §4.1: as EHLO
 * ```
 */
export function parseHello(
  verb: HelloCommand["verb"],
  argument: string | null,
  leniencies: CommandLeniencies,
): HelloCommand | Fault {
  if (argument === null) return fault("missing-argument", "name", `${verb} expected a domain or an address literal`);
  const space = argument.indexOf(" ");
  const name = space < 0 ? argument : argument.slice(0, space);
  const nameKind = helloNameKind(name, leniencies);
  const isName = name.length <= MAX_DOMAIN && (nameKind !== "other" || (leniencies.helloName ?? true));
  const lenientTrailing = leniencies.helloTrailing ?? true;
  if (!isName || (space >= 0 && !lenientTrailing)) {
    return fault("invalid-argument", "name", `${verb} expected a domain or an address literal`);
  }
  return space < 0 ? { verb, name, nameKind } : { verb, name, nameKind, trailing: argument.slice(space).trimStart() };
}

/**
 * @throws RangeError for a name that is not visible ASCII of 1 to 255 octets, and trailing text that is not printable.
 */
export function formatHello({ verb, name, trailing }: HelloCommand): string {
  if (name.length > MAX_DOMAIN || !isVisible(name)) {
    throw outOfRange("name", "a domain or an address literal");
  }
  return trailing === undefined ? `${verb} ${name}` : formatArgument(`${verb} ${name}`, "trailing", trailing);
}
