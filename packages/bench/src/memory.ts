import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** How much memory is in use after work, and was not before it. In octets. */
export function growth(work: () => unknown): number {
  const used = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  const kept = work();
  const after = used();
  if (kept === null) throw new Error("what is measured must be there still");
  return after - before;
}
