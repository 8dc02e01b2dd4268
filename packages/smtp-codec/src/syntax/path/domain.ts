import { DOT, HYPHEN, isLetDig, isLonger, nonAsciiAt } from "../characters.ts";

/** The longest domain in octets (RFC 5321 §4.5.3.1.2). */
export const MAX_DOMAIN = 255;
/** The longest label: in octets, and for a U-label in characters, of which its A-label has no fewer. */
const MAX_LABEL = 63;

/** Named leniencies of domains, and whether U-labels are taken. */
export interface DomainRules {
  /** U-labels (RFC 6531 §3.3). Default false. */
  readonly smtputf8?: boolean;
  /** `user@my_host.example`: names of old Windows hosts. Default false. */
  readonly underscoreInDomain?: boolean;
  /** `user@example.com.`, a name written as rooted: hand-made configurations. Default false. */
  readonly trailingDotInDomain?: boolean;
}

/**
 * The end of the Domain that begins at a place in a text, or −1 (RFC 5321 §4.1.2, RFC 6531 §3.3). U-labels are taken
 * as they are: whether IDNA allows one is not checked.
 *
 * ```abnf
 * Domain     = sub-domain *("." sub-domain)
 * sub-domain = Let-dig [Ldh-str]              ; at most 63 octets
 * sub-domain =/ U-label
 * ```
 */
export function scanDomain(text: string, from: number, rules: DomainRules): number {
  let at = from;
  for (let label = at; ; label = ++at) {
    let before = DOT; // the last character of the label
    let length = 0;
    for (; at < text.length; at++, length++) {
      const code = text.charCodeAt(at);
      if (!isLetDig(code) && !(code === HYPHEN && length > 0) && !(code === 0x5f && rules.underscoreInDomain)) {
        const units = rules.smtputf8 ? nonAsciiAt(text, at) : 0;
        if (units === 0) break;
        at += units - 1;
      }
      before = code;
    }
    if (length === 0 && label > from && rules.trailingDotInDomain && text.charCodeAt(at) !== DOT) break;
    if (length === 0 || length > MAX_LABEL || before === HYPHEN) return -1;
    if (text.charCodeAt(at) !== DOT) break;
  }
  return isLonger(text, from, at, MAX_DOMAIN) ? -1 : at;
}

/** Whether the whole text is a Domain. */
export function isDomain(text: string, rules: DomainRules = {}): boolean {
  return scanDomain(text, 0, rules) === text.length;
}
