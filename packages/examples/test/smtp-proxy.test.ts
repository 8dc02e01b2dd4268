import { createServer } from "node:net";
import { expect, it } from "vitest";
import { createProxy } from "../src/smtp-proxy.ts";
import { Raw, tls } from "./support.ts";

it.each([
  ["octets above 127", "250 2.0.0 \xc3\xbcbernommen", "250 2.0.0 ?bernommen\r\n"],
  [
    "a line above 512 octets",
    `250 2.0.0 ${"x".repeat(600)}`,
    `${`250-2.0.0 ${"x".repeat(240)}\r\n`.repeat(2)}250 2.0.0 ${"x".repeat(120)}\r\n`,
  ],
  ["a code of no known kind", "260 2.0.0 ok", "260 2.0.0 ok\r\n"],
])("the proxy passes a reply with %s on, as far as a server may say it", async (_, reply, passed) => {
  const server = createServer((socket) => {
    socket.write("220 mx.example.com\r\n");
    socket.on("data", () => socket.write(Buffer.from(`${reply}\r\n`, "latin1"))).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const proxy = createProxy({ host: "127.0.0.1", port, log: () => {} }, tls);
  const client = await Raw.open(await proxy.listen());
  try {
    await client.hear(/^220 .*\r\n/);
    expect(await client.say("NOOP\r\n", /^\d{3} .*\r\n/m)).toBe(passed);
  } finally {
    client.destroy();
    await proxy.close();
    server.close();
  }
});
