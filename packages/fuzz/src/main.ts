/**
 * `pnpm fuzz [target …] [--seconds N] [--seed S]`; the README says the rest. The packages' sources are instrumented and
 * bundled anew, which takes a second or two, and run in this process.
 */
import { join } from "node:path";
import { checkNames, orUsage, readCommand } from "./arguments.ts";
import { bundle, here, root } from "./bundle/bundle.ts";
import { plants } from "./plants/plants.ts";
import { runPlants } from "./plants/run.ts";

const args = process.argv.slice(2);
process.exitCode = await orUsage(async () => {
  const command = readCommand(args);
  if (command.type === "plants") {
    const { names, seconds, seed, readme } = command;
    checkNames(names, [...new Set(plants.map(({ target }) => target))], "target with planted bugs is named");
    return runPlants(seconds, seed, names, readme);
  }
  if (command.type === "peers") {
    const file = join(here, "dist", "peers.mjs");
    await bundle(root, file, "peers/index.ts");
    const { fuzzPeer, peers } = (await import(file)) as typeof import("./peers/index.ts");
    checkNames(command.names, Object.keys(peers), "peer is named");
    let started = true;
    for (const name of command.names.length > 0 ? command.names : Object.keys(peers)) {
      started = (await fuzzPeer(name)) && started;
    }
    return started ? 0 : 1;
  }
  const file = join(here, "dist", "fuzz.mjs");
  await bundle(root, file);
  const { run } = (await import(file)) as typeof import("./run/cli.ts");
  return run(here, args);
});
