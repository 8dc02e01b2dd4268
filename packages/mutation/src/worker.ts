/**
 * Tries mutants. All of them are in the sources, and a global variable says which one is active, so that the tests stay
 * loaded.
 *
 * First every test runs twice without a mutant: whose code it runs, how often, how long it takes. Then, for each
 * mutant, the tests that run it, quick ones first, until one fails. That test must pass again without the mutant, or
 * else everything is loaded anew: nothing that a mutant left behind may fail the tests of the next. Mutants that no
 * test noticed then, but that act while modules are loaded, or once for all, come last of their file's; for each of
 * them everything is loaded anew.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { collectTests, type Suite, type Task, type Test } from "@vitest/runner";
import fc from "fast-check";
import { beforeAll, expect, it, TestRunner, vi } from "vitest";
import type { Job, Line } from "./job.ts";

/** What the instrumented sources look at. */
interface Switch {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  readonly mutantCoverage: { readonly static: Hits; readonly perTest: Record<string, Hits> };
}
type Hits = Record<string, number>;

interface Loaded {
  readonly test: Test;
  hits: Hits;
  /** How many places of mutants it meets. */
  steps: number;
  /** In milliseconds. */
  time: number;
  /** How many mutants of the source at hand it has noticed. */
  kills: number;
}

/** Counts all places of mutants that are met, whichever mutant is active: no loop gets around them. */
let steps = 0;
let limit = Number.POSITIVE_INFINITY;
const loading: Hits = {};
const switches: Switch = {
  mutantCoverage: {
    perTest: {},
    get static() {
      if (++steps > limit) throw new Error("it does not end");
      return loading;
    },
  },
};
const globals = globalThis as unknown as { __stryker__: Switch; testRunner: Parameters<typeof collectTests>[1] };
globals.__stryker__ = switches;

const job = JSON.parse(readFileSync(process.env["MUTATION_JOB"]!, "utf8")) as Job;
// The same inputs every time, and the first that fails is enough.
fc.configureGlobal({ seed: 1, endOnFailure: true });

/** A promise that is never settled keeps nothing busy, so this is long, whatever else the machine does. */
const SILENCE = 10_000;
/**
 * A test that meets so many places of mutants is about bulk, and is left out: it takes too long, and others run the
 * same code.
 */
const BULK = job.thorough ? 4_000_000 : 200_000;
/** What tests of so many steps together have not noticed is not noticed. */
const ENOUGH = job.thorough ? Number.POSITIVE_INFINITY : 5_000_000;
/** More steps than modules and tables take to load. */
const LOADING = 1_000_000;
const bulk = new Set<string>();
/** A test that is named like a source is taken to have noticed so many of its mutants before. */
const NEAR = 10;
/** What takes this many times the steps that it takes without a mutant does not end. */
const TOO_OFTEN = 20;

let tried = 0;
it("tried every mutant", () => expect(tried).toBe(job.mutants.length));

// Tests can be loaded where no test is running.
beforeAll(async () => {
  let tests = await loadAll();
  for (const file of new Set(job.mutants.map((mutant) => mutant.file))) {
    for (const one of tests) one.kills = isNear(file, one.test.file.filepath) ? NEAR : 0;
    const late = new Map<string, number>();
    for (const { id } of job.mutants.filter((mutant) => mutant.file === file)) {
      const running = tests.filter(({ hits }) => hits[id] !== undefined).sort(sooner);
      const own = running.filter(({ test }) => !job.others.includes(test.file.filepath));
      const order = affordable([...own, ...running.filter((one) => !own.includes(one))]);
      say({ id });
      const killer = await firstFailing(order, id);
      const again = early.has(id) || once.has(id);
      if (killer === undefined && again) late.set(id, order.length);
      else if (killer === undefined) say({ id, survived: order.length });
      else {
        say({ id, noticed: killer.test.name });
        killer.kills++;
        if (await fails(killer)) {
          keeping.add(killer.test.id);
          tests = await reload(tests);
        }
      }
    }
    const known = new Map(tests.map((one) => [one.test.id, one]));
    for (const [id, before] of late) {
      say({ id });
      const order = filesInOrder(tests);
      const files = early.has(id) ? order : order.filter((test) => once.get(id)!.has(test));
      const { noticed, survived } = await tryAnew(files, id, known);
      say(noticed === undefined ? { id, survived: survived! + before } : { id, noticed });
    }
    // What tests load while they run must be no module that a mutant was in.
    if (late.size > 0) vi.resetModules();
  }
}, 0);

