import * as fc from "fast-check";
import { calendarDay, dayNumber } from "../syntax/calendar.ts";

/** The last day that RFC 3339 can write. */
const MAX_DAY = dayNumber(9999, 12, 31);

/**
 * Of alternatives of one thing: a finding that is not about one of them is shown with the first, which is the simplest.
 */
export const CROSS = { withCrossShrink: true } as const;

/** Text to octets, one a character. */
export function octets(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** How long a text is where it counts, by default in characters. */
type Size = (text: string) => number;

/**
 * Texts repeated up to a length: any length, and in half of all cases the limit. Where what they become when they are
 * written is over the limit, their end is left out.
 */
export function long(
  limit: number,
  texts: fc.Arbitrary<string>,
  sizeOf: Size = ({ length }) => length,
): fc.Arbitrary<string> {
  return fc.tuple(texts, fc.nat({ max: 2 * limit })).map(([text, length]) => {
    if (text === "" || length <= text.length) return text;
    const characters = [...text.repeat(Math.ceil(limit / text.length))].slice(0, Math.min(length, limit));
    while (sizeOf(characters.join("")) > limit) characters.pop();
    return characters.join("");
  });
}

/** Texts as they are, and one in twenty of them {@link long}. They are within the limit themselves. */
export function upTo(limit: number, texts: fc.Arbitrary<string>, sizeOf?: Size): fc.Arbitrary<string> {
  return fc.oneof(CROSS, { weight: 19, arbitrary: texts }, { weight: 1, arbitrary: long(limit, texts, sizeOf) });
}

/** SP and visible ASCII, without spaces at its ends: short mostly, and up to a limit of at least 20. */
export function printableText(minLength: number, limit: number, sizeOf?: Size): fc.Arbitrary<string> {
  const short = fc.string({ unit: "grapheme-ascii", minLength, maxLength: 20 });
  return upTo(limit, short, sizeOf).filter((text) => text === text.trim());
}

/** Date-times of RFC 3339 in UTC, from 1970 on, without a fraction. */
export function dateTimes(): fc.Arbitrary<string> {
  const twoDigits = (number: number) => String(number).padStart(2, "0");
  return fc
    .tuple(fc.nat({ max: MAX_DAY }), fc.nat({ max: 23 }), fc.nat({ max: 59 }), fc.nat({ max: 59 }))
    .map(([number, ...time]) => {
      const { year, month, day } = calendarDay(number);
      return `${year}-${twoDigits(month)}-${twoDigits(day)}T${time.map(twoDigits).join(":")}Z`;
    });
}
