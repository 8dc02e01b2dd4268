import { demand } from "../check.ts";
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
 * @throws RangeError otherwise
 */
export function demandMsgId(argument: string, text: string | null): asserts text is string {
  const isMsgId = text !== null && /^<[!-;=?A-~]+@[!-;=?A-~]+>$/.test(text);
  demand(isMsgId, argument, "the form of a msg-id, <…@…>");
}

/** @throws RangeError if it cannot stand behind the `@` of a msg-id */
export function checkHost(host: string): string {
  demand(/^[!-;=?A-~]+$/.test(host), "host", "a host name in ASCII");
  return host;
}

/** A msg-id that does not repeat: 128 random bits. */
export function freshMsgId(host: string): string {
  return `<${toHex(randomOctets(16))}@${host}>`;
}
