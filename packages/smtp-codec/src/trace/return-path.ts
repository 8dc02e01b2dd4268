import { formatPath, LENIENT, type PathFormat, type ReversePath } from "../syntax/path/path.ts";

/**
 * The Return-Path field of a message that leaves SMTP, with its CRLF (RFC 5321 §4.4): without the source route, `<>`
 * for the null path. It is not folded: nothing in it may be. A path that the server took by one of its leniencies is
 * written as it came.
 *
 * `Return-path-line = "Return-Path:" FWS Reverse-path <CRLF>`
 *
 * @throws RangeError for what is no path, and for characters beyond ASCII without `smtputf8`
 */
export function formatReturnPath(from: ReversePath, { smtputf8 = false }: Pick<PathFormat, "smtputf8"> = {}): string {
  return `Return-Path: ${formatPath(from, { ...LENIENT, smtputf8 })}\r\n`;
}
