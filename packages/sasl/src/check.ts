/** How wrong arguments of the caller are refused: by an error that names the argument and what was expected. */

/**
 * Refuses an argument that is of the right type, and not acceptable.
 *
 * @param expected what would have been, in words that follow "expected"
 * @throws RangeError unless it is right
 */
export function demand(isRight: boolean, argument: string, expected: string): asserts isRight {
  if (!isRight) throw new RangeError(`"${argument}" expected ${expected}`);
}

export function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** @throws RangeError unless it is a whole number within these bounds */
export function demandWhole(argument: string, value: number, least: number, most: number): void {
  demand(isWhole(value, least, most), argument, `a whole number from ${least} to ${most}`);
}

/** @throws RangeError unless it is one of these */
export function demandOneOf(argument: string, value: string, values: readonly string[]): void {
  // The list is for the message alone: it is not written out before.
  if (!values.includes(value)) demand(false, argument, `one of ${values.join(", ")}`);
}

/** @throws TypeError unless it is a string, RangeError unless it matches */
export function demandMatch(
  argument: string,
  text: unknown,
  pattern: RegExp,
  expected: string,
): asserts text is string {
  demandType(argument, text);
  demand(pattern.test(text), argument, expected);
}

/** What can be demanded, by what `typeof` says. */
interface Types {
  readonly string: string;
  readonly boolean: boolean;
  readonly function: (...values: never) => unknown;
  readonly object: object;
}

/** @throws TypeError unless it is a string, or what is said instead; null is nothing of all that */
export function demandType<Type extends keyof Types = "string">(
  argument: string,
  value: unknown,
  type: Type = "string" as Type,
): asserts value is Types[Type] {
  if (typeof value === type && value !== null) return;
  throw wrongType(argument, `${type === "object" ? "an" : "a"} ${type}`, value);
}

/** @throws TypeError unless each that is there is a string */
export function demandStrings(values: Readonly<Record<string, unknown>>): void {
  for (const [argument, value] of Object.entries(values)) if (value !== undefined) demandType(argument, value);
}

/** @throws TypeError unless it is an array of strings, or of what is said instead */
export function demandList(argument: string, list: unknown, type?: keyof Types): void {
  if (!Array.isArray(list)) throw wrongType(argument, "an array", list);
  for (const [at, value] of list.entries()) demandType(`${argument}[${at}]`, value, type);
}

/**
 * Options that are an object, as they are. One that is misspelt must not count as one that was left out; what is
 * inherited is not looked at, so that a mechanism can be made of credentials which have more than it takes.
 *
 * @throws TypeError otherwise, if there is an option of another name, and if a `prepare` among them is no function
 */
export function checkOptions<Options extends object>(
  options: Options,
  names: readonly (keyof NoInfer<Options> & string)[],
  argument = "options",
): Options {
  demandType(argument, options, "object");
  for (const name of Object.keys(options)) {
    if (!(names as readonly string[]).includes(name))
      throw wrongType(argument, `${names.join(", ")} alone`, name, name);
  }
  const { prepare }: { readonly prepare?: unknown } = options;
  if (prepare !== undefined) demandType("prepare", prepare, "function");
  return options;
}

/** For an argument of the wrong type. */
export function wrongType(
  argument: string,
  expected: string,
  value: unknown,
  shown: string | null = value === null ? value : typeof value,
): TypeError {
  return new TypeError(`"${argument}" expected ${expected}, got ${shown}`);
}
