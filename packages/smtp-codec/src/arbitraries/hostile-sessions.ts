import { hostileWireForm, type SmugglingFamily, smugglingFamilies } from "dot-stuffing/arbitraries";
import * as fc from "fast-check";
import { type Flight, joined } from "./sessions.ts";
import { octets } from "./text.ts";

/** Who no server may take MAIL from: it stands where nothing is a command. */
export const SMUGGLED = "smuggled@example.com";

const FALSE_ENDS: readonly `false-end ${SmugglingFamily}`[] = smugglingFamilies.map(
  (family) => `false-end ${family}` as const,
);
const OTHERS = [
  "starttls-injection",
  "bdat-border",
  "bdat-refused",
  "bdat-size",
  "pipelined-content",
  "over-long-line",
  "over-long-path",
  "bare-line-end",
  "odd-path",
  "odd-parameter",
  "cut-off",
] as const;

/**
 * What a hostile client tries.
 *
 * - `"false-end …"`: commands in content after what some servers take for its end, by its octets.
 * - `"starttls-injection"`: commands after STARTTLS, in the same flight; the session ends there, before the handshake.
 * - `"bdat-border"`: chunks that hold commands and ends of content, and are cut inside of them.
 * - `"bdat-refused"`: a chunk of commands that nobody receives: it has to be read over all the same (RFC 3030 §2).
 * - `"bdat-size"`: a BDAT whose size cannot be read; commands after it.
 * - `"pipelined-content"`: content after DATA in one flight, before the 354.
 * - `"over-long-line"`: a line longer than a buffer, whose rest reads as a command.
 * - `"over-long-path"`: mailboxes beyond the limits of RFC 5321 §4.5.3.1.
 * - `"bare-line-end"`: CR, LF or NUL inside a line, and a command after it.
 * - `"odd-path"`: what is no path, or a rare one.
 * - `"odd-parameter"`: repeated parameters, unknown ones, and values outside the grammar.
 * - `"cut-off"`: the connection ends inside of a line, or of content.
 */
export type HostileFamily = (typeof FALSE_ENDS)[number] | (typeof OTHERS)[number];

/** All families. */
export const hostileFamilies: readonly HostileFamily[] = [...FALSE_ENDS, ...OTHERS];

/** A server without the extension rightly takes what follows the refused command for commands. */
const NEEDS: { readonly [Family in HostileFamily]?: HostileSession["needs"] } = {
  "starttls-injection": "STARTTLS",
  "bdat-border": "CHUNKING",
  "bdat-refused": "CHUNKING",
  "bdat-size": "CHUNKING",
};

/** A session of a client that means harm. */
export interface HostileSession {
  readonly family: HostileFamily;
  /**
   * The extension keyword that a server has to offer for the session to say anything about it; null: none. One that
   * does not offer it refuses the command, and what comes after that is a command indeed. See
   * {@link HostileSessionConstraints.offers}.
   */
  readonly needs: "STARTTLS" | "CHUNKING" | null;
  readonly flights: readonly Flight[];
  /** How many messages a server may accept at most; none of them, and no command, is from {@link SMUGGLED}. */
  readonly messages: number;
}

/** Constraints of {@link hostileSessions}. */
export interface HostileSessionConstraints {
  /** Default all of {@link hostileFamilies}. */
  readonly families?: readonly HostileFamily[];
  /**
   * The extension keywords that the server offers, in any case, as its reply to EHLO lists them: families that need
   * others are left out. Default: nothing is left out, and a session's `needs` says whether it applies.
   */
  readonly offers?: Iterable<string>;
}

/**
 * Hostile sessions of every family. What a server may do differs: refuse, close, or take what is harmless. Three things
 * hold for all that apply to it (see `offers`): it accepts no more than `messages` messages, it takes nothing from
 * {@link SMUGGLED}, and it goes on serving others. Every family comes equally often, if no others are asked for; lines
 * have up to 65,573 octets, at and beside the sizes of buffers, and paths up to 1,208.
 *
 * @throws RangeError if every family needs something that the server does not offer
 */
export function hostileSessions(constraints: HostileSessionConstraints = {}): fc.Arbitrary<HostileSession> {
  const { families = hostileFamilies, offers } = constraints;
  const offered = offers === undefined ? null : new Set(Array.from(offers, (keyword) => keyword.toUpperCase()));
  const applying = families.filter((family) => {
    const need = NEEDS[family] ?? null;
    return need === null || offered === null || offered.has(need);
  });
  if (applying.length === 0) throw new RangeError(`the server does not offer what ${families.join(", ")} needs`);
  return fc.constantFrom(...applying).chain((family) => {
    const end = smugglingFamilies.find((each) => family === `false-end ${each}`);
    const made = end === undefined ? OTHER_SESSIONS[family as (typeof OTHERS)[number]]() : falseEnd(end);
    return made.map((session) => ({ family, needs: NEEDS[family] ?? null, messages: 0, ...session }));
  });
}

