/**
 * Programs of others against ours. A line a check, a summary, exit status 1 on failure.
 *
 * - `pnpm interop [peer …]` runs them, and writes what was covered into `covered.json`
 * - `pnpm interop --install [peer …]` installs the Debian packages that they consist of
 * - `pnpm interop --table` prints the table made from `covered.json`
 * - `pnpm interop --readme` puts that table into the README of `sasl`
 * - `pnpm interop --check` says whether the table there is what `covered.json` says
 */

import { readRecord } from "./covered/record.ts";
import { isReadmeUpToDate, table, writeReadme } from "./covered/table.ts";
import { meetPeers } from "./meet.ts";
import { peers } from "./peers/index.ts";
import { installPackages } from "./system/debian.ts";

const [first = "", ...others] = process.argv.slice(2);
const names = first.startsWith("--") ? others : process.argv.slice(2);
const unknown = names.filter((name) => !peers.some((peer) => peer.name === name));
const chosen = peers.filter(({ name }) => names.length === 0 || names.includes(name));

if (unknown.length > 0) {
  console.error(`no peer named ${unknown.join(", ")}; there are: ${peers.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
} else if (first === "--install") installPackages(chosen.map(({ name }) => name));
else if (first === "--table") console.log(table(readRecord()));
else if (first === "--readme") writeReadme(readRecord());
else if (first === "--check") {
  const isUpToDate = isReadmeUpToDate(readRecord());
  console.log(
    isUpToDate ? "the README's table is what ran" : "the README's table is not what ran: pnpm interop --readme",
  );
  if (!isUpToDate) process.exitCode = 1;
} else if (first.startsWith("--")) {
  console.error(`no option ${first}; there are: --install, --table, --readme, --check`);
  process.exitCode = 2;
} else await meetPeers(chosen, peers);
