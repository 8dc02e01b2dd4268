/** What `main.ts` runs, bundled with instrumented sources. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type Command, checkNames, readCommand, WrongArguments } from "../arguments.ts";
import { formatInput, type Kept, parseInput } from "../input/file.ts";
import { reduce } from "../reduce.ts";
import type { Target } from "../target.ts";
import { targets } from "../targets/index.ts";
import { corpusOf, grow, superfluous, writeFinding } from "./corpus.ts";
import { errorOf, fuzz, type Result } from "./fuzz.ts";

/** @param here this package's folder @returns the exit status @throws WrongArguments */
export function run(here: string, args: readonly string[]): number {
  const corpus = join(here, "corpus");
  const command = readCommand(args);
  // Files are named as they are seen from the repository's top, where `pnpm fuzz` runs.
  const read = (file: string) => readInput(resolve(here, "../..", file));
  switch (command.type) {
    case "list":
      for (const { name, files } of targets) console.log(`${name.padEnd(22)} ${files.join(" ")}`);
      return 0;
    case "replay":
      return replay(read(command.file));
    case "minimize":
      if (command.files.length > 0) return minimizeFindings(command.files.map(read));
      return minimizeCorpus(corpus, named(command.names));
    case "fuzz":
      return fuzzAll(here, corpus, command);
    default:
      throw new Error(`${command.type} are run by themselves`);
  }
}

/** The targets of these names; without any, all. @throws WrongArguments */
function named(names: readonly string[]): readonly Target[] {
  checkNames(
    names,
    targets.map(({ name }) => name),
    "target is named",
  );
  return targets.filter(({ name }) => names.length === 0 || names.includes(name));
}

function fuzzAll(here: string, corpus: string, command: Extract<Command, { type: "fuzz" }>): number {
  const { seconds, seed, engines, first } = command;
  const chosen = named(command.names);
  const total = command.each ? seconds * chosen.length : seconds;
  if (!first) console.log(`seed ${seed}, ${total} seconds for ${chosen.length} targets`);
  const starved: string[] = [];
  let status = 0;
  let left = total;
  for (const [index, target] of chosen.entries()) {
    const effort = {
      seconds: left / (chosen.length - index),
      seed,
      corpus: corpusOf(corpus, target.name),
      engines,
      ...(first ? { most: 1, reduces: false } : {}),
    };
    const result = fuzz(target, effort);
    left -= result.seconds;
    if (result.findings.length > 0) status = 1;
    else if (result.starved) starved.push(target.name);
    if (first) {
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
    if (command.coverage) console.log(covered(result));
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
    if (command.grow !== null) console.log(grow(corpus, target, result.grown, command.grow).join("\n"));
  }
  if (starved.length > 0) {
    console.log(`too few seconds: the corpus alone was run, and nothing made of it, for ${starved.join(", ")}`);
    status = 1;
  }
  return status;
}

/** An input in a file. */
interface ReadInput {
  readonly file: string;
  readonly kept: Kept;
  readonly target: Target;
}

/** @throws WrongArguments for a file that is not there, or holds no input */
function readInput(file: string): ReadInput {
  try {
    const kept = parseInput(readFileSync(file, "utf8"));
    const target = targets.find(({ name }) => name === kept.target);
    if (target === undefined) throw new Error(`no target named "${kept.target}"`);
    return { file, kept, target };
  } catch (error) {
    throw new WrongArguments(`${file} cannot be read as an input: ${(error as Error).message}`);
  }
}

function replay({ file, kept, target }: ReadInput): number {
  const error = errorOf(target, kept);
  console.log(error === null ? `${target.name}: ${file} holds` : `${target.name}: ${error.stack}`);
  return error === null ? 0 : 1;
}

/** Reduces findings in place. */
function minimizeFindings(inputs: readonly ReadInput[]): number {
  for (const { file, kept, target } of inputs) {
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
