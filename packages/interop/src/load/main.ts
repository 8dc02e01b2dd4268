/**
 * `pnpm interop --load`: how much the example servers and clients move, beside servers of others, in the same run. A
 * server and its client are pinned to one processor, since one connection over two measures how fast an idle one wakes
 * up.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { aligned } from "../covered/markdown.ts";
import { startDovecot } from "../peers/dovecot-server.ts";
import { fillMaildir } from "../peers/maildir.ts";
import { type DaemonOptions, freePort } from "../system/daemon.ts";
import { nobody } from "../system/process.ts";
import { BOB, World } from "../world.ts";
import { message } from "./message.ts";

const program = (name: string): string => fileURLToPath(new URL(`programs/${name}`, import.meta.url));
const ON_ONE_PROCESSOR = ["taskset", "-c", "0"];
const NODE = [process.execPath, "--import", createRequire(import.meta.url).resolve("tsx")];

/** What a server is started by, on a port. */
type Start = (port: number) => readonly string[];

const servers: Readonly<Record<string, Start>> = {
  ours: (port) => [...NODE, program("our-server.ts"), JSON.stringify({ smtp: port, pop3: 0 })],
  "smtp-sink": (port) => ["smtp-sink", "-c", `127.0.0.1:${port}`, "1000"],
  "smtp-server": (port) => [process.execPath, program("smtp-server.mjs"), String(port)],
  "node:net alone": (port) => [process.execPath, program("bare.mjs"), String(port)],
  aiosmtpd: (port) => ["python3", "-B", program("load-aiosmtpd.py"), String(port)],
};

/** How often each is measured, in turns; the fastest counts, which the rest of the machine disturbed least. */
const ROUNDS = 3;

const KIB4 = 4096;
const MIB = 1_048_576;

interface Row {
  readonly connections: number;
  readonly size: number;
  readonly messages: number;
}

const rows: readonly Row[] = [
  { connections: 1, size: KIB4, messages: 10_000 },
  { connections: 10, size: KIB4, messages: 10_000 },
  { connections: 1, size: MIB, messages: 80 },
];

/** What a run took, in seconds. */
interface Took {
  readonly wall: number;
  /** Of both ends. */
  readonly processor: number;
}

