import { isNumber } from "../characters.ts";
import { parseDateTime } from "../date-time.ts";
import { parseInterval } from "../parameters/future-release.ts";
import { parseSolicitation } from "../parameters/no-soliciting.ts";
import type {
  DeliverByCapability,
  FutureReleaseCapability,
  LimitsCapability,
  MtPriorityCapability,
  SizeCapability,
} from "./capabilities.ts";

/** What the parameters of each keyword mean. */

/**
 * `size-param ::= [1*DIGIT]` (RFC 1870 §3). What is no number says nothing, and some servers send words.
 */
export function sizeOf([figure]: readonly string[]): SizeCapability {
  if (figure === undefined || !isNumber(figure, 1, 20)) return { limit: null };
  return { limit: Number(figure) || Number.POSITIVE_INFINITY };
}

/**
 * RFC 9422 §3: items of a name, and mostly a value. A malformed item is a malformed line, and counts as none (§3.7).
 *
 * ```abnf
 * limits-param     = limit-name-value 0*[SP limit-name-value]
 * limit-name-value = limit-name ["=" limit-value]
 * limit-name       = 1*(UPPER-ALPHA / DIGIT / "-" / "_")
 * limit-value      = 1*(%x21-3A / %x3C-7E)        ; Any VCHAR except ";"
 * ```
 */
export function limitsOf(items: readonly string[]): LimitsCapability | null {
  const all = new Map<string, string | null>();
  for (const item of items) {
    const parts = /^([A-Za-z0-9_-]+)(?:=([!-:<-~]+))?$/.exec(item);
    if (parts === null) return null;
    const name = parts[1]!.toUpperCase();
    if (!all.has(name)) all.set(name, parts[2] ?? null);
  }
  const limit = (name: string) => limitOf(all.get(name) ?? "");
  return { mailMax: limit("MAILMAX"), rcptMax: limit("RCPTMAX"), rcptDomainMax: limit("RCPTDOMAINMAX"), all };
}

/** `%x31-39 0*5DIGIT` (RFC 9422 §4) */
function limitOf(value: string): number | null {
  return isNumber(value, 1, 6) && value[0] !== "0" ? Number(value) : null;
}

/**
 * ```abnf
 * deliverby-param = min-by-time *( ',' extension-token )
 * min-by-time     = [1*9DIGIT]
 * ```
 */
export function deliverByOf([parameter = ""]: readonly string[]): DeliverByCapability {
  const [minimum = "", ...tokens] = parameter.split(",");
  return { minimum: isNumber(minimum, 1, 9) ? Number(minimum) : null, tokens };
}

/** `"FUTURERELEASE" SP max-future-release-interval SP max-future-release-date-time` (RFC 4865 §3) */
export function futureReleaseOf(parameters: readonly string[]): FutureReleaseCapability | null {
  const [interval = "", maxDateTime = ""] = parameters;
  const maxInterval = parseInterval(interval);
  if (parameters.length !== 2 || maxInterval === null || parseDateTime(maxDateTime) === null) return null;
  return { maxInterval, maxDateTime };
}

/**
 * ```abnf
 * mt-priority-ehlo = "MT-PRIORITY" [SP priority-profile]
 * priority-profile = 1*20(ALPHA / DIGIT / "-" / "_" / ".")
 * ```
 *
 * A malformed name is none (RFC 6710 §7).
 */
export function mtPriorityOf([policy = ""]: readonly string[]): MtPriorityCapability {
  return { policy: /^[A-Za-z0-9._-]{1,20}$/.test(policy) ? policy : null };
}

/** `"NO-SOLICITING" [ SP Solicitation-keywords ]` (RFC 3865 §2.1); a malformed list is none. */
export function solicitationOf([list]: readonly string[]): readonly string[] {
  return (list === undefined ? null : parseSolicitation(list)) ?? [];
}
