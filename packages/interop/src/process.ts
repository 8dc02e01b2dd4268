import { execFile } from "node:child_process";

/** What a program that came to its end left. */
export interface Outcome {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The longest that a program may take. In milliseconds. */
const LIMIT = 60_000;

/**
 * Runs a program to its end, without input and without the user's environment: settings in the home folder and proxies
 * do not count. The system's programs come before others of the same name.
 *
 * @param signal kills it
 * @throws Error if it cannot be started, takes too long or is killed
 */
export function run(command: string, args: readonly string[], home: string, signal: AbortSignal): Promise<Outcome> {
  const env = { PATH: `/usr/bin:/bin:${process.env["PATH"] ?? ""}`, HOME: home, LC_ALL: "C" };
  const options = {
    encoding: "buffer",
    maxBuffer: 2 ** 27,
    timeout: LIMIT,
    killSignal: "SIGKILL",
    env,
    signal,
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === "number") resolve({ status, stdout, stderr: stderr.toString("utf8") });
      else if (error?.killed) reject(new Error(`${command} was killed; it has ${LIMIT / 1000} seconds`));
      else if (signal.aborted) reject(new Error(`${command} was stopped`));
      else if (status === "ENOENT") reject(new Error(`${command} is not installed`));
      else reject(new Error(`${command} cannot be run: ${status ?? error?.signal}`));
    });
    child.stdin?.end();
  });
}
