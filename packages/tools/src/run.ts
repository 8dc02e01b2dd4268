import { type SpawnSyncOptions, spawnSync } from "node:child_process";

/** Runs a command with the caller's input and output; gives its exit status. @throws Error if it cannot be started */
export function run(command: string, args: readonly string[], options: SpawnSyncOptions = {}): number {
  const { error, status } = spawnSync(command, args, { stdio: "inherit", ...options });
  if (error !== undefined) throw error;
  return status ?? 1;
}

/** Runs a command without input; gives what it printed. @throws Error with all of that if the command fails */
export function capture(command: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} exited with ${status}\n${String(stdout)}${String(stderr)}`);
  return String(stdout);
}
