import type { Waiting } from "../session/session.ts";

/** How much is read while something is written, and not looked at before that is done. In octets. */
const AHEAD = 65_536;

/**
 * What is driven: every session of `smtp-codec` and `pop3-codec`, in both roles, and any of one's own of this shape.
 */
export interface StreamSession<Event> extends Iterable<Event> {
  readonly waiting: Waiting;
  /**
   * How long to wait for the peer, in seconds; null: nothing is awaited, or it is without a limit. It is for a whole
   * command or reply, however many octets of it come meanwhile: it begins anew once an event came, to whomever, or
   * output was taken. Where `for` is `"content"`, every read or write of content may take so long.
   */
  readonly timeout: { readonly seconds: number; readonly for?: string } | null;
  /**
   * How many events the session has had pulled, by what stands in front of it too. Absent: those that come out here
   * count.
   */
  readonly eventCount?: number | undefined;
  /**
   * Whether what is read next may be the last that is read here: TLS begins after it, or the roles change. Then, and
   * without it, no more than one chunk is read while something is written.
   */
  readonly mayTurn?: boolean | undefined;
  receive(chunk: Uint8Array): unknown;
  receiveEnd(): unknown;
  /** @param limit how many octets are written at once: more of them may be given, but count as sent before they are */
  takeOutput(limit?: number): Uint8Array<ArrayBuffer> | null;
  tlsEstablished(): void;
  tlsFailed(): void;
  timedOut(): void;
  /** Servers have it: says good-bye. */
  shutdown?(): void;
}

/** How much may be read while something is written. */
export function aheadOf({ waiting, mayTurn }: StreamSession<unknown>): number {
  if (waiting === "tls" || waiting === "closed") return 0;
  if (mayTurn === false) return AHEAD;
  return waiting === "bytes" ? 1 : 0;
}

/** Whether the connection is to be used the other way round from here on. */
export function isReversal(event: unknown): boolean {
  const { type, cause } = event as { readonly type?: unknown; readonly cause?: unknown };
  return type === "closed" && cause === "reversed";
}

/**
 * Whether the session answers an event by itself once more is taken from it, or may: what knows no answers may have its
 * own.
 */
export function isOpen(event: unknown): boolean {
  const { answer } = event as { readonly answer?: unknown };
  return answer !== "needed" && answer !== "none";
}

/** Gives a session octets, if it takes them: one that waits for what will not come any more takes few. */
export function isTaken(session: StreamSession<unknown>, bytes: Uint8Array): boolean {
  try {
    session.receive(bytes);
    return true;
  } catch {
    return false;
  }
}
