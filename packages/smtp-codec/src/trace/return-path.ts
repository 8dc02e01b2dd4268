import { formatPath, type PathFormat, type ReversePath } from "../syntax/path/path.ts";

/**
 * The Return-Path field of a message that leaves SMTP, with its CRLF (RFC 5321 §4.4): without the source route, `<>` for the
 * null path. It is not folded: nothing in it may be.
 *
 * `Return-path-line = "Return-Path:" FWS Reverse-path <CRLF>`
 *
 * @throws RangeError as `formatPath` does.
 */
export function formatReturnPath(from: ReversePath, { smtputf8 = false }: Omit<PathFormat, "keepRoute"> = {}): string {
  return `Return-Path: ${formatPath(from, { smtputf8 })}\r\n`;
}
