/**
 * A submission server on Bun, with implicit TLS (RFC 8314 §3.3). It reads its settings as JSON, and prints every
 * message that it accepts:
 *
 *     bun bun-server.ts < settings.json
 */
import type { Socket } from "bun";
import { SocketStreams } from "./bun-socket.ts";
import { Receiver, type Settings } from "./receiver.ts";

const { port, key, cert, users } = (await Bun.stdin.json()) as Settings;
const receiver = new Receiver(users, (message) => console.log(JSON.stringify(message)));
const streams = new WeakMap<Socket<undefined>, SocketStreams>();

// The handlers of a listener are those of all its sockets: each is led to its own.
const listener = Bun.listen<undefined>({
  hostname: "127.0.0.1",
  port,
  tls: { key, cert },
  socket: {
    open(socket) {
      const connection = new SocketStreams();
      streams.set(socket, connection);
      connection.secureHandler.open?.(socket);
      void receiver.serve(connection).catch(console.error);
    },
    handshake: (socket, isDone) => streams.get(socket)?.secureHandler.handshake?.(socket, isDone, null),
    data: (socket, chunk) => streams.get(socket)?.handler.data?.(socket, chunk),
    drain: (socket) => streams.get(socket)?.handler.drain?.(socket),
    end: (socket) => streams.get(socket)?.handler.end?.(socket),
    close: (socket) => streams.get(socket)?.handler.close?.(socket),
    error: (socket, error) => streams.get(socket)?.handler.error?.(socket, error),
  },
});
console.log(`listening on ${listener.port}`);
