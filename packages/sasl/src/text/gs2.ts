import { demand, demandOneOf, demandType } from "../check.ts";
import { checkText } from "./text.ts";

/** What a mechanism of the GS2 family says before its own first message (RFC 5801 §4). */
export interface Gs2Header {
  /**
   * `"p"`: the channel is bound. `"y"`: the client could bind it, and believes that the server cannot. `"n"`: the
   * client cannot.
   */
  readonly flag: "n" | "y" | "p";
  /** The type of channel binding, with `"p"` and only then, e.g. `"tls-exporter"`. */
  readonly bindingType: string | null;
  /** Null: none, the client acts as itself. */
  readonly authorizationIdentity: string | null;
  /** `F`: the mechanism is not a standard one of the GSS-API. Neither SCRAM nor OAUTHBEARER has it. */
  readonly isNonstandard: boolean;
}

/** A header that was read, and where it ends. */
export interface ReadGs2Header extends Gs2Header {
  /** What is bound: the header as it came, without `F,` (RFC 5801 §5.1). */
  readonly bound: string;
  /** The message after the header. */
  readonly rest: string;
}

/**
 * The header as it goes out.
 *
 * @throws TypeError, RangeError if a part cannot be expressed
 */
export function formatGs2Header(header: Gs2Header): string {
  demandType("header", header, "object");
  const { flag, bindingType, authorizationIdentity, isNonstandard } = header;
  demandOneOf("flag", flag, ["n", "y", "p"]);
  const isName = typeof bindingType === "string" && /^[A-Za-z0-9.-]+$/.test(bindingType);
  const isType = flag === "p" ? isName : bindingType === null;
  demand(isType, "bindingType", 'letters, digits, "-" and "." with the flag p, else null');
  if (authorizationIdentity !== null) checkText("authorizationIdentity", authorizationIdentity);
  const written = gs2Header(bindingType === null ? flag : `p=${bindingType}`, authorizationIdentity);
  return isNonstandard ? `F,${written}` : written;
}

/** The header of parts that have been checked. @param authorizationIdentity null or empty: none */
export function gs2Header(flag: string, authorizationIdentity: string | null): string {
  return authorizationIdentity ? `${flag},a=${escapeSaslname(authorizationIdentity)},` : `${flag},,`;
}

const HEADER = /^(F,)?(?:([ny])|p=([A-Za-z0-9.-]+)),(?:a=([^,\0]+))?,/;

/**
 * Reads the header at the start of a message. Null: the message does not begin with one.
 *
 * ```abnf
 * gs2-header      = [gs2-nonstd-flag ","] gs2-cb-flag "," [gs2-authzid] ","   ; RFC 5801 §4
 * gs2-nonstd-flag = "F"
 * gs2-cb-flag     = ("p=" cb-name) / "n" / "y"
 * cb-name         = 1*(ALPHA / DIGIT / "." / "-")
 * gs2-authzid     = "a=" saslname
 * ```
 *
 * @throws TypeError if it is no string
 */
export function parseGs2Header(message: string): ReadGs2Header | null {
  demandType("message", message);
  const found = HEADER.exec(message);
  if (found === null) return null;
  const [whole, nonstandard = "", unbound, bindingType = null, saslname = null] = found;
  const authorizationIdentity = saslname === null ? null : unescapeSaslname(saslname);
  if (saslname !== null && authorizationIdentity === null) return null;
  return {
    flag: unbound === "n" || unbound === "y" ? unbound : "p",
    bindingType,
    authorizationIdentity,
    isNonstandard: nonstandard !== "",
    bound: whole.slice(nonstandard.length),
    rest: message.slice(whole.length),
  };
}

/**
 * ```abnf
 * saslname = 1*(value-safe-char / "=2C" / "=3D")   ; RFC 5802 §7; RFC 5801 §4 says the same
 * ```
 */
export function escapeSaslname(name: string): string {
  return name.replaceAll("=", "=3D").replaceAll(",", "=2C");
}

/** Null: a `=` that begins no escape; escapes are upper case. */
export function unescapeSaslname(saslname: string): string | null {
  if (/=(?!2C|3D)/.test(saslname)) return null;
  return saslname.replaceAll("=2C", ",").replaceAll("=3D", "=");
}
