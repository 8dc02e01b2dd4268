import { isDate, utc } from "./calendar.ts";

/** A date-time of RFC 3339 as a point in time. */
export interface DateTime {
  /** Since 1970-01-01T00:00:00Z; a leap second counts as the second after it. */
  readonly milliseconds: number;
  /** Whether its offset is `Z`, `+00:00` or `-00:00`. */
  readonly utc: boolean;
  /** Whether it has a fraction of a second. */
  readonly fraction: boolean;
}

/**
 * Parses a date-time (RFC 3339 §5.6), its calendar checked; null if it is none.
 *
 * ```abnf
 * date-time    = full-date "T" full-time
 * full-date    = date-fullyear "-" date-month "-" date-mday
 * full-time    = time-hour ":" time-minute ":" time-second [time-secfrac] time-offset
 * time-secfrac = "." 1*DIGIT
 * time-offset  = "Z" / (("+" / "-") time-hour ":" time-minute)
 * ```
 */
export function parseDateTime(text: string): DateTime | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/i.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [offsetHour, offsetMinute] = [Number(parts[9] ?? 0), Number(parts[10] ?? 0)];
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return null;
  if (!isDate(year, month, day)) return null;
  const offset = (parts[8] === "-" ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  const fraction = parts[7] === undefined ? 0 : Math.trunc(Number(`0${parts[7]}`) * 1000);
  const milliseconds = utc(year, month, day, hour, minute, second) + fraction - offset * 60_000;
  return { milliseconds, utc: offset === 0, fraction: parts[7] !== undefined };
}
