import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, here, root } from "../bundle/bundle.ts";
import { copySources, withPlant } from "./apply.ts";
import { type Plant, plants } from "./plants.ts";

/** How a planted bug was found; null: it was not. */
export interface PlantResult {
  readonly plant: Plant;
  readonly found: {
    readonly engine: string;
    readonly executions: number;
    readonly seconds: number;
    readonly message: string;
  } | null;
}

/**
 * Plants each bug in a copy of the sources, and fuzzes its target until it is found.
 *
 * @param seconds what each may take
 * @param names of targets; none: all
 * @returns the exit status: 1 if one was not found
 */
export async function runPlants(
  seconds: number,
  seed: number,
  names: readonly string[],
  writesReadme: boolean,
): Promise<number> {
  const copy = mkdtempSync(join(tmpdir(), "fuzz-plants-"));
  const results: PlantResult[] = [];
  try {
    copySources(root, copy);
    for (const plant of plants) {
      if (names.length > 0 && !names.includes(plant.target)) continue;
      const result = await withPlant(copy, plant, () => find(copy, plant, seconds, seed));
      results.push(result);
      const { found } = result;
      const how =
        found === null ? "NOT FOUND" : `${found.engine}, ${found.executions} executions, ${found.seconds.toFixed(1)} s`;
      console.log(`${plant.target.padEnd(22)} ${how.padEnd(46)} ${plant.breaks}`);
      if (found !== null) console.log(`${" ".repeat(23)}${found.message.slice(0, 140)}`);
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
  const missed = results.filter(({ found }) => found === null).length;
  console.log(`${results.length - missed} of ${results.length} planted bugs found`);
  if (writesReadme) writeTable(results);
  return missed === 0 ? 0 : 1;
}

async function find(copy: string, plant: Plant, seconds: number, seed: number): Promise<PlantResult> {
  const file = join(here, "dist", "planted.mjs");
  await bundle(copy, file);
  const { stdout } = spawnSync(
    process.execPath,
    [
      join(here, "src", "plants", "child.mjs"),
      file,
      plant.target,
      "--first",
      "--seconds",
      String(seconds),
      "--seed",
      String(seed),
    ],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, timeout: 1000 * (seconds * 2 + 60) },
  );
  const line = stdout.split("\n").find((text) => text.startsWith("{"));
  return { plant, found: line === undefined ? null : JSON.parse(line) };
}

const BEGIN = "<!-- plants: made by `pnpm fuzz --plants --readme` -->";
const END = "<!-- end of plants -->";

/** Puts results into the README's table, between its marks. Rows of plants that were not tried now stay. */
function writeTable(results: readonly PlantResult[]): void {
  const path = join(here, "README.md");
  const [before, rest] = readFileSync(path, "utf8").split(BEGIN);
  const [table = "", after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error(`README.md lacks ${BEGIN} … ${END}`);
  const lines = table.split("\n");
  const rows = plants.flatMap((plant) => {
    const start = `| ${plant.target} | ${plant.breaks} |`;
    const result = results.find((each) => each.plant === plant);
    if (result === undefined) return lines.filter((line) => line.startsWith(start));
    const { found } = result;
    if (found === null) return [`${start} not found | | |`];
    return [`${start} ${found.engine} | ${found.executions} | ${found.seconds.toFixed(1)} |`];
  });
  const head = ["| target | planted bug | found by | executions | seconds |", "| --- | --- | --- | ---: | ---: |"];
  writeFileSync(path, `${before}${BEGIN}\n\n${[...head, ...rows].join("\n")}\n\n${END}${after}`);
}
