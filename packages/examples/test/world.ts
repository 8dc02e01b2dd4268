import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Listener } from "../src/transport/listener.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A folder that is gone behind the test. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "examples-"));
  closing.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Listens until the test is over. @returns the port */
export async function listening(server: Listener): Promise<number> {
  closing.push(() => server.close());
  return server.listen();
}

/** What is in the files of a folder, those whose names end so. */
export async function contents(path: string, end = ""): Promise<string[]> {
  const names = await readdir(path).catch(() => []);
  return Promise.all(names.filter((name) => name.endsWith(end)).map((name) => readFile(join(path, name), "utf8")));
}
