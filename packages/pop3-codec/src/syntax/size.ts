import { Stuffer } from "dot-stuffing";

/**
 * How many octets a message has as RETR sends it, which is what LIST and STAT announce: every line end, CR and LF alone
 * too, counts as CRLF, and so does one that the last line lacks; stuffed dots do not count (RFC 1939 §11).
 *
 * @param content the message, whole or in pieces
 * @throws TypeError for anything but a Uint8Array or pieces of that kind.
 */
export function sizeAsSent(content: Uint8Array | Iterable<Uint8Array>): number {
  const stuffer = new Stuffer();
  for (const piece of content instanceof Uint8Array ? [content] : content) stuffer.push(piece);
  stuffer.end();
  return stuffer.size;
}
