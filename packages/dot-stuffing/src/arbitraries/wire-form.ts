import fc from "fast-check";
import { type LineConstraints, line } from "./content.ts";
import { octets } from "./text.ts";

/** A dot-stuffed content, and what it stands for. */
export interface WireForm {
  /** Ends with the line of a single dot. */
  readonly wire: Uint8Array<ArrayBuffer>;
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * Correct wire forms: what a receiver must make `content` of, and end at their last octet (RFC 5321 §4.5.2, RFC 1939
 * §3). At most 8 lines, if nothing else is asked for, of the lengths that `content` makes.
 *
 * Some lines carry a dot that no sender had to put in, `.a` for `a`: a receiver removes it all the same.
 */
export function wireForm({ maxLines = 8 }: LineConstraints = {}): fc.Arbitrary<WireForm> {
  // A dot before an empty line would be the end.
  const pair = fc.tuple(line(), fc.boolean()).map(([text, extra]) => ({
    text,
    sent: text.startsWith(".") || (extra && text !== "") ? `.${text}` : text,
  }));
  return fc.array(pair, { maxLength: maxLines, size: "max" }).map((lines) => ({
    wire: octets(`${lines.map(({ sent }) => `${sent}\r\n`).join("")}.\r\n`),
    content: octets(lines.map(({ text }) => `${text}\r\n`).join("")),
  }));
}
