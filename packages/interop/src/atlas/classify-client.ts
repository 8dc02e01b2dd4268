/** Which answer a client gave, from what was seen alone. */
import type { Answer } from "./answer.ts";
import { escaped } from "./octets.ts";
import type { ClientQuestion } from "./questions/question.ts";
import { CLIENT_WAIT, type Turn } from "./scripted-server.ts";

/** What was seen of a client. */
export interface Seen {
  /** Its exit status; null: it had to be stopped. */
  readonly status: number | null;
  readonly turns: readonly Turn[];
  /** Whether it was cut off because it did nothing. */
  readonly waited: boolean;
  readonly handshake: "none" | "failed" | "done";
  /** What it fetched. */
  readonly messages: readonly string[];
}

/** A client that was to send a message, and was said something odd. */
export function repliesAnswer(question: ClientQuestion, seen: Seen): Answer {
  const content = seen.turns.some(({ name }) => name === "content");
  const words = [nextWords(question, seen), `The content ${content ? "came" : "did not come"}.`, endWords(seen)].join(
    " ",
  );
  if (seen.waited) return { short: "waits", words };
  if (seen.status !== 0) return { short: "failed", words };
  return { short: content ? "sent" : "sent nothing", words };
}

/** A client that was given odd octets to send. */
export function sendsAnswer({ body = "", odd = "" }: ClientQuestion, seen: Seen): Answer {
  const content = seen.turns.find(({ name }) => name === "content")?.text;
  if (content === undefined)
    return { short: seen.waited ? "waits" : "failed", words: `No content came. ${endWords(seen)}` };
  // The final CRLF belongs to the end that the server looked for.
  const found = `${bodyOf(content)}\r\n`;
  const others = seen.turns.filter(({ name }) => name === "other").map(({ text }) => `\`${escaped(text, 80)}\``);
  const behind = others.length === 0 ? "" : ` Behind it came, as commands: ${others.join(", ")}.`;
  const words = `Sends \`${escaped(found)}\`.${behind} ${endWords(seen)}`;
  return { short: formOf(body, odd, found), words };
}

/** By which the wire form of a body was made. */
export function formOf(body: string, odd: string, found: string): string {
  const stuffed = (text: string) => text.replace(/(^|\r\n)\./g, "$1..");
  const canonical = (text: string) => text.replace(/\r\n|\r|\n/g, "\r\n");
  const forms = [
    ["kept", body],
    ["stuffed", stuffed(body)],
    ["stuffed", body.replace(/(^|\r\n|\n|\r)\./g, "$1..")],
    ["stuffed", body.replace(/(^|\n)\./g, "$1..")],
    ["CRLF", stuffed(canonical(body))],
    ["dropped", body.replaceAll(odd, "")],
  ] as const;
  for (const [name, form] of forms) if (found === form) return name;
  return body.startsWith(found.replace(/\r\n$/, "")) ? "cut" : "changed";
}

/** A client that fetched the one message. */
export function fetchAnswer(question: ClientQuestion, seen: Seen): Answer {
  const { body = "", replies } = question;
  const [message] = seen.messages;
  const failed = seen.status === 0 ? "" : ", failed";
  const end = endWords(seen);
  const next = nextWords(question, seen);
  if (message === undefined) {
    const words = `It has no message. ${next} ${end}`;
    if (seen.waited) return { short: "waits", words };
    return { short: seen.status === 0 ? "nothing" : "failed", words };
  }
  const found = bodyOf(message);
  const words = `It has \`${escaped(found)}\`. ${next} ${end}`;
  const wire = wireOf(replies["RETR"]);
  const short = bodyWord(body, found, wire);
  return { short: `${short}${seen.waited ? ", waits" : failed}`, words };
}

/**
 * @param wire what came on the wire between the header section and the last line that is a dot; null: what is in the
 *   maildrop, stuffed
 */
export function bodyWord(body: string, found: string, wire: string | null): string {
  if (found === body) return "whole";
  // Many keep a message with the line ends of their system, or without the last one.
  const loose = (text: string) => text.replace(/\r\n|\n/g, "\n").replace(/\n$/, "");
  if (loose(found) === loose(body)) return "whole";
  if (wire !== null && loose(found) === loose(wire)) return "kept dots";
  if (loose(body).startsWith(loose(found))) return "early";
  return "changed";
}

function wireOf(said: ClientQuestion["replies"][string] | undefined): string | null {
  if (typeof said !== "string" || !said.startsWith("+OK")) return null;
  return bodyOf(said).replace(/(^|\n)\.\r?\n$/, "$1");
}

function bodyOf(message: string): string {
  const at = message.search(/\r?\n\r?\n/);
  return at < 0 ? message : message.slice(at).replace(/^\r?\n\r?\n/, "");
}

/** What came after the odd reply. */
function nextWords({ replies }: ClientQuestion, { turns }: Seen): string {
  const [odd] = Object.keys(replies);
  if (odd === undefined || odd === "NOOP") return "";
  const at = odd === "greeting" ? -1 : turns.findIndex(({ name }) => name === odd);
  if (odd !== "greeting" && at < 0) return `It does not come to ${odd}.`;
  const next = turns[at + 1];
  if (next === undefined) return "Sends nothing more.";
  if (next.name === "content") return "Next sends the content.";
  // What a header field says may be the time.
  const field = /^[\w-]+: /.exec(next.text)?.[0].trim();
  if (next.name === "other") return `Next sends \`${field ?? escaped(next.text, 60)}\`.`;
  return `Next sends ${next.name}.`;
}

function endWords({ status, waited, handshake }: Seen): string {
  const tls = { none: "", failed: " TLS does not come to stand.", done: " TLS comes to stand." }[handshake];
  if (status === null) return `It does not come to an end of its own.${tls}`;
  if (waited) return `It does nothing for ${CLIENT_WAIT / 1000} seconds.${tls}`;
  return status === 0 ? `It says that it succeeded.${tls}` : `It says that it failed (${status}).${tls}`;
}
