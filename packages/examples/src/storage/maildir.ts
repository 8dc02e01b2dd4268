/** A Maildir: a file for each message, in `new` until somebody has seen it, then in `cur`; made in `tmp`. */
import { randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { flushFolder, NewFile } from "./new-file.ts";

/** A message in a Maildir. */
export interface MaildirMessage {
  /**
   * The file's name without its flags: never used for another message, so it serves as the unique-id of POP3 (RFC 1939
   * §7).
   */
  readonly uniqueId: string;
  readonly path: string;
}

export class Maildir {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes what is not there. */
  static async open(folder: string): Promise<Maildir> {
    for (const name of ["tmp", "new", "cur"]) await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
    return new Maildir(folder);
  }

  /** Begins a message. `deliver` takes it; `discard` it if it does not come to that. */
  begin(): Promise<NewFile> {
    return NewFile.create(join(this.#folder, "tmp"));
  }

  /** Once this resolves the message is in the Maildir, whatever happens. */
  async deliver(message: NewFile, uniqueId: string = makeUniqueId()): Promise<string> {
    await message.commit(join(this.#folder, "new", uniqueId));
    return uniqueId;
  }

  /** As `deliver`, of a file that others get too: flushed, and on the same file system. */
  async share(path: string): Promise<string> {
    const uniqueId = makeUniqueId();
    await link(path, join(this.#folder, "new", uniqueId));
    await flushFolder(join(this.#folder, "new"));
    return uniqueId;
  }

  /** All messages, oldest first, as far as their names tell. */
  async list(): Promise<MaildirMessage[]> {
    const found: MaildirMessage[] = [];
    for (const place of ["cur", "new"]) {
      for (const name of await readdir(join(this.#folder, place))) {
        if (!name.startsWith(".")) found.push({ uniqueId: name.split(":")[0]!, path: join(this.#folder, place, name) });
      }
    }
    return found.sort((one, other) => (one.uniqueId < other.uniqueId ? -1 : 1));
  }

  async remove(messages: readonly MaildirMessage[]): Promise<void> {
    for (const { path } of messages) await rm(path, { force: true });
    for (const place of ["cur", "new"]) await flushFolder(join(this.#folder, place));
  }
}

export function readMessage({ path }: MaildirMessage): Promise<Buffer> {
  return readFile(path);
}

let count = 0;

/** Time, process and chance: no two are alike. Visible ASCII, at most 70 octets, as UIDL needs it. */
function makeUniqueId(): string {
  const host = hostname()
    .replace(/[^a-z0-9-]/gi, "-")
    .slice(0, 16);
  return `${Date.now()}.${process.pid}_${count++}_${randomBytes(8).toString("hex")}.${host}`;
}
