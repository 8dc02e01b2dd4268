/**
 * Checks a name or password that the caller hands in.
 *
 * @throws TypeError if it is no string
 * @throws RangeError if it is empty, has a NUL, or has an unpaired surrogate, which UTF-8 cannot express
 */
export function checkText(argument: string, text: string): string {
  if (typeof text !== "string") throw new TypeError(`"${argument}" expected a string, got ${typeof text}`);
  if (text === "") throw new RangeError(`"${argument}" expected a non-empty string`);
  if (text.includes("\0")) throw new RangeError(`"${argument}" expected a string without NUL`);
  // With the flag u, a surrogate in the pattern matches unpaired ones only.
  if (/[\ud800-\udfff]/u.test(text)) throw new RangeError(`"${argument}" expected no unpaired surrogate`);
  return text;
}

/**
 * Prepares a name or password for comparison, e.g. by SASLprep (RFC 4013). Null, or an empty string: it cannot be
 * prepared, which fails the exchange if the peer sent it, and is refused if the caller gave it. The second argument says
 * whether unassigned code points pass: `"stored"` for what SCRAM derives keys from, where they do not (RFC 3454 §7).
 */
export type Prepare = (text: string, use: "query" | "stored") => string | null;

/** What the options of all mechanisms with names and passwords have in common. */
export interface PrepareOption {
  /** Applied to authentication identities and passwords, not to authorization identities. Default: none. */
  readonly prepare?: Prepare;
}

/**
 * Checks and prepares a name or password that the caller hands in.
 *
 * @throws TypeError, RangeError as {@link checkText}; RangeError if it cannot be prepared
 */
export function prepareOwn(argument: string, text: string, prepare: Prepare | undefined): string {
  checkText(argument, text);
  if (prepare === undefined) return text;
  const prepared = prepare(text, "query");
  if (prepared === null) throw new RangeError(`"${argument}" cannot be prepared`);
  return checkText(`${argument} (prepared)`, prepared);
}

/** Prepares a name or password of the peer's. Null: it cannot be prepared, or nothing is left (RFC 4616 §2). */
export function preparePeers(text: string, prepare: Prepare | undefined): string | null {
  return (prepare === undefined ? text : prepare(text, "query")) || null;
}
