import type { MaskKind } from "./mask.ts";
import { facadeOf, formOf, ITERATE, isCollection, type OutsideForm } from "./outside.ts";
import type { Secrets, Surroundings } from "./secrets.ts";
import { writeValue } from "./values.ts";

/** An object or function of the application, and what the session is given in its place. */
interface Outsider {
  readonly original: object;
  readonly form: OutsideForm;
  /** Whether its form has been written. */
  declared: boolean;
}

/**
 * The objects and functions that an application hands in: mechanisms, maildrops, options that are functions. The
 * session gets facades, so that what it asks of them, and is answered, is written down.
 */
export class Outsiders {
  readonly #secrets: Secrets;
  readonly #secretResults: { readonly [member: string]: MaskKind };
  readonly #write: (line: string) => void;
  readonly #facades: WeakMap<object, object> = new WeakMap();
  readonly #outsiders: WeakMap<object, Outsider> = new WeakMap();
  #count = 0;
  /** Whether the session is at work, and not the application. */
  #within = false;

  constructor(secrets: Secrets, secretResults: { readonly [member: string]: MaskKind }, write: (line: string) => void) {
    this.#secrets = secrets;
    this.#secretResults = secretResults;
    this.#write = write;
  }

  /** Lets the session work, or the application. */
  inside<Result>(work: () => Result, within = true): Result {
    const was = this.#within;
    this.#within = within;
    try {
      return work();
    } finally {
      this.#within = was;
    }
  }

  /** What the session is given in a value's place. */
  wrap<Value>(value: Value): Value {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return value;
    return this.#wrapObject(value) as Value;
  }

  /** A copy of data, if something in it can be called. */
  wrapMembers<Value>(value: Value): Value {
    const entries = Object.entries(value as object);
    const wrapped = entries.map(([name, each]) => [name, this.wrap(each)] as const);
    return wrapped.some(([, each], index) => each !== entries[index]![1])
      ? (Object.fromEntries(wrapped) as Value)
      : value;
  }

  /** An event with the application's own objects in it. */
  withOriginals<Event extends object>(event: Event): Event {
    const members = Object.entries(Object.getOwnPropertyDescriptors(event));
    if (!members.some(([, { value }]) => this.#outsiders.has(value))) return event;
    const own = members.map(([name, member]) => {
      const outsider = this.#outsiders.get(member.value);
      return [name, outsider === undefined ? member : { ...member, value: outsider.original }] as const;
    });
    return Object.create(Object.prototype, Object.fromEntries(own)) as Event;
  }

  /** A value as it is written. */
  value(value: unknown, around: Surroundings): string {
    return writeValue(value, {
      concealed: around === "answers",
      text: (text, property) => this.#secrets.text(text, property, around),
      octets: (bytes) => this.#secrets.octets(bytes, around),
      form: (object) => {
        const outsider = this.#outsiders.get(object);
        if (outsider === undefined) return null;
        const { form, declared } = outsider;
        outsider.declared = true;
        return declared ? { $outside: form.$outside } : form;
      },
    });
  }

  #wrapObject(value: object): object {
    if (this.#outsiders.has(value)) return value;
    const known = this.#facades.get(value);
    if (known !== undefined) return known;
    const form = formOf(value, this.#count + 1);
    if (form !== null) {
      this.#count++;
      return this.#facade(value, form);
    }
    if (Array.isArray(value)) {
      const wrapped = value.map((each) => this.wrap(each));
      return wrapped.some((each, index) => each !== value[index]) ? wrapped : value;
    }
    return isCollection(value) ? value : this.wrapMembers(value);
  }

  #facade(original: object, form: OutsideForm): object {
    const read = new Set<string>();
    const number = form.$outside;
    const ask = (call: Answering): Answering => {
      return (member, args) => (this.#within ? this.#answer(number, member, args, call) : call(member, args));
    };
    const call = ask(caller(original, form));
    const facade = facadeOf(form, {
      call,
      iterate: () => {
        const iterator = this.#outside(number, ITERATE, () => (original as Iterable<unknown>)[Symbol.iterator]());
        const step = ask((member) => (member === "next" ? iterator.next() : (iterator.return?.() ?? {})));
        return (member) => step(member, []);
      },
      read: (field) => {
        const value: unknown = Reflect.get(original, field);
        if (!this.#within || read.has(field)) return value;
        read.add(field);
        const text = typeof value === "string" ? this.#secrets.text(value, field, "calls") : value;
        this.#write(`outside ${number} ${field} ${this.value(text, "calls")}`);
        return value;
      },
    });
    this.#facades.set(original, facade);
    this.#outsiders.set(facade, { original, form, declared: false });
    return facade;
  }

  /** The application's answer, written down. */
  #answer(number: number, member: string, args: readonly unknown[], call: Answering): unknown {
    const answer = this.wrap(this.#outside(number, member, () => call(member, args)));
    this.#write(`outside ${number} ${member} ${this.#written(member, args, answer)}`);
    return answer;
  }

  /** Lets the application work. What it throws is written down, if it is the session that asks. */
  #outside<Result>(number: number, member: string, work: () => Result): Result {
    const within = this.#within;
    try {
      return this.inside(work, false);
    } catch (error) {
      if (within) this.#write(`outside ${number} ${member} threw ${nameOf(error)}`);
      throw error;
    }
  }

  #written(member: string, args: readonly unknown[], answer: unknown): string {
    if (typeof answer !== "string")
      return this.value(answer, member === "next" && args.length === 0 ? "calls" : "answers");
    const kind = this.#secretResults[member] ?? (args.some((each) => this.#secrets.knows(each)) ? "password" : "shown");
    return JSON.stringify(this.#secrets.made(kind, answer));
  }
}

type Answering = (member: string, args: readonly unknown[]) => unknown;

/** Calls a member of an object, or itself if it is a function. */
function caller(original: object, { methods }: OutsideForm): Answering {
  if (methods === null) return (_, args) => Reflect.apply(original as Answering, undefined, args);
  return (member, args) => Reflect.apply(Reflect.get(original, member), original, args);
}

/** The name of what was thrown. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}
