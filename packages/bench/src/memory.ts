import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** How much memory is in use, what is no longer needed collected. In octets. */
export function memoryInUse(): number {
  collect();
  collect(); // memory outside the heap is let go of once what it belonged to has been collected
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
