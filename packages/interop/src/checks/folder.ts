/** Folders into which clients put messages, a file each. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Numbers by their value: mail programs name files by clocks and counters, and do not pad them (`9.M95P1`,
 * `9.M1200P1`).
 */
const byName = new Intl.Collator("en", { numeric: true });

/** In the order of the files' names, in which who wrote them one after the other counted. */
export async function messagesIn(folder: string): Promise<Buffer[]> {
  const names = (await readdir(folder)).sort(byName.compare);
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}

/** What has LF for CRLF, as files on Unix do, with CRLF again. */
export function withCrlf(octets: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(octets).toString("latin1").replaceAll("\n", "\r\n"), "latin1");
}
