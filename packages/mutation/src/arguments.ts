/** The command line of `pnpm mutation`. */
import { parseArgs } from "node:util";
import { type Package, packages } from "./scope.ts";

/** What is mutated: a package, or one file of it, from the top of the repository. */
export interface Scope {
  readonly name: Package;
  readonly file?: string;
}

/**
 * What of it: everything; only files of which nothing is kept that speaks of them as they are now; of the other files
 * only what survived, and is not explained.
 */
export type Only = "all" | "missing" | "survivors";

export type Command =
  | { readonly type: "table" | "check" }
  | { readonly type: "run"; readonly scopes: readonly Scope[]; readonly only: Only };

export const usage = `usage: pnpm mutation [--missing | --survivors] [package | source file …]
       pnpm mutation --table
       pnpm mutation --check

Packages: ${packages.join(", ")}; none: all. Files as they are seen from the top of the repository. --missing: only files that
results.json does not hold, or holds as they were before a change. --survivors: of the others only what survived without a
reason, by tests of bulk too. Exit status 1: --check found a survivor without a reason; 2: a wrong command line.`;

/** What is wrong with a command line, in words for who wrote it. */
export class WrongArguments extends Error {
  override readonly name = "WrongArguments";
}

/** @param files of the repository @throws WrongArguments, before anything is begun */
export function readCommand(args: readonly string[], files: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const [way, other] = Object.keys(values);
  if (other !== undefined) throw new WrongArguments(`--${way} and --${other} do not go together`);
  if (way === undefined || way === "missing" || way === "survivors") {
    const named = positionals.map((name) => scopeOf(name, files));
    const scopes = named.length > 0 ? named : packages.map((name) => ({ name }));
    return { type: "run", scopes, only: way ?? "all" };
  }
  if (positionals.length > 0) throw new WrongArguments(`--${way} takes no names, got "${positionals.join(" ")}"`);
  return { type: way as "table" | "check" } as Command;
}

function scopeOf(name: string, files: readonly string[]): Scope {
  const whole = packages.find((one) => one === name);
  if (whole !== undefined) return { name: whole };
  const of = packages.find((one) => name.startsWith(`packages/${one}/src/`));
  if (of === undefined || !files.includes(name))
    throw new WrongArguments(`expected packages, or source files of theirs, got "${name}"`);
  return { name: of, file: name };
}

function parse(args: readonly string[]) {
  const options = {
    table: { type: "boolean" },
    check: { type: "boolean" },
    missing: { type: "boolean" },
    survivors: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new WrongArguments((error as Error).message);
  }
}
