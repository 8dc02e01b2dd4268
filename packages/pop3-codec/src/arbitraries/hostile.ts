import { hostileWireForm } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { octets } from "./text.ts";

/** Whom no server may hear of: the name stands where nothing is a command. */
export const SMUGGLED = "smuggled";

const SESSIONS = [
  "stls-injection",
  "over-long-line",
  "bare-line-end",
  "odd-number",
  "odd-argument",
  "out-of-place",
  "cut-off",
] as const;

/**
 * What a hostile client tries.
 *
 * - `"stls-injection"`: commands after STLS, in the same flight; the session ends there, before the handshake.
 * - `"over-long-line"`: a line longer than a buffer, whose rest reads as a command.
 * - `"bare-line-end"`: CR, LF or NUL inside a line, and a command after it.
 * - `"odd-number"`: message numbers that are none, or of no message.
 * - `"odd-argument"`: arguments missing, too many, or of other octets.
 * - `"out-of-place"`: commands of a maildrop before there is one.
 * - `"cut-off"`: the connection ends inside of a line.
 */
export type HostileFamily = (typeof SESSIONS)[number];

/** All families. */
export const hostileFamilies: readonly HostileFamily[] = SESSIONS;

/** A session of a client that means harm. */
export interface HostileSession {
  readonly family: HostileFamily;
  /**
   * The capability that a server has to have for the session to say anything about it; null: none. One that does not
   * have it refuses the command, and what comes after that is a command indeed. See
   * {@link HostileSessionConstraints.offers}.
   */
  readonly needs: "STLS" | null;
  /** What the client sends, each once there is a response to the one before. */
  readonly flights: readonly Uint8Array<ArrayBuffer>[];
}

const LENGTHS = [252, 255, 256, 257, 510, 512, 1000, 1024, 4096, 8192, 65_536];
const NUMBERS = [
  "0",
  "-1",
  "+1",
  "1.0",
  "1e0",
  "0x1",
  "007",
  "9007199254740993",
  "18446744073709551617",
  "",
  " 1",
  "1 1",
  "a",
  "\xb2",
];
const ARGUMENTS = [
  ...[
    "USER",
    "USER ",
    "USER \xff",
    "PASS",
    "APOP",
    "APOP a",
    "APOP a b c",
    "APOP a zz",
    "LIST x",
    "TOP 1",
    "TOP 1 -1",
    "TOP",
  ],
  ...[
    "STLS x",
    "CAPA x",
    "UIDL 1 2",
    "AUTH =",
    "AUTH PLAIN !",
    "LANG e n",
    "UTF8 x",
    "XYZ",
    "",
    " ",
    "\t",
    "USER\ttim",
  ],
];

const SESSION_FLIGHTS: { readonly [Family in HostileFamily]: () => fc.Arbitrary<readonly string[]> } = {
  "stls-injection": () =>
    fc
      .constantFrom(`USER ${SMUGGLED}\r\n`, `USER ${SMUGGLED}`, "U", "\r\n", `CAPA\r\nUSER ${SMUGGLED}\r\nPASS x\r\n`)
      .map((behind) => [`STLS\r\n${behind}`]),
  "over-long-line": () =>
    fc
      .tuple(fc.constantFrom(...LENGTHS), fc.constantFrom("NOOP ", "CAPA ", "", "USER "))
      .map(([length, verb]) => [`${verb.padEnd(length, "x")}USER ${SMUGGLED}\r\n`, "QUIT\r\n"]),
  "bare-line-end": () =>
    fc
      .tuple(fc.constantFrom("CAPA", "NOOP", "LANG"), fc.constantFrom("\n", "\r", "\0", "\n\r", "\r\r"))
      .map(([line, end]) => [`${line}${end}USER ${SMUGGLED}\r\n`, "QUIT\r\n"]),
  "odd-number": () =>
    fc
      .tuple(fc.constantFrom("RETR", "DELE", "LIST", "UIDL", "TOP"), fc.constantFrom(...NUMBERS))
      .map(([verb, number]) => [
        ...["USER tim\r\n", "PASS tanstaaf\r\n", `${verb} ${number}${verb === "TOP" ? " 1" : ""}\r\n`, "QUIT\r\n"],
      ]),
  "odd-argument": () => fc.constantFrom(...ARGUMENTS).map((line) => [`${line}\r\n`, "QUIT\r\n"]),
  "out-of-place": () =>
    fc
      .constantFrom("STAT", "LIST", "UIDL", "RETR 1", "TOP 1 0", "DELE 1", "RSET", "NOOP", "PASS tanstaaf")
      .map((line) => [`${line}\r\n`, "QUIT\r\n"]),
  "cut-off": () => {
    const whole = "USER tim\r\nPASS tanstaaf\r\nDELE 1\r\nQUIT";
    return fc.nat({ max: whole.length - 1 }).map((end) => [whole.slice(0, end + 1)]);
  },
};

