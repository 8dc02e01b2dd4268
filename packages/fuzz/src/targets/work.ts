import { counts, work } from "../coverage.ts";
import { holds } from "../finding.ts";

/**
 * Runs something whose work must be linear in what it is given: entered blocks are counted.
 *
 * @param units octets and operations
 * @param most blocks a unit; a fixed part comes to it
 */
export function linear<Result>(units: number, most: number, run: () => Result): Result {
  if (!counts) return run();
  const [before, freeBefore] = [work(), free];
  const result = run();
  const done = (work() - before - (free - freeBefore)) | 0;
  const allowed = FIXED + most * units;
  holds(done <= allowed, () => `${done} blocks entered for ${units} octets and operations: more than ${allowed}`);
  return result;
}

/** Blocks that were entered on behalf of the fuzzer itself. */
let free = 0;

/**
 * Runs something that no application would at this place, a snapshot at every call for instance: its work is not the
 * session's.
 */
export function uncounted<Result>(run: () => Result): Result {
  if (!counts) return run();
  const before = work();
  try {
    return run();
  } finally {
    free += (work() - before) | 0;
  }
}

/** What a session costs that is given nothing. */
const FIXED = 20_000;
