import * as fc from "fast-check";

/** SP and visible ASCII, without spaces at its ends. */
export function printableText(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: "grapheme-ascii", minLength, maxLength })
    .filter((text) => text === text.trim() && text.length >= minLength);
}

/** Date-times of RFC 3339 in UTC, without a fraction. */
export function dateTimes(): fc.Arbitrary<string> {
  const max = new Date("9999-12-31T23:59:59Z");
  return fc
    .date({ min: new Date("1970-01-01T00:00:00Z"), max, noInvalidDate: true })
    .map((date) => date.toISOString().replace(/\.\d+/, ""));
}
