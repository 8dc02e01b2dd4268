/** Servers that run beside us: started on a free loopback port, stopped by their process id. */
import { type ChildProcess, spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { environment, type Identity } from "./process.ts";

export interface Stoppable {
  stop(): Promise<void>;
}

export interface DaemonOptions {
  readonly command: string;
  /** What keeps it in the foreground is among them: its process id is how it is stopped. */
  readonly args: readonly string[];
  /** Its working folder and home; what it prints goes to the file `output` there. */
  readonly folder: string;
  /** On 127.0.0.1, where it listens once it is ready. */
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly as?: Identity;
  /** What it prints when it is ready, if it listens before. */
  readonly ready?: string;
  /** What ends it at once and in order. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Files in its folder with its own words, for when it does not start. */
  readonly logs?: readonly string[];
}

/** How long it may take to listen, and to go. In milliseconds. */
const START = 20_000;
const STOP = 2_000;

export class Daemon implements Stoppable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #options: DaemonOptions;
  readonly #gone: Promise<void>;

  private constructor(child: ChildProcess, options: DaemonOptions) {
    this.port = options.port;
    this.#child = child;
    this.#options = options;
    this.#gone = new Promise((resolve) => child.once("exit", () => resolve()));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves once it listens. @throws Error with its last words if it ends before, or never does */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const { command, args, folder, env, as = {} } = options;
    const output = await open(join(folder, "output"), "a");
    try {
      const stdio = ["ignore", output.fd, output.fd] as const;
      // A group of its own: what it leaves behind when it is killed can be found.
      const settings = { cwd: folder, env: environment(folder, env), stdio: [...stdio], detached: true, ...as };
      const child = spawn(command, args, settings);
      await new Promise<void>((resolve, reject) => {
        child.once("spawn", resolve);
        child.once("error", reject);
      });
      const daemon = new Daemon(child, options);
      await daemon.#listening();
      return daemon;
    } finally {
      await output.close();
    }
  }

  /** Ends it, and waits until it is gone. */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    if (this.#isRunning()) this.#child.kill(this.#options.stopSignal ?? "SIGTERM");
    await Promise.race([this.#gone, sleep(STOP, undefined, { ref: false })]);
    try {
      process.kill(-pid!, "SIGKILL");
    } catch {
      // Nothing is left of its group.
    }
    await this.#gone;
  }

  #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #listening(): Promise<void> {
    const end = performance.now() + START;
    while (this.#isRunning() && performance.now() < end) {
      if ((await listens(this.port)) && (await this.#saysReady())) return;
      await sleep(20);
    }
    const how = this.#isRunning() ? "does not listen" : `ended with ${this.#child.exitCode ?? this.#child.signalCode}`;
    await this.stop();
    throw new Error([`${this.#options.command} ${how}`, ...(await this.#lastWords())].join("\n    "));
  }

  async #saysReady(): Promise<boolean> {
    const { ready, folder } = this.#options;
    return ready === undefined || (await readFile(join(folder, "output"), "utf8")).includes(ready);
  }

  async #lastWords(): Promise<string[]> {
    const files = ["output", ...(this.#options.logs ?? [])].map((name) => join(this.#options.folder, name));
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
    return texts.flatMap((text) => text.trim().split("\n").slice(-8)).filter((line) => line !== "");
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("there is no free port");
  return address.port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (does: boolean) => {
      socket.destroy();
      resolve(does);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}
