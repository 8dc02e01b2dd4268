/** A connection as the atlas needs it: octets out, replies in, nothing thrown. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { toText } from "./octets.ts";

export class Line {
  #socket: Socket;
  #received = "";
  #closed = false;
  #wake = (): void => {};

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#listen();
  }

  /** All that has come, as Latin-1; since the handshake, if there was one. */
  get received(): string {
    return this.#received;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(text: string): void {
    this.#socket.write(Buffer.from(text, "latin1"));
  }

  /** Resolves once `enough` says so, or the connection is closed, or nothing has come for `wait` milliseconds. */
  async until(enough: () => boolean, wait: number): Promise<"enough" | "closed" | "silence"> {
    for (;;) {
      if (enough()) return "enough";
      if (this.#closed) return "closed";
      let timer: NodeJS.Timeout | undefined;
      const isSilent = await Promise.race([
        new Promise<false>((resolve) => (this.#wake = () => resolve(false))),
        new Promise<true>((resolve) => (timer = setTimeout(() => resolve(true), wait))),
      ]);
      clearTimeout(timer);
      if (isSilent) return enough() ? "enough" : "silence";
    }
  }

  /** Puts TLS on the connection: what came before is forgotten. @returns whether the handshake came to its end */
  async secure(wait: number): Promise<boolean> {
    const plain = this.#socket;
    for (const event of ["data", "close", "error"]) plain.removeAllListeners(event);
    plain.on("error", () => {});
    const secured = connectTls({ socket: plain, rejectUnauthorized: false });
    this.#socket = secured;
    this.#received = "";
    let done = false;
    secured.once("secureConnect", () => {
      done = true;
      this.#wake();
    });
    this.#listen();
    return (await this.until(() => done, wait)) === "enough";
  }

  end(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.on("data", (chunk: Buffer) => {
      this.#received += toText(chunk);
      this.#wake();
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
    // The server's end is an end: it says nothing more.
    this.#socket.on("end", () => {
      this.#closed = true;
      this.#wake();
    });
  }
}
