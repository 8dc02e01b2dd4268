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
  const before = work();
  const result = run();
  const done = (work() - before) | 0;
  const allowed = FIXED + most * units;
  holds(done <= allowed, () => `${done} blocks entered for ${units} octets and operations: more than ${allowed}`);
  return result;
}

/** What a session costs that is given nothing. */
const FIXED = 20_000;
