/** One row: work whose result is checked once, octet by octet, before its speed counts. */
export interface Row {
  readonly name: string;
  /** How much one run does, in the suite's unit times a second. */
  readonly amount: number;
  /** The row that this one is compared with, by its name; absent where there is nothing to compare with. */
  readonly reference?: string;
  run(): void;
  /** @throws Error unless the work gives the right result */
  check(): void;
}

export interface Suite {
  readonly name: string;
  /** What a second's work is counted in. */
  readonly unit: string;
  readonly rows: readonly Row[];
}

/** @throws Error saying what differs, and where */
export function expectSame(name: string, found: Uint8Array, expected: Uint8Array): void {
  expectSize(name, found.length, expected.length);
  const at = found.findIndex((octet, index) => octet !== expected[index]);
  if (at >= 0) throw new Error(`${name}: expected ${expected[at]} at offset ${at}, got ${found[at]}`);
}

/** @throws Error unless there are as many octets, or whatever was counted, as there must be */
export function expectSize(name: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${name}: expected ${expected}, got ${found}`);
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}
