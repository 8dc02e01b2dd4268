import { outOfRange } from "dot-stuffing/session";
import { isNumber } from "../characters.ts";
import { type Parameter, valueParameter } from "./parameter.ts";

/**
 * SIZE (RFC 1870 §3): the declared size of the message in octets. A figure above 2^53−1 is read as Infinity.
 *
 * `size-value = 1*20DIGIT`
 */
export const size: Parameter<number> = valueParameter({
  keyword: "SIZE",
  extensions: { SIZE: 26 },
  expected: "1 to 20 digits",
  parse: (value) => {
    if (!isNumber(value, 1, 20)) return null;
    const figure = Number(value);
    return Number.isSafeInteger(figure) ? figure : Number.POSITIVE_INFINITY;
  },
  format: (value) => {
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange("SIZE", `a whole number, got ${value}`);
    return String(value);
  },
});
