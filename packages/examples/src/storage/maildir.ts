/** A Maildir: a file for each message, in `new` until somebody has seen it, then in `cur`; made in `tmp`. */
import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isUniqueId } from "pop3-codec/syntax";
import { flushFolder, NewFile } from "./new-file.ts";

/** A message in a Maildir. */
export interface MaildirMessage {
  /** The file's name without its flags: the same wherever it is, and never used for another message. */
  readonly name: string;
  /**
   * The name, or a hash of it where it is none for POP3: over 70 octets, or not of visible ASCII alone (RFC 1939 §7).
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
      for (const file of await readdir(join(this.#folder, place))) {
        const name = file.split(":")[0]!;
        const path = join(this.#folder, place, file);
        if (!file.startsWith(".")) found.push({ name, uniqueId: uniqueIdOf(name), path });
      }
    }
    return found.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  async remove(messages: readonly MaildirMessage[]): Promise<void> {
    for (const { path } of messages) await rm(path, { force: true });
    for (const place of ["cur", "new"]) await flushFolder(join(this.#folder, place));
  }
}

function uniqueIdOf(name: string): string {
  return isUniqueId(name) ? name : createHash("sha256").update(name).digest("hex");
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
