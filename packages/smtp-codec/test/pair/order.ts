/**
 * The legal order of commands, written down by hand from RFC 5321 §4.1.4, RFC 3207 §4, RFC 4954 §4, RFC 3030 §2, RFC
 * 4468 §3.2 and RFC 2645 §5.2.1, and not made from the sessions' own tables: a state is where an accepted command
 * leads, a number the refusal that needs no decision. BDAT and BURL stand for all the chunks of a message.
 */
export type State = "greeted" | "ready" | "mail" | "rcpt" | "failed" | "closed";
export type Verb =
  | ("EHLO" | "HELO" | "MAIL" | "RCPT" | "DATA" | "BDAT" | "BURL" | "RSET" | "NOOP" | "VRFY")
  | ("AUTH" | "STARTTLS" | "ATRN" | "QUIT");

const ROWS = `
           greeted   ready     mail      rcpt      failed
EHLO       ready     ready     ready     ready     ready
HELO       ready     ready     ready     ready     ready
MAIL       503       mail      503       503       503
RCPT       503       503       rcpt      rcpt      503
DATA       503       503       554       ready     503
BDAT       503       503       554       ready     503
BURL       503       503       554       ready     503
RSET       greeted   ready     ready     ready     ready
NOOP       greeted   ready     mail      rcpt      failed
VRFY       greeted   ready     mail      rcpt      failed
AUTH       503       ready     503       503       503
STARTTLS   503       greeted   503       503       503
ATRN       503       closed    503       503       503
QUIT       closed    closed    closed    closed    closed
`;

const [header, ...rows] = ROWS.trim()
  .split("\n")
  .map((row) => row.trim().split(/ +/));

/** What a command does in a state. */
export function cell(verb: Verb, state: State): State | number {
  const row = rows.find(([name]) => name === verb)!;
  const found = state === "closed" ? "503" : row[header!.indexOf(state) + 1]!;
  return /^[0-9]+$/.test(found) ? Number(found) : (found as State);
}
