/** A message that is coming, on its way to a file. Where it cannot be stored it is refused with 452, so that it comes again. */
import type { SmtpServerSession } from "smtp-codec";
import { NewFile } from "./new-file.ts";

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
   * @param accept run once it is on the disk: from then on the message is ours to lose
   * @param head as of `write`, for a message without any octet
   */
  async commit(path: string, accept: () => unknown, head: () => string = () => ""): Promise<void> {
    await this.#unlessRefused(async () => {
      const file = this.#file ?? (await this.#begin(head()));
      await file.commit(path);
      this.#file = null;
      await accept();
    });
    await this.forget();
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

  async #unlessRefused(store: () => Promise<void>): Promise<void> {
    try {
      await store();
    } catch {
      this.#session.reject({ code: 452, enhanced: "4.3.1", text: "cannot store it now" });
    }
  }
}
