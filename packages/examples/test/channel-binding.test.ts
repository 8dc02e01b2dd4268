import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { generate } from "selfsigned";
import { afterEach, describe, expect, it } from "vitest";
import { channelBindings, endPoint } from "../src/transport/channel-binding.ts";
import { Listener } from "../src/transport/listener.ts";
import { type NodeConnection, open, type ServerTls, tlsClient, tlsServer } from "../src/transport/node.ts";
import { tls } from "./support.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Both ends of a TLS connection. */
async function pair(options: ServerTls): Promise<readonly [client: NodeConnection, server: NodeConnection]> {
  let arrived: (connection: NodeConnection) => void;
  const server = new Promise<NodeConnection>((resolve) => {
    arrived = resolve;
  });
  const listener = new Listener(async (connection) => {
    await connection.startTls(5);
    arrived(connection);
    await connection.read(5);
    await connection.close();
  }, tlsServer(options));
  const client = await open("127.0.0.1", await listener.listen(), tlsClient("127.0.0.1", tls.cert));
  closing.push(async () => {
    await client.close();
    await listener.close();
  });
  await client.startTls(5);
  return [client, await server];
}

const certificateHash = createHash("sha256").update(new X509Certificate(tls.cert).raw).digest("hex");

const all = ({ channelBindings }: NodeConnection) =>
  channelBindings.map(({ type, data }) => [type, Buffer.from(data).toString("hex")]);

describe("channel bindings", () => {
  it("are the same at both ends: tls-exporter and tls-server-end-point in TLS 1.3", async () => {
    const [client, server] = await pair(tls);
    expect(all(client)).toEqual([
      ["tls-exporter", expect.stringMatching(/^[0-9a-f]{64}$/)],
      ["tls-server-end-point", certificateHash],
    ]);
    expect(all(server)).toEqual(all(client));
  });

  it("are the same at both ends: tls-unique and tls-server-end-point in TLS 1.2", async () => {
    const [client, server] = await pair({ ...tls, maxVersion: "TLSv1.2" });
    expect(all(client)).toEqual([
      ["tls-unique", expect.stringMatching(/^[0-9a-f]{24}$/)],
      ["tls-server-end-point", certificateHash],
    ]);
    expect(all(server)).toEqual(all(client));
  });

  it("have no tls-unique where the session was resumed", async () => {
    const server = createServer({ ...tls, maxVersion: "TLSv1.2" });
    const accepted: string[][] = [];
    server.on("secureConnection", (socket) => {
      accepted.push(channelBindings(socket, true).map(({ type }) => type));
      socket.resume();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const connectAgain = async (session?: Buffer) => {
      const socket = connect({
        port,
        host: "127.0.0.1",
        ca: tls.cert,
        servername: "localhost",
        ...(session && { session }),
      });
      await once(socket, "secureConnect");
      const found = channelBindings(socket, false).map(({ type }) => type);
      const made = { reused: socket.isSessionReused(), found, session: socket.getSession()! };
      socket.end();
      await once(socket, "close");
      return made;
    };
    const first = await connectAgain();
    const second = await connectAgain(first.session);
    expect([first.reused, second.reused]).toEqual([false, true]);
    expect(accepted).toEqual([["tls-unique", "tls-server-end-point"], ["tls-server-end-point"]]);
    expect([first.found, second.found]).toEqual([accepted[0], []]); // the client was shown no certificate either
  });

  it("are not there without TLS", async () => {
    const listener = new Listener((connection) => connection.close(), tlsServer(tls));
    closing.push(() => listener.close());
    const connection = await open("127.0.0.1", await listener.listen(), tlsClient("127.0.0.1", tls.cert));
    expect(all(connection)).toEqual([]);
    await connection.close();
  });

  it.each([
    ["rsa", "sha1", "sha256"],
    ["rsa", "sha256", "sha256"],
    ["rsa", "sha384", "sha384"],
    ["ec", "sha384", "sha384"],
    ["ec", "sha512", "sha512"],
  ] as const)("hash a certificate signed by %s with %s with %s", async (keyType, algorithm, hash) => {
    const { cert } = await generate([{ name: "commonName", value: "localhost" }], {
      keyType,
      keySize: 2048,
      algorithm,
    });
    const { raw } = new X509Certificate(cert);
    expect(endPoint(raw)).toEqual(createHash(hash).update(raw).digest());
  });

  it("give no end point for a signature without a hash of its own", () => {
    // Certificate { tbsCertificate {}, signatureAlgorithm { 1.3.101.112 (Ed25519) } }
    expect(endPoint(Buffer.from("300930003005" + "06032b6570", "hex"))).toBe(null);
  });
});
