import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { resolvePath } from "../cli/arguments.ts";
import type { Message } from "./samples.ts";

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
