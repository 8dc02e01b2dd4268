/** Runs the peers' checks, one after the other. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Check, Peer } from "./check.ts";
import { type Entry, entriesOf, type Result, writeRecord } from "./covered/record.ts";
import { howToInstall } from "./system/debian.ts";
import { World } from "./world.ts";

type Outcome = "ok" | "FAILED" | "skipped";

/**
 * The longest that a check may take: with a server that does not answer, a client waits for minutes. In milliseconds.
 */
const LIMIT = 60_000;

const counts: Record<Outcome, number> = { ok: 0, FAILED: 0, skipped: 0 };

/** @param all the peers that there are: what a record may have entries of */
export async function meetPeers(chosen: readonly Peer[], all: readonly Peer[]): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const folder = await mkdtemp(join(tmpdir(), "interop-"));
  await chmod(folder, 0o711); // peers that run as nobody have their folders in it
  const entries: Entry[] = [];
  try {
    const world = await World.make(folder, stop.signal);
    for (const peer of chosen) {
      if (stop.signal.aborted) break;
      entries.push(...(await meet(peer, world, stop.signal)));
    }
  } finally {
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
  console.log(`\n${counts.ok} passed, ${counts.FAILED} failed, ${counts.skipped} skipped`);
  if (counts.FAILED > 0 || stop.signal.aborted) process.exitCode = 1;
  if (!stop.signal.aborted)
    writeRecord(
      entries,
      all.map(({ name }) => name),
    );
}

async function meet(peer: Peer, world: World, signal: AbortSignal): Promise<Entry[]> {
  const { name, parts } = peer;
  let version: string;
  try {
    version = await peer.version(world);
  } catch (error) {
    const outcome = process.env["INTEROP"] === "required" ? "FAILED" : "skipped";
    report(outcome, `${name}: ${words(error)}; ${howToInstall(name)}`);
    return [];
  }
  console.log(`        ${name} ${version}`);
  const results: Result[] = [];
  try {
    for (const check of await peer.checks(world)) {
      if (signal.aborted) break;
      results.push({ covers: check.covers ?? [], passed: await passes(name, check, signal) });
    }
  } catch (error) {
    report("FAILED", `${name}: it could not be started\n    ${words(error)}`);
  } finally {
    await world.stopDaemons();
  }
  return entriesOf(name, version, parts, results);
}

async function passes(name: string, { title, run, limit = LIMIT }: Check, signal: AbortSignal): Promise<boolean> {
  const started = performance.now();
  try {
    const said = await inTime(run(), limit, signal);
    report(
      "ok",
      `${name}: ${title}${typeof said === "string" ? `: ${said}` : ""} (${(performance.now() - started).toFixed(0)} ms)`,
    );
    return true;
  } catch (error) {
    report("FAILED", `${name}: ${title}\n    ${words(error)}`);
    return false;
  }
}

/** @throws Error if it takes too long, or everything is stopped; it is left to itself then */
async function inTime<Value>(running: Promise<Value>, limit: number, signal: AbortSignal): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = (): void => {};
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it takes more than ${limit / 1000} seconds`)), limit);
    stopped = () => reject(new Error("it was stopped"));
    signal.addEventListener("abort", stopped);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stopped);
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function report(outcome: Outcome, text: string): void {
  counts[outcome]++;
  console.log(`${outcome.padEnd(7)} ${text}`);
}
