/**
 * The transport that a driver under test gets. It has the calls of every kind of socket: use those that the real one
 * has, or make the real one's shape of them.
 */
export interface TestTransport {
  /**
   * The next octets, or null: the peer has ended its side. They are a view of the one buffer that every read uses: the
   * next read writes over them. Rejects when the connection is cut.
   */
  read(): Promise<Uint8Array | null>;
  /** As `read`, into a buffer of the caller's: how many octets came. For sockets like those of Deno. */
  readInto(buffer: Uint8Array): Promise<number | null>;
  /** As `read`, without waiting: null if there is nothing, or the peer has ended. Throws when the connection is cut. */
  readNow(): Uint8Array | null;
  /**
   * Resolves when `readNow` has octets, or `ended` is true. Nothing is taken. For sockets that tell when they can be
   * read.
   */
  readable(): Promise<void>;
  /** Whether the peer has ended its side, and all that it sent was read. */
  readonly ended: boolean;
  /** Resolves when all octets were taken. They are borrowed until then. Rejects when the connection is cut. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves to how many octets were taken, from the first on. For sockets that write as much as there is room for. */
  writeSome(bytes: Uint8Array): Promise<number>;
  /** Writes all pieces in one call. */
  writeAll(pieces: readonly Uint8Array[]): Promise<void>;
  /** Does the TLS handshake. Rejects if it fails. */
  startTls(): Promise<void>;
  /** Closes the connection, both sides of it. */
  close(): void;
}

/** How a transport behaves. */
export interface Behaviour {
  /**
   * How many octets reads give at most, one after the other, over and over. Default: what the peer sent at once, up to
   * 16,384.
   */
  readonly reads?: readonly number[];
  /**
   * When the peer takes what is written: `"late"`: at rest; `"never"`: `portion` octets in all. Default `"at once"`.
   */
  readonly takes?: "at once" | "late" | "never";
  /** How many octets are taken at a time. Default: all. */
  readonly portion?: number;
  /** Where the connection ends: after so many octets of what is read, or of what is written. */
  readonly cut?: Cut;
}

/** An end of the connection. A `"fin"` ends input alone; a `"reset"` is noticed by every call. */
export interface Cut {
  readonly side: "input" | "output";
  readonly after: number;
  readonly by: "fin" | "reset";
}

/** The connection is gone. */
export class ConnectionLost extends Error {
  override readonly name: string = "ConnectionLost";
}

/** Marks a promise as looked after: a driver that drops it is judged by the kit, and not by the runtime. */
export function lookedAfter<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
