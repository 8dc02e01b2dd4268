/**
 * Prepares a name or password, e.g. `saslprep` of `sasl/saslprep` (RFC 6856 §2.2), as a query string (RFC 3454 §7). What is no
 * string, or empty, says that it cannot be prepared: a client's call is refused, and so is the command at a server, as a failed login.
 */
export type Prepare = (text: string, use: "query") => string | { readonly rule: string } | null;
