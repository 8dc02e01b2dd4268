import { checkFunction, checkNames, checkType, outOfRange, typeOf } from "dot-stuffing/session";
import { isUniqueId, UNIQUE_ID } from "../syntax/forms.ts";
import type { DropListing } from "../syntax/listing.ts";
import type { Policy, ServerSettings } from "./options.ts";

/** What holds for the user who logged in, where the options announce that it differs by user. */
export interface UserPolicies {
  /** LOGIN-DELAY, in seconds: at most what the option announces (RFC 2449 §6.5), which is the default. */
  readonly loginDelay?: number;
  /** EXPIRE, in days; Infinity: NEVER. At least what the option announces (RFC 2449 §6.7), which is the default. */
  readonly expire?: number;
}

/**
 * A maildrop as arrays, an item for each message. They are copied. What has other members is refused: a misspelt one
 * must not count as left out.
 */
export interface MaildropArrays extends UserPolicies {
  readonly sizes: readonly number[];
  /**
   * Each of 1 to 70 octets from 0x21 to 0x7E: visible ASCII, and no space (RFC 1939 §7). A message has the same in
   * every session, and shares it with none but copies of itself. Needed unless the session does not offer UIDL.
   */
  readonly uniqueIds?: readonly string[];
  /** Which messages need UTF8 (RFC 6856 §2.1). Default none. */
  readonly needsUtf8?: readonly boolean[];
}

/**
 * A maildrop that is asked for each message, from 1 to count, whenever one is needed: the answers must stay the same.
 * What its functions throw comes out of `nextEvent()`, and the client gets -ERR with SYS/TEMP; or of your own
 * `accept()`, and the event is still to be answered. In the midst of a listing it comes out of `takeOutput()`, which
 * asks again when it is called again; `abort()` gives the listing up.
 */
export interface MaildropSource extends UserPolicies {
  readonly count: number;
  /**
   * The sum of all sizes. Default: they are asked for and added at the first STAT. Where the sizes of messages that are
   * marked as deleted are more than that, a RangeError says so once, at DELE, as if a function had thrown it: from
   * there on it is added up.
   */
  readonly total?: number;
  size(n: number): number;
  /** As in `uniqueIds` of {@link MaildropArrays}. Needed unless the session does not offer UIDL. */
  uniqueId?(n: number): string;
  needsUtf8?(n: number): boolean;
}

/**
 * The messages of a mailbox as they are when a session opens it; they are numbered from 1 in this order (RFC 1939 §4).
 * Sizes are in octets as RETR sends the message: what `sizeAsSent` says.
 */
export type Maildrop = MaildropArrays | MaildropSource;

/** What a session has done to its maildrop. */
export interface Marks {
  /** The sum of all sizes; null: not added up yet. */
  total: number | null;
  /** The messages marked as deleted, null: none, and the sum of their sizes. */
  deleted: Set<number> | null;
  deletedSize: number;
  /** The messages that RETR has sent; null: none, or it does not matter. */
  retrieved: Set<number> | null;
}

/** What an {@link OpenMaildrop} holds, as plain data. */
export interface MaildropSnapshot {
  /** Null: the maildrop is asked, and is no data. */
  readonly arrays: MaildropArrays | null;
  readonly marks: Marks;
}

/** An open maildrop: which messages there are, which are marked as deleted, and which RETR has sent. */
export class OpenMaildrop {
  readonly count: number;
  readonly #maildrop: Maildrop;
  readonly #marks: Marks;

  /**
   * @param marks of a maildrop that goes on here
   * @throws TypeError or RangeError for a maildrop that cannot be served.
   */
  constructor(maildrop: Maildrop, settings: ServerSettings, marks?: Marks) {
    const byArrays = isArrays(maildrop);
    if (byArrays) checkNames("maildrop", maildrop, ARRAYS);
    this.count = byArrays ? checkType("sizes", "array", maildrop.sizes).length : checkAmount("count", maildrop.count);
    if (settings.uidl && (byArrays ? maildrop.uniqueIds : maildrop.uniqueId) === undefined)
      throw new TypeError('"maildrop" expected a unique-id for each message, or a session with uidl: false');
    if (!byArrays) {
      checkFunction("size", maildrop.size);
      if (settings.uidl) checkFunction("uniqueId", maildrop.uniqueId);
      if (maildrop.needsUtf8 !== undefined) checkFunction("needsUtf8", maildrop.needsUtf8);
    }
    checkPolicy("loginDelay", maildrop.loginDelay, settings.loginDelay, -1);
    checkPolicy("expire", maildrop.expire, settings.expire, 1);
    this.#maildrop = byArrays ? copyArrays(maildrop) : maildrop;
    const total = byArrays
      ? sum(maildrop.sizes)
      : maildrop.total === undefined
        ? null
        : checkAmount("total", maildrop.total);
    this.#marks = { total, deleted: null, deletedSize: 0, retrieved: null, ...marks };
  }

  /** Goes on with a maildrop. @param handed it, if it is not in the snapshot @throws TypeError if it is nowhere */
  static resume({ arrays, marks }: MaildropSnapshot, handed: Maildrop | null, settings: ServerSettings): OpenMaildrop {
    return new this(asMaildrop(arrays ?? handed), settings, marks);
  }

  /** What holds for the user. */
  get policies(): UserPolicies {
    return this.#maildrop;
  }