type Made = Pick<HostileSession, "flights"> & Partial<Pick<HostileSession, "messages">>;

const HELLO = flight("EHLO client.example.com\r\n", 1);
const QUIT = flight("QUIT\r\n", 1);
const MAIL = "MAIL FROM:<a@example.com>\r\n";
const RCPT = "RCPT TO:<b@example.org>\r\n";
const SMUGGLED_MAIL = `MAIL FROM:<${SMUGGLED}>\r\n`;
const SMUGGLED_MESSAGE = `${SMUGGLED_MAIL}RCPT TO:<victim@example.net>\r\nDATA\r\n`;

function flight(bytes: string | Uint8Array<ArrayBuffer>, replies: number): Flight {
  return { bytes: typeof bytes === "string" ? octets(bytes) : bytes, replies };
}

function falseEnd(family: SmugglingFamily): fc.Arbitrary<Made> {
  return hostileWireForm({ families: [family] }).map(({ wire }) => ({
    flights: [HELLO, flight(`${MAIL}${RCPT}DATA\r\n`, 3), flight(wire, 1), QUIT],
    messages: 1,
  }));
}

/** Lengths around the limits of the RFCs, and sizes of usual buffers. */
const LENGTHS = [500, 510, 511, 512, 513, 998, 1000, 1023, 1024, 2048, 4096, 8192, 12_288, 16_384, 65_536];

const ODD_PATHS = [
  ...["<>>", "<<a@b>", "<a@b", "a@b>", "< a@b >", "<a@b>>", "<@>", "<a@>", "<@b>", "<a@@b>", "<a b@c>", "<a@b c>"],
  ...[
    '<"a@b>',
    '<"a"b"@c>',
    '<"\\"@c>',
    '<"a>b"@c>',
    '<"a\\\\"@c>',
    '<"">',
    '<""@c>',
    "<a\\@b@c>",
    "<.a@b>",
    "<a..b@c>",
  ],
  ...[
    "<@a,@b:c@d>",
    "<@a:@b:c@d>",
    "<@a,:c@d>",
    "<@a@b:c@d>",
    "<@a:c>",
    "<a@[1.2.3]>",
    "<a@[IPv6:::1::]>",
    "<a@[x:y]>",
  ],
  ...[
    "<a@b.>",
    "<a@-b>",
    "<a@b_c>",
    "<a%b@c>",
    "<a!b@c>",
    "<a:b@c>",
    "<\xc3\xa9@b>",
    "<a@\xff>",
    "<a@b\0>",
    "<Postmaster>",
  ],
  ...[`<${"@a,".repeat(400)}@a:b@c>`, `<${'"'.repeat(401)}@c>`, `<${"a.".repeat(200)}a@c>`, `<${"(".repeat(400)}@c>`],
];

const ODD_PARAMETERS = [
  ...["SIZE=1 SIZE=2", "SIZE=1 size=1", "BODY=7BIT BODY=8BITMIME", "X=1", "=", "=1", "SIZE", "SIZE=", "SIZE==1"],
  ...["SIZE=-1", "SIZE=+1", "SIZE=0x10", "SIZE=1e3", "SIZE=1.5", "SIZE=99999999999999999999999", "SIZE=1 ", "SIZE =1"],
  ...[
    "BODY=",
    "BODY=9BIT",
    "RET=ALL",
    "RET=HDRS RET=FULL",
    "ENVID=+",
    "ENVID=+zz",
    "AUTH=+3C+3E",
    "AUTH=<a@b>",
    "BY=0;R",
  ],
  ...[
    "SMTPUTF8=1",
    "SMTPUTF8 SMTPUTF8",
    "REQUIRETLS=1",
    "HOLDFOR=-1",
    "MT-PRIORITY=10",
    "SOLICIT=,",
    `X=${"y".repeat(400)}`,
  ],
];