/** Whether a test stands in a folder or a file of the same name as the source, or as its folder. */
function isNear(source: string, test: string): boolean {
  const words = source.replace(/\.ts$/, "").split("/").slice(3);
  return words.some((word) => test.split("/test/")[1]!.includes(word));
}

/** Those of the first tests that take no more than {@link ENOUGH} steps together. */
function affordable(tests: readonly Loaded[]): Loaded[] {
  let sum = 0;
  return tests.filter(({ steps }) => (sum += steps) <= ENOUGH);
}

/** The package's test files, those first that are likely to notice the next mutant, and quick ones. */
function filesInOrder(tests: readonly Loaded[]): string[] {
  const cost = (file: string) => {
    const its = tests.filter(({ test }) => test.file.filepath === file);
    const sum = (of: (one: Loaded) => number) => its.reduce((total, one) => total + of(one), 0);
    return sum(({ time }) => time) / (1 + sum(({ kills }) => kills));
  };
  const files = job.tests.filter((file) => !job.others.includes(file));
  const costs = new Map(files.map((file) => [file, cost(file)]));
  return files.sort((one, other) => costs.get(one)! - costs.get(other)!);
}

/**
 * Tests in which something of a mutant stayed behind: others may notice the next one as well, and spare the loading.
 */
const keeping = new Set<string>();

/** Quick tests first, and those that have noticed much. */
function sooner(one: Loaded, other: Loaded): number {
  const cost = ({ time, kills }: Loaded) => time / (1 + kills);
  return Number(keeping.has(one.test.id)) - Number(keeping.has(other.test.id)) || cost(one) - cost(other);
}

/** Mutants that act while modules are loaded. */
const early = new Set<string>();

/** Mutants that tests ran the first time only, with the files of these tests: something was kept. */
const once = new Map<string, Set<string>>();

/** Loads all tests, without a mutant. @throws Error if one fails */
async function loadAll(): Promise<Loaded[]> {
  vi.resetModules();
  for (const id of Object.keys(loading)) delete loading[id];
  for (const source of job.sources) await import(/* @vite-ignore */ source);
  for (const id of Object.keys(loading)) early.add(id);
  const all: Loaded[] = [];
  for (const file of job.tests) all.push(...(await load(file)).filter(({ test }) => !bulk.has(test.id)));
  for (const second of [false, true]) {
    for (const one of all) {
      if (bulk.has(one.test.id)) continue;
      switches.mutantCoverage.perTest[one.test.id] = {};
      switches.currentTestId = one.test.id;
      steps = 0;
      limit = BULK;
      const begun = performance.now();
      const error = await attempt(one.test);
      one.time = performance.now() - begun;
      deactivate();
      if (steps > BULK) {
        bulk.add(one.test.id);
        continue;
      }
      if (error !== undefined)
        throw new Error(`${one.test.file.name}: "${one.test.name}" fails without a mutant: ${error}`);
      const hits = switches.mutantCoverage.perTest[one.test.id]!;
      const gone = second ? Object.keys(one.hits).filter((id) => hits[id] === undefined) : [];
      for (const id of gone) once.set(id, (once.get(id) ?? new Set()).add(one.test.file.filepath));
      one.hits = hits;
      one.steps = steps;
    }
  }
  return all.filter(({ test }) => !bulk.has(test.id));
}