  snapshot(): MaildropSnapshot {
    return { arrays: isArrays(this.#maildrop) ? this.#maildrop : null, marks: this.#marks };
  }

  /** Whether message n exists and is not marked as deleted. */
  has(n: number): boolean {
    return n >= 1 && n <= this.count && !this.#marks.deleted?.has(n);
  }

  size(n: number): number {
    const maildrop = this.#maildrop;
    return isArrays(maildrop) ? maildrop.sizes[n - 1]! : checkAmount("size", maildrop.size(n));
  }

  uniqueId(n: number): string {
    const maildrop = this.#maildrop;
    return isArrays(maildrop) ? maildrop.uniqueIds![n - 1]! : checkUniqueId(maildrop.uniqueId!(n), n);
  }

  needsUtf8(n: number): boolean {
    const maildrop = this.#maildrop;
    if (isArrays(maildrop)) return maildrop.needsUtf8?.[n - 1] ?? false;
    return maildrop.needsUtf8 !== undefined && checkType("needsUtf8", "boolean", maildrop.needsUtf8(n));
  }

  /** The messages not marked as deleted, and the sum of their sizes in octets. */
  totals(): DropListing {
    const marks = this.#marks;
    if (marks.total === null) {
      let total = marks.deletedSize;
      for (let n = 1; n <= this.count; n++) if (this.has(n)) total += this.size(n);
      marks.total = total;
    }
    return { count: this.count - (marks.deleted?.size ?? 0), size: marks.total - marks.deletedSize };
  }

  /** @throws RangeError where less than what is deleted is said to be there; it is added up then */
  delete(n: number): void {
    const marks = this.#marks;
    const deletedSize = marks.deletedSize + this.size(n);
    const { total } = marks;
    if (total !== null && deletedSize > total) {
      marks.total = null;
      throw outOfRange("total", `at least ${deletedSize}, which messages marked as deleted have, got ${total}`);
    }
    marks.deletedSize = deletedSize;
    marks.deleted = (marks.deleted ?? new Set()).add(n);
  }

  reset(): void {
    this.#marks.deletedSize = 0;
    this.#marks.deleted = null;
  }

  /** RETR has sent message n to its end. */
  retrieve(n: number): void {
    this.#marks.retrieved = (this.#marks.retrieved ?? new Set()).add(n);
  }

  /** The numbers marked as deleted, ascending. */
  deleted(): number[] {
    return ascending(this.#marks.deleted);
  }

  /** The numbers of messages that were retrieved and are not marked as deleted, ascending. */
  expired(): number[] {
    return ascending(this.#marks.retrieved).filter((n) => this.has(n));
  }
}

const ARRAYS: readonly (keyof MaildropArrays)[] = ["sizes", "uniqueIds", "needsUtf8", "loginDelay", "expire"];

function isArrays(maildrop: Maildrop): maildrop is MaildropArrays {
  return !("count" in maildrop);
}

/** Takes what was handed in as a maildrop. @throws TypeError for anything else */
export function asMaildrop(given: unknown): Maildrop {
  if (typeof given === "object" && given !== null && ("sizes" in given || "count" in given)) return given as Maildrop;
  throw new TypeError('"maildrop" expected { sizes, uniqueIds } or { count, size, uniqueId }');
}

/** Copies what is the application's, which may change it. */
function copyArrays({ sizes, uniqueIds, needsUtf8, loginDelay, expire }: MaildropArrays): MaildropArrays {
  for (const [name, list] of Object.entries({ uniqueIds, needsUtf8 }))
    if (list !== undefined) checkType(name, "array", list);
  for (const { length } of [uniqueIds ?? sizes, needsUtf8 ?? sizes])
    if (length !== sizes.length) throw new TypeError('"maildrop" expected arrays of one length');
  let n = 0;
  for (const uniqueId of uniqueIds ?? []) checkUniqueId(uniqueId, ++n);
  for (const needs of needsUtf8 ?? []) checkType("needsUtf8", "boolean", needs);
  return {
    sizes: sizes.slice(),
    ...(uniqueIds && { uniqueIds: uniqueIds.slice() }),
    ...(needsUtf8 && { needsUtf8: needsUtf8.slice() }),
    ...(loginDelay !== undefined && { loginDelay }),
    ...(expire !== undefined && { expire }),
  };
}

function sum(sizes: readonly number[]): number {
  let total = 0;
  for (const size of sizes) total += checkAmount("size", size);
  return checkAmount("total", total);
}

function ascending(numbers: ReadonlySet<number> | null): number[] {
  return [...(numbers ?? [])].sort((one, other) => one - other);
}

function checkAmount(name: string, amount: number): number {
  if (Number.isSafeInteger(amount) && amount >= 0) return amount;
  checkType(name, "number", amount);
  throw outOfRange(name, `a whole number, got ${amount}`);
}

function checkUniqueId(uniqueId: string, n: number): string {
  if (typeof uniqueId !== "string")
    throw new TypeError(`"uniqueId" expected a string, of message ${n}, got ${typeOf(uniqueId)}`);
  if (isUniqueId(uniqueId)) return uniqueId;
  throw outOfRange("uniqueId", `${UNIQUE_ID}, of message ${n}`);
}

/**
 * Checks a user's own figure against the announced one: it may differ if that was announced, and in one direction
 * alone.
 */
function checkPolicy(name: string, own: number | undefined, announced: Policy | null, direction: 1 | -1): void {
  if (own === undefined || own === announced?.value) return;
  checkType(name, "number", own);
  const whole = own >= 0 && (Number.isSafeInteger(own) || own === Number.POSITIVE_INFINITY);
  if (announced?.user && (own - announced.value) * direction > 0 && whole) return;
  const expected = announced === null ? "none, as the option has none" : `what the option ${name} leaves open`;
  throw outOfRange(name, `${expected}, got ${own}`);
}