/** Constraints of {@link hostileSession}. */
export interface HostileSessionConstraints {
  /** Default all of {@link hostileFamilies}. */
  readonly families?: readonly HostileFamily[];
  /**
   * The keywords of the server's capabilities, in any case, as CAPA lists them: families that need others are left out.
   * Default: nothing is left out, and a session's `needs` says whether it applies.
   */
  readonly offers?: Iterable<string>;
}

/**
 * Hostile sessions of every family. Three things hold for all that apply to a server (see `offers`): it takes nothing
 * from {@link SMUGGLED}, it removes no message without QUIT, and it goes on serving others. Every family comes equally
 * often, if no others are asked for; lines have up to 65,551 octets, at and beside the sizes of buffers.
 *
 * @throws RangeError if every family needs something that the server does not offer
 */
export function hostileSession(constraints: HostileSessionConstraints = {}): fc.Arbitrary<HostileSession> {
  const { families = hostileFamilies, offers } = constraints;
  const hasStls = offers === undefined || Array.from(offers, (keyword) => keyword.toUpperCase()).includes("STLS");
  const applying = families.filter((family) => hasStls || needsOf(family) === null);
  if (applying.length === 0) throw new RangeError(`the server does not offer what ${families.join(", ")} needs`);
  return fc
    .constantFrom(...applying)
    .chain((family) =>
      SESSION_FLIGHTS[family]().map((flights) => ({ family, needs: needsOf(family), flights: flights.map(octets) })),
    );
}

function needsOf(family: HostileFamily): HostileSession["needs"] {
  return family === "stls-injection" ? "STLS" : null;
}

const RESPONSES = [
  "unasked",
  "no-status",
  "endless-line",
  "bare-line-end",
  "odd-figures",
  "false-end",
  "closed",
  "behind-stls",
] as const;

/**
 * What a hostile server says.
 *
 * - `"unasked"`: responses to commands that were not given.
 * - `"no-status"`: text in the place of `+OK` and `-ERR`.
 * - `"endless-line"`: a line of 100,000 octets.
 * - `"bare-line-end"`: CR, LF or NUL inside a status line.
 * - `"odd-figures"`: figures to STAT that are none.
 * - `"false-end"`: a message with what some clients take for its end in it, and responses after that.
 * - `"closed"`: the end of the connection, at any point, inside of a line too.
 * - `"behind-stls"`: responses after the one to STLS, before the handshake.
 */
export type HostileResponseFamily = (typeof RESPONSES)[number];

/** All families. */
export const hostileResponseFamilies: readonly HostileResponseFamily[] = RESPONSES;

/** What a server says that means harm, to a client that fetches one message, command by command. */
export interface HostileResponses {
  readonly family: HostileResponseFamily;
  /**
   * The first when the connection stands, and one after each command: STLS in the family that is about it, else USER,
   * PASS, STAT, RETR 1 and QUIT. After the last the connection ends.
   */
  readonly responses: readonly Uint8Array<ArrayBuffer>[];
  /** Where the harm is. */
  readonly at: number;
  /** What the message is where bare CRs and LFs are handed over as they came; null: the client never gets one whole. */
  readonly message: Uint8Array<ArrayBuffer> | null;
}

