import { Stuffer } from "dot-stuffing";
import { content } from "dot-stuffing/arbitraries";
import * as fc from "fast-check";
import { formatCommand } from "../syntax/command/format.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import { MAX_ARGUMENT } from "./commands.ts";
import { domains, forwardPaths, reversePaths, strings } from "./paths.ts";
import { octets } from "./text.ts";

/** What a client sends at once, before it looks at any reply to it. */
export interface Flight {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many replies it has from a server that accepts everything; from another one perhaps fewer. */
  readonly replies: number;
}

/** A message as a server that accepts everything has to have received it. */
export interface SentMessage {
  readonly from: ReversePath;
  readonly to: readonly ForwardPath[];
  readonly content: Uint8Array<ArrayBuffer>;
}

/** A whole session of a client, from its hello to QUIT. */
export interface SessionScript {
  readonly flights: readonly Flight[];
  readonly messages: readonly SentMessage[];
}

/** What {@link sessions} may use. */
export interface SessionConstraints {
  /** Content goes by BDAT too: for servers that offer CHUNKING. Default false. */
  readonly chunking?: boolean;
  /** Commands go in groups: for servers that offer PIPELINING. Default true. */
  readonly pipelining?: boolean;
  /** How many transactions there are at most, those that are given up among them. Default 3. */
  readonly maxTransactions?: number;
}

/** One array of all pieces. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** A part of a session that a server which accepts everything answers line by line. */
interface Part {
  /** Commands that may go in one group, each with its reply. */
  readonly lines: readonly string[];
  /** What follows once they are answered, each a flight of its own with one reply. */
  readonly behind: readonly Uint8Array<ArrayBuffer>[];
  /** What a transaction comes to: none if it is given up, and none where the part is no transaction. */
  readonly message?: SentMessage;
  readonly isTransaction: boolean;
}

/**
 * Whole sessions that keep all the rules: a hello, transactions that end in a message or are given up, other commands
 * between them, QUIT. A server that accepts every command has received `messages`, octet for octet, once all flights
 * were sent and answered.
 *
 * If nothing else is asked for, up to 3 transactions, each to one to three recipients; a message has up to 8 lines, as
 * `content` of `dot-stuffing/arbitraries` makes them. Now and then a path or an argument is as long as it may be.
 *
 * @example
 * ```ts
 * fc.assert(fc.asyncProperty(sessions(), async ({ flights, messages }) => {
 *   for (const { bytes, replies } of flights) await exchange(bytes, replies);
 *   assert.deepEqual(received, messages);
 * }));
 * ```
 */
export function sessions(constraints: SessionConstraints = {}): fc.Arbitrary<SessionScript> {
  const { chunking = false, pipelining = true, maxTransactions = 3 } = constraints;
  const other = fc
    .oneof(
      fc.constantFrom("NOOP", "RSET"),
      fc.tuple(fc.constantFrom("NOOP", "VRFY"), strings(MAX_ARGUMENT)).map((words) => words.join(" ")),
    )
    .map((line): Part => ({ lines: [`${line}\r\n`], behind: [], isTransaction: false }));
  const part = fc.oneof(
    { weight: 4, arbitrary: transactions(chunking) },
    { weight: 1, arbitrary: abandoned() },
    { weight: 2, arbitrary: other },
  );
  const parts = fc.array(part, { maxLength: maxTransactions * 2, size: "max" });
  return fc.tuple(domains(), parts).map(([name, all]) => {
    let left = maxTransactions;
    const kept = all.filter(({ isTransaction }) => !isTransaction || left-- > 0);
    const flights = kept.flatMap(({ lines, behind }) => [
      ...(pipelining ? grouped(lines) : lines.map((line) => ({ bytes: octets(line), replies: 1 }))),
      ...behind.map((bytes) => ({ bytes, replies: 1 })),
    ]);
    return {
      flights: [
        { bytes: octets(`EHLO ${name}\r\n`), replies: 1 },
        ...flights,
        { bytes: octets("QUIT\r\n"), replies: 1 },
      ],
      messages: kept.flatMap(({ message }) => message ?? []),
    };
  });
}

function grouped(lines: readonly string[]): Flight[] {
  return [{ bytes: octets(lines.join("")), replies: lines.length }];
}

function envelopeLines(from: ReversePath, to: readonly ForwardPath[]): string[] {
  return [
    formatCommand({ verb: "MAIL", from, parameters: [] }),
    ...to.map((each) => formatCommand({ verb: "RCPT", to: each, parameters: [] })),
  ];
}

const recipients = () => fc.array(forwardPaths(), { minLength: 1, maxLength: 3 });

/** Transactions that end in a message. */
function transactions(chunking: boolean): fc.Arbitrary<Part> {
  const places = fc.option(fc.array(fc.nat({ max: 80 }), { maxLength: 3 }));
  return fc.tuple(reversePaths(), recipients(), content(), places).map(([from, to, sent, cuts]) => {
    const message: SentMessage = { from, to, content: sent };
    const lines = envelopeLines(from, to);
    if (!chunking || cuts === null)
      return { lines: [...lines, "DATA\r\n"], behind: [stuffed(sent)], message, isTransaction: true };
    return { lines, behind: chunks(sent, cuts), message, isTransaction: true };
  });
}

function stuffed(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const stuffer = new Stuffer();
  return joined([...stuffer.push(content), ...stuffer.end()]);
}

/** BDAT commands with their chunks, empty ones among them. */
function chunks(content: Uint8Array, places: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const ends = [...places.map((place) => Math.min(place, content.length)), content.length].sort((a, b) => a - b);
  return ends.map((end, index) => {
    const chunk = content.subarray(index === 0 ? 0 : ends[index - 1], end);
    const line = formatCommand({ verb: "BDAT", size: chunk.length, last: index === ends.length - 1 });
    return joined([octets(line), chunk]);
  });
}

/** Transactions that are given up before their content. */
function abandoned(): fc.Arbitrary<Part> {
  return fc.tuple(reversePaths(), recipients(), domains(), fc.boolean()).map(([from, to, name, hello]) => ({
    lines: envelopeLines(from, to),
    behind: [octets(hello ? `EHLO ${name}\r\n` : "RSET\r\n")],
    isTransaction: true,
  }));
}
