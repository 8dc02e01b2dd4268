import * as fc from "fast-check";
import { octets } from "./text.ts";

const FAMILIES = [
  "unasked",
  "codes-differ",
  "endless-reply",
  "endless-line",
  "no-code",
  "impossible-code",
  "bare-line-end",
  "421",
  "closed",
  "behind-starttls",
  "challenge",
] as const;

/**
 * What a hostile server says.
 *
 * - `"unasked"`: replies to commands that were not given.
 * - `"codes-differ"`: a reply whose lines have different codes.
 * - `"endless-reply"`: a reply of 100,000 octets that goes on.
 * - `"endless-line"`: a line of 100,000 octets.
 * - `"no-code"`: text, other digits, or nothing in the place of a code.
 * - `"impossible-code"`: a code that cannot answer the command, as 250 to DATA.
 * - `"bare-line-end"`: CR, LF or NUL inside a line: who ends a line there has a reply too many.
 * - `"421"`: the end of the service, at any point.
 * - `"closed"`: the end of the connection, at any point, inside of a line too.
 * - `"behind-starttls"`: replies after the one to STARTTLS, before the handshake.
 * - `"challenge"`: 334, and 235, where nobody authenticates.
 */
export type HostileReplyFamily = (typeof FAMILIES)[number];

/** All families. */
export const hostileReplyFamilies: readonly HostileReplyFamily[] = FAMILIES;

/** What a server says that means harm, to a client that sends one message to one recipient, command by command. */
export interface HostileReplies {
  readonly family: HostileReplyFamily;
  /**
   * The first when the connection stands, and one after each command: EHLO, MAIL, RCPT, DATA, the content, QUIT. In the
   * family that is about STARTTLS it comes after EHLO, and no reply after it is in its place. After the last reply the
   * connection ends.
   */
  readonly replies: readonly Uint8Array<ArrayBuffer>[];
  /** Where the harm is. */
  readonly at: number;
  /**
   * Whether a client may yet see its message accepted: by a 2yz reply to the content that came when it was due. RFC
   * 5321 lets it go by the first digit alone (§4.2.1), by any line's code in a reply of several lines (§4.2.1), and
   * take a line's text as it is (§4.2). If not, one that has gone on after the harm as if nothing had been was fooled.
   */
  readonly mayAccept: boolean;
}

/** Constraints of {@link hostileReplies}. */
export interface HostileReplyConstraints {
  /** Default all of {@link hostileReplyFamilies}. */
  readonly families?: readonly HostileReplyFamily[];
}

/** What a server says to the greeting's wait, EHLO, MAIL, RCPT, DATA, the content and QUIT, if it means well. */
const GOOD = [
  ...["220 mx.example.com ESMTP\r\n", "250-mx.example.com\r\n250-STARTTLS\r\n250 8BITMIME\r\n", "250 2.1.0 ok\r\n"],
  ...["250 2.1.5 ok\r\n", "354 go ahead\r\n", "250 2.0.0 queued\r\n", "221 2.0.0 bye\r\n"],
];
/** Places in it. */
const DATA = 4;
const CONTENT = 5;
const QUIT = 6;

/**
 * Replies of every family, each in the middle of an otherwise good session. Whatever they are, a client that is tested
 * with them ends: it neither hangs nor throws, it holds a bounded amount of what came, and it calls no message accepted
 * that was not (see `mayAccept`). Every family comes equally often, if no others are asked for; a reply has about
 * 100,000 octets at most.
 */
export function hostileReplies(constraints: HostileReplyConstraints = {}): fc.Arbitrary<HostileReplies> {
  const { families = hostileReplyFamilies } = constraints;
  return fc.constantFrom(...families).chain((family) => SCRIPTS[family]().map((made) => ({ family, ...made })));
}

type Made = Omit<HostileReplies, "family">;

/**
 * A good session with other octets in one place. After it the session is good again, for clients that go on, as they
 * may if one of these codes is of the class that is due.
 */
