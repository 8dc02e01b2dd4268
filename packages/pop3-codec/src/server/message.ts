import { Stuffer } from "dot-stuffing";
import { TopCutter } from "../syntax/top.ts";
import type { ServerSettings } from "./options.ts";

/** Which message is sent, and how much of it. */
interface MessageOrder {
  readonly number: number;
  /** In octets, as LIST says it. */
  readonly size: number;
  /** Of the body, by TOP; null: RETR sends all of it. */
  readonly lines: number | null;
}

/** What a {@link MessageWriter} holds, as plain data. */
export interface MessageSnapshot {
  readonly order: MessageOrder;
  readonly stuffer: ReturnType<Stuffer["snapshot"]>;
  readonly cutter: ReturnType<TopCutter["snapshot"]> | null;
}

/** Turns a message into what RETR and TOP send of it, after their status line. */
export class MessageWriter {
  readonly order: MessageOrder;
  readonly #stuffer: Stuffer;
  #cutter: TopCutter | null = null;

  /** @param saved of a message that goes on here */
  constructor(order: MessageOrder, { lineEndings }: ServerSettings, saved?: MessageSnapshot) {
    this.order = order;
    this.#stuffer = new Stuffer({ lineEndings }, saved?.stuffer);
    if (order.lines !== null) this.#cutter = new TopCutter(order.lines, saved?.cutter ?? undefined);
  }

  /** Whether what follows in the message is sent too. */
  get wanted(): boolean {
    return !this.#cutter?.done;
  }

  /** How many octets were sent, as LIST counts them. */
  get sent(): number {
    return this.#stuffer.size;
  }

  snapshot(): MessageSnapshot {
    return { order: this.order, stuffer: this.#stuffer.snapshot(), cutter: this.#cutter?.snapshot() ?? null };
  }

  /** @throws RangeError for a CR or LF alone, where the options reject it: the bytes then count as not written */
  write(bytes: Uint8Array): Uint8Array[] {
    if (this.#cutter === null) return this.#stuffer.push(bytes);
    const cutter = new TopCutter(0, this.#cutter.snapshot());
    const pieces = this.#stuffer.push(cutter.push(bytes));
    this.#cutter = cutter;
    return pieces;
  }

  end(): Uint8Array[] {
    return this.#stuffer.end();
  }
}
