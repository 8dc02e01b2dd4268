import { EventIterator } from "../session/event-iterator.ts";
import { escapeLine, linesOf } from "./escape.ts";
import { nameOf, Outsiders } from "./outsiders.ts";
import type { RecordedSession, RecordSettings, Role } from "./role.ts";
import { Secrets } from "./secrets.ts";
import { type Side, Wire } from "./wire.ts";

/** The version of the format. */
export const VERSION = 1;

type Call = (...args: readonly unknown[]) => unknown;

/**
 * A new session that writes down all that happens to it. It is used as any other: what comes back is the session
 * itself, with its methods watched.
 *
 * @param write is given each line, without a line end
 */
export function record<Session extends RecordedSession, Options>(
  role: Role<Session, Options>,
  options: Options,
  write: (line: string) => void,
  settings: RecordSettings = {},
): Session {
  return new Recorder(role, options, write, settings).watched;
}

class Recorder<Session extends RecordedSession, Options> {
  readonly watched: Session;
  readonly #session: Session;
  readonly #role: Role<Session, Options>;
  readonly #write: (line: string) => void;
  readonly #secrets: Secrets;
  readonly #wire: Wire;
  readonly #calls: Map<string, Call> = new Map();
  readonly #outsiders: Outsiders;
  /** Whether a further `takeOutput` that gives nothing says nothing. */
  #settled = false;

  constructor(
    role: Role<Session, Options>,
    options: Options,
    write: (line: string) => void,
    { content = false, secrets = false }: RecordSettings,
  ) {
    const settled = role.settle(options);
    this.#role = role;
    this.#write = write;
    this.#secrets = new Secrets({ content, secrets });
    this.#wire = new Wire(
      role.rules(settled),
      (kind) => this.#secrets.shows(kind),
      (side, ...line) => this.#secrets.hidden(side === role.input, ...line),
    );
    this.#outsiders = new Outsiders(this.#secrets, role.secretResults, write);
    const handed = this.#outsiders.wrapMembers(settled);
    const header = this.#outsiders.value({ content, secrets, options: handed }, "calls");
    write(`recording ${VERSION} ${role.name} ${header}`);
    this.#session = this.#outsiders.inside(() => role.create(handed));
    this.watched = new Proxy(this.#session, { get: (session, key) => this.#member(session, key) });
  }

  #member(session: Session, key: string | symbol): unknown {
    if (key === Symbol.iterator) return () => this.#iterate();
    const value: unknown = Reflect.get(session, key, session);
    if (typeof value !== "function" || typeof key === "symbol") return value;
    const call = this.#calls.get(key) ?? this.#watch(key, (...args) => Reflect.apply(value, session, args));
    this.#calls.set(key, call);
    return call;
  }

  #watch(name: string, call: Call): Call {
    switch (name) {
      case "snapshot":
        return call;
      case "receive":
        return (chunk) => {
          call(chunk);
          this.#octets(this.#role.input, chunk as Uint8Array);
          this.#settled = false;
          return this.watched;
        };
      case "nextEvent":
        return () => this.#nextEvent();
      case "takeOutput":
        return (limit) => this.#takeOutput(limit as number | undefined);
      default:
        return (...args) => this.#call(name, args, call);
    }
  }

  #iterate(): IterableIterator<unknown, undefined> {
    const source = { nextEvent: () => this.#nextEvent() };
    return new EventIterator(source, () => this.#session[Symbol.iterator]().return!());
  }

  #nextEvent(): unknown {
    const event = this.#guard(
      () => this.#session.nextEvent(),
      () => this.#write("call nextEvent []"),
    );
    this.#settled = event === null;
    if (event === null) {
      if (this.#session.waiting === "bytes") this.#secrets.allRead();
      this.#write(`waiting ${this.#session.waiting}`);
      return null;
    }
    const { type, ...shown } = event as { readonly type: string; readonly secret?: boolean };
    this.#write(`event ${type} ${this.#outsiders.value(shown, shown.secret ? "secrets" : "events")}`);
    return this.#outsiders.withOriginals(event);
  }

  #takeOutput(limit?: number): Uint8Array | null {
    const args = limit === undefined ? [] : [limit];
    const say = () => this.#write(`call takeOutput ${this.#outsiders.value(args, "calls")}`);
    const bytes = this.#guard(() => this.#session.takeOutput(...args), say);
    // A limit that has cut nothing would change nothing: octets without a call are taken without one.
    if (bytes === null ? !this.#settled : bytes.length >= (limit ?? Number.POSITIVE_INFINITY)) say();
    if (bytes !== null) this.#output(bytes);
    this.#settled = true;
    return bytes;
  }

  #call(name: string, args: readonly unknown[], call: Call): unknown {
    const handed = args.map((each) => this.#outsiders.wrap(each));
    const kinds = this.#role.secretArguments[name] ?? [];
    const written = handed.map((each, index) => {
      const kind = kinds[index] ?? null;
      return kind !== null && typeof each === "string" ? this.#secrets.mask(kind, each) : each;
    });
    this.#write(`call ${name} ${this.#outsiders.value(written, name === "proceed" ? "answers" : "calls")}`);
    this.#settled = false;
    const result = this.#guard(() => call(...handed));
    if (name === "takeOutputPieces") for (const piece of result as Uint8Array[]) this.#output(piece);
    if (name === "tlsEstablished") this.#wire.tls();
    return result === this.#session ? this.watched : result;
  }

  #output(bytes: Uint8Array): void {
    this.#octets(this.#role.input === "C" ? "S" : "C", bytes);
  }

  #octets(side: Side, bytes: Uint8Array): void {
    for (const [index, line] of linesOf(this.#wire.mask(side, bytes)).entries()) {
      this.#write(`${side}${index === 0 ? ":" : "+"} ${escapeLine(line)}`.trimEnd());
    }
  }

  /** Lets the session work. What it throws is written down. @param before is run before that is */
  #guard<Result>(work: () => Result, before: () => void = () => {}): Result {
    try {
      return this.#outsiders.inside(work);
    } catch (error) {
      before();
      this.#settled = false;
      this.#write(`threw ${nameOf(error)}`);
      throw error;
    }
  }
}
