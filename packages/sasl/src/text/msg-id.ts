import { toHex } from "../octets.ts";
import { randomOctets } from "../web.ts";

/** Octets 0x21–0x7E without `<`, `>` and `@`. */
const PART = "[!-;=?A-~]+";
const MSG_ID = new RegExp(`^<${PART}@${PART}>$`);
const HOST = new RegExp(`^${PART}$`);

/**
 * Whether a text has the form of a msg-id, as CRAM-MD5 challenges and APOP timestamps must (RFC 2195 §2, RFC 1939 §7):
 * printable ASCII, one `@` with something on both sides.
 *
 * ```abnf
 * msg-id = "<" addr-spec ">"   ; RFC 822 §4.1
 * ```
 */
export function isMsgId(text: string): boolean {
  return MSG_ID.test(text);
}

/** @throws RangeError if it cannot stand behind the `@` of a msg-id */
export function checkHost(host: string): string {
  if (!HOST.test(host)) throw new RangeError('"host" expected a host name in ASCII');
  return host;
}

/** A msg-id that does not repeat: 128 random bits. */
export function freshMsgId(host: string): string {
  return `<${toHex(randomOctets(16))}@${host}>`;
}
