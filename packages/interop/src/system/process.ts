import { execFile } from "node:child_process";

/** Under whose name a program runs. Empty: under ours. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** Debian's `nobody` and `nogroup`. Who is not root can only be himself, and is nobody enough. */
export const nobody: Identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** What a program that came to its end left. */
export interface Outcome {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  /** What its standard input holds. Default nothing. */
  readonly input?: string | Uint8Array;
  /** Variables beside those that every program gets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly as?: Identity;
  /** The longest that it may take. In milliseconds; default 60,000. */
  readonly limit?: number;
}

/** A program did not come to its end, and was killed. */
export class OutOfTime extends Error {}

/** What a shell says of a program that wrote to a connection that is gone, and died of it. */
const BROKEN_PIPE = 141;

/** The longest that a program may take, unless it is said. In milliseconds. */
const LIMIT = 60_000;

/**
 * The environment of every program: settings in the user's home folder and proxies do not count, and the system's
 * programs come before others of the same name.
 */
export function environment(home: string, more: RunOptions["env"] = {}): Record<string, string> {
  const path = `/usr/sbin:/sbin:/usr/bin:/bin:${process.env["PATH"] ?? ""}`;
  return { PATH: path, HOME: home, LC_ALL: "C", ...more };
}

/**
 * Runs a program to its end, without the user's environment.
 *
 * @param signal kills it
 * @throws Error if it cannot be started, takes too long or is killed
 */
export function run(
  command: string,
  args: readonly string[],
  home: string,
  signal: AbortSignal,
  { input = "", env, as = {}, limit = LIMIT }: RunOptions = {},
): Promise<Outcome> {
  const options = {
    encoding: "buffer",
    maxBuffer: 2 ** 27,
    timeout: limit,
    killSignal: "SIGKILL",
    env: environment(home, env),
    cwd: home,
    signal,
    ...as,
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === "number") resolve({ status, stdout, stderr: stderr.toString("utf8") });
      else if (error?.signal === "SIGPIPE") resolve({ status: BROKEN_PIPE, stdout, stderr: stderr.toString("utf8") });
      else if (error?.killed) reject(new OutOfTime(`${command} was killed; it has ${limit / 1000} seconds`));
      else if (signal.aborted) reject(new Error(`${command} was stopped`));
      else if (status === "ENOENT") reject(new Error(`${command} is not installed`));
      else reject(new Error(`${command} cannot be run: ${status ?? error?.signal}`));
    });
    child.stdin?.on("error", () => {}); // a program need not read its input
    child.stdin?.end(input);
  });
}
