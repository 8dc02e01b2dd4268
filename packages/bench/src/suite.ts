/** One piece of work, whose result is checked once, octet by octet, before its speed counts. */
export interface Work {
  run(): void | Promise<void>;
  /** @throws Error unless the work gives the right result */
  check(): void | Promise<void>;
}

/** Works that do the same thing to the same input, each in its column. */
export interface Row {
  readonly name: string;
  /** How much one run does, in the table's unit times a second. */
  readonly amount: number;
  /** By column; who cannot do it has none. */
  readonly works: Readonly<Record<string, Work>>;
  /** By column: what was measured once and elsewhere, in the table's unit, from and to. */
  readonly recorded?: Readonly<Record<string, Recorded>>;
}

export type Recorded = readonly [least: number, most: number];

/** The first column is ours; after each other one stands how many times as fast ours is. */
export interface Table {
  readonly title: string;
  /** What a second's work is counted in. */
  readonly unit: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export interface Suite {
  readonly tables: readonly Table[];
  /** What is said below the tables: figures that are no speeds. */
  notes?(): string[] | Promise<string[]>;
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

/** Work that makes octets: each run must make as many as expected, and the check compares all of them. */
export function making(
  name: string,
  expected: Uint8Array,
  work: (sink: (piece: Uint8Array) => void) => void | Promise<void>,
): Work {
  const count = async () => {
    let size = 0;
    await work((piece) => {
      size += piece.length;
    });
    expectSize(name, size, expected.length);
  };
  return {
    run: count,
    async check() {
      const pieces: Uint8Array[] = [];
      await work((piece) => pieces.push(piece));
      expectSame(name, joined(pieces), expected);
    },
  };
}
