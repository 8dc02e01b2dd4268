/**
 * Programs of others against ours. A line a check, a summary, exit status 1 on failure.
 *
 * - `pnpm interop [peer …]` runs them, and writes what was covered into `covered.json`
 * - `pnpm interop --install [peer …]` installs the Debian packages and runtimes that they consist of
 * - `pnpm interop --table` prints the matrix made from `covered.json`
 * - `pnpm interop --readme` puts that matrix into this package's README, and a table of mechanisms into that of `sasl`
 * - `pnpm interop --check` says whether both are what `covered.json` says
 * - `pnpm interop --atlas [peer …]` asks what they do with octets that software disagrees about: `atlas.json` and
 *   `ATLAS.md`
 * - `pnpm interop --load` measures how much the example servers and clients move, beside others
 */

import { isDocumentUpToDate } from "./atlas/document.ts";
import { ASKED_HERE, makeAtlas } from "./atlas/main.ts";
import { readAtlas } from "./atlas/record.ts";
import { matrix } from "./covered/matrix.ts";
import { outdatedReadmes, writeReadmes } from "./covered/readme.ts";
import { readRecord } from "./covered/record.ts";
import { measureLoad } from "./load/main.ts";
import { meetPeers } from "./meet.ts";
import { peers } from "./peers/index.ts";
import { runtimes } from "./runtimes/peers.ts";
import { installPackages } from "./system/debian.ts";

const [first = "", ...others] = process.argv.slice(2);
const given = first.startsWith("--") ? others : process.argv.slice(2);
// `runtimes` stands for all of them.
const names = given.flatMap((name) => (name === "runtimes" ? runtimes.map((peer) => peer.name) : name));
const known = [...peers.map(({ name }) => name), ...(first === "--atlas" ? ASKED_HERE : [])];
const unknown = names.filter((name) => !known.includes(name));
const chosen = peers.filter(({ name }) => names.length === 0 || names.includes(name));

if (unknown.length > 0) {
  console.error(`no peer named ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  process.exitCode = 2;
} else if (first === "--install") installPackages(chosen.map(({ name }) => name));
else if (first === "--table") console.log(matrix(readRecord()));
else if (first === "--atlas") await makeAtlas(names, peers);
else if (first === "--load") await measureLoad();
else if (first === "--readme") writeReadmes(readRecord());
else if (first === "--check") {
  const outdated = outdatedReadmes(readRecord());
  if (!isDocumentUpToDate(readAtlas())) {
    console.log("ATLAS.md does not say what atlas.json says: pnpm interop --atlas");
    process.exitCode = 1;
  }
  for (const path of outdated) console.log(`${path} does not say what ran: pnpm interop --readme`);
  if (outdated.length > 0) process.exitCode = 1;
  if (process.exitCode === undefined) console.log("the READMEs and the atlas say what ran");
} else if (first.startsWith("--")) {
  console.error(`no option ${first}; there are: --install, --table, --readme, --check, --atlas, --load`);
  process.exitCode = 2;
} else await meetPeers(chosen, peers);
