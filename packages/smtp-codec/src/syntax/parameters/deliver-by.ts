import { type Parameter, valueParameter } from "./parameter.ts";

/** When a message is to be delivered by, and what happens otherwise (RFC 2852 §4). */
export interface DeliverBy {
  /** From now; with `"N"` it may be over already. −999,999,999 to 999,999,999. */
  readonly seconds: number;
  /** `"N"`: the sender is notified, `"R"`: the message is returned. */
  readonly mode: "N" | "R";
  /** Whether every relay is to report. */
  readonly trace: boolean;
}

/**
 * ```abnf
 * by-value = by-time ";" by-mode [by-trace]
 * by-time  = ["-" / "+"] 1*9digit ; a negative or zero value is not allowed with a by-mode of "R"
 * by-mode  = "N" / "R"
 * by-trace = "T"
 * ```
 */
export function parseDeliverBy(value: string): DeliverBy | null {
  const parts = /^([+-]?[0-9]{1,9});([NR])(T?)$/.exec(value.toUpperCase());
  if (parts === null) return null;
  const seconds = Number(parts[1]) + 0; // no −0
  const mode = parts[2] === "N" ? "N" : "R";
  return mode === "R" && seconds <= 0 ? null : { seconds, mode, trace: parts[3] !== "" };
}

/** BY (RFC 2852 §4): with mode R no shorter than the minimum that the extension announces (§3). */
export const by: Parameter<DeliverBy> = valueParameter({
  keyword: "BY",
  extensions: { DELIVERBY: 17 },
  expected: "seconds, a semicolon, and N or R (with R above 0), optionally T",
  parse: parseDeliverBy,
  refuse: ({ seconds, mode }, { offered }) => {
    const least = Number((offered("DELIVERBY")?.[0] ?? "").split(",", 1)[0]);
    if (mode === "N" || !(seconds < least)) return null;
    return { text: `at least ${least} seconds with mode R`, reply: { code: 555, enhanced: "5.5.4" } };
  },
  write: ({ seconds, mode, trace }) => `${seconds};${mode}${trace ? "T" : ""}`,
});
