import { refusal } from "./syntax/characters.ts";

/** Checks time limits as options of both sides give them. @throws RangeError naming one that is no seconds, above 0 */
export function checkTimeouts(timeouts: { readonly [awaited: string]: number }): void {
  for (const [awaited, seconds] of Object.entries(timeouts)) {
    if (!(typeof seconds === "number" && seconds > 0)) throw refusal(`timeouts.${awaited}`, "seconds, more than 0");
  }
}
