import { octets } from "./bytes.ts";
import { spoilt } from "./snapshot.ts";

interface Snapshot {
  readonly data: unknown;
}

/** What says which field is wrong. */
const NAMED = /^(?:TypeError|RangeError): "[\w.: [\]]+" (?:\S+ )?expected /;

/** What a session is at, by what it remembers: a field is tried in each situation once. */
function situationOf({ data }: Snapshot): string {
  const { memory } = data as { readonly memory: { readonly [field: string]: unknown } };
  const { mode, pending, sent } = memory as {
    mode: string;
    pending: { type: string } | null;
    sent?: { verb: string }[];
  };
  return [mode, pending?.type, sent?.[0]?.verb].join(" ");
}

/**
 * Restores snapshots, each with one field, at whatever depth, that is something else or missing, and goes on with what
 * comes of it: that is refused by a TypeError or RangeError that names the field, or its work ends, and it throws
 * StateErrors alone.
 *
 * @param goOn has to come to an end by itself
 * @returns the faults, in words
 */
export function faultsOf<Of extends Snapshot, Session>(
  snapshots: Iterable<Of>,
  restore: (snapshot: Of) => Session,
  goOn: (session: Session) => void,
): string[] {
  const faults: string[] = [];
  const tried = new Set<string>();
  for (const snapshot of snapshots) {
    for (const [change, data] of spoilt(snapshot.data as object)) {
      const trial = `${change.replace(/\.\d+/g, "[]")} at ${situationOf(snapshot)}`;
      if (tried.has(trial)) continue;
      tried.add(trial);
      let isRestored = false;
      try {
        const session = restore({ ...snapshot, data });
        isRestored = true;
        goOn(session);
      } catch (error) {
        const isRight = NAMED.test(String(error)) || (isRestored && (error as Error).name === "StateError");
        if (!isRight) faults.push(`${trial}, ${isRestored ? "restored" : "not restored"}: ${error}`);
      }
    }
  }
  return faults;
}

/** Steps of work, of which each may end in a StateError, and that have to come to an end. */
export interface Attempts {
  /** Tries something that the session's state may not allow. */
  attempt(work: () => unknown): void;
  /** Something has been done. @throws Error for more than is right */
  count(): void;
}

/** @param most how often there may be something to do */
export function attempts(most: number): Attempts {
  let done = 0;
  return {
    attempt(work) {
      try {
        work();
      } catch (error) {
        if ((error as Error).name !== "StateError") throw error;
      }
    },
    count() {
      if (++done > most) throw new Error("there is no end of it");
    },
  };
}

/** A client's session, as far as it is played here. */
interface PlayedClient extends Iterable<{ readonly type: string }> {
  receive(chunk: Uint8Array): unknown;
  receiveEnd(): unknown;
  takeOutput(): Uint8Array | null;
  snapshot(): Snapshot;
  proceed(step: { readonly type: "response"; readonly bytes: Uint8Array }): unknown;
}

/**
 * Plays what a server says, and what the application does, one after the other. A mechanism's question is answered by
 * `x`.
 *
 * @returns snapshots of every turn
 */
export function clientSnapshots<Session extends PlayedClient>(
  session: Session,
  steps: readonly (string | ((session: Session) => void))[],
): ReturnType<Session["snapshot"]>[] {
  const snapshots: Snapshot[] = [];
  const keep = () => snapshots.push(session.snapshot());
  for (const step of steps) {
    if (typeof step === "function") step(session);
    else session.receive(octets(step));
    keep();
    for (const event of session) {
      keep();
      if (event.type === "sasl") session.proceed({ type: "response", bytes: octets("x") });
    }
    keep();
    while (session.takeOutput() !== null) keep();
  }
  return snapshots as ReturnType<Session["snapshot"]>[];
}

/**
 * Goes on with a client's session: the server says these things, whatever they answer, a command is given, and the
 * connection ends.
 *
 * @param settle what else has to be done for there to be events
 */
export function goOnAsClient(
  session: PlayedClient,
  { attempt, count }: Attempts,
  said: readonly string[],
  give: () => unknown,
  settle: () => void = () => {},
): void {
  const pull = () => {
    for (const event of session) {
      count();
      if (event.type === "sasl") session.proceed({ type: "response", bytes: octets("yes") });
    }
    while (session.takeOutput() !== null) count();
    settle();
  };
  attempt(pull);
  for (const text of said) {
    attempt(() => session.receive(octets(text)));
    attempt(pull);
  }
  attempt(give);
  attempt(() => session.receiveEnd());
  attempt(pull);
}
