import fc from "fast-check";
import type { Capability } from "../syntax/capabilities.ts";
import { CROSS, mechanismName, upTo, word } from "./text.ts";

/** What `IMPLEMENTATION` may say in a line of 512 octets (RFC 2449 §3). */
const MAX_TEXT = 512 - "IMPLEMENTATION \r\n".length;

/**
 * A line of a capability list: every documented one, and unknown ones (RFC 2449 §6, §9). Up to three words of 12 octets
 * mostly; of the texts of `IMPLEMENTATION` one in twenty is longer, up to the line's limit of 512 octets.
 */
export function capability(): fc.Arbitrary<Capability> {
  const flag = ["TOP", "USER", "RESP-CODES", "PIPELINING", "UIDL", "AUTH-RESP-CODE", "STLS", "LANG"] as const;
  const figure = fc.oneof(fc.nat(), fc.maxSafeNat());
  const user = fc.boolean();
  return fc.oneof<fc.Arbitrary<Capability>[]>(
    CROSS,
    fc.record({ tag: fc.constantFrom(...flag) }),
    fc.record({ tag: fc.constant("SASL"), mechanisms: fc.uniqueArray(mechanismName()) }),
    fc.record({ tag: fc.constant("LOGIN-DELAY"), seconds: figure, user }),
    fc.record({
      tag: fc.constant("EXPIRE"),
      days: fc.oneof(figure, fc.constant(Number.POSITIVE_INFINITY)),
      user,
    }),
    fc.record({
      tag: fc.constant("IMPLEMENTATION"),
      // A text that ended in a space would be read back without.
      text: upTo(
        MAX_TEXT,
        fc.array(word(12), { minLength: 1, maxLength: 3 }).map((words) => words.join(" ")),
      ).map((text) => text.replace(/ $/, ".")),
    }),
    fc.record({ tag: fc.constant("UTF8"), user }),
    fc.record({
      tag: fc.constant("other"),
      name: fc.constantFrom("X-FAST", "XOIP", "EXPIRENEVER", "Urgent"),
      parameters: fc.array(word(12), { maxLength: 3 }),
    }),
  );
}

/** A whole capability list of none to twelve lines, tags repeated in it among others. */
export function capabilities(): fc.Arbitrary<Capability[]> {
  return fc.array(capability(), { maxLength: 12, size: "max" });
}
