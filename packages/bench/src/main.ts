/**
 * `pnpm bench [suite …]`: runs the suites in one process, and prints Markdown tables; with `--check` it measures
 * nothing, and exit status 1 says that a result of ours is wrong. `pnpm bench load` is another thing: servers and
 * clients as processes of their own, beside peers that are installed for `interop`, which measures it.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { dotStuffing } from "./dot-stuffing/index.ts";
import { check, measure } from "./measure.ts";
import { pop3 } from "./pop3/index.ts";
import { sasl } from "./sasl/index.ts";
import { smtp } from "./smtp/index.ts";
import type { Suite } from "./suite.ts";

interface Entry {
  readonly make: () => Suite;
  /** What the figures depend on besides the machine. */
  readonly packages: readonly string[];
}

const suites: Readonly<Record<string, Entry>> = {
  "dot-stuffing": {
    make: dotStuffing,
    packages: ["dot-stuffing", "smtp-server", "nodemailer", "haraka-message-stream"],
  },
  smtp: {
    make: smtp,
    packages: ["smtp-codec", "smtp-server", "nodemailer", "emailjs-smtp-client", "address-rfc2821"],
  },
  pop3: { make: pop3, packages: ["pop3-codec", "node-pop3", "yapople", "wildduck"] },
  sasl: {
    make: sasl,
    packages: ["sasl", "@noble/hashes", "@mongodb-js/saslprep", "pg", "sasl-scram-sha-1"],
  },
};

const args = process.argv.slice(2);
const checksOnly = args.includes("--check");
const names = args.filter((arg) => arg !== "--check");
const unknown = names.filter((name) => !Object.hasOwn(suites, name));
if (names.join() === "load") {
  const cwd = fileURLToPath(new URL("../../tools", import.meta.url));
  const load = ["--import", "tsx", "src/outside.ts", "interop", "--load"];
  process.exitCode = spawnSync(process.execPath, load, { cwd, stdio: "inherit" }).status ?? 1;
} else if (unknown.length > 0) {
  console.error(`no suite named ${unknown.join(", ")}; there are: ${Object.keys(suites).join(", ")}, and load alone`);
  process.exitCode = 2;
} else {
  for (const name of names.length > 0 ? names : Object.keys(suites)) {
    if (checksOnly) await checkSuite(name, suites[name]!);
    else await run(suites[name]!);
  }
}

async function checkSuite(name: string, { make }: Entry): Promise<void> {
  for (const table of make().tables) {
    const { ours, peers } = await check(table);
    for (const wrong of ours) console.error(`${name}: ${wrong}`);
    console.log(
      `${name}, ${table.title}: ${table.rows.length} rows, ${ours.length} of ours wrong, ${peers.length} of peers`,
    );
    if (ours.length > 0) process.exitCode = 1;
  }
}

async function run({ make, packages }: Entry): Promise<void> {
  const { tables, notes } = make();
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (const table of tables) console.log(`${await measure(table)}\n`);
  for (const note of (await notes?.()) ?? []) console.log(`${note}\n`);
  const { user, system } = process.cpuUsage(cpu);
  const share = (user + system) / 10 / (performance.now() - start);
  console.log(`${surroundings(packages, share)}\n`);
}

/**
 * What the figures hold for.
 *
 * @param share how much of one processor's time the process had, in percent: with less than about 100 it had to wait
 *   for others
 */
function surroundings(packages: readonly string[], share: number): string {
  const processors = cpus();
  const versions = packages.map((name) => `${name} ${versionOf(name)}`);
  return [
    `Medians of one process, ${new Date().toISOString().slice(0, 10)}`,
    `${processors.length} × ${processors[0]?.model ?? "unknown processor"}, of one of which the process had ${share.toFixed(0)} %`,
    `Node ${process.versions.node} (V8 ${process.versions.v8})`,
    ...versions,
  ].join(", ");
}

/** Read as a file: not every package exports its manifest. */
function versionOf(name: string): string {
  const manifest = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
