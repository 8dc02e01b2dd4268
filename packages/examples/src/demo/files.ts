import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Message } from "./samples.ts";

/** Where the command was given: pnpm runs scripts in the package's folder, and says in INIT_CWD where it was itself. */
export function resolvePath(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}

/** Reads the files that can be read; `failed` is told of the others. */
export async function readMessages(paths: readonly string[], failed: (text: string) => void): Promise<Message[]> {
  const messages: Message[] = [];
  for (const path of paths) {
    try {
      messages.push({ name: basename(path), octets: await readFile(resolvePath(path)) });
    } catch (error) {
      failed(`cannot read ${path}: ${reason(error as NodeJS.ErrnoException)}`);
    }
  }
  return messages;
}

/** What went wrong with a file, without the path, which the caller names. */
export function reason({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
      return "no such file or directory";
    case "EISDIR":
      return "is a directory";
    case "EACCES":
      return "permission denied";
    default:
      return message;
  }
}
