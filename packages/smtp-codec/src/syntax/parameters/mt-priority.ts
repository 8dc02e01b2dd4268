import { SYNTAX_ERROR } from "../fault.ts";
import { type Parameter, valueParameter } from "./parameter.ts";

function parse(value: string): number | null {
  return /^(?:0|-?[1-9])$/.test(value) ? Number(value) : null;
}

/**
 * MT-PRIORITY (RFC 6710 §3): −9 to 9; absent it means 0.
 *
 * ```abnf
 * priority-value = (["-"] NZDIGIT) / "0"
 * NZDIGIT        = %x31-39
 * ```
 */
export const mtPriority: Parameter<number> = valueParameter({
  keyword: "MT-PRIORITY",
  extensions: { "MT-PRIORITY": 15 },
  expected: "-9 to 9",
  malformed: SYNTAX_ERROR,
  parse,
});
