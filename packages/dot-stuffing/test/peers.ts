/**
 * Where other servers end a message, and which lines they take it to have: as observed of Debian 12's packages in their
 * default configuration, one message after DATA. What they store of a line (NULs, long lines) is not modelled.
 */
export interface Peer {
  readonly name: string;
  /** What stands between lines. */
  readonly lineEnd: RegExp;
  /** What is left of a line before anything is decided. */
  readonly seen?: (line: string) => string;
  /** What it hangs up on, anywhere before the end. */
  readonly refused?: RegExp;
}

const upToNul = (line: string): string => line.replace(/\0.*$/s, "");

/** Each by its version. */
export const PEERS: readonly Peer[] = [
  // smtpd reads up to LF, and takes away every CR in front of it.
  { name: "Postfix 3.7.11", lineEnd: /\r*\n/ },
  { name: "Exim 4.96", lineEnd: /\r\n/ },
  // Reads up to LF, takes one CR away, and compares C strings.
  { name: "OpenSMTPD 6.8.0", lineEnd: /\r?\n/, seen: upToNul },
  { name: "Sendmail", lineEnd: /\r\n/, refused: /(?<!\r)\n|\r(?!\n)/ },
  { name: "aiosmtpd 1.4.3", lineEnd: /\r\n/ },
  { name: "smtp-sink 3.7.11", lineEnd: /\r\n/ },
  // lib-mail's dot stream takes LF and CRLF alike; submission and LMTP share it.
  { name: "Dovecot 2.3.19", lineEnd: /\r?\n/ },
];

/**
 * What a peer makes of octets behind DATA: where it ends the message, and the content up to there; null: it does not
 * end it.
 */
export function received(peer: Peer, wire: string): { readonly end: number; readonly content: string } | null {
  const lineEnds = new RegExp(peer.lineEnd, "g");
  let content = "";
  let at = 0;
  for (const { 0: lineEnd, index } of wire.matchAll(lineEnds)) {
    const line = wire.slice(at, index);
    at = index + lineEnd.length;
    if (peer.refused?.test(wire.slice(0, at))) return null;
    if ((peer.seen?.(line) ?? line) === ".") return { end: at, content };
    content += `${line.startsWith(".") ? line.slice(1) : line}\r\n`;
  }
  return null;
}
