import type { Source } from "dot-stuffing/session";
import type { OpenMaildrop } from "./maildrop.ts";

/** How many lines are made at a time. */
const LINES = 512;

/** The lines of a listing and its end, made as they are taken: a million messages cost no memory. */
export function listing(maildrop: OpenMaildrop, value: (n: number) => number | string): Source {
  let n = 1;
  let ended = false;
  return () => {
    if (ended) return null;
    let text = "";
    for (let lines = 0; n <= maildrop.count && lines < LINES; n++) {
      if (!maildrop.has(n)) continue;
      text += `${n} ${value(n)}\r\n`;
      lines++;
    }
    ended = n > maildrop.count;
    return ended ? `${text}.\r\n` : text;
  };
}
