/** `pnpm bench [suite …]`: runs the suites in one process, and prints a Markdown table for each. */
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { Bench } from "tinybench";
import { dotStuffing } from "./dot-stuffing.ts";
import { smtp } from "./smtp.ts";
import type { Suite } from "./suite.ts";

const suites: Readonly<Record<string, () => Suite>> = { "dot-stuffing": dotStuffing, smtp };
const PACKAGES = ["dot-stuffing", "smtp-codec"];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0) {
  console.error(`no suite named ${unknown.join(", ")}; there are: ${Object.keys(suites).join(", ")}`);
  process.exitCode = 2;
} else {
  console.log(`${machine()}\n`);
  for (const name of names.length > 0 ? names : Object.keys(suites)) await measure(suites[name]!());
}

/** What the figures hold for. */
function machine(): string {
  const require = createRequire(import.meta.url);
  const processors = cpus();
  const versions = PACKAGES.map(
    (name) => `${name} ${(require(`${name}/package.json`) as { version: string }).version}`,
  );
  return [
    `${processors.length} × ${processors[0]?.model ?? "unknown processor"}`,
    `Node ${process.versions.node} (V8 ${process.versions.v8})`,
    ...versions,
    "medians",
  ].join(", ");
}

async function measure({ name, unit, rows }: Suite): Promise<void> {
  for (const row of rows) row.check();
  const bench = new Bench({ time: 700, warmupTime: 200 });
  for (const row of rows) bench.add(row.name, () => row.run());
  await bench.run();
  const speeds = new Map<string, number>();
  for (const [index, task] of bench.tasks.entries()) {
    const { result } = task;
    if (!("latency" in result)) throw new Error(`${task.name} did not finish: ${result.state}`);
    speeds.set(task.name, (rows[index]!.amount / result.latency.p50) * 1000);
  }
  const compared = rows.some(({ reference }) => reference !== undefined);
  console.log(`| ${name} | ${unit} |${compared ? " ratio to the byte loop |" : ""}`);
  console.log(`| --- | ---: |${compared ? " ---: |" : ""}`);
  for (const row of rows) {
    const speed = speeds.get(row.name)!;
    const ratio = row.reference === undefined ? "" : (speed / speeds.get(row.reference)!).toFixed(2);
    console.log(`| ${row.name} | ${speed.toFixed(0)} |${compared ? ` ${ratio} |` : ""}`);
  }
  console.log();
}
