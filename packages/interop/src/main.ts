/** `pnpm interop [peer …]`: real clients against the example servers. A line a check, a summary, exit status 1 on failure. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "./check.ts";
import { curl } from "./peers/curl.ts";
import { python } from "./peers/python.ts";
import { swaks } from "./peers/swaks.ts";
import { World } from "./world.ts";

type Result = "ok" | "FAILED" | "skipped";

const peers: readonly Peer[] = [curl, swaks, python];
const counts: Record<Result, number> = { ok: 0, FAILED: 0, skipped: 0 };
const stop = new AbortController();

const names = process.argv.slice(2);
const unknown = names.filter((name) => !peers.some((peer) => peer.name === name));
if (unknown.length > 0) {
  console.error(`no peer named ${unknown.join(", ")}; there are: ${peers.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
} else {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const folder = await mkdtemp(join(tmpdir(), "interop-"));
  try {
    const world = await World.make(folder, stop.signal);
    for (const peer of peers) if (names.length === 0 || names.includes(peer.name)) await meet(peer, world);
  } finally {
    await rm(folder, { recursive: true });
  }
  console.log(`\n${counts.ok} passed, ${counts.FAILED} failed, ${counts.skipped} skipped`);
  if (counts.FAILED > 0 || stop.signal.aborted) process.exitCode = 1;
}

async function meet(peer: Peer, world: World): Promise<void> {
  const missing = await peer.missing(world).catch(words);
  if (stop.signal.aborted) return;
  if (missing !== null) {
    const result = process.env["INTEROP"] === "required" ? "FAILED" : "skipped";
    report(result, `${peer.name}: ${missing}; apt-get install --no-install-recommends ${peer.packages}`);
    return;
  }
  for (const { title, run } of peer.checks(world)) {
    if (stop.signal.aborted) return;
    const started = performance.now();
    try {
      await run();
      report("ok", `${peer.name}: ${title} (${(performance.now() - started).toFixed(0)} ms)`);
    } catch (error) {
      report("FAILED", `${peer.name}: ${title}\n    ${words(error)}`);
    }
  }
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function report(result: Result, text: string): void {
  counts[result]++;
  console.log(`${result.padEnd(7)} ${text}`);
}
