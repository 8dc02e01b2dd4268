/** Which answer a server gave, from what was seen alone. */
import type { Answer } from "./answer.ts";
import { escaped } from "./octets.ts";
import type { ServerQuestion } from "./questions/question.ts";
import { type ServerEvent, WAIT } from "./transcript.ts";

/** The bodies of the messages that were stored with the question's subject; null: nobody can tell. */
export type Bodies = readonly string[] | null;

export function serverAnswer(question: ServerQuestion, events: readonly ServerEvent[], bodies: Bodies): Answer {
  return CLASSIFIERS[question.kind](question, events, bodies);
}

type Classifier = (question: ServerQuestion, events: readonly ServerEvent[], bodies: Bodies) => Answer;

const CLASSIFIERS: Readonly<Record<ServerQuestion["kind"], Classifier>> = {
  end: endAnswer,
  content: contentAnswer,
  codes: (_, events) => ({ short: symbolsOf(events), words: sentence(events) }),
  tls: tlsAnswer,
};

/**
 * After the octets that are asked about come a line and a true end. Who took them for an end has replied to the message
 * before that, or, if it had to see what follows, to more than the message; who has not has replied once.
 */
function endAnswer(_: ServerQuestion, events: readonly ServerEvent[], bodies: Bodies): Answer {
  const codes = codesOf(withoutQuit(events));
  const words = `${sentence(events)} ${storedWords(bodies)}`;
  const [first] = codes;
  if (first === undefined) return { short: symbolsOf(events), words };
  if (events[0]?.type === "reply" || codes.length > 1)
    return { short: first.startsWith("2") ? "ends" : `ends ${first}`, words };
  if (endsOpen(events)) return { short: `${first} ${symbolOf(withoutQuit(events).at(-1)!)}`, words };
  return { short: first.startsWith("2") ? "–" : first, words };
}

/** What became of the octets that are asked about. */
function contentAnswer(question: ServerQuestion, events: readonly ServerEvent[], bodies: Bodies): Answer {
  const words = `${sentence(events)} ${storedWords(bodies)}`;
  const codes = codesOf(withoutQuit(events));
  const [first] = codes;
  if (first === undefined || !first.startsWith("2") || codes.length > 1) return { short: symbolsOf(events), words };
  if (bodies === null) return { short: first, words };
  const [body] = bodies;
  if (body === undefined) return { short: `${first} nothing`, words };
  return { short: changeOf(question.sent!, question.odd!, body), words };
}

/** By what the odd octets were replaced. */
export function changeOf(sent: string, odd: string, found: string): string {
  if (found === sent) return "kept";
  const changes = [
    ["CRLF", "\r\n"],
    ["dropped", ""],
    ["space", " "],
    ["?", "?"],
  ] as const;
  // The line end after the odd octets is none of them.
  const line = sent.replace(/\r\n$/, "");
  for (const [name, by] of changes) if (found === `${line.replaceAll(odd, by)}\r\n`) return name;
  const joined = (text: string) => text.replace(/[\r\n ]/g, "");
  if (joined(found) === joined(sent)) return "broken";
  if (sent.startsWith(found.trimEnd())) return "cut";
  return "changed";
}

/**
 * After the handshake come what was sent in the same segment as STARTTLS, if it is kept, and NOOP or CAPA, then QUIT.
 */
function tlsAnswer(_: ServerQuestion, events: readonly ServerEvent[]): Answer {
  const words = sentence(events);
  const at = events.findIndex(({ type }) => type === "handshake");
  const handshake = events[at];
  if (handshake?.type !== "handshake") return { short: symbolsOf(events), words };
  if (!handshake.ok) return { short: "no handshake", words };
  const before = codesOf(events.slice(0, at));
  if (before.length > 1) return { short: "in clear", words };
  const behind = codesOf(withoutQuit(events.slice(at + 1)));
  if (behind.length === 1 && isPositive(behind[0]!)) return { short: "discards", words };
  if (behind.length > 1) return { short: "runs", words };
  return { short: `TLS ${symbolsOf(events.slice(at + 1))}`, words };
}

function isPositive(code: string): boolean {
  return code.startsWith("2") || code === "+OK";
}

function codesOf(events: readonly ServerEvent[]): string[] {
  return events.flatMap((event) => (event.type === "reply" ? event.code : []));
}

/** Whether it came to no end of its own: it was silent, or closed, without a reply to QUIT. */
function endsOpen(events: readonly ServerEvent[]): boolean {
  const rest = withoutQuit(events);
  return rest.length === events.length && ["silence", "closed"].includes(rest.at(-1)?.type ?? "");
}

/** The reply to QUIT, and the end that follows it, say nothing. */
function withoutQuit(events: readonly ServerEvent[]): readonly ServerEvent[] {
  const isLast = (event: ServerEvent | undefined) =>
    event?.type === "reply" && (event.code === "221" || event.code === "+OK");
  const last = events.at(-1);
  if (isLast(last)) return events.slice(0, -1);
  if (last?.type === "closed" && isLast(events.at(-2))) return events.slice(0, -2);
  return events;
}

function symbolOf(event: ServerEvent): string {
  if (event.type === "reply") return event.code;
  if (event.type === "handshake") return event.ok ? "TLS" : "no handshake";
  return event.type === "closed" ? "×" : "…";
}

/** The codes in a row, with the number of those that repeat. */
export function symbolsOf(events: readonly ServerEvent[]): string {
  const symbols = withoutQuit(events).map(symbolOf);
  if (symbols.length === 0) return "nothing";
  const runs: [string, number][] = [];
  for (const symbol of symbols) {
    const last = runs.at(-1);
    if (last?.[0] === symbol) last[1]++;
    else runs.push([symbol, 1]);
  }
  return runs.map(([symbol, count]) => (count === 1 ? symbol : `${symbol}×${count}`)).join(" ");
}

/** All that was seen, QUIT's reply included. */
export function sentence(events: readonly ServerEvent[]): string {
  const parts: string[] = [];
  for (let at = 0; at < events.length; ) {
    const event = events[at]!;
    let end = at + 1;
    while (event.type === "reply" && end < events.length && symbolOf(events[end]!) === event.code) end++;
    parts.push(event.type === "reply" ? replyWords(event.code, end - at) : EVENT_WORDS[symbolOf(event)]!);
    at = end;
  }
  const text = parts.join(", ");
  return text === "" ? "Nothing was seen." : `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

function replyWords(code: string, count: number): string {
  return count === 1 ? `replies \`${code}\`` : `replies \`${code}\` ${count} times`;
}

const EVENT_WORDS: Readonly<Record<string, string>> = {
  "…": `says nothing for ${WAIT / 1000} seconds`,
  "×": "ends the connection",
  TLS: "completes the handshake",
  "no handshake": "does not complete the handshake",
};

function storedWords(bodies: Bodies): string {
  if (bodies === null) return "What is stored was not read.";
  if (bodies.length === 0) return "No message is stored.";
  const shown = bodies.map((body) => `\`${escaped(body)}\``).join(" and ");
  return bodies.length === 1 ? `Stored: ${shown}.` : `${bodies.length} messages are stored: ${shown}.`;
}
