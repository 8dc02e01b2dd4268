/** One row: work whose result was checked once before it counts. */
export interface Row {
  readonly name: string;
  /** How much one run does, in the suite's unit. */
  readonly amount: number;
  /** The row that this one is compared with, by its name; null: it is a reference itself. */
  readonly reference: string | null;
  run(): void;
  /** Throws unless the work gives the right result. */
  check(): void;
}

export interface Suite {
  readonly name: string;
  /** What a second's work is counted in. */
  readonly unit: string;
  readonly rows: readonly Row[];
}

/** @throws Error naming the row whose result is wrong */
export function expectEqual(name: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${name}: expected ${String(expected)}, got ${String(found)}`);
}
