/** `pnpm ledger`: writes every CONFORMANCE.md, and holds the tests against ledgers of requirements. */
import { statSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { published, root } from "../workspace.ts";
import { testsOfPackages } from "./collect.ts";
import { compareParts, unknownIds } from "./compare.ts";
import { conformances, stale } from "./conformance.ts";
import { deviationsOf } from "./deviations.ts";
import { type Requirement, readLedgers } from "./ledger.ts";
import { readShown } from "./shown.ts";

const usage = `usage: pnpm ledger [FOLDER] [--complete PACKAGE,...]

Writes each published package's CONFORMANCE.md from the titles of its tests. With the folder of the ledgers, Markdown files, also
lists the ids in them that no test names, and fails if a test names one that is not in them.

  --complete PACKAGE,...   fails if an id in these packages' parts of the ledgers is missing
`;

const { folder, complete } = readArguments();
// What is wrong in the ledgers is said before the slower part.
const requirements = folder === undefined ? null : orEnd(() => readLedgers(folder));
const tests = await testsOfPackages().catch(end);
const shown = orEnd(() => readShown(tests));
const texts = orEnd(() => conformances(shown));
const written = stale(texts);
for (const path of written) writeFileSync(path, texts.get(path)!);
if (requirements !== null) compare(requirements);
console.log(
  written.length === 0 ? "every CONFORMANCE.md is up to date" : `written: ${written.map(shorten).join(", ")}`,
);

/** Prints how each part stands; the exit status says whether it may stand so. */
function compare(requirements: readonly Requirement[]): void {
  const named = new Set(shown.map(({ id }) => id));
  const otherwise = new Set(published.flatMap((name) => [...deviationsOf(name).keys()]));
  for (const { name, all, named: count, otherwise: decided, missing } of compareParts(requirements, named, otherwise)) {
    console.log(`${name}: tests show ${count} of ${all}, ${decided} decided otherwise, ${missing.length} missing`);
    if (missing.length === 0) continue;
    console.log(wrap(missing));
    if (complete.includes(name)) fail(`${name} is not complete`);
  }
  const unknown = unknownIds([...named, ...otherwise], requirements);
  if (unknown.length > 0) fail(`no ledger knows ${unknown.join(", ")}`);
}

/** Lines of up to 120 columns, indented. */
function wrap(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > 120) lines.push(`  ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}

function shorten(path: string): string {
  return relative(root, path);
}

function fail(message: string): void {
  console.error(`FAILED: ${message}`);
  process.exitCode = 1;
}

function orEnd<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    return end(error);
  }
}

/** Says what is wrong with what was read, and ends. */
function end(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

function wrongArguments(message: string): never {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}

function readArguments(): { readonly folder: string | undefined; readonly complete: readonly string[] } {
  const { values, positionals } = parse();
  if (values.help === true) {
    console.log(usage);
    process.exit(0);
  }
  const [folder, ...others] = positionals;
  const complete = values.complete?.split(",") ?? [];
  if (others.length > 0) wrongArguments(`expected one folder, got ${positionals.join(", ")}`);
  if (folder === undefined && complete.length > 0) wrongArguments("--complete needs the folder of the ledgers");
  const stranger = complete.find((name) => !published.some((known) => known === name));
  if (stranger !== undefined) wrongArguments(`expected packages among ${published.join(", ")}, got "${stranger}"`);
  const path = folder && resolve(process.env["INIT_CWD"] ?? process.cwd(), folder);
  if (path !== undefined && !statSync(path, { throwIfNoEntry: false })?.isDirectory())
    wrongArguments(`expected a folder of ledgers, got "${folder}"`);
  return { folder: path, complete };
}

function parse() {
  const options = { complete: { type: "string" }, help: { type: "boolean" } } as const;
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return wrongArguments(error instanceof Error ? error.message : String(error));
  }
}
