/** What `main.ts` runs, bundled with instrumented sources. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { formatInput, parseInput } from "../input/file.ts";
import { reduce } from "../reduce.ts";
import type { Target } from "../target.ts";
import { targets } from "../targets/index.ts";
import { corpusOf, grow, superfluous, writeFinding } from "./corpus.ts";
import { errorOf, fuzz, type Result } from "./fuzz.ts";

/** @param here this package's folder @returns the exit status */
export function run(here: string, args: readonly string[]): number {
  const corpus = join(here, "corpus");
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "60" },
      seed: { type: "string", default: "1" },
      engine: { type: "string", multiple: true },
      replay: { type: "string" },
      minimize: { type: "boolean", default: false },
      coverage: { type: "boolean", default: false },
      grow: { type: "string" },
      first: { type: "boolean", default: false },
      each: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
    },
  });
  if (values.list) {
    for (const { name, files } of targets) console.log(`${name.padEnd(22)} ${files.join(" ")}`);
    return 0;
  }
  // Files are named as they are seen from the repository's top, where `pnpm fuzz` runs.
  const fromTop = (file: string) => resolve(here, "../..", file);
  if (values.replay !== undefined) return replay(fromTop(values.replay));
  const files = positionals.filter((name) => name.endsWith(".txt")).map(fromTop);
  if (values.minimize && files.length > 0) return minimizeFindings(files);
  const unknown = positionals.filter((name) => !targets.some((target) => target.name === name));
  if (unknown.length > 0) {
    console.error(`no target named ${unknown.join(", ")}; there are: ${targets.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  if (values.minimize) return minimizeCorpus(corpus, chosen);

  const seconds = Number(values.seconds);
  const seed = Number(values.seed);
  if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
    console.error("--seconds expected a number above 0, --seed a whole number");
    return 2;
  }
  const total = values.each ? seconds * chosen.length : seconds;
  if (!values.first) console.log(`seed ${seed}, ${total} seconds for ${chosen.length} targets`);
  let status = 0;
  let left = total;
  for (const [index, target] of chosen.entries()) {
    const effort = {
      seconds: left / (chosen.length - index),
      seed,
      corpus: corpusOf(corpus, target.name),
      ...(values.engine === undefined ? {} : { engines: values.engine }),
      ...(values.first ? { most: 1, reduces: false } : {}),
    };
    const result = fuzz(target, effort);
    left -= result.seconds;
    if (result.findings.length > 0) status = 1;
    if (values.first) {
      const [found] = result.findings;
      if (found !== undefined)
        console.log(
          JSON.stringify({
            ...found,
            input: undefined,
            stack: undefined,
            text: found.input && formatInput({ target: target.name, showed: found.message, ...found.input }),
          }),
        );
      if (status !== 0) return status;
      continue;
    }
    console.log(summary(result));
    if (values.coverage) console.log(covered(result));
    for (const found of result.findings) {
      const { engine, executions, message, stack, input } = found;
      const what = input === null ? `a THROW of ${engine}, in place of an input,` : `FOUND by ${engine}`;
      console.log(`  ${what} after ${executions} executions: ${message.slice(0, 500)}`);
      if (!stack.startsWith("Finding")) console.log(stack.split("\n").slice(1, 6).join("\n"));
      if (input === null) console.log(`  pnpm fuzz ${target.name} --seed ${seed} --engine ${engine}`);
      else {
        const file = writeFinding(join(here, "findings"), { ...found, input });
        console.log(`  pnpm fuzz --replay ${relative(join(here, "../.."), file)}`);
      }
    }
    if (values.grow !== undefined) console.log(grow(corpus, target, result.grown, Number(values.grow)).join("\n"));
  }
  return status;
}

function replay(file: string): number {
  const { target: name, ...input } = parseInput(readFileSync(file, "utf8"));
  const target = targetOf(name);
  const error = errorOf(target, input);
  console.log(error === null ? `${name}: ${file} holds` : `${name}: ${error.stack}`);
  return error === null ? 0 : 1;
}

/** Reduces findings in place. */
function minimizeFindings(files: readonly string[]): number {
  for (const file of files) {
    const kept = parseInput(readFileSync(file, "utf8"));
    const target = targetOf(kept.target);
    if (errorOf(target, kept) === null) console.log(`${file}: holds, and stays as it is`);
    else
      writeFileSync(
        file,
        formatInput({ ...kept, ...reduce(kept, (smaller) => errorOf(target, smaller) !== null, 20_000) }),
      );
  }
  return 0;
}

/** Removes what adds nothing to the corpus. */
function minimizeCorpus(folder: string, chosen: readonly Target[]): number {
  for (const target of chosen) {
    const files = superfluous(folder, target);
    for (const file of files) rmSync(file);
    console.log(`${target.name}: ${files.length} removed, ${corpusOf(folder, target.name).length} left`);
  }
  return 0;
}

function targetOf(name: string): Target {
  const target = targets.find((each) => each.name === name);
  if (target === undefined) throw new Error(`no target named ${name}`);
  return target;
}

function summary({ target, executions, seconds, reducing, coverage, grown, findings }: Result): string {
  const parts = target.files.map((prefix) => coverage.reached(prefix));
  const reached = parts.reduce((sum, part) => sum + part.reached, 0);
  const of = parts.reduce((sum, part) => sum + part.of, 0);
  return [
    target.name.padEnd(22),
    `${executions} executions`.padStart(18),
    `${Math.round(executions / (seconds - reducing))}/s`.padStart(8),
    `${reached} of ${of} blocks (${of === 0 ? 0 : Math.round((100 * reached) / of)} %)`.padStart(26),
    `corpus +${grown.length}`.padStart(13),
    `${findings.length} findings`.padStart(12),
  ].join("");
}

function covered({ target, coverage }: Result): string {
  const rows = target.files.flatMap((prefix) => coverage.byFile(prefix));
  return rows
    .map(({ file, reached, of }) => `  ${String(reached).padStart(4)} of ${String(of).padStart(4)}  ${file}`)
    .join("\n");
}
