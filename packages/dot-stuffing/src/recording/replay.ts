import { checkLimit, checkObject } from "../check.ts";
import { concat } from "../concat.ts";
import { type Header, parseRecording, RecordingError, type RecordingLine } from "./lines.ts";
import { facadeOf, ITERATE, type OutsideForm } from "./outside.ts";
import { record, VERSION } from "./recorder.ts";
import type { RecordedSession, RecordSettings, Role } from "./role.ts";
import { readValue } from "./values.ts";

/** What one step of a replay did. */
export interface ReplayStep {
  /** The number of its first line in the recording. */
  readonly line: number;
  /** What the session gave, in the recording's form. */
  readonly lines: readonly string[];
  /** How that differs from what was recorded, in words; null: it does not. */
  readonly difference: string | null;
}

/** Where a replayed session stands. */
export interface ReplayState {
  /** The number of the line that comes next; null: none is left. */
  readonly line: number | null;
  readonly state: string;
  readonly waiting: string;
  /** The row of the session's table for its state: what each verb that it has leads to. */
  readonly row: { readonly [verb: string]: unknown };
}

/**
 * A session that goes through a recording again: what was received, called and answered is done again, and what comes
 * of it compared.
 *
 * @example
 * ```ts
 * const replayed = replay(text.split("\n"));
 * console.log(replayed.run() ?? "as recorded");
 * ```
 */
export class Replay<Session extends RecordedSession, Options> {
  /** The session as the steps so far have left it. It is to be looked at: what is called besides is no step of it. */
  readonly session: Session;
  readonly #role: Role<Session, Options>;
  readonly #lines: readonly RecordingLine[];
  readonly #options: Options;
  readonly #standIns: Map<number, object> = new Map();
  #at = -1; // the header, which comes before the lines
  #events = 0;
  #given: string[] = [];

  /** @throws RecordingError for lines that are no recording of this role */
  constructor(role: Role<Session, Options>, lines: Iterable<string>) {
    const parsed = parseRecording(lines);
    this.#role = role;
    this.#lines = parsed.lines;
    const { session, options } = this.#begin(parsed.header);
    this.session = session;
    this.#options = options;
    this.#at += this.#given.length; // the session may have asked for something at once
  }

