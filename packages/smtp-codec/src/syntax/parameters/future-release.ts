import { parseDateTime } from "../date-time.ts";
import { parseDeliverBy } from "./deliver-by.ts";
import { type Parameter, valueParameter } from "./parameter.ts";

/** `future-release-integer = %x31-39 *8DIGIT` */
export function parseInterval(value: string): number | null {
  return /^[1-9][0-9]{0,8}$/.test(value) ? Number(value) : null;
}

/** `Internet-style-date-time-UTC`: a date-time of RFC 3339 in UTC. */
function parseUtc(value: string): string | null {
  return parseDateTime(value)?.utc ? value : null;
}

const BOTH = { text: "HOLDFOR and HOLDUNTIL exclude each other" };

/**
 * HOLDFOR (RFC 4865 §3): how long to hold a message back, in seconds; no longer than announced, nor than BY allows
 * (§5.2).
 */
export const holdFor: Parameter<number> = valueParameter({
  keyword: "HOLDFOR",
  // The 34 octets of the extension stand with HOLDUNTIL: only one of the two is given.
  extensions: { FUTURERELEASE: 0 },
  expected: "1 to 999999999 seconds",
  parse: parseInterval,
  refuse: (seconds, { offered, given }) => {
    if (given("HOLDUNTIL") !== undefined) return BOTH;
    const most = Number(offered("FUTURERELEASE")?.[0]);
    if (seconds > most) return { text: `at most ${most} seconds` };
    const by = parseDeliverBy(given("BY") ?? "");
    return by !== null && seconds > by.seconds ? { text: "no longer than BY allows" } : null;
  },
});

/** HOLDUNTIL (RFC 4865 §3): until when to hold a message back, a date-time in UTC; no later than announced. */
export const holdUntil: Parameter<string> = valueParameter({
  keyword: "HOLDUNTIL",
  extensions: { FUTURERELEASE: 34 },
  expected: "a date-time in UTC (RFC 3339)",
  parse: parseUtc,
  refuse: (date, { offered, given }) => {
    if (given("HOLDFOR") !== undefined) return BOTH;
    const most = parseDateTime(offered("FUTURERELEASE")?.[1] ?? "");
    return most !== null && parseDateTime(date)!.milliseconds > most.milliseconds
      ? { text: "an earlier date-time" }
      : null;
  },
});
