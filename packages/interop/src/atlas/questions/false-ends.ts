/** The false ends of content, by the names of `smugglingFamilies` in dot-stuffing/arbitraries. */
export const FALSE_ENDS: readonly (readonly [string, string])[] = [
  ["LF.LF", "\n.\n"],
  ["LF.CRLF", "\n.\r\n"],
  ["CRLF.LF", "\r\n.\n"],
  ["CR.CR", "\r.\r"],
  ["CR.LF", "\r.\n"],
  ["LF.CR", "\n.\r"],
  ["CR.CRLF", "\r.\r\n"],
  ["CRLF.CR", "\r\n.\r"],
  ["CRLF NUL.CRLF", "\r\n\0.\r\n"],
  ["CRLF.NUL CRLF", "\r\n.\0\r\n"],
  ["CRLF.SP CRLF", "\r\n. \r\n"],
  ["CRLF..CRLF", "\r\n..\r\n"],
  ["CRLF.CRCRLF", "\r\n.\r\r\n"],
  ["CRCRLF.CRCRLF", "\r\r\n.\r\r\n"],
];

/** A part of an id. */
export function idOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9.]+/g, "-");
}
