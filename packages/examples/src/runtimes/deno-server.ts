/**
 * A submission server on Deno, with implicit TLS (RFC 8314 §3.3): `Deno.startTls` is for clients only. It reads its
 * settings as JSON, and prints every message that it accepts:
 *
 *     deno run --allow-net deno-server.ts < settings.json
 *
 * A client that never does the handshake keeps its connection for as long as it likes: Deno closes none before that,
 * whatever it is told, `close()` included. Where strangers come, have something in front of it that counts connections.
 */
import { Receiver, type Settings } from "./receiver.ts";

const { port, key, cert, users } = (await new Response(Deno.stdin.readable).json()) as Settings;
const receiver = new Receiver(users, (message) => console.log(JSON.stringify(message)));
const listener = Deno.listenTls({ hostname: "127.0.0.1", port, key, cert });
console.log(`listening on ${listener.addr.port}`);
for await (const connection of listener) void receiver.serve(connection).catch(console.error);
