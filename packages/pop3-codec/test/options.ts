import { expect, it } from "vitest";

type Create = (options: object) => () => unknown;

/** Cases of options that both roles have: leniencies by name, and limits with the least that each may be. */
export function checksLeniencies(create: Create, names: readonly string[]): void {
  it.each(names)("leniencies.%s is a boolean", (name) => {
    const message = `"leniencies.${name}" expected a boolean, got string`;
    expect(create({ leniencies: { [name]: "no" } })).toThrow(new TypeError(message));
    for (const flag of [true, false, undefined]) expect(create({ leniencies: { [name]: flag } })).not.toThrow();
  });
}

export function checksLimits(create: Create, limits: readonly (readonly [name: string, least: number])[]): void {
  it.each(limits)("%s is a whole number of at least %d", (name, least) => {
    for (const value of ["1000", null, Number.NaN, least - 1, 1000.5, {}]) {
      expect(create({ [name]: value })).toThrow(RangeError);
      expect(create({ [name]: value })).toThrow(`"${name}" expected a whole number of at least ${least}, or Infinity`);
    }
    for (const value of [least, Number.POSITIVE_INFINITY]) expect(create({ [name]: value })).not.toThrow();
  });
}