function withReply(at: number, reply: string, codes: readonly string[] = [], rest = GOOD.slice(at + 1)): Made {
  const replies = [...GOOD.slice(0, at), reply, ...rest].map(octets);
  return { replies, at, mayAccept: at > CONTENT || codes.some((code) => code[0] === GOOD[at]![0]) };
}

/** Any place, from the greeting to the reply to QUIT. */
const anywhere = (least = 0, most: number = QUIT) => fc.integer({ min: least, max: most });

const SCRIPTS: { readonly [Family in HostileReplyFamily]: () => fc.Arbitrary<Made> } = {
  unasked: () =>
    fc
      .tuple(
        anywhere(0, DATA - 1),
        fc.constantFrom("250 2.0.0 ok\r\n", "354 go\r\n", "550 no\r\n"),
        fc.integer({ min: 1, max: 6 }),
      )
      .map(([at, reply, count]) => withReply(at, GOOD[at]! + reply.repeat(count))),

  "codes-differ": () =>
    fc
      .tuple(
        anywhere(),
        fc.constantFrom(["250", "251"], ["250", "550"], ["550", "250"], ["220", "354"], ["550", "451"]),
      )
      .map(([at, codes]) => withReply(at, `${codes[0]}-a\r\n${codes[1]} b\r\n`, codes)),

  "endless-reply": () =>
    fc.tuple(anywhere(), fc.constantFrom("", "text")).map(([at, text]) => {
      const line = `${GOOD[at]!.slice(0, 3)}-${text}\r\n`;
      return withReply(at, line.repeat(Math.ceil(100_000 / line.length)));
    }),

  "endless-line": () => anywhere().map((at) => withReply(at, `${GOOD[at]!.slice(0, 3)} ${"x".repeat(100_000)}`)),

  "no-code": () =>
    fc
      .tuple(
        anywhere(),
        fc.constantFrom(
          "hello",
          "",
          " 250 ok",
          "25 ok",
          "2500 ok",
          "250ok",
          "199 ok",
          "600 no",
          "250_ok",
          "+OK",
          "\xff\xfe",
          "-1 x",
        ),
      )
      .map(([at, line]) => withReply(at, `${line}\r\n`)),

  "impossible-code": () =>
    fc
      .constantFrom<[number, string]>(
        [0, "354"],
        [1, "354"],
        [2, "354"],
        [3, "334"],
        [DATA, "250"],
        [DATA, "334"],
        [CONTENT, "354"],
      )
      .map(([at, code]) => withReply(at, `${code} x\r\n`, [code])),

  "bare-line-end": () =>
    fc.tuple(anywhere(), fc.constantFrom("\n", "\r", "\0", "\n\r", "\r\r\n")).map(([at, end]) => {
      const code = GOOD[at]!.slice(0, 3);
      // Its last octets are a CRLF, and what follows is a second reply, which comes before it is due.
      const isTwo = end === "\r\r\n" && at < CONTENT;
      return withReply(at, `${code} a${end}${GOOD[at]!}`, isTwo ? [] : [code]);
    }),

  "421": () => anywhere().map((at) => withReply(at, "421 4.3.2 closing\r\n", [], [])),

  closed: () =>
    fc.tuple(anywhere(), fc.nat({ max: 12 })).map(([at, length]) => withReply(at, GOOD[at]!.slice(0, length), [], [])),

  "behind-starttls": () =>
    fc
      .constantFrom("250-mx.example.com\r\n250 AUTH PLAIN\r\n", "250 ok\r\n", "2", "\r\n", "354 go\r\n")
      .map((behind) => withReply(2, `220 2.0.0 go ahead\r\n${behind}`)),

  challenge: () =>
    fc
      .tuple(anywhere(1, CONTENT), fc.constantFrom("334 \r\n", "334 VXNlcm5hbWU6\r\n"))
      .map(([at, reply]) => withReply(at, reply, ["334"])),
};