const MESSAGE = "Subject: x\r\n\r\ny\r\n";
/** What a server says if it means well. */
const GOOD = ["+OK ready\r\n", "+OK\r\n", "+OK\r\n", "+OK 1 17\r\n", `+OK\r\n${MESSAGE}.\r\n`, "+OK bye\r\n"];
/** Places in it. */
const STAT = 3;
const RETR = 4;
const LAST = 5;

/** Constraints of {@link hostileResponses}. */
export interface HostileResponsesConstraints {
  /** Default all of {@link hostileResponseFamilies}. */
  readonly families?: readonly HostileResponseFamily[];
}

/**
 * Responses of every family, each in the middle of an otherwise good session. Whatever they are, a client that is
 * tested with them ends: it neither hangs nor throws, it holds a bounded amount of what came, and it calls no message
 * whole that is not `message`. Every family comes equally often, if no others are asked for; a response has about
 * 100,000 octets at most.
 */
export function hostileResponses({
  families = hostileResponseFamilies,
}: HostileResponsesConstraints = {}): fc.Arbitrary<HostileResponses> {
  return fc.constantFrom(...families).chain((family) => SCRIPTS[family]().map((made) => ({ family, ...made })));
}

type Made = Omit<HostileResponses, "family">;

/** A good session with other octets in one place. */
function withResponse(at: number, response: string, rest: readonly string[] = GOOD.slice(at + 1)): Made {
  const responses = [...GOOD.slice(0, at), response, ...rest].map(octets);
  return { responses, at, message: at > RETR ? octets(MESSAGE) : null };
}

const anywhere = (most = LAST) => fc.integer({ min: 0, max: most });

const SCRIPTS: { readonly [Family in HostileResponseFamily]: () => fc.Arbitrary<Made> } = {
  unasked: () =>
    fc
      .tuple(anywhere(STAT - 1), fc.constantFrom("-ERR no\r\n", "+OK 1 17\r\n.\r\n"), fc.integer({ min: 4, max: 8 }))
      .map(([at, response, count]) => withResponse(at, GOOD[at]! + response.repeat(count))),
  "no-status": () =>
    fc
      .tuple(anywhere(), fc.constantFrom("hello", "", "OK", "+", "+NO", "ERR", "-OK", "220 hi", "\xff", "+OKAY"))
      .map(([at, line]) => withResponse(at, `${line}\r\n`)),
  "endless-line": () => anywhere().map((at) => withResponse(at, `+OK ${"x".repeat(100_000)}`, [])),
  "bare-line-end": () =>
    fc.tuple(anywhere(), fc.constantFrom("\n", "\r", "\0", "\n\r")).map(([at, end]) => ({
      ...withResponse(at, `+OK a${end}${GOOD[at]!}`),
      // A client may go on after it, and get the message all the same.
      message: at === RETR ? null : octets(MESSAGE),
    })),
  "odd-figures": () =>
    fc
      .constantFrom("", "x", "1", "-1 17", "1 -17", "0x1 17", "1 9007199254740993", "18446744073709551617 1", "1e3 1")
      .map((figures) => ({ ...withResponse(STAT, `+OK ${figures}\r\n`), message: octets(MESSAGE) })),
  "false-end": () =>
    hostileWireForm().map(({ wire, content }) => {
      const responses = [...GOOD.map(octets)];
      responses[RETR] = Uint8Array.from([...octets("+OK\r\n"), ...wire]);
      return { responses, at: RETR, message: content };
    }),
  closed: () =>
    fc.tuple(anywhere(), fc.nat({ max: 4 })).map(([at, length]) => withResponse(at, GOOD[at]!.slice(0, length), [])),
  "behind-stls": () =>
    fc
      .constantFrom("+OK\r\n", "+", "\r\n", "-ERR\r\n", "+OK\r\nSASL PLAIN\r\n.\r\n")
      .map((behind) => withResponse(1, `+OK go ahead\r\n${behind}`)),
};