/**
 * Loads everything anew, without a mutant. What is known of the tests stays as it is: to find it again takes much
 * longer.
 */
async function reload(known: readonly Loaded[]): Promise<Loaded[]> {
  vi.resetModules();
  const byId = new Map(known.map((one) => [one.test.id, one]));
  const all: Loaded[] = [];
  for (const file of job.tests) {
    for (const { test } of await load(file)) {
      const before = byId.get(test.id);
      if (before !== undefined) all.push({ ...before, test });
    }
  }
  return all;
}

/** @throws Error if the file cannot be loaded */
async function load(path: string): Promise<Loaded[]> {
  const [file] = await collectTests([path], globals.testRunner);
  if (file!.result?.state === "fail") throw new Error(`${path} cannot be loaded: ${file!.result.errors?.[0]?.message}`);
  const tests: Test[] = [];
  const walk = (task: Task) => {
    if (task.type === "suite") task.tasks.forEach(walk);
    else if (task.mode === "run" || task.mode === "queued") tests.push(task);
  };
  walk(file!);
  return tests.map((test) => ({ test, hits: {}, steps: 0, time: 0, kills: 0 }));
}

/** Loads everything with the mutant, file by file, and runs those tests that are known. */
async function tryAnew(files: readonly string[], id: string, known: Map<string, Loaded>): Promise<Omit<Line, "id">> {
  vi.resetModules();
  let [ran, sum] = [0, 0];
  for (const file of files) {
    if (sum > ENOUGH) break;
    let tests: Loaded[];
    activate(id, LOADING);
    try {
      tests = await load(file);
    } catch {
      return { noticed: `${file} cannot be loaded` };
    } finally {
      deactivate();
    }
    tests = tests.filter(({ test }) => known.has(test.id));
    for (const one of tests) Object.assign(one, { ...known.get(one.test.id), test: one.test });
    tests.sort(sooner);
    const killer = await firstFailing(tests, id);
    if (killer !== undefined) {
      known.get(killer.test.id)!.kills++;
      return { noticed: killer.test.name };
    }
    ran += tests.length;
    for (const { steps } of tests) sum += steps;
  }
  return { survived: ran };
}

async function firstFailing(tests: readonly Loaded[], id: string): Promise<Loaded | undefined> {
  for (const one of tests) if (await fails(one, id)) return one;
  return undefined;
}

async function fails(one: Loaded, id?: string): Promise<boolean> {
  if (id !== undefined) activate(id, one.steps);
  const error = await attempt(one.test);
  // A test may have swallowed what stopped the loop.
  const endless = steps > limit;
  deactivate();
  if (error !== undefined) vi.restoreAllMocks();
  return error !== undefined || endless;
}

function activate(id: string, usual: number): void {
  steps = 0;
  limit = TOO_OFTEN * usual + 100_000;
  switches.activeMutant = id;
}

function deactivate(): void {
  limit = Number.POSITIVE_INFINITY;
  switches.activeMutant = undefined;
  switches.currentTestId = undefined;
}

/** Runs a test once. Gives what it threw. */
async function attempt(test: Test): Promise<unknown> {
  writeFileSync(job.pulse, test.name);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it does not end")), SILENCE);
  });
  try {
    const suites: Suite[] = [];
    for (let suite = test.suite; suite !== undefined; suite = suite.suite) suites.unshift(suite);
    for (const suite of suites.includes(test.file) ? suites : [test.file, ...suites]) {
      for (const hook of TestRunner.getSuiteHooks(suite).beforeEach) await hook(test.context, suite);
    }
    await Promise.race([TestRunner.getTestFn(test)(), silence]);
    return undefined;
  } catch (error) {
    return error ?? "nothing";
  } finally {
    clearTimeout(timer);
  }
}

function say(line: Line): void {
  if (line.noticed !== undefined || line.survived !== undefined) tried++;
  appendFileSync(job.results, `${JSON.stringify(line)}\n`);
}
