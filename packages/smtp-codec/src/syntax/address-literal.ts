import { isDigit, isLetDig } from "./characters.ts";

/** What stands between the brackets of an address-literal. */
export type LiteralKind = "ipv4" | "ipv6" | "general";

/**
 * The kind of an address-literal, or null if it is none (RFC 5321 §4.1.3).
 *
 * ```abnf
 * address-literal         = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
 * IPv6-address-literal    = "IPv6:" IPv6-addr
 * General-address-literal = Standardized-tag ":" 1*dcontent
 * Standardized-tag        = Ldh-str
 * dcontent                = %d33-90 / %d94-126
 * ```
 */
export function literalKind(text: string): LiteralKind | null {
  if (text.length < 3 || !text.startsWith("[") || !text.endsWith("]")) return null;
  const inside = text.slice(1, -1);
  if (isIpv4(inside)) return "ipv4";
  const colon = inside.indexOf(":");
  const tag = inside.slice(0, Math.max(colon, 0));
  if (tag.toLowerCase() === "ipv6") return isIpv6(inside.slice(colon + 1)) ? "ipv6" : null;
  return isLdhString(tag) && isDcontent(inside.slice(colon + 1)) ? "general" : null;
}

/** `Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig` */
function isLdhString(text: string): boolean {
  if (text.length === 0 || text.endsWith("-")) return false;
  for (let at = 0; at < text.length; at++) if (!isLetDig(text.charCodeAt(at)) && text[at] !== "-") return false;
  return true;
}

function isDcontent(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 33 || code > 126 || (code > 90 && code < 94)) return false;
  }
  return text.length > 0;
}

/**
 * ```abnf
 * IPv4-address-literal = Snum 3("." Snum)
 * Snum                 = 1*3DIGIT   ; a value of 0 to 255
 * ```
 */
function isIpv4(text: string): boolean {
  const numbers = text.split(".", 5);
  return numbers.length === 4 && numbers.every(isSnum);
}

function isSnum(text: string): boolean {
  if (text.length < 1 || text.length > 3) return false;
  for (let at = 0; at < text.length; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return Number(text) <= 255;
}

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
function isIpv6(text: string): boolean {
  if (text.length > 45) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [place, half] of halves.entries()) {
    if (half === "" && halves.length === 2) continue;
    const parts = half.split(":");
    for (const [index, part] of parts.entries()) {
      const last = place === halves.length - 1 && index === parts.length - 1;
      if (last && part.includes(".")) {
        if (!isIpv4(part)) return false;
        groups += 2;
      } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups++;
      else return false;
    }
  }
  return halves.length === 2 ? groups <= 6 : groups === 8;
}
