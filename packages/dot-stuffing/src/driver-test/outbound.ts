import { type Behaviour, ConnectionLost } from "./transport.ts";

interface Write {
  readonly bytes: Uint8Array;
  /** Whether the call resolves only when all of it was taken. */
  readonly whole: boolean;
  readonly resolve: (count: number) => void;
  readonly reject: (error: ConnectionLost) => void;
  taken: number;
}

/** What the driver writes and the peer takes. */
export class Outbound {
  /** How many octets were taken. */
  count = 0;
  /** How many calls have written something. */
  calls = 0;
  /** How many octets the last write has not taken, which resolved all the same. */
  left = 0;
  /** How many octets can be taken before the end. */
  room: number = Number.POSITIVE_INFINITY;
  readonly #pace: "at once" | "late" | "never";
  readonly #portion: number;
  readonly #taken: (bytes: Uint8Array) => void;
  #writes: Write[] = [];
  #queued = 0;
  #lost: ConnectionLost | null = null;

  /** @param taken is given what the peer takes */
  constructor(
    { takes = "at once", portion = Number.POSITIVE_INFINITY }: Behaviour,
    taken: (bytes: Uint8Array) => void,
  ) {
    this.#pace = takes;
    this.#portion = portion;
    this.#taken = taken;
    if (takes === "never") this.room = portion;
  }

  /** How many octets were written and not taken. */
  get queued(): number {
    return this.#queued;
  }

  /** Resolves to how many octets were taken. */
  write(bytes: Uint8Array, whole: boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== null) {
        reject(this.#lost);
        return;
      }
      this.calls++;
      this.#queued += bytes.length;
      this.#writes.push({ bytes, whole, resolve, reject, taken: 0 });
      if (this.#pace !== "late") while (this.#take()) {}
    });
  }

  /** Takes a portion of what waits. Says whether there was anything to take. */
  step(): boolean {
    return this.#pace === "late" && this.#take();
  }

  fail(): void {
    this.#lost = new ConnectionLost("the connection was reset");
    for (const write of this.#writes.splice(0)) write.reject(this.#lost);
    this.#queued = 0;
  }

  #take(): boolean {
    const write = this.#writes[0];
    if (write === undefined || this.room === 0) return false;
    const count = Math.min(write.bytes.length - write.taken, this.#portion, this.room);
    const bytes = write.bytes.slice(write.taken, write.taken + count);
    write.taken += count;
    this.room -= count;
    this.count += count;
    const rest = write.bytes.length - write.taken;
    if (rest === 0 || !write.whole) {
      this.#writes.shift();
      this.#queued -= count + rest;
      this.left = rest;
      write.resolve(write.taken);
    } else this.#queued -= count;
    this.#taken(bytes);
    return true;
  }
}
