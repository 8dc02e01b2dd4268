/**
 * The Gregorian calendar over numbers. The platform's Date would do, but with it in reach nobody could see at a glance
 * that no clock is read.
 */

/** How many days a month has; months count from 1. */
const LENGTHS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH = 719_468;

/** Whether the calendar has the day. */
export function isDate(year: number, month: number, day: number): boolean {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (LENGTHS[month - 1] ?? 0) + (leap ? 1 : 0);
}

/** Days since 1970-01-01. Years are taken to begin in March, so that a leap day is the last of its year. */
export function dayNumber(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((153 * marchMonth + 2) / 5) + day - 1 - EPOCH;
}

/** The inverse of {@link dayNumber}. */
export function calendarDay(number: number): { readonly year: number; readonly month: number; readonly day: number } {
  // 146,097 days are 400 years, of which the leap days are taken out before days become years.
  const days = number + EPOCH;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1 };
}

/** Milliseconds since 1970-01-01T00:00:00Z; a leap second counts as the second after it. */
export function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  return (((dayNumber(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}