const OTHER_SESSIONS: { readonly [Family in (typeof OTHERS)[number]]: () => fc.Arbitrary<Made> } = {
  "starttls-injection": () =>
    fc
      .constantFrom(
        SMUGGLED_MESSAGE,
        SMUGGLED_MAIL,
        SMUGGLED_MAIL.slice(0, 10),
        "M",
        "\r\n",
        `RSET\r\n${SMUGGLED_MAIL}`,
      )
      .map((behind) => ({ flights: [HELLO, flight(`STARTTLS\r\n${behind}`, 1)] })),

  "bdat-border": () => {
    const parts = fc.constantFrom("\r\n.\r\n", ".\r\n", SMUGGLED_MAIL, "BDAT 1 LAST\r\n", "\r\n", "QUIT\r\n", "x\r\n");
    return fc
      .tuple(fc.array(parts, { minLength: 1, maxLength: 8 }), fc.array(fc.nat({ max: 120 }), { maxLength: 4 }))
      .map(([found, cuts]) => {
        const text = `${found.join("")}x\r\n`;
        const ends = [...cuts.map((cut) => Math.min(cut, text.length)), text.length].sort((a, b) => a - b);
        const chunks = ends.map((end, index) => {
          const chunk = text.slice(index === 0 ? 0 : ends[index - 1], end);
          return `BDAT ${chunk.length}${index === ends.length - 1 ? " LAST" : ""}\r\n${chunk}`;
        });
        const envelope = flight(MAIL + RCPT, 2);
        return {
          flights: [HELLO, envelope, flight(chunks.join(""), chunks.length), QUIT],
          messages: 1,
        };
      });
  },

  "bdat-refused": () =>
    fc.tuple(fc.constantFrom("", MAIL), fc.boolean()).map(([before, last]) => {
      const chunk = `BDAT ${SMUGGLED_MESSAGE.length}${last ? " LAST" : ""}\r\n${SMUGGLED_MESSAGE}`;
      const replies = before === "" ? 1 : 2;
      return { flights: [HELLO, flight(before + chunk, replies), QUIT] };
    }),

  "bdat-size": () =>
    fc
      .constantFrom(
        "",
        " ",
        " x",
        " -1",
        " +1",
        " 0x10",
        " 99999999999999999999999",
        " 1 2",
        " 1 LAST LAST",
        " LAST",
        " 1e1",
      )
      .map((size) => ({
        flights: [HELLO, flight(MAIL + RCPT, 2), flight(`BDAT${size}\r\n${SMUGGLED_MESSAGE}`, 1)],
      })),

  "pipelined-content": () =>
    fc.constantFrom("x\r\n", "", ".x\r\n", "NOOP\r\nQUIT\r\n", SMUGGLED_MESSAGE).map((content) => ({
      flights: [HELLO, flight(`${MAIL}${RCPT}DATA\r\n${content.replace(/^\./, "..")}.\r\n`, 4), QUIT],
      messages: 1,
    })),

  "over-long-line": () =>
    fc
      .tuple(fc.constantFrom(...LENGTHS), fc.constantFrom("NOOP ", "", "HELO ", "XFOO "), fc.nat({ max: 3 }))
      .map(([length, verb, more]) => ({
        flights: [HELLO, flight(`${verb.padEnd(length + more, "x")}${SMUGGLED_MAIL}`, 1), QUIT],
      })),

  "over-long-path": () =>
    fc
      .tuple(
        fc.constantFrom(65, 66, 256, 300, 400),
        fc.constantFrom(256, 257, 300, 400),
        fc.constantFrom("local", "domain", "both"),
      )
      .map(([localLength, domainLength, which]) => {
        const local = which === "domain" ? "a" : "a".repeat(localLength);
        const domain = which === "local" ? "b" : "b.".repeat(domainLength / 2 + 1).slice(0, -1);
        const path = `<${local}@${domain}>`;
        return { flights: [HELLO, flight(`MAIL FROM:${path}\r\n`, 1), flight(`RCPT TO:${path}\r\n`, 1), QUIT] };
      }),

  "bare-line-end": () =>
    fc
      .tuple(
        fc.constantFrom("NOOP", "RSET", "HELP x", "EHLO a"),
        fc.constantFrom("\n", "\r", "\0", "\n\r", "\r\r", "\0\n"),
      )
      .map(([line, end]) => ({ flights: [HELLO, flight(`${line}${end}${SMUGGLED_MAIL}`, 1), QUIT] })),

  "odd-path": () =>
    fc.tuple(fc.constantFrom(...ODD_PATHS), fc.boolean()).map(([path, recipient]) => ({
      flights: recipient
        ? [HELLO, flight(MAIL, 1), flight(`RCPT TO:${path}\r\n`, 1), QUIT]
        : [HELLO, flight(`MAIL FROM:${path}\r\n`, 1), QUIT],
    })),

  "odd-parameter": () =>
    fc.constantFrom(...ODD_PARAMETERS).map((parameters) => ({
      flights: [HELLO, flight(`MAIL FROM:<a@example.com> ${parameters}\r\n`, 1), QUIT],
    })),

  "cut-off": () => {
    const whole = octets(`${MAIL}${RCPT}DATA\r\nSubject: x\r\n\r\n..y\r\n.`);
    return fc.nat({ max: whole.length - 1 }).map((end) => ({
      flights: [flight(joined([HELLO.bytes, whole.slice(0, end + 1)]), 1)],
    }));
  },
};
