/**
 * What the peers consist of: `debian.json` names their Debian packages, and says which of them are npm packages of
 * `runtimes`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a peer needs. */
interface Needs {
  /** Packages to install. */
  readonly install: readonly string[];
  /**
   * Packages that exclude others, or start a service: their archives are fetched, and unpacked when the peer is
   * started.
   */
  readonly unpack?: readonly string[];
  /** Whether it is among the npm packages of the folder `runtimes`. */
  readonly npm?: boolean;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const archives = join(root, ".archives");
const peers = JSON.parse(readFileSync(join(root, "debian.json"), "utf8")) as Readonly<Record<string, Needs>>;

/** @throws RangeError if `debian.json` does not name the peer */
function needs(peer: string): Needs {
  const found = peers[peer];
  if (found === undefined) throw new RangeError(`debian.json does not name "${peer}"`);
  return found;
}

/** How to install what a peer needs. */
export function howToInstall(peer: string): string {
  const { install, unpack = [], npm = false } = needs(peer);
  if (npm) return `pnpm interop --install ${peer}`;
  if (install.length === 0 && unpack.length === 0) return "pnpm interop gets it from npm";
  const fetched = unpack.length > 0 ? ` (apt-get download ${unpack.join(" ")})` : "";
  return `pnpm interop --install ${peer} (apt-get install ${install.join(" ")})${fetched}`;
}

/** Installs what these peers need. @throws Error if a command fails */
export function installPackages(names: readonly string[]): void {
  const all = names.map(needs);
  const install = [...new Set(all.flatMap((one) => one.install))];
  if (install.length > 0) apt(["install", "-y", "-q", "--no-install-recommends", ...install], root);
  if (all.some(({ npm }) => npm)) installRuntimes();
  const unpack = [...new Set(all.flatMap((one) => one.unpack ?? []))];
  if (unpack.length === 0) return;
  mkdirSync(archives, { recursive: true });
  for (const name of unpack) for (const old of archivesOf(name)) rmSync(old);
  apt(["download", "-q", ...unpack], archives);
}

function apt(args: readonly string[], cwd: string): void {
  run("apt-get", args, cwd, { DEBIAN_FRONTEND: "noninteractive" });
}

/** All of them at once: they have one lock file. */
function installRuntimes(): void {
  run("pnpm", ["install", "--ignore-workspace", "--frozen-lockfile", "--prefer-offline"], join(root, "runtimes"));
}

function run(command: string, args: readonly string[], cwd: string, more: NodeJS.ProcessEnv = {}): void {
  const env = { ...process.env, ...more };
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args[0]} exited with ${status}`);
}

/** The archives that have to be unpacked for a peer. @throws Error naming the package whose archive is not there */
export function archivesFor(peer: string): string[] {
  return (needs(peer).unpack ?? []).map((name) => {
    const [archive] = archivesOf(name);
    if (archive === undefined) throw new Error(`the archive of ${name} is missing`);
    return archive;
  });
}

function archivesOf(name: string): string[] {
  if (!existsSync(archives)) return [];
  const found = readdirSync(archives).filter((file) => file.startsWith(`${name}_`) && file.endsWith(".deb"));
  return found.map((file) => join(archives, file));
}
