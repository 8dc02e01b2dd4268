/**
 * `pnpm fuzz [target …] [--seconds N] [--seed S]`; the README says the rest. The packages' sources are instrumented and bundled
 * anew, which takes a second or two, and run in this process.
 */
import { join } from "node:path";
import { bundle, here, root } from "./bundle/bundle.ts";
import { runPlants } from "./plants/run.ts";

const args = process.argv.slice(2);
if (args.includes("--plants")) {
  const figure = (name: string, usual: number) => Number(args.includes(name) ? args[args.indexOf(name) + 1] : usual);
  const names = args.filter(
    (arg, at) => !arg.startsWith("--") && !["--seconds", "--seed"].includes(args[at - 1] ?? ""),
  );
  process.exitCode = await runPlants(figure("--seconds", 20), figure("--seed", 1), names, args.includes("--readme"));
} else if (args[0] === "--peer") {
  const file = join(here, "dist", "peers.mjs");
  await bundle(root, file, "peers/index.ts");
  const { peers } = (await import(file)) as typeof import("./peers/index.ts");
  const names = args.length > 1 ? args.slice(1) : Object.keys(peers);
  for (const name of names) {
    const fuzzPeer = peers[name];
    if (fuzzPeer === undefined) throw new Error(`no peer named ${name}; there are: ${Object.keys(peers).join(", ")}`);
    await fuzzPeer();
  }
} else {
  const file = join(here, "dist", "fuzz.mjs");
  await bundle(root, file);
  const { run } = (await import(file)) as typeof import("./run/cli.ts");
  process.exitCode = run(here, args);
}
