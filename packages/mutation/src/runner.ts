/** vitest's own runner, which `worker.ts` needs to load test files with. */
import { TestRunner } from "vitest";

export default class extends TestRunner {
  constructor(config: ConstructorParameters<typeof TestRunner>[0]) {
    super(config);
    (globalThis as { testRunner?: TestRunner }).testRunner = this;
  }
}
