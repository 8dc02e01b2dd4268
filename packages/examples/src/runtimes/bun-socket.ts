/** Bun's sockets call back. Here they are Web Streams, as the runtimes of the other clients have them. */
import type { Socket, SocketHandler } from "bun";
import type { StreamConnection } from "smtp-codec/streams";

/**
 * Streams of one socket, for its handlers to feed: `Bun.connect({ …, socket: streams.handler })`. A socket that nobody
 * reads is paused, and a write is done when all of it is on its way.
 */
export class SocketStreams implements StreamConnection {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly handler: SocketHandler<undefined>;
  /** The socket, once it is open; with TLS, once the handshake is done. Rejects with why it never is. */
  readonly opened: Promise<Socket<undefined>>;
  /** The socket from its beginning, before any handshake: what is given up then is closed too. */
  #socket: Socket<undefined> | null = null;
  #isOpen = false;
  #open: (socket: Socket<undefined>) => void = () => {};
  #fail: (error: Error) => void = () => {};
  #input: ReadableStreamDefaultController<Uint8Array> | null = null;
  #drained = (): void => {};
  #isClosed = false;

  constructor() {
    this.opened = new Promise((resolve, reject) => {
      this.#open = (socket) => {
        this.#isOpen = true;
        resolve(socket);
      };
      this.#fail = reject;
    });
    this.opened.catch(() => {}); // it need not be asked for
    this.readable = new ReadableStream({
      start: (controller) => {
        this.#input = controller;
      },
      pull: async () => void (await this.opened).resume(),
      cancel: () => {
        this.#input = null;
        // To end what never did its handshake would wait for it.
        if (this.#isOpen) this.#socket?.end();
        else this.#socket?.terminate();
      },
    });
    this.writable = new WritableStream({
      write: (bytes) => this.#write(bytes),
      close: async () => void (await this.opened).shutdown(),
      abort: () => this.#socket?.terminate(),
    });
    this.handler = {
      open: (socket) => {
        this.#socket = socket;
        this.#open(socket);
      },
      data: (socket, chunk) => {
        this.#input?.enqueue(new Uint8Array(chunk));
        if ((this.#input?.desiredSize ?? 0) <= 0) socket.pause();
      },
      drain: () => this.#drained(),
      end: () => this.#end(),
      close: () => {
        this.#isClosed = true;
        this.#drained();
        this.#end();
        this.#fail(new Error("the connection was closed"));
      },
      error: (_, error) => this.#fail(error),
      connectError: (_, error) => this.#fail(error),
    };
  }

  /** What the handlers of a TLS socket are: it is open when the handshake is done and the certificate is good. */
  get secureHandler(): SocketHandler<undefined> {
    return {
      ...this.handler,
      open: (socket) => {
        this.#socket = socket;
      },
      handshake: (socket, isDone, problem) => {
        if (isDone && problem === null) this.#open(socket);
        else {
          this.#fail(problem ?? new Error("the TLS handshake failed"));
          socket.terminate();
        }
      },
    };
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const socket = await this.opened;
    for (let at = 0; ; ) {
      const isDrained = new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
      const written = this.#isClosed ? -1 : socket.write(bytes, at);
      if (written < 0) throw new Error("the connection is closed");
      at += written;
      if (at === bytes.length) return;
      await isDrained;
    }
  }

  #end(): void {
    this.#input?.close();
    this.#input = null;
  }
}