export async function measureLoad(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "interop-load-"));
  await chmod(folder, 0o711);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const world = await World.make(folder, stop.signal);
  try {
    const { version } = createRequire(import.meta.url)("smtp-server/package.json") as { readonly version: string };
    const said = async (command: string, ...args: readonly string[]) =>
      (await world.require(command, args)).stdout.toString().trim();
    const postfix = (await said("postconf", "-d", "mail_version")).replace(/^.* /, "");
    const aiosmtpd = await said("python3", "-c", "import aiosmtpd; print(aiosmtpd.__version__)");
    const dovecot = (await said("dovecot", "--version")).replace(/ .*/, "");
    console.log(await receiving(world));
    console.log(await sending(world));
    console.log(await retrieving(world));
    console.log(await holding(world));
    console.log(await inARow(world));
    const versions = [`Postfix ${postfix}`, `smtp-server ${version}`, `aiosmtpd ${aiosmtpd}`, `Dovecot ${dovecot}`];
    const day = new Date().toISOString().slice(0, 10);
    const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}`;
    console.log([day, machine, ...versions].join(", "));
  } finally {
    await world.stopDaemons();
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
}

/** smtp-source to each server. */
async function receiving(world: World): Promise<string> {
  const running = await startAll(world);
  const cells: string[][] = [];
  for (const { connections, size, messages } of rows) {
    const took: Record<string, Took[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, server] of Object.entries(running)) {
        const args = ["-d", "-s", connections, "-m", messages, "-l", size, "-f", "alice@example.org", "-t", BOB];
        const command = ["smtp-source", ...args.map(String), `127.0.0.1:${server.port}`];
        (took[name] ??= []).push(await timed(world, command, server.pid));
      }
    }
    const what = `smtp-source, ${connections} connection${connections > 1 ? "s" : ""}, ${sizeWords(size)}`;
    cells.push([what, ...Object.values(took).map((all) => figure(all, messages, size))]);
  }
  await world.stopDaemons();
  return `${aligned([["from", ...Object.keys(running)], ...cells]).join("\n")}\n`;
}

/** Our client, and smtp-source, to smtp-sink. */
async function sending(world: World): Promise<string> {
  const { "smtp-sink": sink } = await startAll(world, ["smtp-sink"]);
  const cells: string[][] = [];
  for (const { connections, size, messages } of rows) {
    const { port, pid } = sink!;
    const ours = [...NODE, program("send.ts"), JSON.stringify({ port, connections, messages, size })];
    // Node's start and the compilation of its scripts are no part of it.
    const nothing = [...NODE, program("send.ts"), JSON.stringify({ port, connections: 0, messages: 0, size })];
    const options = ["-d", "-s", connections, "-m", messages, "-l", size, "-f", "alice@example.org", "-t", BOB];
    const theirs = ["smtp-source", ...options.map(String), `127.0.0.1:${port}`];
    const took: [Took[], Took[], Took[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, command] of [ours, theirs, nothing].entries()) took[at]!.push(await timed(world, command, pid));
    }
    const start = best(took[2]);
    const net = took[0].map(({ wall, processor }) => ({
      wall: wall - start.wall,
      processor: processor - start.processor,
    }));
    const what = `to smtp-sink, ${connections} connection${connections > 1 ? "s" : ""}, ${sizeWords(size)}`;
    cells.push([what, figure(net, messages, size), figure(took[1], messages, size)]);
  }
  await world.stopDaemons();
  return `${aligned([["sending", "ours", "smtp-source"], ...cells]).join("\n")}\n`;
}

/** Our client from our POP3 server and from Dovecot's. */
async function retrieving(world: World): Promise<string> {
  const [messages, size] = [10_000, KIB4];
  const { folder, pop3Port } = await startDovecot(world, "dovecot-load");
  await fillMaildir(
    join(folder, "mail", BOB),
    Array.from({ length: messages }, () => message(size)),
  );
  const port = await freePort();
  const server = [...NODE, program("our-server.ts"), JSON.stringify({ smtp: 0, pop3: port, messages, size })];
  const { pid } = await world.start(await daemon(world, "pop3", server, port));
  const took: [Took[], Took[]] = [[], []];
  for (let round = 0; round < ROUNDS + 1; round++) {
    for (const [at, [one, process]] of (
      [
        [port, pid],
        [pop3Port, null],
      ] as const
    ).entries()) {
      const command = [...NODE, program("fetch.ts"), JSON.stringify({ port: one, messages, size })];
      took[at]!.push(await timed(world, command, process));
    }
  }
  await world.stopDaemons();
  const [ours, theirs] = took.map((all) => Math.round(messages / Math.min(...all.slice(1).map(({ wall }) => wall))));
  const row = [`${messages} messages of ${sizeWords(size)} retrieved, messages a second`, `${ours}`, `${theirs}`];
  return `${aligned([["by our client", "from ours", "from Dovecot"], row]).join("\n")}\n`;
}

/** A thousand connections, all open before the first message is sent. */
async function holding(world: World): Promise<string> {
  const { ours } = await startAll(world, ["ours"]);
  const options = { port: ours!.port, connections: 1000, messages: 1000, size: KIB4, hold: true };
  const { wall } = await timed(world, [...NODE, program("send.ts"), JSON.stringify(options)], null);
  await world.stopDaemons();
  return `1000 connections open at once, a message over each: all accepted, in ${wall.toFixed(1)} s.\n`;
}

async function inARow(world: World): Promise<string> {
  const [command = "", ...args] = NODE;
  const script = [program("memory.ts"), JSON.stringify({ messages: 10_000, size: KIB4 })];
  const { stdout } = await world.require(command, ["--expose-gc", ...args, ...script]);
  const heaps = (JSON.parse(stdout.toString()) as number[]).map((octets) => (octets / 1e6).toFixed(1));
  return `10,000 messages in a row over one connection, both ends in one process: heap in use after each thousand, in MB: ${heaps.join(", ")}.\n`;
}

async function startAll(world: World, names: readonly string[] = Object.keys(servers)) {
  const running: Record<string, { readonly port: number; readonly pid: number }> = {};
  for (const name of names) {
    const port = await freePort();
    running[name] = await world.start(await daemon(world, name, servers[name]!(port), port));
  }
  return running;
}

async function daemon(world: World, name: string, command: readonly string[], port: number): Promise<DaemonOptions> {
  const folder = await world.room(`${name}-${port}`, nobody);
  const as = command[0] === "smtp-sink" ? { as: nobody } : {};
  const [first = "", ...args] = [...ON_ONE_PROCESSOR, ...command];
  return { command: first, args, folder, port, ...as };
}

/** Runs a client to its end, on the processor of its server. @param server its process id */
async function timed(world: World, command: readonly string[], server: number | null): Promise<Took> {
  const before = server === null ? 0 : await processorTime(world, server);
  const started = performance.now();
  const { stdout } = await world.require("sh", [
    "-c",
    '"$@"; status=$?; times; exit $status',
    "sh",
    ...ON_ONE_PROCESSOR,
    ...command,
  ]);
  const wall = (performance.now() - started) / 1000;
  // The last line has the user's and the system's time of the shell's children.
  const last = stdout.toString().trim().split("\n").at(-1) ?? "";
  const client = [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0);
  const own = server === null ? 0 : (await processorTime(world, server)) - before;
  return { wall, processor: client + own };
}

/** What a process has used so far, in seconds (proc(5), fields 14 and 15; a tick is a hundredth). */
async function processorTime(world: World, pid: number): Promise<number> {
  const { stdout } = await world.require("cat", [`/proc/${pid}/stat`]);
  const fields = stdout
    .toString()
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function best(all: readonly Took[]): Took {
  return {
    wall: Math.min(...all.map(({ wall }) => wall)),
    processor: Math.min(...all.map(({ processor }) => processor)),
  };
}

/**
 * Messages a second, or MB/s of large ones, of the fastest run: by the clock, and by the processor's time of both ends.
 */
function figure(all: readonly Took[], messages: number, size: number): string {
  const { wall, processor } = best(all);
  const amount = size < MIB ? messages : (messages * size) / 1e6;
  const unit = size < MIB ? "" : " MB/s";
  return `${Math.round(amount / wall)}${unit} (${Math.round(amount / processor)})`;
}

function sizeWords(size: number): string {
  return size < MIB ? `${size / 1024} KiB` : `${size / MIB} MiB`;
}
