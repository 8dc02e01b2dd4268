/** A Maildir: a file for each message, in `new` until somebody has seen it, then in `cur`; made in `tmp`. */
import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isUniqueId } from "pop3-codec/syntax";
import { flushFolder, NewFile, unless } from "./new-file.ts";

/** A message in a Maildir. */
export interface MaildirMessage {
  /** The file's name without its flags: the same wherever it is, and never used for another message. */
  readonly name: string;
  /**
   * The name, or a hash of it where it is none for POP3: over 70 octets, or not of visible ASCII alone (RFC 1939 §7).
   */
  readonly uniqueId: string;
}

/** In the order in which messages go, so that one that is moved while they are listed is seen. */
const PLACES = ["new", "cur"] as const;
/** How often a message is looked for that others move meanwhile. */
const TRIES = 5;

export class Maildir {
  readonly #folder: string;
  /** Where messages were when they were listed, by their names. */
  #paths: ReadonlyMap<string, string> = new Map();

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
  async deliver(message: NewFile, name: string = makeName()): Promise<string> {
    await message.commit(join(this.#folder, "new", name));
    return name;
  }

  /** As `deliver`, of a file that others get too: flushed, and on the same file system. */
  async share(path: string): Promise<string> {
    const name = makeName();
    await link(path, join(this.#folder, "new", name));
    await flushFolder(join(this.#folder, "new"));
    return name;
  }

  /** All messages, oldest first, as far as their names tell. */
  async list(): Promise<MaildirMessage[]> {
    const paths = new Map<string, string>();
    for (const place of PLACES) {
      for (const entry of await readdir(join(this.#folder, place), { withFileTypes: true })) {
        if (entry.name.startsWith(".") || entry.isDirectory()) continue;
        paths.set(entry.name.split(":")[0]!, join(this.#folder, place, entry.name));
      }
    }
    this.#paths = paths;
    return [...paths.keys()].sort().map((name) => ({ name, uniqueId: uniqueIdOf(name) }));
  }

  /** What is in a message that was listed; null: it is gone, or cannot be found. */
  read(message: MaildirMessage): Promise<Buffer | null> {
    return this.#reach(message, (path) => readFile(path)).catch(unless("ENOENT"));
  }

  /** @returns whether all that were listed are gone, by this or without it */
  async remove(messages: readonly MaildirMessage[]): Promise<boolean> {
    const removals = messages.map((message) => () => this.#reach(message, (path) => rm(path)));
    const flushes = PLACES.map((place) => () => flushFolder(join(this.#folder, place)));
    let areGone = true;
    for (const step of [...removals, ...flushes]) {
      await step().catch(() => {
        areGone = false;
      });
    }
    return areGone;
  }

  /**
   * Does it to a message's file, wherever that is by now: who has seen it moves it to `cur`, and gives it flags. Null:
   * it is gone.
   */
  async #reach<Result>({ name }: MaildirMessage, use: (path: string) => Promise<Result>): Promise<Result | null> {
    for (let tries = 1; ; tries++) {
      const path = this.#paths.get(name);
      if (path === undefined) return null;
      try {
        return await use(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT" || tries === TRIES) throw error;
      }
      await this.list();
    }
  }
}

function uniqueIdOf(name: string): string {
  return isUniqueId(name) ? name : createHash("sha256").update(name).digest("hex");
}

let count = 0;

/** Time, process and chance: no two are alike. Visible ASCII, at most 70 octets, as UIDL needs it. */
function makeName(): string {
  const host = hostname()
    .replace(/[^a-z0-9-]/gi, "-")
    .slice(0, 16);
  return `${Date.now()}.${process.pid}_${count++}_${randomBytes(8).toString("hex")}.${host}`;
}
