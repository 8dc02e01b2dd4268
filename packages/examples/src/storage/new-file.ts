/** Files that are there whole, or not at all: written under another name, flushed, and renamed. */
import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file that is being written, and has not its name yet. */
export class NewFile {
  /** Where it is until it is committed. */
  readonly path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** @param folder on the same file system as the name to come; it is made if it is not there */
  static async create(folder: string): Promise<NewFile> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, `.${randomUUID()}.tmp`);
    return new NewFile(path, await open(path, "wx", 0o600));
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#file.writeFile(bytes);
  }

  /** Once this resolves, the octets are on the disk; without a name still. */
  async flush(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
  }

  /**
   * Gives it its name. Once this resolves, a loss of power does not lose it: only now may anybody be told that it is
   * stored.
   */
  async commit(path: string): Promise<void> {
    await this.flush();
    await rename(this.path, path);
    await flushFolder(dirname(path));
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => {}); // it may be closed already
    await rm(this.path, { force: true });
  }
}

/** Writes a whole file. */
export async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  const file = await NewFile.create(dirname(path));
  try {
    await file.write(typeof content === "string" ? Buffer.from(content) : content);
    await file.commit(path);
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Writes a whole file, unless there is one of that name. */
export async function writeOnce(path: string, content: string): Promise<void> {
  const file = await NewFile.create(dirname(path));
  try {
    await file.write(Buffer.from(content));
    await file.flush();
    await link(file.path, path).catch(unless("EEXIST")); // of two that come at once one is first, and the other's is nobody's
    await flushFolder(dirname(path));
  } finally {
    await file.discard();
  }
}

/** What is in a file; null: there is none. What is there and cannot be read is an error. */
export function readIfThere(path: string): Promise<Buffer | null> {
  return readFile(path).catch(unless("ENOENT"));
}

/** Takes an error of this code for an answer, and no other. */
export function unless(code: string): (error: NodeJS.ErrnoException) => null {
  return (error) => {
    if (error.code === code) return null;
    throw error;
  };
}

/** A new name is on the disk when its folder is. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync();
  await handle.close();
}
