/** A session that echoes lines, to be recorded and replayed. */
import { type LineEnd, type RecordSettings, type Role, record, replay, type WireRules } from "dot-stuffing/recording";
import { conceal, StateError } from "dot-stuffing/session";
import { octets, text } from "tools/testing";
import { expect } from "vitest";

type Event = { readonly type: string; readonly [name: string]: unknown };

export interface Options {
  readonly greet?: (name: string) => string;
  readonly limit?: number;
  /** Asked as soon as a session begins. */
  readonly own?: { readonly keyword: string; readonly make: () => number };
  readonly nested?: readonly [{ readonly shout: () => string }];
}

/** Lines in, an event for each: those that begin with `!` ask what was handed to `use`, others may give their words. */
export class Echo {
  readonly #options: Options;
  #input = "";
  #output: Uint8Array[] = [];
  #events: Event[] = [];
  #tool: Record<string, (...args: unknown[]) => unknown> | null = null;
  waiting = "bytes";
  state = "open";

  constructor(options: Options) {
    if (options.limit === 0) throw new RangeError("limit");
    if (options.own !== undefined) this.state = `open for ${options.own.keyword} ${options.own.make()}`;
    this.#options = options;
  }

  receive(chunk: Uint8Array): this {
    if (chunk.length > 200) throw new StateError("receive()", "full", "nextEvent()");
    this.#input += text(chunk);
    return this;
  }

  nextEvent(): Event | null {
    const found = this.#events.shift();
    if (found !== undefined) return found;
    const end = this.#input.indexOf("\r\n");
    if (end < 0) return null;
    const line = this.#input.slice(0, end);
    this.#input = this.#input.slice(end + 2);
    if (line === "boom") throw new TypeError(line);
    if (line.startsWith("!"))
      return { type: "answered", secret: true, by: this.#tool, said: this.#tool![line.slice(1)]!(line, 1) };
    if (/^(?:auth|word) /.test(line)) return { type: "read", words: line.split(" ").slice(1) };
    this.#output.push(octets(`${this.#options.greet?.(line) ?? line}\r\n`));
    return conceal({ type: "line", bytes: octets(line) }, { hidden: line });
  }

  *[Symbol.iterator](): Generator<Event, undefined> {
    for (let event = this.nextEvent(); event !== null; event = this.nextEvent()) yield event;
    return undefined;
  }

  takeOutput(limit: number = Number.POSITIVE_INFINITY): Uint8Array | null {
    if (Number.isNaN(limit)) throw new RangeError("limit");
    const first = this.#output[0];
    if (first !== undefined && first.length > limit) {
      this.#output[0] = first.subarray(limit);
      return first.subarray(0, limit);
    }
    const source = this.#tool?.["output"];
    return this.#output.shift() ?? (source === undefined ? null : octets(String(source())));
  }

  takeOutputPieces(): Uint8Array[] {
    return this.#output.splice(0);
  }

  tlsEstablished(): void {
    this.state = "secure";
  }

  snapshot(): string {
    return this.state;
  }

  use(tool: object): this {
    this.#tool = tool as Record<string, (...args: unknown[]) => unknown>;
    this.#events.push({ type: "used", name: this.#tool["name"], again: this.#tool["name"] });
    return this;
  }

  login(_name: string, _password: string | null): void {}

  ask(question: (password: string) => string, password: string): void {
    this.#events.push({ type: "asked", word: question(password) });
  }

  shout(): void {
    this.#events.push({ type: "shouted", words: this.#options.nested![0].shout() });
  }

  write(pieces: Iterable<Uint8Array>, most: number = Number.POSITIVE_INFINITY): this {
    for (const piece of pieces) {
      if (most-- <= 0) break;
      this.#output.push(piece);
    }
    return this;
  }

  say(event: Event): void {
    this.#events.push(event);
  }

  fail(error: unknown): void {
    throw typeof error === "string" ? error : new TypeError("failed");
  }
}

/** Behind `pass ` stands a password, and after `data` two lines of content; `count` is followed by 3 octets. */
class Rules implements WireRules {
  #content = 0;

  lineEnd(): LineEnd {
    return "CRLF";
  }

  begins(): "content" | "shown" {
    return this.#content > 0 ? "content" : "shown";
  }

  goesOn(_side: unknown, line: string): "password" | "digest" | "sasl" | "shown" {
    if (line === "pass ") return "password";
    if (line === "hash ") return "digest";
    return line === "auth " ? "sasl" : "shown";
  }

  ended(side: string, line: string): number {
    if (this.#content > 0) this.#content--;
    else if (side === "C" && line === "data") this.#content = 2;
    return line === "count" ? 3 : 0;
  }

  tls(): void {
    this.#content = 0;
  }
}

export const role: Role<Echo, Options> = {
  name: "echo",
  input: "C",
  create: (options) => new Echo(options),
  settle: (options) => options,
  rules: () => new Rules(),
  table: () => ({ LINE: { open: "open", secure: "open" }, TLS: { open: "secure" }, NEVER: { open: null } }),
  secretArguments: { login: [null, "password"], ask: [null, "password"] },
  secretResults: { secret: "digest" },
};

/** What a recording of some calls has after its header; played again, it is the same. */
export function recorded(use: (session: Echo) => void, options: Options = {}, settings?: RecordSettings): string[] {
  const lines: string[] = [];
  use(record(role, options, (line) => lines.push(line), settings));
  expect(replay(role, lines).run()).toBe(null);
  return lines.slice(1);
}
