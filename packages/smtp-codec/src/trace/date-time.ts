import { checkObject, checkType, outOfRange } from "dot-stuffing/session";
import { calendarDay, isDate, utc } from "../syntax/calendar.ts";

/** A point in time for a trace field; no clock is read here. */
export interface DateTimeInput {
  readonly date: Date;
  /** Minutes that local time is ahead of UTC, as −`date.getTimezoneOffset()` gives; default 0. −1439 to 1439. */
  readonly offset?: number;
}

const DAYS: readonly string[] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: readonly string[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * Writes a date-time as mail has it (RFC 5322 §3.3), in local time with a numeric zone, such as
 * `Fri, 21 Nov 1997 09:55:06 -0600`.
 *
 * ```abnf
 * date-time = [ day-of-week "," ] date time [CFWS]
 * date      = day month year                          ; a year of four digits, from 1900
 * time      = time-of-day zone
 * zone      = (FWS ( "+" / "-" ) 4DIGIT)
 * ```
 *
 * @throws TypeError for what is of another type
 * @throws RangeError for an invalid date, one outside the years 1900 to 9999, and an offset of a day or more.
 */
export function formatDateTime(time: DateTimeInput): string {
  const { date, offset = 0 } = checkObject("date", time); // as it is called in Received
  if (typeof date?.getTime !== "function")
    throw new TypeError('"date" expected a Date, as { date: new Date() } has it');
  checkType("offset", "number", offset);
  if (!Number.isInteger(offset) || Math.abs(offset) >= 1440) throw outOfRange("offset", `minutes, got ${offset}`);
  const seconds = Math.floor(date.getTime() / 1000) + offset * 60;
  const days = Math.floor(seconds / 86_400);
  const { year, month, day } = calendarDay(days);
  if (!(year >= 1900 && year <= 9999)) throw outOfRange("date", "a date of the years 1900 to 9999");
  const second = seconds - days * 86_400;
  const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map(twoDigits).join(":");
  const minutes = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${twoDigits(Math.floor(minutes / 60))}${twoDigits(minutes % 60)}`;
  // 1970-01-01 was a Thursday.
  return `${DAYS[(((days + 4) % 7) + 7) % 7]}, ${day} ${MONTHS[month - 1]} ${year} ${clock} ${zone}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

/**
 * Minutes ahead of UTC of the zones that have names (RFC 5322 §4.3); any other name says nothing, and counts as UTC.
 */
const ZONES: Readonly<Record<string, number>> = {
  ...{ EST: -300, EDT: -240, CST: -360, CDT: -300, MST: -420, MDT: -360, PST: -480, PDT: -420 },
};

/**
 * Reads a date-time of mail, obsolete forms included (RFC 5322 §3.3, §4.3): comments have to be taken out before.
 *
 * @returns milliseconds since 1970-01-01T00:00:00Z, or null
 */
export function parseMailDate(text: string): number | null {
  const date = text.trimStart().replace(/^[A-Za-z]{3}\s*,/, "");
  const spaced = date.split(":").map((part) => part.trim());
  const words = spaced.join(":").split(/\s+/);
  const [day = "", month = "", yearText = "", time = "", zone = "", ...more] = words;
  const clock = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(time);
  const monthNumber = MONTHS.findIndex((name) => name.toLowerCase() === month.toLowerCase()) + 1;
  if (!/^\d\d?$/.test(day) || !/^\d{2,4}$/.test(yearText) || clock === null || more.length > 0) return null;
  const [hour, minute, second] = [Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0)];
  const offset = offsetOf(zone);
  const year = fullYear(yearText);
  if (hour > 23 || minute > 59 || second > 60 || offset === null || !isDate(year, monthNumber, Number(day)))
    return null;
  return utc(year, monthNumber, Number(day), hour, minute, second) - offset * 60_000;
}

/** RFC 5322 §4.3: two digits from 50 on, and three digits, count from 1900; two digits below 50 from 2000. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length === 4) return year;
  return year + (text.length === 2 && year < 50 ? 2000 : 1900);
}

function offsetOf(zone: string): number | null {
  const numeric = /^([+-])(\d\d)([0-5]\d)$/.exec(zone);
  if (numeric !== null) return (numeric[1] === "-" ? -1 : 1) * (Number(numeric[2]) * 60 + Number(numeric[3]));
  return /^[A-Za-z]+$/.test(zone) ? (ZONES[zone.toUpperCase()] ?? 0) : null;
}
