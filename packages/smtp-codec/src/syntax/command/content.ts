import { checkType, conceal, isVisible, outOfRange } from "dot-stuffing/session";
import { isNumber } from "../characters.ts";
import { type Fault, fault } from "../fault.ts";
import type { BdatCommand, BurlCommand } from "./command.ts";

/**
 * ```abnf
 * bdat-cmd   = "BDAT" SP chunk-size [ SP end-marker ] CR LF
 * chunk-size = 1*DIGIT
 * end-marker = "LAST"
 * ```
 */
export function parseBdat(argument: string | null): BdatCommand | Fault {
  const found = splitEndMarker(argument);
  if (found === null || !isNumber(found.word, 1, found.word.length) || !Number.isSafeInteger(Number(found.word))) {
    return fault("invalid-argument", "size", "BDAT expected a size in octets, then LAST or nothing");
  }
  return { verb: "BDAT", size: Number(found.word), last: found.last };
}

/** @throws RangeError for a size that is no whole number from 0 to 2^53−1. */
export function formatBdat({ size, last }: BdatCommand): string {
  if (!Number.isSafeInteger(size) || size < 0) throw outOfRange("size", `a whole number, got ${size}`);
  return `BDAT ${size}${last ? " LAST" : ""}`;
}

/**
 * ```abnf
 * burl-cmd     = "BURL" SP absolute-URI [SP end-marker] CRLF
 * absolute-URI = scheme ":" hier-part [ "?" query ]          ; RFC 3986 §4.3
 * scheme       = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
 * ```
 */
export function parseBurl(argument: string | null): BurlCommand | Fault {
  const found = splitEndMarker(argument);
  if (found === null || !isAbsoluteUri(found.word)) {
    return fault("invalid-argument", "url", "BURL expected an absolute URL, then LAST or nothing");
  }
  return conceal({ verb: "BURL", last: found.last }, { url: found.word });
}

/**
 * @throws TypeError for a URL that is no text, RangeError for one that is not absolute, or not of visible ASCII; their
 *   texts do not show the URL.
 */
export function formatBurl({ url, last }: BurlCommand): string {
  if (!isAbsoluteUri(checkType("url", "string", url))) throw outOfRange("url", "an absolute URL of visible ASCII");
  return `BURL ${url}${last ? " LAST" : ""}`;
}

/**
 * What the server is to fetch is the server's to parse: here it has a scheme, and nothing that would end the command.
 */
function isAbsoluteUri(text: string): boolean {
  return isVisible(text) && /^[A-Za-z][A-Za-z0-9+.-]*:./.test(text);
}

function splitEndMarker(argument: string | null): { readonly word: string; readonly last: boolean } | null {
  const [word, marker, ...more] = (argument ?? "").split(" ").filter((part) => part !== "");
  if (word === undefined || more.length > 0) return null;
  if (marker === undefined) return { word, last: false };
  return marker.toUpperCase() === "LAST" ? { word, last: true } : null;
}
