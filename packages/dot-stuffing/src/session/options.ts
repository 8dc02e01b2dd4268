import { checkNames, checkType, type Type, typeOf } from "../check.ts";

/** Options of every session. */
export interface SessionOptions {
  /** How many octets of output may queue before nothing more is parsed. Default 65,536. */
  readonly highWaterMark?: number;
  /** How many octets of input a session takes while it waits for something else than input. Default 262,144. */
  readonly maxPendingInput?: number;
}

/** What the options of every session are by default. */
export const sessionDefaults: Required<SessionOptions> = { highWaterMark: 65_536, maxPendingInput: 262_144 };

/** The types of defaults whose options may be of any type. */
const UNCHECKED: readonly string[] = ["null", "undefined"];

/**
 * Options with every default in place.
 *
 * @param name what holds the options: `"options"`, or the option that has members of its own
 * @param defaults every option that there is. Its default says of what type it is, except where it is null or
 *   undefined: those are checked by whoever knows what they may be
 * @throws TypeError for what is no object, an option that there is not, and one of another type
 */
export function withDefaults<Settings extends object>(
  name: string,
  options: { readonly [Option in keyof Settings]?: unknown },
  defaults: Settings,
): Settings {
  checkNames(name, options, Object.keys(defaults));
  const settings = { ...defaults };
  const place = name === "options" ? "" : `${name}.`;
  for (const option of Object.keys(defaults) as (keyof Settings & string)[]) {
    const given = options[option];
    if (given === undefined) continue;
    const type = typeOf(defaults[option]);
    if (!UNCHECKED.includes(type)) checkType(place + option, type as Type, given);
    settings[option] = given as Settings[typeof option];
  }
  return settings;
}
