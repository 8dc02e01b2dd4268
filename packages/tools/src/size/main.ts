/**
 * `pnpm size`: prints how large the built packages are in a bundle; the exit status says whether all are within their
 * limits.
 */
import { sizes } from "./size.ts";

const { table, aboveLimit, aboveGoal } = sizes();
console.log(table);
if (aboveGoal.length > 0) console.log(`above the goal: ${aboveGoal.join(", ")}`);
if (aboveLimit.length > 0) {
  console.error(`above the limit: ${aboveLimit.join(", ")}`);
  process.exitCode = 1;
}
