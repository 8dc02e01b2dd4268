/** Where a server of others leaves what it has taken, read back. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Received, Sink } from "./sink.ts";

/** A message that was stored; what is known of its envelope depends on the place. */
export type Stored = Pick<Received, "octets"> & Partial<Received>;

export interface Inbox {
  /** All that has come since this was asked for the last time; what the server still has in work is awaited. */
  take(): Promise<readonly Stored[]>;
}

/** How long a server may take to be done with what it has taken. In milliseconds. */
const PATIENCE = 20_000;

/** @param queues folders that hold files as long as the server has mail in work */
export function inboxOfSink(sink: Sink, queues: readonly string[]): Inbox {
  return {
    take: async () => {
      const end = performance.now() + PATIENCE;
      while ((await filesIn(queues)).length > 0) {
        if (performance.now() > end) throw new Error("the server does not send on what it has taken");
        await sleep(20);
      }
      return sink.take();
    },
  };
}

/** @param toMessage gives the message of a file. Default: the file is it */
export function inboxOfFolders(
  folders: readonly string[],
  toMessage: (octets: Buffer) => Uint8Array = (octets) => octets,
): Inbox {
  return {
    take: async () => {
      const files = await filesIn(folders);
      const octets = await Promise.all(files.map((file) => readFile(file)));
      await Promise.all(files.map((file) => rm(file)));
      return octets.map((file) => ({ octets: toMessage(file) }));
    },
  };
}

async function filesIn(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
    found.push(...entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name)));
    found.push(...(await filesIn(below)));
  }
  return found.sort();
}
