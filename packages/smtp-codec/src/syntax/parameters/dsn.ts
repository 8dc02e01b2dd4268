import { isText, outOfRange } from "dot-stuffing/session";
import { asciiUpperCase, isAtom, isTextUtf8, octetLength } from "../characters.ts";
import { needsSmtputf8 } from "../path/mailbox.ts";
import { type ForwardPath, formatPath, LENIENT } from "../path/path.ts";
import { decodeUnitext, encodeUnitext } from "../unitext.ts";
import { decodeXtext, encodeXtext } from "../xtext.ts";
import { type Parameter, valueParameter } from "./parameter.ts";

/** How much of a message its notification returns (RFC 3461 §4.3). */
export type Return = "FULL" | "HDRS";

function parseReturn(value: string): Return | null {
  const upper = asciiUpperCase(value);
  return upper === "FULL" || upper === "HDRS" ? upper : null;
}

/** RET (RFC 3461 §4.3): `ret-value = "FULL" / "HDRS"` */
export const ret: Parameter<Return> = valueParameter({
  keyword: "RET",
  extensions: { DSN: 9 },
  expected: "FULL or HDRS",
  parse: parseReturn,
});

/** How much is returned: with REQUIRETLS the headers at most (RFC 8689 §5); null where the client left it open. */
export function effectiveReturn(parameters: { readonly ret?: Return; readonly requireTls?: true }): Return | null {
  return parameters.requireTls ? "HDRS" : (parameters.ret ?? null);
}

/** The longest ENVID and ORCPT, as they are written (RFC 3461 §4.4, §5.4). In octets. */
const MAX_ENVID = 100;
const MAX_ORCPT = 500;

/** Decodes xtext to printable ASCII and white space, of at least one character. */
function decodePrintable(value: string): string | null {
  const text = decodeXtext(value);
  return text !== null && text !== "" && isText(text) ? text : null;
}

/** ENVID (RFC 3461 §4.4): what the sender knows the message by. `envid-parameter = "ENVID=" xtext` */
export const envid: Parameter<string> = valueParameter({
  keyword: "ENVID",
  extensions: { DSN: 107 },
  expected: "xtext of printable ASCII",
  parse: decodePrintable,
  format: (value) => {
    const written = encodeXtext(value);
    if (decodePrintable(written) === null || written.length > MAX_ENVID) {
      throw outOfRange("ENVID", `printable ASCII that is at most ${MAX_ENVID} octets as xtext`);
    }
    return written;
  },
});

/** When a recipient's fate is to be reported (RFC 3461 §4.1): never, or on any of these. */
export type Notify = "NEVER" | readonly NotifyOn[];
/** An occasion for a notification. */
export type NotifyOn = "SUCCESS" | "FAILURE" | "DELAY";

const OCCASIONS: readonly NotifyOn[] = ["SUCCESS", "FAILURE", "DELAY"];

function parseNotify(value: string): Notify | null {
  const upper = asciiUpperCase(value);
  if (upper === "NEVER") return upper;
  const given = new Set<NotifyOn>();
  for (const item of upper.split(",")) {
    const occasion = OCCASIONS.find((known) => known === item);
    if (occasion === undefined) return null;
    given.add(occasion);
  }
  return [...given];
}

/**
 * NOTIFY (RFC 3461 §4.1).
 *
 * ```abnf
 * notify-esmtp-value  = "NEVER" / 1#notify-list-element
 * notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"
 * ```
 */
export const notify: Parameter<Notify> = valueParameter({
  keyword: "NOTIFY",
  extensions: { DSN: 29 },
  expected: "NEVER, or some of SUCCESS, FAILURE and DELAY",
  parse: parseNotify,
});

/** The recipient that the sender named (RFC 3461 §4.2): it need not be a valid mailbox. */
export interface OriginalRecipient {
  /**
   * The address type: `rfc822`, `utf-8`, or another atom, as it was written. UTF-8 under `rfc822` is read as `utf-8`.
   */
  readonly type: string;
  /** Decoded. */
  readonly address: string;
}

function isUtf8Type(type: string): boolean {
  return type.toLowerCase() === "utf-8";
}

/** Decodes an address whose UTF-8 was written as xtext, octet by octet; null if it is malformed, or not printable. */
function decodeUtf8Xtext(value: string): string | null {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})+$/.test(value)) return null;
  try {
    const text = decodeURIComponent(value.replace(/%/g, "%25").replace(/\+/g, "%"));
    return isTextUtf8(text) ? text : null;
  } catch {
    return null; // not UTF-8
  }
}

/**
 * ORCPT (RFC 3461 §4.2, RFC 6533 §3). Where SMTPUTF8 is offered, an `rfc822` address of UTF-8 in xtext, as Postfix
 * sends it, is read as the `utf-8` address that it ought to be: refused, the recipient would be lost.
 *
 * ```abnf
 * orcpt-parameter            = "ORCPT=" original-recipient-address
 * original-recipient-address = addr-type ";" xtext
 * addr-type                  = atom
 * utf-8-type-addr            = "utf-8;" utf-8-enc-addr
 * ```
 */
export const orcpt: Parameter<OriginalRecipient> = valueParameter({
  keyword: "ORCPT",
  extensions: { DSN: 507 },
  expected: "an address type, a semicolon and an address in xtext",
  parse: (value, { offered }) => {
    const semicolon = value.indexOf(";");
    const type = value.slice(0, Math.max(semicolon, 0));
    const written = value.slice(semicolon + 1);
    const nonAscii = offered("SMTPUTF8") !== undefined;
    const address = isUtf8Type(type) ? decodeUnitext(written, nonAscii) : decodePrintable(written);
    if (isAtom(type) && address) return { type, address };
    const utf8 = nonAscii && type.toLowerCase() === "rfc822" ? decodeUtf8Xtext(written) : null;
    return utf8 ? { type: "utf-8", address: utf8 } : null;
  },
  format: ({ type, address }, { offered }) => {
    const utf8 = isUtf8Type(type);
    const nonAscii = offered("SMTPUTF8") !== undefined;
    const written = utf8 ? encodeUnitext(address, nonAscii) : encodeXtext(address);
    const value = `${type};${written}`;
    if (!isAtom(type) || !(utf8 ? written : decodePrintable(written)) || octetLength(value) > MAX_ORCPT) {
      throw outOfRange("ORCPT", `an atom and an address, at most ${MAX_ORCPT} octets as they are written`);
    }
    return value;
  },
});

/** What a client declares a recipient to be when nobody named another before (RFC 3461 §4.2, RFC 6533 §3). */
export function originalRecipient(to: ForwardPath): OriginalRecipient {
  const smtputf8 = needsSmtputf8(to);
  return { type: smtputf8 ? "utf-8" : "rfc822", address: formatPath(to, { ...LENIENT, smtputf8 }).slice(1, -1) };
}
