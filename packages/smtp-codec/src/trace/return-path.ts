import { formatPath, type PathFormat, type ReversePath } from "../syntax/path/path.ts";

/**
 * The Return-Path field of a message that leaves SMTP, with its CRLF (RFC 5321 §4.4): without the source route, `<>` for the
 * null path. It is not folded: nothing in it may be.
 *
 * `Return-path-line = "Return-Path:" FWS Reverse-path <CRLF>`
 *
 * @param format the leniencies of a server that may have taken the path by them, such as `unqualifiedMailbox`
 * @throws RangeError as `formatPath` does.
 */
export function formatReturnPath(from: ReversePath, format: Omit<PathFormat, "keepRoute"> = {}): string {
  return `Return-Path: ${formatPath(from, { ...format, keepRoute: false })}\r\n`;
}
