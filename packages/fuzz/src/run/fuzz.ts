import { type EngineName, engineNames } from "../arguments.ts";
import { Coverage, clear } from "../coverage.ts";
import { arbitrariesEngine } from "../engines/arbitraries.ts";
import type { Engine, Ground } from "../engines/engine.ts";
import { guidedEngine } from "../engines/guided.ts";
import { transcriptEngine } from "../engines/transcript.ts";
import type { Input } from "../input/input.ts";
import { Random, seedOf } from "../input/random.ts";
import { reduce } from "../reduce.ts";
import type { Target } from "../target.ts";

/**
 * The engines take turns, so many executions each: what is tried depends on the seed alone, when it ends on the time.
 */
const TURN = 50;

const ENGINES: { readonly [Name in EngineName]: (ground: Ground) => Engine } = {
  arbitraries: arbitrariesEngine,
  guided: guidedEngine,
  transcript: transcriptEngine,
};

/** What a target was found to do. */
export interface Found {
  readonly target: string;
  readonly engine: string;
  /** How many executions it took, and seconds. */
  readonly executions: number;
  readonly seconds: number;
  readonly message: string;
  readonly stack: string;
  /** Null: it is no input that was wrong, but an engine threw in place of making one. */
  readonly input: Input | null;
}

/** What came of a run. */
export interface Result {
  readonly target: Target;
  readonly executions: number;
  readonly seconds: number;
  /** The time was over with the corpus: no engine had an execution. That nothing was found says nothing then. */
  readonly starved: boolean;
  /** Of these, what making findings smaller took: executions that are not counted. */
  readonly reducing: number;
  readonly coverage: Coverage;
  /** Inputs that reached something new. */
  readonly grown: readonly Input[];
  readonly findings: readonly Found[];
}

/** How a target is fuzzed. */
export interface Effort {
  readonly seconds: number;
  readonly seed: number;
  /** Executed first, and whole, whatever time it takes. */
  readonly corpus: readonly Input[];
  /** Default all. */
  readonly engines?: readonly EngineName[];
  /** So many findings end the run: they are mostly the same. Default 5. */
  readonly most?: number;
  /** Whether findings are made smaller. Default true. */
  readonly reduces?: boolean;
}

/** Runs a target's engines in turn until the time is over. */
export function fuzz(
  target: Target,
  { seconds, seed, corpus: committed, engines = engineNames, most = 5, reduces = true }: Effort,
): Result {
  const start = performance.now();
  const coverage = new Coverage();
  const corpus: Input[] = [];
  const findings: Found[] = [];
  const known = new Set<string>();
  let executions = 0;
  let reducing = 0;
  const passed = () => (performance.now() - start) / 1000;
  const isNew = (kind: string) => known.size < known.add(kind).size;

  const execute = (input: Input, engine: string) => {
    executions++;
    clear();
    const error = errorOf(target, input);
    if (error !== null) {
      const kind = kindOf(error);
      if (isNew(kind)) {
        const before = passed();
        const reduced = !reduces ? input : reduce(input, (smaller) => kindOf(errorOf(target, smaller)) === kind);
        const { message, stack = "" } = reduces ? (errorOf(target, reduced) ?? error) : error;
        findings.push({ target: target.name, engine, executions, seconds: before, message, stack, input: reduced });
        reducing += passed() - before;
      }
    } else if (coverage.add()) corpus.push(input);
  };
  /** What an engine makes next. An arbitrary that throws is a finding as any other, and the engine goes on. */
  const made = (engine: Engine): Input | null => {
    const { error, value } = caught(() => engine.next());
    if (error === null) return value;
    const { message, stack = "" } = error;
    if (isNew(`generator ${kindOf(error)}`))
      findings.push({
        target: target.name,
        engine: engine.name,
        executions,
        seconds: passed(),
        message,
        stack,
        input: null,
      });
    return null;
  };
  const isFull = () => findings.length >= most;
  const isOver = () => isFull() || passed() >= seconds;

  for (const input of committed) if (!isFull()) execute(input, "corpus");
  const before = corpus.length;
  const starved = isOver() && !isFull();
  const all = engineNames
    .filter((name) => engines.includes(name))
    .map((name) => ENGINES[name]({ target, corpus, random: new Random(seedOf(target.name + name, seed)) }));
  while (!isOver()) {
    for (const engine of all)
      for (let turn = 0; turn < TURN && !isOver(); turn++) {
        const input = made(engine);
        if (input !== null) execute(input, engine.name);
      }
  }
  return { target, executions, seconds: passed(), starved, reducing, coverage, grown: corpus.slice(before), findings };
}

/** What a target throws at an input; null: nothing. */
export function errorOf(target: Target, input: Input): Error | null {
  return caught(() => target.run(input)).error;
}

/** What a call gives, or throws. */
function caught<Value>(
  call: () => Value,
): { readonly error: null; readonly value: Value } | { readonly error: Error; readonly value: null } {
  try {
    return { error: null, value: call() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)), value: null };
  }
}

/** What two findings have in common that are the same: their first words. */
function kindOf(error: Error | null): string {
  return error === null ? "" : `${error.name} ${error.message.replace(/[^a-z]*[:(…<"\d][\s\S]*$/i, "")}`;
}
