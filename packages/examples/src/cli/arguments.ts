import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** Options of a command line: `--name`, or `--name VALUE`. */
type Options = { readonly [name: string]: "boolean" | "string" };

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
    Object.entries({ ...known, help: "boolean" as const }).map(([name, type]) => [name, { type }]),
  );
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals, strict: true });
    if (values["help"] !== true) return { values: values as Arguments<Known>["values"], positionals };
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    return wrongArguments((error as Error).message, usage);
  }
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

/** Whether this module is the one that was started. @param url its `import.meta.url` */
export function isMain(url: string): boolean {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
}

/** An option that has to be there. */
export function required(value: string | undefined, name: string, usage: string): string {
  return value ?? wrongArguments(`--${name} is needed`, usage);
}
