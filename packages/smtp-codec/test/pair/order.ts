/**
 * The legal order of commands, written down by hand from RFC 5321 §4.1.4, RFC 3207 §4 and RFC 4954 §4, and not made from the sessions'
 * own tables: a state is where an accepted command leads, a number the refusal that needs no decision.
 */
export type State = "greeted" | "ready" | "mail" | "rcpt" | "closed";
export type Verb = "EHLO" | "HELO" | "MAIL" | "RCPT" | "DATA" | "RSET" | "NOOP" | "VRFY" | "AUTH" | "STARTTLS" | "QUIT";

const ROWS = `
           greeted   ready     mail      rcpt
EHLO       ready     ready     ready     ready
HELO       ready     ready     ready     ready
MAIL       503       mail      503       503
RCPT       503       503       rcpt      rcpt
DATA       503       503       554       ready
RSET       greeted   ready     ready     ready
NOOP       greeted   ready     mail      rcpt
VRFY       greeted   ready     mail      rcpt
AUTH       503       ready     503       503
STARTTLS   503       greeted   503       503
QUIT       closed    closed    closed    closed
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
