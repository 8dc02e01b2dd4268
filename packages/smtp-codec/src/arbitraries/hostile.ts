import * as fc from "fast-check";

/**
 * Texts that end a line or a field where a program does not check what it writes: CR, LF, NUL, characters that turn
 * into them when they are cut to an octet (U+010D, U+760A), and halves of surrogate pairs, inside otherwise harmless
 * text. Of at most 33 characters.
 */
export function hostileText(): fc.Arbitrary<string> {
  const sharp = fc.constantFrom(
    "\r\n",
    "\r",
    "\n",
    "\0",
    "\u010d\u010a",
    "\u760d\u760a",
    "\u2028",
    "\x85",
    "\x7f",
    "\ud800",
    "\udc00",
  );
  const plain = fc.string({ unit: "grapheme-ascii", maxLength: 8 });
  const command = fc.constantFrom("", "QUIT", "RCPT TO:<x@example.com>", ".");
  return fc.tuple(plain, sharp, command).map((parts) => parts.join(""));
}
