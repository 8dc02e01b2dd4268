/**
 * Prepares a name or password, e.g. `saslprep` of `sasl/saslprep` (RFC 6856 §2.2, RFC 4954 §4, RFC 5034 §4), as a query
 * string (RFC 3454 §7). What is no string, or empty, says that it cannot be prepared: a client's call is refused, and a
 * server takes it as a failed login.
 */
export type Prepare = (text: string, use: "query") => string | { readonly rule: string } | null;

/** A name or password as it is compared; null: it cannot be prepared, or nothing is left of it. */
export function prepared(text: string, prepare: Prepare | undefined): string | null {
  const found = prepare === undefined ? text : prepare(text, "query");
  return typeof found === "string" && found !== "" ? found : null;
}
