/**
 * A message that is coming, on its way to a file. Where it cannot be stored it is refused with 452, so that it comes
 * again.
 */
import { rm } from "node:fs/promises";
import type { SmtpServerSession } from "smtp-codec";
import { NewFile } from "./new-file.ts";

interface CommitOptions {
  /**
   * Stores what says that the message is there, as its envelope. Where it throws, the message is refused, and nothing
   * of it stays.
   */
  readonly after?: () => Promise<void>;
  /** As of `write`, for a message without any octet. */
  readonly head?: () => string;
}

export class IncomingMessage {
  readonly #folder: string;
  readonly #session: Pick<SmtpServerSession, "reject">;
  #file: NewFile | null = null;

  /**
   * @param folder where it goes; it is made if it is not there
   * @param session refused by `reject`
   */
  constructor(folder: string, session: Pick<SmtpServerSession, "reject">) {
    this.#folder = folder;
    this.#session = session;
  }

  /**
   * Writes a piece of content. To be awaited: until then the octets are the transport's.
   *
   * @param head makes what stands on top of the message
   */
  async write(bytes: Uint8Array, head: () => string = () => ""): Promise<void> {
    await this.#unlessRefused(async () => {
      const file = this.#file ?? (await this.#begin(head()));
      await file.write(bytes);
    });
  }

  /**
   * The message has come: its file gets this name.
   *
   * @returns true: it is on the disk, and to be accepted, for from now on it is ours to lose. False: it was refused
   */
  async commit(path: string, { after, head = () => "" }: CommitOptions = {}): Promise<boolean> {
    const isStored = await this.#unlessRefused(async () => {
      const file = this.#file ?? (await this.#begin(head()));
      await file.commit(path);
      this.#file = null;
      await after?.().catch(async (error) => {
        await rm(path, { force: true });
        throw error;
      });
    });
    await this.forget();
    return isStored;
  }

  /** The message is refused, or broken off, or the connection is gone: nothing of it stays. */
  async forget(): Promise<void> {
    await this.#file?.discard();
    this.#file = null;
  }

  async #begin(head: string): Promise<NewFile> {
    this.#file = await NewFile.create(this.#folder);
    await this.#file.write(Buffer.from(head));
    return this.#file;
  }

  async #unlessRefused(store: () => Promise<void>): Promise<boolean> {
    try {
      await store();
      return true;
    } catch {
      this.#session.reject({ code: 452, enhanced: "4.3.1", text: "cannot store it now" });
      return false;
    }
  }
}
