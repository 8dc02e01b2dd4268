import { outOfRange } from "dot-stuffing/session";

/** Checks time limits as options of both sides give them. @throws RangeError naming one that is no seconds, above 0 */
export function checkTimeouts(timeouts: { readonly [awaited: string]: number }): void {
  for (const [awaited, seconds] of Object.entries(timeouts)) {
    if (!(typeof seconds === "number" && seconds > 0)) throw outOfRange(`timeouts.${awaited}`, "seconds, more than 0");
  }
}
