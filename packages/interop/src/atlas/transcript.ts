/** What was seen of a peer: the unit that answers are made of. */

/** One thing that a server did, in order. */
export type ServerEvent =
  /** A reply: the code, or `+OK`, `-ERR`, `+`. */
  | { readonly type: "reply"; readonly code: string }
  /** Nothing for {@link WAIT}, and the connection stands. */
  | { readonly type: "silence" }
  /** It ended the connection. */
  | { readonly type: "closed" }
  | { readonly type: "handshake"; readonly ok: boolean };

/** So long nothing comes, and the answer is "waits". In milliseconds. */
export const WAIT = 5_000;

/**
 * RFC 5321 §4.2: a reply ends with the line whose code a space follows, or nothing. LF alone ends a line here: what a
 * peer says is read as it is.
 */
export function smtpReplies(received: string): string[] {
  return [...received.matchAll(/^(\d{3})(?: [^\n]*|\r?)\n/gm)].map(([, code]) => code!);
}

/** RFC 1939 §3: the status lines. No message or listing that is asked for has such lines in it. */
export function pop3Responses(received: string): string[] {
  return [...received.matchAll(/^(\+OK|-ERR|\+)(?: [^\n]*|\r?)\n/gm)].map(([, code]) => code!);
}
