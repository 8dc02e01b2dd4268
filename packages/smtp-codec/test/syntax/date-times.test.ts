import fc from "fast-check";
import { parseDateTime } from "smtp-codec/syntax";
import { runs } from "tools/testing";
import { describe, expect, it } from "vitest";

describe("date-times of RFC 3339", () => {
  it("[FUT-3-2] are read as the platform reads them", () => {
    const date = fc.date({
      min: new Date("0000-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (given) => {
        const text = given.toISOString();
        expect(parseDateTime(text)).toEqual({ milliseconds: given.getTime(), utc: true, fraction: true });
      }),
      { numRuns: runs(10) },
    );
  });

  it.each([
    ["1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z", false],
    ["1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z", false],
    ["2000-02-29t00:00:00z", "2000-02-29T00:00:00Z", true],
    ["2026-11-28T00:00:00-00:00", "2026-11-28T00:00:00Z", true],
  ])("[RRVS-3.1-2] %s is %s", (text, time, utc) => {
    expect(parseDateTime(text)).toMatchObject({ milliseconds: Date.parse(time), utc });
  });

  it.each([
    "1900-02-29T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-1-01T00:00:00Z",
    "+2026-01-01T00:00:00Z",
  ])("%s is none", (text) => {
    expect(parseDateTime(text)).toBe(null);
  });
});
