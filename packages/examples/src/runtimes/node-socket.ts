/**
 * Node's sockets as Web Streams. `Duplex.toWeb` makes some too, but those of Node 20 do not tell that the peer has
 * ended its side as long as this one is open, so that a session waits for ever, and they read ahead, so that TLS cannot
 * begin on the socket under them.
 */
import type { Socket } from "node:net";
import type { StreamConnection } from "smtp-codec/streams";

/** What a socket emits when there may be octets to read, or never again. */
const ARRIVALS = ["readable", "end", "close"] as const;

/**
 * Streams of a socket, also of one under TLS. Nothing is read from it unless somebody reads the stream, so for STARTTLS
 * it can be wrapped once that is done:
 *
 * ```ts
 * const server = createServer({ allowHalfOpen: true }, async (socket) => {
 *   await driveStreams(session, streamsOf(socket), {
 *     startTls: async () => {
 *       const secure = new TLSSocket(socket, { isServer: true, key, cert });
 *       await once(secure, "secure");
 *       return streamsOf(secure);
 *     },
 *     …
 *   });
 * });
 * ```
 *
 * @param socket of a server with `allowHalfOpen: true`: a client that ends its side is still owed its replies
 */
export function streamsOf(socket: Socket): StreamConnection {
  // One without a listener would end the process; what is lost shows when it is read or written.
  socket.on("error", () => {});
  let isCancelled = false; // and once the other side is closed too, and all is written, the socket is
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const chunk = socket.read() as Uint8Array | null;
          if (chunk !== null) return controller.enqueue(chunk);
          if (socket.readableEnded || socket.destroyed) return controller.close();
          await arrival(socket);
        }
      },
      cancel() {
        isCancelled = true;
        if (socket.writableEnded) socket.destroySoon();
        else socket.resume();
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    write: (bytes) => settled((done) => socket.write(bytes, done)),
    close: () =>
      settled((done) => {
        socket.end(done);
        if (isCancelled) socket.destroySoon();
      }),
    abort: () => void socket.destroy(),
  });
  return { readable, writable };
}

function arrival(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const arrived = () => {
      // While somebody listens for "readable", the socket cannot be wrapped in TLS.
      for (const event of ARRIVALS) socket.off(event, arrived);
      resolve();
    };
    for (const event of ARRIVALS) socket.on(event, arrived);
  });
}

function settled(begin: (done: (error?: Error | null) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    begin((error) => (error ? reject(error) : resolve()));
  });
}
