/** Connections of our clients to servers of others. */
import type { Connection } from "examples/src/transport/drive.ts";
import { type NodeConnection, open, tlsClient } from "examples/src/transport/node.ts";
import type { Tls } from "../checks/tls.ts";
import { type Cut, CutConnection } from "./cutting.ts";

export interface Target {
  readonly port: number;
  /** The certificate that the server has, in PEM. */
  readonly certificate: string;
  readonly tls: Tls;
  /** Where the connection is lost. Default: nowhere. */
  readonly cut?: Cut;
}

export interface Connected {
  /** What a channel is bound to. */
  readonly channel: NodeConnection;
  readonly connection: Connection;
}

/** @throws Error if there is none to be had */
export async function connectTo({ port, certificate, tls, cut }: Target): Promise<Connected> {
  const channel = await open("127.0.0.1", port, tlsClient("127.0.0.1", certificate));
  if (tls === "implicit TLS" && !(await channel.startTls(10))) throw new Error("the TLS handshake failed");
  return { channel, connection: cut === undefined ? channel : new CutConnection(channel, cut) };
}
