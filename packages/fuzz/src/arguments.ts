/**
 * The command line of `pnpm fuzz`. An option that would do nothing where it stands is refused, as one that there is
 * not.
 */
import { parseArgs } from "node:util";

export const engineNames = ["arbitraries", "guided", "transcript"] as const;
export type EngineName = (typeof engineNames)[number];

/** What was asked for. */
export type Command =
  | {
      readonly type: "fuzz";
      /** Of targets; none: all. */
      readonly names: readonly string[];
      readonly seconds: number;
      readonly seed: number;
      readonly engines: readonly EngineName[];
      readonly coverage: boolean;
      readonly each: boolean;
      /** How many inputs the corpus may grow by, a target; null: not at all. */
      readonly grow: number | null;
      /** The first finding ends it, printed as JSON: for planted bugs. */
      readonly first: boolean;
    }
  | { readonly type: "replay"; readonly file: string }
  | { readonly type: "minimize"; readonly names: readonly string[]; readonly files: readonly string[] }
  | { readonly type: "list" }
  | {
      readonly type: "plants";
      readonly names: readonly string[];
      readonly seconds: number;
      readonly seed: number;
      readonly readme: boolean;
    }
  | { readonly type: "peers"; readonly names: readonly string[] };

/** The exit status for a wrong command line. */
export const WRONG = 2;

export const usage = `usage: pnpm fuzz [target …] [--seconds N] [--seed S] [--engine NAME …] [--each] [--coverage] [--grow N]
       pnpm fuzz --replay FILE
       pnpm fuzz --minimize [FILE … | target …]
       pnpm fuzz --plants [target …] [--seconds N] [--seed S] [--readme]
       pnpm fuzz --peer [name …]
       pnpm fuzz --list

Engines: ${engineNames.join(", ")}. Exit status 1: there are findings, or a target got no time; ${WRONG}: a wrong command line.`;

/** What is wrong with a command line, in words for who wrote it. */
export class WrongArguments extends Error {
  override readonly name = "WrongArguments";
}

const options = {
  seconds: { type: "string" },
  seed: { type: "string" },
  engine: { type: "string", multiple: true },
  coverage: { type: "boolean" },
  each: { type: "boolean" },
  grow: { type: "string" },
  first: { type: "boolean" },
  readme: { type: "boolean" },
  replay: { type: "string" },
  minimize: { type: "boolean" },
  list: { type: "boolean" },
  plants: { type: "boolean" },
  peer: { type: "boolean" },
} as const;

/** What each way to call it goes together with. */
const ways: Readonly<Record<string, readonly (keyof typeof options)[]>> = {
  replay: [],
  minimize: [],
  list: [],
  peer: [],
  plants: ["seconds", "seed", "readme"],
};
const fuzzing: readonly (keyof typeof options)[] = ["seconds", "seed", "engine", "coverage", "each", "grow", "first"];

/** @throws WrongArguments */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals: names } = parse(args);
  const given = Object.keys(values);
  const way = given.find((name) => name in ways);
  const allowed = way === undefined ? fuzzing : [way, ...ways[way]!];
  const idle = given.find((name) => !(allowed as readonly string[]).includes(name));
  if (idle !== undefined)
    throw new WrongArguments(`--${idle} does nothing ${way === undefined ? "without --plants" : `with --${way}`}`);
  const seed = () => number(values.seed ?? "1", "--seed expected a whole number", Number.isSafeInteger);
  const seconds = (usual: string) =>
    number(values.seconds ?? usual, "--seconds expected a number above 0", (value) => value > 0 && value < Infinity);
  switch (way) {
    case "replay":
    case "list":
      if (names.length > 0) throw new WrongArguments(`--${way} takes no more than that, got "${names.join(" ")}"`);
      return way === "list" ? { type: "list" } : { type: "replay", file: values.replay! };
    case "minimize": {
      const files = names.filter((name) => name.endsWith(".txt"));
      if (files.length > 0 && files.length < names.length)
        throw new WrongArguments(`--minimize takes files or targets, got both: ${names.join(" ")}`);
      return { type: "minimize", names: files.length > 0 ? [] : names, files };
    }
    case "plants":
      return { type: "plants", names, seconds: seconds("20"), seed: seed(), readme: values.readme === true };
    case "peer":
      return { type: "peers", names };
    default:
      return {
        type: "fuzz",
        names,
        seconds: seconds("60"),
        seed: seed(),
        engines: values.engine === undefined ? engineNames : values.engine.map(engine),
        coverage: values.coverage === true,
        each: values.each === true,
        grow:
          values.grow === undefined
            ? null
            : number(
                values.grow,
                "--grow expected a whole number above 0",
                (value) => Number.isSafeInteger(value) && value > 0,
              ),
        first: values.first === true,
      };
  }
}

/** @param what they are, for who gave another @throws WrongArguments */
export function checkNames(names: readonly string[], known: readonly string[], what: string): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new WrongArguments(`no ${what} ${unknown.join(", ")}; there are: ${known.join(", ")}`);
}

/** Runs a command; a wrong command line is said, with the usage. Gives the exit status. */
export async function orUsage(command: () => number | Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "WrongArguments") throw error; // it may be of another bundle
    console.error(`${error.message}\n\n${usage}`);
    return WRONG;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new WrongArguments((error as Error).message);
  }
}

function number(text: string, expected: string, is: (value: number) => boolean): number {
  const value = Number(text);
  if (text.trim() === "" || !is(value)) throw new WrongArguments(`${expected}, got "${text}"`);
  return value;
}

function engine(name: string): EngineName {
  checkNames([name], engineNames, "engine");
  return name as EngineName;
}
