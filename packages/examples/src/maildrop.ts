import { randomUUID } from "node:crypto";

/** A stored message: its octets as they came, every line with its CRLF. */
export interface StoredMessage {
  /** Never used for another message (RFC 1939 §7, UIDL). */
  readonly uniqueId: string;
  readonly octets: Uint8Array;
}

/** Every user's messages, in memory. A maildrop is open in one session at a time (RFC 1939 §4). */
export class Maildrops {
  readonly #drops = new Map<string, StoredMessage[]>();
  readonly #locked = new Set<string>();

  store(user: string, octets: Uint8Array): void {
    const drop = this.#drops.get(user);
    const message: StoredMessage = { uniqueId: randomUUID(), octets };
    if (drop === undefined) this.#drops.set(user, [message]);
    else drop.push(message);
  }

  /** The user's messages, oldest first. */
  list(user: string): readonly StoredMessage[] {
    return this.#drops.get(user) ?? [];
  }

  /** Opens a maildrop: what comes in later is not in it. Null: somebody else has it open. */
  open(user: string): Maildrop | null {
    if (this.#locked.has(user)) return null;
    this.#locked.add(user);
    const messages = [...this.list(user)];
    return {
      messages,
      remove: (gone) => {
        const left = this.list(user).filter((message) => !gone.includes(message));
        this.#drops.set(user, left);
      },
      close: () => void this.#locked.delete(user),
    };
  }
}

/** A maildrop open in a session. */
export interface Maildrop {
  readonly messages: readonly StoredMessage[];
  remove(messages: readonly StoredMessage[]): void;
  /** Lets the next session in. */
  close(): void;
}
