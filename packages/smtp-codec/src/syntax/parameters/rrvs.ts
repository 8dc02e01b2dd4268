import { parseDateTime } from "../date-time.ts";
import { type Parameter, valueParameter } from "./parameter.ts";

/** Since when the recipient must have owned the mailbox (RFC 7293 §3.1). */
export interface RequireRecipientValidSince {
  /** A date-time of RFC 3339 without a fraction, as it was written. */
  readonly since: string;
  /**
   * What a relay does whose next hop does not offer RRVS: `"R"` rejects, `"C"` continues. Null: not said, which means
   * `"R"`.
   */
  readonly action: "C" | "R" | null;
}

function parse(value: string): RequireRecipientValidSince | null {
  const [since = "", action, ...more] = value.split(";");
  if (parseDateTime(since)?.fraction !== false || more.length > 0) return null;
  if (action === undefined) return { since, action: null };
  const upper = action.toUpperCase();
  return upper === "C" || upper === "R" ? { since, action: upper } : null;
}

/** RRVS (RFC 7293 §3.1): `rrvs-param = "RRVS=" date-time [ ";" ( "C" / "R" ) ]` */
export const rrvs: Parameter<RequireRecipientValidSince> = valueParameter({
  keyword: "RRVS",
  extensions: { RRVS: 33 },
  expected: "a date-time without a fraction (RFC 3339), optionally ;C or ;R",
  parse,
  write: ({ since, action }) => (action === null ? since : `${since};${action}`),
});
