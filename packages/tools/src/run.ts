import { type SpawnSyncOptions, spawnSync } from "node:child_process";

/** Runs a command and lets it print; throws if it cannot be started or fails. */
export function run(command: string, args: readonly string[], options: SpawnSyncOptions = {}): void {
  const { error, status } = spawnSync(command, args, { stdio: "inherit", ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} exited with ${status}`);
}

/** Runs a command and gives what it printed; throws with all of it if the command fails. */
export function capture(command: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", ...options });
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} exited with ${status}\n${String(stdout)}${String(stderr)}`);
  return String(stdout);
}
