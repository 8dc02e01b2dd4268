/** Connections over node:net and node:tls, read when somebody asks, so that a slow application slows the peer down. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket, type TlsOptions, TLSSocket as Wrapped } from "node:tls";
import type { ChannelBinding } from "sasl";
import { type Channel, channelBindings } from "./channel-binding.ts";
import { type Connection, Silence } from "./drive.ts";

/** Wraps a socket in TLS, as a server or as a client. */
export interface TlsRole {
  wrap(socket: Socket): TLSSocket;
  /** The event that says that the handshake is done and, on a client, that the certificate is good. */
  readonly done: "secure" | "secureConnect";
}

/**
 * What a server needs for TLS: its key and certificate in PEM, or both in a context; the versions that it speaks; and
 * whether clients are asked for certificates, which are taken unverified.
 */
export type ServerTls = Pick<TlsOptions, "key" | "cert" | "secureContext" | "maxVersion" | "requestCert">;

/** TLS as a server. */
export function tlsServer(options: ServerTls): TlsRole {
  return {
    wrap: (socket) => new Wrapped(socket, { ...options, isServer: true, rejectUnauthorized: false }),
    done: "secure",
  };
}

/**
 * TLS as a client.
 *
 * @param host the name or address that the server's certificate must have
 * @param ca certificates to trust, in PEM; default: those that Node trusts
 */
export function tlsClient(host: string, ca?: string): TlsRole {
  // An address is checked against the certificate, but not sent as a server name (RFC 6066 §3).
  const options = { host, servername: isIP(host) ? "" : host, ...(ca !== undefined && { ca }) };
  return { wrap: (socket) => connectTls({ ...options, socket }), done: "secureConnect" };
}

/** How long a peer may take to close its side after we have closed ours. In seconds. */
const CLOSING = 2;

export class NodeConnection implements Connection, Channel {
  /** Taken at the beginning: a socket that is gone has none. */
  readonly remoteAddress: string;
  #socket: Socket;
  #channelBindings: readonly ChannelBinding[] = [];
  #peerCertificate: Uint8Array | null = null;
  readonly #tls: TlsRole;
  /**
   * Who waits for octets. Listeners and the timer outlast a read: to have new ones for each costs more than the read
   * itself.
   */
  #wake: ((isInTime: boolean) => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #seconds = 0;
  #signal: AbortSignal | null = null;

  /** @param socket of a server with `allowHalfOpen: true`: a client that ends its side is still owed its replies */
  constructor(socket: Socket, tls: TlsRole) {
    this.#tls = tls;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.#socket = this.#adopt(socket);
  }

  get channelBindings(): readonly ChannelBinding[] {
    return this.#channelBindings;
  }

  get peerCertificate(): Uint8Array | null {
    return this.#peerCertificate;
  }

  async read(seconds: number, signal?: AbortSignal): Promise<Uint8Array | null> {
    const socket = this.#socket;
    for (;;) {
      const chunk = this.readNow();
      if (chunk !== null) return chunk;
      if (socket.readableEnded || socket.destroyed) return null;
      if (!(await this.#arrives(seconds, signal))) throw new Silence("nothing was read");
    }
  }

  readNow(): Uint8Array | null {
    return this.#socket.read() as Uint8Array | null;
  }

  async write(bytes: Uint8Array, seconds: number): Promise<boolean> {
    const socket = this.#socket;
    if (socket.writable && !socket.write(bytes)) {
      if (!(await happens(socket, ["drain", "close"], seconds))) socket.destroy();
    }
    return socket.writable;
  }

  async startTls(seconds: number): Promise<boolean> {
    const plain = this.#socket;
    // The reply that announces TLS leaves before the socket changes hands.
    if (!(await inTime(seconds, (flushed) => plain.write(new Uint8Array(0), flushed)))) plain.destroy();
    if (plain.destroyed) return false;
    const { wrap, done } = this.#tls;
    for (const event of ARRIVALS) plain.off(event, this.#arrived);
    const secure = this.#adopt(wrap(plain));
    this.#socket = secure;
    let established = false;
    secure.once(done, () => {
      established = true;
    });
    // An end in the middle of the handshake shows only to who asks; nothing is taken by it.
    const ask = () => void secure.read(0);
    secure.on("readable", ask);
    await happens(secure, [done, "end", "close"], seconds);
    secure.off("readable", ask);
    if (established) {
      this.#channelBindings = channelBindings(secure, done === "secure");
      this.#peerCertificate = secure.getPeerCertificate()?.raw ?? null;
    } else secure.destroy();
    return established;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    clearTimeout(this.#timer ?? undefined);
    this.#signal?.removeEventListener("abort", this.#stopped);
    // While somebody listens for "readable", nothing flows by itself.
    for (const event of ARRIVALS) socket.off(event, this.#arrived);
    if (socket.destroyed) return;
    // To destroy it at once could overtake the last reply: TCP resets a connection that is closed with octets unread.
    socket.end();
    socket.resume();
    if (!socket.readableEnded) await happens(socket, ["end", "close"], CLOSING);
    socket.destroy();
  }

  /** A socket without a listener for "error" would end the process; what is lost shows when it is read. */
  #adopt<Kind extends Socket>(socket: Kind): Kind {
    for (const event of ARRIVALS) socket.on(event, this.#arrived);
    return socket.on("error", () => {});
  }

  readonly #arrived = (): void => this.#wake?.(true);
  readonly #stopped = (): void => this.#wake?.(false);

  /** Waits until there may be something to read. False: the time is over, or it was aborted. */
  async #arrives(seconds: number, signal: AbortSignal | null = null): Promise<boolean> {
    if (signal !== this.#signal) {
      this.#signal?.removeEventListener("abort", this.#stopped);
      this.#signal = signal;
      signal?.addEventListener("abort", this.#stopped);
    }
    if (this.#timer !== null && seconds === this.#seconds) this.#timer.refresh();
    else {
      clearTimeout(this.#timer ?? undefined);
      // A timer of Node's that never fires would fire at once.
      this.#timer = seconds === Number.POSITIVE_INFINITY ? null : setTimeout(this.#stopped, seconds * 1000);
      this.#seconds = seconds;
    }
    const isInTime = await new Promise<boolean>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
    return isInTime;
  }
}

/** What a socket emits when there may be octets to read, or never again. */
const ARRIVALS = ["readable", "end", "close"] as const;

/** Opens a connection. Rejects if there is none to be had. */
export async function open(host: string, port: number, tls: TlsRole): Promise<NodeConnection> {
  const socket = connectTcp({ host, port, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve();
    });
    socket.once("error", reject);
  });
  socket.setNoDelay(true); // what is written is a whole message or group of commands: nothing is gained by waiting for more
  return new NodeConnection(socket, tls);
}

/** Waits for the first of these events. False: the time is over. */
async function happens(socket: Socket, events: readonly string[], seconds: number): Promise<boolean> {
  let yes = () => {};
  const happened = await inTime(seconds, (done) => {
    yes = done;
    for (const event of events) socket.on(event, yes);
  });
  for (const event of events) socket.off(event, yes);
  return happened;
}

/** Waits until it is done. False: the time is over. */
function inTime(seconds: number, begin: (done: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), seconds * 1000);
    begin(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
