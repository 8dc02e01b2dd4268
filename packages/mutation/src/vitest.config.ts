/**
 * One worker, which loads and runs the tests itself, again and again: to start vitest for each mutant takes most of the
 * time.
 */
import all from "../../../vitest.config.ts";

const config: object = {
  ...all,
  test: {
    ...all.test,
    include: ["packages/mutation/src/worker.ts"],
    runner: "packages/mutation/src/runner.ts",
    reporters: ["dot"],
  },
};
export default config;
