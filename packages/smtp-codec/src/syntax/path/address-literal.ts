import { checkType, outOfRange } from "dot-stuffing/session";
import { COLON, isNumber, OPEN_BRACKET } from "../characters.ts";

/** What stands between the brackets of an address-literal. */
export type LiteralKind = "ipv4" | "ipv6" | "general";

/** Named leniencies of {@link literalKind}. */
export interface LiteralLeniencies {
  /** `[2001:db8::1]`, an IPv6 address without its tag: some clients' EHLO. Default false: it is no literal. */
  readonly ipv6WithoutTag?: boolean;
}

/**
 * The kind of an address-literal, or null if it is none (RFC 5321 §4.1.3). The first group of an IPv6 address fits the
 * grammar of a tag, and is none, as tags are specified and registered: without its tag such an address is never
 * general.
 *
 * ```abnf
 * address-literal         = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
 * IPv6-address-literal    = "IPv6:" IPv6-addr
 * General-address-literal = Standardized-tag ":" 1*dcontent
 * Standardized-tag        = Ldh-str
 * dcontent                = %d33-90 / %d94-126
 * ```
 */
export function literalKind(text: string, leniencies: LiteralLeniencies = {}): LiteralKind | null {
  if (text.charCodeAt(0) !== OPEN_BRACKET || !text.endsWith("]")) return null;
  const inside = text.slice(1, -1);
  if (isIpv4(inside)) return "ipv4";
  const colon = inside.indexOf(":");
  const tag = inside.slice(0, Math.max(colon, 0));
  if (tag.toLowerCase() === "ipv6") return isIpv6(inside.slice(colon + 1)) ? "ipv6" : null;
  if (isIpv6(inside)) return leniencies.ipv6WithoutTag ? "ipv6" : null;
  return /^[A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+$/.test(inside) ? "general" : null;
}

/**
 * The address-literal of an IP address as platforms write it: `192.0.2.1`, `2001:db8::1`. A zone (`%eth0`) is left out,
 * and an IPv4 address mapped into IPv6, as dual-stack sockets report it, is the IPv4 address.
 *
 * @throws TypeError for what is no text, such as what a lost socket says; RangeError for a text that is no IP address.
 */
export function addressLiteral(address: string): string {
  const plain = checkType("address", "string", address)
    .replace(/%.*$/s, "")
    .replace(/^::ffff:(?=[0-9]+\.)/i, "");
  if (isIpv4(plain)) return `[${plain}]`;
  if (isIpv6(plain)) return `[IPv6:${plain}]`;
  throw outOfRange("address", "an IPv4 or IPv6 address");
}

/**
 * ```abnf
 * IPv4-address-literal = Snum 3("." Snum)
 * Snum                 = 1*3DIGIT   ; a value of 0 to 255
 * ```
 */
export function isIpv4(text: string): boolean {
  if (text.length > 15) return false;
  const numbers = text.split(".");
  return numbers.length === 4 && numbers.every((number) => isNumber(number, 1, 3) && Number(number) <= 255);
}

/** The longest IPv6-addr, six groups and an IPv4 address. In octets. */
const MAX_IPV6 = 45;

/**
 * ```abnf
 * IPv6-addr   = IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp
 * IPv6-hex    = 1*4HEXDIG
 * IPv6-full   = IPv6-hex 7(":" IPv6-hex)
 * IPv6-comp   = [IPv6-hex *5(":" IPv6-hex)] "::" [IPv6-hex *5(":" IPv6-hex)]
 * IPv6v4-full = IPv6-hex 5(":" IPv6-hex) ":" IPv4-address-literal
 * IPv6v4-comp = [IPv6-hex *3(":" IPv6-hex)] "::" [IPv6-hex *3(":" IPv6-hex) ":"] IPv4-address-literal
 *               ; a "::" stands for at least two groups
 * ```
 */
export function isIpv6(text: string): boolean {
  if (text.length > MAX_IPV6) return false;
  const dotted = text.indexOf(".") < 0 ? -1 : text.lastIndexOf(":");
  if (dotted >= 0 && !isIpv4(text.slice(dotted + 1))) return false;
  // The IPv4 address at the end counts as two groups; what stands before it keeps its colons.
  const hex = dotted < 0 ? text : text.slice(0, text.charCodeAt(dotted - 1) === COLON ? dotted + 1 : dotted);
  const halves = hex.split("::");
  let groups = dotted < 0 ? 0 : 2;
  for (const half of halves) {
    if (half === "" && halves.length === 2) continue;
    const parts = half.split(":");
    if (!parts.every((part) => /^[0-9A-Fa-f]{1,4}$/.test(part))) return false;
    groups += parts.length;
  }
  return halves.length === 2 ? groups <= 6 : halves.length === 1 && groups === 8;
}
