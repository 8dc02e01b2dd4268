import { demandMatch } from "../check.ts";
import { toHex } from "../octets.ts";
import { randomOctets } from "../web.ts";

/**
 * Demands the form of a msg-id, which CRAM-MD5 challenges and APOP timestamps must have (RFC 2195 §2, RFC 1939 §7):
 * printable ASCII, one `@` with something on both sides.
 *
 * ```abnf
 * msg-id = "<" addr-spec ">"   ; RFC 822 §4.1
 * ```
 *
 * @throws TypeError, RangeError otherwise
 */
export function demandMsgId(argument: string, text: string): void {
  demandMatch(argument, text, /^<[!-;=?A-~]+@[!-;=?A-~]+>$/, "the form of a msg-id, <…@…>");
}

/** @throws TypeError, RangeError if it cannot stand after the `@` of a msg-id */
export function checkHost(host: string): void {
  demandMatch("host", host, /^[!-;=?A-~]+$/, "a host name in ASCII");
}

/** A msg-id that does not repeat: 128 random bits. */
export function freshMsgId(host: string): string {
  return `<${toHex(randomOctets(16))}@${host}>`;
}
