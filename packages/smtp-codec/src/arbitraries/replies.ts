import * as fc from "fast-check";
import { type EnhancedCode, leadingEnhancedCode } from "../syntax/reply/enhanced-code.ts";
import { MAX_REPLY_LINE } from "../syntax/reply/format.ts";
import type { Reply } from "../syntax/reply/reply.ts";
import { printableText } from "./text.ts";

/** Enhanced status codes of a class, registered or not, their numbers from 0 to 999 (RFC 3463 §2). */
export function enhancedCodes(klass: 2 | 4 | 5): fc.Arbitrary<EnhancedCode> {
  const number = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 999 }));
  return fc.tuple(number, number).map(([subject, detail]): EnhancedCode => `${klass}.${subject}.${detail}`);
}

/**
 * Replies of one to four lines, with and without enhanced codes. Texts are of at most 20 characters mostly; one in
 * twenty is longer, and half of these make the line as long as it may be, 512 octets (RFC 5321 §4.5.3.1.5).
 */
export function replies(): fc.Arbitrary<Reply> {
  const room = MAX_REPLY_LINE - "250 \r\n".length;
  // A text that began with a code would be read back as one.
  const lines = fc.array(
    printableText(0, room).filter((text) => leadingEnhancedCode(text) === null),
    { minLength: 1, maxLength: 4 },
  );
  const withClass = (klass: 2 | 4 | 5) => {
    const code = fc.integer({ min: 0, max: 59 }).map((rest) => klass * 100 + rest);
    return fc.record({ code, enhanced: fc.option(enhancedCodes(klass)), lines }).map((reply) => {
      const prefix = reply.enhanced === null ? 0 : reply.enhanced.length + 1;
      return { ...reply, lines: reply.lines.map((text) => text.slice(0, room - prefix).trimEnd()) };
    });
  };
  const intermediate = fc.record({ code: fc.constantFrom(334, 354), enhanced: fc.constant(null), lines });
  return fc.oneof(withClass(2), intermediate, withClass(4), withClass(5));
}
