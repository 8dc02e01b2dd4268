/** Folders into which clients put messages, a file each. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** In the order of the files' names. */
export async function messagesIn(folder: string): Promise<Buffer[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}

/** What has LF for CRLF, as files on Unix do, with CRLF again. */
export function withCrlf(octets: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(octets).toString("latin1").replaceAll("\n", "\r\n"), "latin1");
}
