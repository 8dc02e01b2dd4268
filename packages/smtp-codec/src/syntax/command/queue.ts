import { outOfRange } from "dot-stuffing/session";
import { type Fault, fault } from "../fault.ts";
import { isDomain } from "../path/domain.ts";
import { formatArgument } from "./argument.ts";
import type { AtrnCommand, EtrnCommand } from "./command.ts";

/**
 * `ETRN [<option character>]<node name><CR><LF>` (RFC 1985 §5): the option characters are `@` and, for the name of a
 * queue, which may be any text, `#` (§5.3).
 */
export function parseEtrn(argument: string | null): EtrnCommand | Fault {
  const first = argument?.[0];
  const option = first === "@" || first === "#" ? first : null;
  const node = (argument ?? "").slice(option === null ? 0 : 1);
  if (!isNode(option, node)) return fault("invalid-argument", "node", "ETRN expected a domain, @domain, or #queue");
  return { verb: "ETRN", option, node };
}

/** @throws RangeError for a node that is no domain, or, with `#`, empty or not printable. */
export function formatEtrn({ option, node }: EtrnCommand): string {
  if (!isNode(option, node)) throw outOfRange("node", "a domain, or with the option # the name of a queue");
  return formatArgument("ETRN", "node", `${option ?? ""}${node}`);
}

function isNode(option: EtrnCommand["option"], node: string): boolean {
  return option === "#" ? node !== "" : isDomain(node);
}

/**
 * ```abnf
 * atrn   = "ATRN" [SP domain *("," domain)]
 * domain = sub-domain 1*("." sub-domain)
 * ```
 */
export function parseAtrn(argument: string | null): AtrnCommand | Fault {
  const domains = argument?.split(",") ?? null;
  if (!areDomains(domains))
    return fault("invalid-argument", "domains", "ATRN expected domains joined by commas, or nothing");
  return { verb: "ATRN", domains };
}

/** @throws RangeError for an empty list, and a domain of fewer than two labels. */
export function formatAtrn({ domains }: AtrnCommand): string {
  if (!areDomains(domains)) throw outOfRange("domains", "domains of two labels or more, or null");
  return domains === null ? "ATRN" : `ATRN ${domains.join(",")}`;
}

function areDomains(domains: readonly string[] | null): boolean {
  return (
    domains === null || (domains.length > 0 && domains.every((domain) => isDomain(domain) && domain.includes(".")))
  );
}
