import * as fc from "fast-check";
import { calendarDay, dayNumber } from "../syntax/calendar.ts";

/** The last day that RFC 3339 can write. */
const MAX_DAY = dayNumber(9999, 12, 31);

/**
 * Of alternatives of one thing: a finding that is not about one of them is shown with the first, which is the simplest.
 */
export const CROSS = { withCrossShrink: true } as const;

/** SP and visible ASCII, without spaces at its ends. */
export function printableText(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: "grapheme-ascii", minLength, maxLength })
    .filter((text) => text === text.trim() && text.length >= minLength);
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
