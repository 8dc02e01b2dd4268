/** The kit's transport as what the examples' driver and their Node connection know. */
import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { TestTransport } from "smtp-codec/driver-test";
import type { Connection } from "../src/transport/drive.ts";
import { NodeConnection, type TlsRole } from "../src/transport/node.ts";

/** What the driver knows as a connection. */
export function connectionOver(transport: TestTransport): Connection {
  return {
    read: () => transport.read().catch(() => null),
    readNow: () => {
      try {
        return transport.readNow();
      } catch {
        return null;
      }
    },
    write: (bytes) =>
      transport.write(bytes).then(
        () => true,
        () => false,
      ),
    startTls: () =>
      transport.startTls().then(
        () => true,
        () => false,
      ),
    close: async () => transport.close(),
  };
}

/** What Node knows as a socket. It reads when it is asked to, and copies: the kit uses one buffer for every read. */
class KitSocket extends Duplex {
  readonly #transport: TestTransport;
  #detached = false;
  #ended = false;

  constructor(transport: TestTransport) {
    super({ allowHalfOpen: true, readableHighWaterMark: 0 });
    this.#transport = transport;
  }

  override _read(): void {
    this.#transport.readable().then(
      () => {
        if (this.#detached || this.#ended) return;
        const chunk = this.#transport.readNow();
        this.push(chunk === null ? null : Buffer.from(chunk));
      },
      () => this.destroy(),
    );
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#transport.write(chunk).then(() => done(), done);
  }

  /** A peer that is told of the end closes its side too. */
  override _final(done: () => void): void {
    this.#ended = true;
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#ended = true;
    if (!this.#detached) this.#transport.close();
    done(error);
  }

  /** The connection is another socket's now. */
  detach(): TestTransport {
    this.#detached = true;
    return this.#transport;
  }
}

/** The handshake of the kit in the place of Node's. */
const kitTls: TlsRole = {
  wrap(socket) {
    const transport = (socket as unknown as KitSocket).detach();
    const secure = new KitSocket(transport);
    transport.startTls().then(
      () => secure.emit("secure"),
      () => secure.destroy(),
    );
    // No certificate, and no version that has a channel binding.
    const facts = {
      getProtocol: () => null,
      getX509Certificate: () => ({ raw: EMPTY_CERTIFICATE }),
      getPeerCertificate: () => null,
    };
    return Object.assign(secure, facts) as unknown as TLSSocket;
  },
  done: "secure",
};

/** `SEQUENCE { SEQUENCE {}, SEQUENCE { OBJECT IDENTIFIER } }`: enough to read an algorithm from. */
const EMPTY_CERTIFICATE = Uint8Array.of(0x30, 6, 0x30, 0, 0x30, 2, 0x06, 0);

/** A connection over what Node takes for a socket. */
export function nodeConnectionOver(transport: TestTransport): NodeConnection {
  return new NodeConnection(new KitSocket(transport) as never, kitTls);
}

/**
 * What the web knows as a connection: a pair of streams. What is queued is copied: the kit uses one buffer for every
 * read.
 */
export function streamsOver(transport: TestTransport): {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array>;
} {
  // Streams that have failed are neither cancelled nor aborted: what is under them goes with them.
  const closing = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error) => {
      transport.close();
      throw error;
    });
  return {
    readable: new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: async (controller) => {
          const chunk = await closing(transport.read());
          if (chunk === null) controller.close();
          else controller.enqueue(new Uint8Array(chunk));
        },
        cancel: () => transport.close(),
      },
      // Nothing is read before somebody asks: what was read ahead could not be told from what comes through TLS.
      { highWaterMark: 0 },
    ),
    writable: new WritableStream<Uint8Array>({
      write: (bytes) => closing(transport.write(bytes)),
      close: () => transport.close(),
      abort: () => transport.close(),
    }),
  };
}

/** A connection over Web Streams, as any runtime has them. */
export function webConnectionOver(transport: TestTransport): Connection {
  const lock = () => {
    const { readable, writable } = streamsOver(transport);
    return { reader: readable.getReader(), writer: writable.getWriter() };
  };
  let { reader, writer } = lock();
  return {
    read: () =>
      reader.read().then(
        ({ value }) => value ?? null,
        () => null,
      ),
    readNow: () => null,
    write: (bytes) =>
      writer.write(bytes).then(
        () => true,
        () => false,
      ),
    startTls: async () => {
      try {
        await transport.startTls();
        ({ reader, writer } = lock());
        return true;
      } catch {
        return false;
      }
    },
    close: () => writer.close().catch(() => {}),
  };
}
