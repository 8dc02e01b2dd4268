import * as fc from "fast-check";
import { type EnhancedCode, leadingEnhancedCode } from "../syntax/reply/enhanced-code.ts";
import type { Reply } from "../syntax/reply/reply.ts";
import { printableText } from "./text.ts";

/** Enhanced status codes of a class, registered or not. */
export function enhancedCodes(klass: 2 | 4 | 5): fc.Arbitrary<EnhancedCode> {
  const number = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 999 }));
  return fc.tuple(number, number).map(([subject, detail]): EnhancedCode => `${klass}.${subject}.${detail}`);
}

/** Replies of one to four lines, with and without enhanced codes. */
export function replies(): fc.Arbitrary<Reply> {
  // A text that began with a code would be read back as one.
  const lines = fc.array(
    printableText(0, 40).filter((text) => leadingEnhancedCode(text) === null),
    { minLength: 1, maxLength: 4 },
  );
  const withClass = (klass: 2 | 4 | 5) => {
    const code = fc.integer({ min: 0, max: 59 }).map((rest) => klass * 100 + rest);
    return fc.record({ code, enhanced: fc.option(enhancedCodes(klass)), lines });
  };
  const intermediate = fc.record({ code: fc.constantFrom(334, 354), enhanced: fc.constant(null), lines });
  return fc.oneof(withClass(2), intermediate, withClass(4), withClass(5));
}
