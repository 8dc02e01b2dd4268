import { Bench } from "tinybench";
import type { Recorded, Row, Table, Work } from "./suite.ts";

/**
 * What stands in a cell: a speed in the table's unit; one that was recorded; why there is none; null for who cannot do
 * it.
 */
type Cell = number | Recorded | string | null;

/** Measures a table and gives it as Markdown. A peer whose result is wrong is not measured: its cell says so. */
export async function measure(table: Table): Promise<string> {
  const { title, unit, columns, rows } = table;
  const lines = [`| ${title}, ${unit} | ${columns.join(" | ")} |`, `| --- |${" ---: |".repeat(columns.length)}`];
  for (const row of rows) {
    const cells = await measureRow(row, columns);
    const ours = cells[0];
    const shown = cells.map((cell, index) => show(cell, index === 0 || typeof ours !== "number" ? null : ours));
    lines.push(`| ${row.name} | ${shown.join(" | ")} |`);
  }
  return lines.join("\n");
}

/**
 * Checks the results of a table's rows, without measuring anything.
 *
 * @returns what is wrong with ours, and with the peers'; they are known for some
 */
export async function check({ rows, columns }: Table): Promise<{ readonly ours: string[]; readonly peers: string[] }> {
  const wrong: { readonly ours: string[]; readonly peers: string[] } = { ours: [], peers: [] };
  for (const { name, works } of rows) {
    for (const [index, column] of columns.entries()) {
      const what = await wrongIn(works[column]);
      if (what !== null) (index === 0 ? wrong.ours : wrong.peers).push(`${name}, ${column}: ${what}`);
    }
  }
  return wrong;
}

async function measureRow({ name, amount, works, recorded = {} }: Row, columns: readonly string[]): Promise<Cell[]> {
  const bench = new Bench({ time: 600, iterations: 3, warmupTime: 150, warmupIterations: 1 });
  const cells = new Map<string, Cell>(Object.entries(recorded));
  for (const [index, column] of columns.entries()) {
    const work = works[column];
    if (work === undefined) continue;
    const wrong = await wrongIn(work);
    if (wrong === null) bench.add(column, () => work.run());
    else if (index === 0) throw new Error(`${name}: ${wrong}`);
    else cells.set(column, "wrong");
  }
  await bench.run();
  for (const { name: column, result } of bench.tasks) {
    if (!("latency" in result)) throw new Error(`${name}, ${column}: did not finish: ${result.state}`);
    cells.set(column, (amount / result.latency.p50) * 1000);
  }
  return columns.map((column) => cells.get(column) ?? null);
}

/** What is wrong with the result of a work; null: nothing, or there is none. */
async function wrongIn(work: Work | undefined): Promise<string | null> {
  try {
    await work?.check();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Three figures, and after a peer's speed how many times as fast ours is. */
function show(cell: Cell, ours: number | null): string {
  if (cell === null) return "–";
  if (typeof cell === "string") return cell;
  const [least, most] = typeof cell === "number" ? [cell, cell] : cell;
  const speed = range(figure(least), figure(most));
  return ours === null ? speed : `${speed} (${range(figure(ours / most), figure(ours / least))}×)`;
}

function range(from: string, to: string): string {
  return from === to ? from : `${from}–${to}`;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}
