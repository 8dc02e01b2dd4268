import { expected, plainChunk, typeOf } from "../check.ts";
import { Stuffer } from "../stuffer.ts";

/**
 * Checks content, whole or in pieces. A text is iterable too, and no content. Returns it.
 *
 * @throws TypeError for what is neither octets, none shared, nor an iterable
 */
export function checkContent<Given extends Uint8Array | Iterable<Uint8Array>>(content: Given): Given {
  if (content instanceof Uint8Array) plainChunk("content", content);
  if (typeof content === "object" && content !== null && Symbol.iterator in content) return content;
  throw new TypeError(expected("content", "a Uint8Array, or an iterable of them", typeOf(content)));
}

/** Content in pieces. @throws TypeError for what is neither octets, none shared, nor an iterable */
export function piecesOf(content: Uint8Array | Iterable<Uint8Array>): Iterable<Uint8Array> {
  return checkContent(content) instanceof Uint8Array ? [content as Uint8Array] : (content as Iterable<Uint8Array>);
}

/**
 * How many octets a message has as it is sent, which is what SIZE declares (RFC 1870 §5), and what LIST and STAT
 * announce (RFC 1939 §11): every line end, CR and LF alone too, counts as CRLF, and so does one that the last line
 * lacks; stuffed dots and the final dot do not count.
 *
 * @param content the message, whole or in pieces
 * @throws TypeError for anything but a Uint8Array or pieces of that kind
 */
export function sizeAsSent(content: Uint8Array | Iterable<Uint8Array>): number {
  const stuffer = new Stuffer();
  for (const piece of piecesOf(content)) stuffer.push(piece);
  stuffer.end();
  return stuffer.size;
}
