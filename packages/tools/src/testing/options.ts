/** The options of a session that are alike in all of them. */
export interface PlainOptions {
  /** The names of those that are booleans. */
  readonly flags?: readonly string[];
  /** The names of those within `leniencies`. */
  readonly leniencies?: readonly string[];
  /** Limits, each with the least that it may be. */
  readonly limits?: readonly (readonly [name: string, least: number])[];
}

const NO_FLAGS: readonly (readonly [value: unknown, type: string])[] = [
  ["no", "string"],
  [0, "number"],
  [null, "null"],
  [[], "array"],
  [{}, "object"],
];

/** Rows of options that must be refused, each with what is to be thrown. */
export function refusedOptions({ flags = [], leniencies = [], limits = [] }: PlainOptions): [object, Error][] {
  const error = (name: string, type: string) => new TypeError(`"${name}" expected a boolean, got ${type}`);
  return [
    ...flags.flatMap((name) =>
      NO_FLAGS.map(([value, type]): [object, Error] => [{ [name]: value }, error(name, type)]),
    ),
    ...leniencies.map((name): [object, Error] => [
      { leniencies: { [name]: "no" } },
      error(`leniencies.${name}`, "string"),
    ]),
    ...limits.flatMap(([name, least]) =>
      [Number.NaN, least - 1, 100_000.5].map((value): [object, Error] => [
        { [name]: value },
        new RangeError(`"${name}" expected a whole number of at least ${least}, or Infinity, got ${value}`),
      ]),
    ),
    ...limits.flatMap(([name]) =>
      (
        [
          ["1000", "string"],
          [null, "null"],
          [{}, "object"],
        ] as const
      ).map(([value, type]): [object, Error] => [
        { [name]: value },
        new TypeError(`"${name}" expected a number, got ${type}`),
      ]),
    ),
  ];
}

/** Options that must be taken. */
export function takenOptions({ flags = [], leniencies = [], limits = [] }: PlainOptions): object[] {
  return [
    ...flags.flatMap((name) => [true, false, undefined].map((value) => ({ [name]: value }))),
    ...leniencies.flatMap((name) => [true, false, undefined].map((value) => ({ leniencies: { [name]: value } }))),
    ...limits.flatMap(([name, least]) => [least, Number.POSITIVE_INFINITY].map((value) => ({ [name]: value }))),
  ];
}