  /** Where the session stands after the steps so far. */
  get state(): ReplayState {
    const { state, waiting } = this.session;
    const row: Record<string, unknown> = {};
    for (const [verb, cells] of Object.entries(this.#role.table(this.#options))) {
      if (cells[state] !== undefined && cells[state] !== null) row[verb] = cells[state];
    }
    return { line: this.#lines[this.#at]?.number ?? null, state, waiting, row };
  }

  /** Does what the next lines say. Null: none is left. */
  next(): ReplayStep | null {
    const first = this.#lines[this.#at];
    if (first === undefined) return null;
    const action = this.#action();
    this.#given = [];
    let thrown = "";
    try {
      this.#act(action);
    } catch (error) {
      // What the session throws has been recorded; what is no step of it is the difference.
      thrown = String(error);
    }
    const given = this.#given;
    const difference = this.#difference(given, thrown);
    if (given.some((line) => line.startsWith("event "))) this.#events++;
    this.#at += Math.max(1, given.length);
    return { line: first.number, lines: given, difference };
  }

  /**
   * Goes on to where the nth event, from 1, is the next to be pulled, or to the end.
   *
   * @throws RangeError for what is no whole number from 1
   */
  until(n: number): this {
    checkLimit("n", n, 1);
    while (!(this.#events >= n - 1 && this.#action()?.said.word === "event") && this.next() !== null);
    return this;
  }

  /** Goes on to the first difference, which it gives in words. Null: everything came as it was recorded. */
  run(): string | null {
    for (let step = this.next(); step !== null; step = this.next()) {
      if (step.difference !== null) return step.difference;
    }
    return null;
  }

  #begin({ number, text, version, role, json }: Header): { readonly session: Session; readonly options: Options } {
    if (version !== VERSION || role !== this.#role.name) {
      throw new RecordingError(number, `version ${VERSION} of ${this.#role.name}`, text);
    }
    const { options, ...settings } = this.#read(json) as RecordSettings & { readonly options: Options };
    try {
      checkObject("options", options as Options & object);
      return { session: record(this.#role, options, (line) => this.#given.push(line), settings), options };
    } catch (error) {
      throw new RecordingError(number, `options of ${role} (${error})`, text);
    }
  }

  /** The line that says what is to be done: what the application answers meanwhile may stand before it. */
  #action(): RecordingLine | undefined {
    let at = this.#at;
    while (this.#lines[at]?.said.word === "outside") at++;
    return this.#lines[at];
  }

  #act(action: RecordingLine | undefined): void {
    const { session } = this;
    const said = action?.said ?? { word: "event" };
    if (said.word === "event" || said.word === "waiting") session.nextEvent();
    else if (said.word === "octets" && said.first) {
      if (said.side === this.#role.input) session.receive(this.#chunk());
      else session.takeOutput();
    } else if (said.word === "call") {
      const call: unknown = said.name === "constructor" ? undefined : Reflect.get(session, said.name);
      if (typeof call !== "function") throw new RecordingError(action!.number, "a method of the session", action!.text);
      Reflect.apply(call, session, this.#read(said.args) as unknown[]);
    }
  }

  /** The octets of this line and those that go on with it. */
  #chunk(): Uint8Array {
    const pieces: Uint8Array[] = [];
    for (let at = this.#at; at < this.#lines.length; at++) {
      const { said } = this.#lines[at]!;
      if (said.word !== "octets" || (at > this.#at && said.first)) break;
      pieces.push(said.bytes);
    }
    return concat(pieces);
  }

  #difference(given: readonly string[], thrown: string): string | null {
    for (let index = 0; index < Math.max(1, given.length); index++) {
      const recorded = this.#lines[this.#at + index];
      if (recorded === undefined) return null; // the recording ends within the step
      const replayed = given[index] ?? (thrown || "nothing");
      if (recorded.text !== replayed.trimEnd())
        return `line ${recorded.number}: recorded ${recorded.text}; replayed ${replayed}`;
    }
    return null;
  }

  #read(json: string): unknown {
    return readValue(json, (form) => this.#standIn(form));
  }

  /** What stands for an object of the application: it answers as was recorded. */
  #standIn(form: OutsideForm): object {
    const known = this.#standIns.get(form.$outside);
    if (known !== undefined) return known;
    const fields = new Map<string, unknown>();
    const standIn = facadeOf(form, {
      call: (member) => this.#answer(form.$outside, member),
      iterate: () => {
        // That it has begun is not written down.
        if (this.#says(form.$outside, ITERATE) !== null) this.#answer(form.$outside, ITERATE);
        return (member) => this.#answer(form.$outside, member);
      },
      read: (field) => {
        if (!fields.has(field)) fields.set(field, this.#answer(form.$outside, field));
        return fields.get(field);
      },
    });
    this.#standIns.set(form.$outside, standIn);
    return standIn;
  }

  /** The answer to a question, if the next line has it. */
  #says(number: number, member: string): Answered | null {
    const said = this.#lines[this.#at + this.#given.length]?.said;
    return said?.word === "outside" && said.number === number && said.member === member ? said : null;
  }

  #answer(number: number, member: string): unknown {
    const said = this.#says(number, member);
    if (said === null) throw new Error(`a question that was not recorded: outside ${number} ${member}`);
    if (said.json !== null) return this.#read(said.json);
    throw Object.assign(new Error("recorded"), { name: said.threw });
  }
}

type Answered = RecordingLine["said"] & { readonly word: "outside" };

/** Rebuilds the session of a recording. @throws RecordingError naming the line that is none */
export function replay<Session extends RecordedSession, Options>(
  role: Role<Session, Options>,
  lines: Iterable<string>,
): Replay<Session, Options> {
  return new Replay(role, lines);
}
