/** Runtimes that run programs: Node, Deno and Bun. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Result, Task } from "examples/src/runtimes/mail.ts";
import type { Report } from "../../runtimes/conformance/report.ts";
import { type Check, type Peer, versionIn } from "../check.ts";
import { shows } from "../covered/feature.ts";
import { freePort } from "../system/daemon.ts";
import type { World } from "../world.ts";
import {
  clientChecks,
  digestCheck,
  LIMIT,
  partOf,
  printed,
  programChecks,
  type Running,
  serverChecks,
} from "./checks.ts";
import { projectOf } from "./project.ts";

/** @throws Error if it is not installed */
export function installedAt(path: string): string {
  const file = fileURLToPath(new URL(`../../runtimes/node_modules/${path}`, import.meta.url));
  if (!existsSync(file)) throw new Error("it is not installed");
  return file;
}

/** Nothing asks for news. */
const env = { DENO_NO_UPDATE_CHECK: "1", DO_NOT_TRACK: "1" };

/** Runs a program to its end. */
async function run(world: World, command: string, args: readonly string[]): Promise<unknown> {
  return printed(await world.require(command, args, { env, limit: LIMIT }));
}

async function checksOf(world: World, name: string, command: string, args: readonly string[]): Promise<Check[]> {
  const { importAll, print } = await projectOf(world);
  return programChecks(
    world,
    name,
    async () => (await run(world, command, [...args, importAll])) as Record<string, number>,
    async () => (await run(world, command, [...args, print])) as Report,
  );
}

/** Does a task with an example client. @throws Error with its last words */
async function perform(world: World, command: string, args: readonly string[], task: Task): Promise<Result> {
  const outcome = await world.run(command, args, { env, input: JSON.stringify(task) });
  if (outcome.status !== 0) throw new Error(outcome.stderr.trim().slice(-1000));
  return printed(outcome) as Result;
}

/** Starts an example server, in a folder of its own. */
async function start(world: World, name: string, command: readonly string[], settings: object): Promise<Running> {
  const [folder, port] = [await world.emptyRoom(`${name}-server`), await freePort()];
  await writeFile(join(folder, "settings.json"), JSON.stringify({ ...settings, port }));
  // It reads its standard input, which a daemon has not.
  const args = ["-c", 'exec "$@" < settings.json', name, ...command];
  await world.start({ command: "sh", args, folder, port, env, ready: "listening on" });
  return { port, output: () => readFile(join(folder, "output"), "utf8") };
}

const NODES = ["node20", "node22", "node24", "node26"];

export const node: Peer = {
  name: "node",
  parts: partOf(),

  async version(world: World): Promise<string> {
    const outcomes = NODES.map((name) => world.require(installedAt(`${name}/bin/node`), ["--version"]));
    const texts = (await Promise.all(outcomes)).map(({ stdout }) => stdout.toString());
    return texts.map((text) => versionIn(text, /^v(\S+)/)).join(", ");
  },

  async checks(world: World): Promise<readonly Check[]> {
    const { printFlipped } = await projectOf(world);
    const checks = [digestCheck(world, async () => (await run(world, process.execPath, [printFlipped])) as Report)];
    for (const name of NODES) {
      const command = installedAt(`${name}/bin/node`);
      checks.push(...(await checksOf(world, name, command, [])), demoCheck(world, name, command));
    }
    return checks;
  },
};

/** Servers and clients in one process. */
function demoCheck(world: World, name: string, command: string): Check {
  return {
    title: `${name} sends and fetches every sample of the demo: STARTTLS and STLS, SCRAM`,
    covers: shows({ role: "runtime", protocol: "own" }, "client", "server"),
    run: async () => {
      const { demo } = await projectOf(world);
      await world.require(command, [demo, "--quiet"]);
    },
  };
}

export const deno: Peer = {
  name: "deno",
  parts: partOf(),

  version: async (world) =>
    versionIn((await world.require(installedAt("deno/deno"), ["--version"], { env })).stdout.toString(), /^deno (\S+)/),

  async checks(world: World): Promise<readonly Check[]> {
    const command = installedAt("deno/deno");
    const { example } = await projectOf(world);
    const [client, server] = ["client", "server"].map((role) => ["run", "--allow-net", example(`deno-${role}.ts`)]);
    return [
      ...(await checksOf(world, "deno", command, ["run"])), // without a permission
      ...clientChecks(world, (task) => perform(world, command, client!, task)),
      ...serverChecks(world, (settings) => start(world, "deno", [command, ...server!], settings)),
    ];
  },
};

export const bun: Peer = {
  name: "bun",
  parts: partOf(),

  version: async (world) =>
    versionIn(
      (await world.require(installedAt("bun/bin/bun.exe"), ["--version"], { env })).stdout.toString(),
      /^(\S+)/,
    ),

  async checks(world: World): Promise<readonly Check[]> {
    const command = installedAt("bun/bin/bun.exe");
    const { example } = await projectOf(world);
    const [client, server] = ["client", "server"].map((role) => ["--no-install", example(`bun-${role}.ts`)]);
    return [
      ...(await checksOf(world, "bun", command, ["--no-install"])),
      ...clientChecks(world, (task) => perform(world, command, client!, task)),
      ...serverChecks(world, (settings) => start(world, "bun", [command, ...server!], settings)),
    ];
  },
};
