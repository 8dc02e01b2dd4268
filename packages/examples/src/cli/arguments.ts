import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** Options of a command line: `--name`, or `--name VALUE`. A path is seen from where the command was given. */
type Options = { readonly [name: string]: "boolean" | "string" | "path" };

/** What was given. */
export interface Arguments<Known extends Options> {
  readonly values: { readonly [Name in keyof Known]?: Known[Name] extends "boolean" ? boolean : string };
  readonly positionals: readonly string[];
}

/** Reads the command line. A wrong one, or `--help`, ends the process with a word about it. */
export function readArguments<const Known extends Options>(
  usage: string,
  known: Known,
  allowPositionals = false,
): Arguments<Known> {
  const options = Object.fromEntries(
    Object.entries({ ...known, help: "boolean" as const }).map(([name, type]) => [
      name,
      { type: type === "path" ? "string" : type },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals, strict: true });
    for (const [name, value] of Object.entries(values))
      if (known[name] === "path") values[name] = resolvePath(value as string);
    if (values["help"] !== true) return { values: values as Arguments<Known>["values"], positionals };
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    return wrongArguments((error as Error).message, usage);
  }
}

/**
 * Where the command was given: pnpm runs programs in the package's folder, and says in INIT_CWD where it was itself.
 */
export function resolvePath(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}

/** Says what is wrong with the command line, and ends the process. */
export function wrongArguments(message: string, usage: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

/** @returns 0, for any port, unless one was named */
export function readPort(text: string | undefined, usage: string): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  return wrongArguments(`--port expects a number up to 65535, got "${text}"`, usage);
}

/** @param form of the number: by default a whole one that is not below zero @returns undefined unless one was given */
export function readNumber(
  text: string | undefined,
  name: string,
  usage: string,
  form: RegExp = /^\d{1,9}$/,
): number | undefined {
  if (text === undefined || form.test(text)) return text === undefined ? undefined : Number(text);
  return wrongArguments(`--${name} expects a whole number, got "${text}"`, usage);
}

/**
 * Runs a program if its module is the one that was started. What stands in its way, as a file that is not there or a
 * wrong password, it says in a line, and exits with status 1; a TypeError is a fault of its own, and has its stack.
 *
 * @param url the module's `import.meta.url`
 */
export async function main(url: string, program: () => Promise<void>): Promise<void> {
  if (process.argv[1] === undefined || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  try {
    await program();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    // To connect by a name is to try each of its addresses.
    const errors: readonly Error[] = error instanceof AggregateError ? error.errors : [error];
    process.stderr.write(`${errors.map(({ message }) => message).join("; ")}\n`);
    process.exitCode = 1;
  }
}

/** An option that has to be there. */
export function required(value: string | undefined, name: string, usage: string): string {
  return value ?? wrongArguments(`--${name} is needed`, usage);
}
