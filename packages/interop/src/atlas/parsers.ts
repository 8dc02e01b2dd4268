/** Parsers of npm, in this process: they are handed the octets of the questions, and nothing is sent anywhere. */
import { once } from "node:events";
import { Writable } from "node:stream";
import EmailjsParser from "emailjs-smtp-client/dist/parser.js";
import MessageStream from "haraka-message-stream";
import { SMTPStream } from "smtp-server/lib/smtp-stream";
import type { Answer } from "./answer.ts";
import { changeOf } from "./classify-server.ts";
import { escaped } from "./octets.ts";
import type { ClientQuestion, ServerQuestion } from "./questions/question.ts";

/** What a parser of content made of pieces. */
export interface Parsed {
  /** After which piece the message ended; null: after none. */
  readonly end: number | null;
  readonly content: string;
}

/** Where the message ended, of a body in two pieces: the octets that are asked about, and a line with a true end. */
export function parserEndAnswer({ end, content }: Parsed): Answer {
  const stored = `Content: \`${escaped(content)}\`.`;
  if (end === null) return { short: "…", words: `The message does not end. ${stored}` };
  const isEarly = end === 0;
  const words = isEarly ? "The message ends behind these octets." : "The message ends at the true end.";
  return { short: isEarly || content.endsWith("a\r\n") ? "ends" : "–", words: `${words} ${stored}` };
}

export function parserContentAnswer({ sent, odd }: ServerQuestion, { end, content }: Parsed): Answer {
  const words = `Content: \`${escaped(content)}\`.`;
  if (end === null) return { short: "…", words: `The message does not end. ${words}` };
  return { short: changeOf(sent!, odd!, content), words };
}

/** smtp-server's stream: it finds the end, and unstuffs. */
export async function smtpServerStream({ flights }: ServerQuestion): Promise<Parsed> {
  const stream = new SMTPStream();
  stream.oncommand = (_, next) => next?.();
  const data = stream.startDataMode();
  const pieces: Buffer[] = [];
  let ended = false;
  data.on("data", (piece: Buffer) => pieces.push(piece));
  data.on("end", () => {
    ended = true;
    stream.continue();
  });
  let end: number | null = null;
  // The last flight is QUIT, which no content has.
  for (const [index, flight] of flights.slice(0, -1).entries()) {
    stream.write(Buffer.from(flight, "latin1"));
    await new Promise((resolve) => setImmediate(resolve));
    if (ended) end ??= index;
  }
  return { end, content: Buffer.concat(pieces).toString("latin1") };
}

/** Haraka's message stream: it is handed lines, as its server cuts them at LF, and finds no end itself. */
export async function harakaStream({ flights }: ServerQuestion): Promise<Parsed> {
  const wire = flights[0]!.replace(/\.\r\n$/, "");
  const stream = new MessageStream({ main: { spool_after: -1 } }, "atlas");
  for (const [line] of wire.matchAll(/[^\n]*\n/g)) stream.add_line(Buffer.from(line, "latin1"));
  stream.add_line_end();
  const pieces: Buffer[] = [];
  const out = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  const finished = once(out, "finish");
  stream.pipe(out, { dot_stuffed: true });
  await finished;
  return { end: 0, content: Buffer.concat(pieces).toString("latin1") };
}

/** emailjs's parser of replies: the codes that it hands over, of the one reply that is odd. */
export function emailjsReplies({ replies }: ClientQuestion): Answer | null {
  const [said] = Object.values(replies);
  if (typeof said !== "string") return null;
  const parser = new EmailjsParser.default();
  const codes: number[] = [];
  parser.ondata = ({ statusCode }) => codes.push(statusCode);
  parser.send(said);
  const list = codes.map((code) => (Number.isNaN(code) ? "NaN" : String(code)));
  if (list.length === 0) return { short: "nothing", words: "Hands over nothing yet." };
  return { short: list.join(" "), words: `Hands over ${list.map((code) => `\`${code}\``).join(", ")}.` };
}
