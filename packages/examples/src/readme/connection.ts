/** What a session needs of a transport: sockets of Node, Deno, Bun or Cloudflare, or an array in a test. */
export interface Connection {
  /** The next bytes; null once the peer has ended. */
  read(): Promise<Uint8Array | null>;
  write(bytes: Uint8Array): Promise<void>;
  /** Does the TLS handshake, in the role that this side has. */
  startTls(): Promise<void>;
}
