/** What SMTP and LMTP servers are asked. */
import { FALSE_ENDS, idOf } from "./false-ends.ts";
import type { Group, ServerQuestion, Stage } from "./question.ts";

function end(name: string, octets: string, family: string | null): ServerQuestion {
  const flights = [`a${octets}`, "b\r\n.\r\n", "QUIT\r\n"];
  return { id: `end-${idOf(name)}`, title: `\`${name}\``, family, kind: "end", behind: "content", flights };
}

function content(id: string, title: string, line: string, odd: string, family: string | null = null): ServerQuestion {
  const sent = `${line}\r\n`;
  const flights = [`${sent.replace(/^\./, "..")}.\r\n`, "QUIT\r\n"];
  return { id: `content-${id}`, title, family, kind: "content", behind: "content", flights, sent, odd };
}

/** @param line without its CRLF */
function line(behind: Stage, id: string, title: string, text: string, family: string | null): ServerQuestion {
  return { id, title, family, kind: "codes", behind, flights: [`${text}\r\n`, "QUIT\r\n"] };
}

function raw(
  behind: Stage,
  id: string,
  title: string,
  flights: readonly string[],
  family: string | null,
): ServerQuestion {
  return { id, title, family, kind: "codes", behind, flights };
}

const PATHS: readonly (readonly [string, string])[] = [
  ["no angle brackets", "a@example.org"],
  ["a space behind the colon", " <a@example.org>"],
  ["a tab behind the colon", "\t<a@example.org>"],
  ["spaces inside the brackets", "< a@example.org >"],
  ["two brackets", "<<a@example.org>>"],
  ["no bracket at the end", "<a@example.org"],
  ["something behind the path", "<a@example.org>x"],
  ["a quoted local part", '<"a b"@example.org>'],
  ["a quoted angle bracket", '<"a>b"@example.org>'],
  ["an empty quoted local part", '<""@example.org>'],
  ["two dots in the local part", "<a..b@example.org>"],
  ["a dot first in the local part", "<.a@example.org>"],
  ["two at signs", "<a@b@example.org>"],
  ["a source route", "<@relay.example.com:a@example.org>"],
  ["a percent sign", "<a%b@example.org>"],
  ["an empty path", "<>"],
  ["no domain", "<a>"],
  ["Postmaster without a domain", "<Postmaster>"],
  ["an empty domain", "<a@>"],
  ["an empty local part", "<@example.org>"],
  ["a domain that ends with a dot", "<a@example.org.>"],
  ["a domain with an underscore", "<a@b_c.example.org>"],
  ["an IPv4 address literal", "<a@[127.0.0.1]>"],
  ["an IPv6 address literal", "<a@[IPv6:::1]>"],
  ["8-bit octets in the local part", "<\xc3\xa9@example.org>"],
  ["octets that are no UTF-8", "<a\xff@example.org>"],
  ["NUL in the path", "<a\0@example.org>"],
  ["a local part of 64 octets", `<${"a".repeat(64)}@example.org>`],
  ["a local part of 65 octets", `<${"a".repeat(65)}@example.org>`],
  ["a domain of 261 octets", `<a@${"b".repeat(63)}.${`${"c".repeat(61)}.`.repeat(3)}example.org>`],
];

const PARAMETERS: readonly (readonly [string, string])[] = [
  ["SIZE twice", "SIZE=10 SIZE=20"],
  ["SIZE without a value", "SIZE="],
  ["SIZE of 23 digits", "SIZE=99999999999999999999999"],
  ["SIZE of 2^32 + 1", "SIZE=4294967297"],
  ["SIZE below zero", "SIZE=-1"],
  ["SIZE with a plus sign", "SIZE=+1"],
  ["SIZE in hexadecimal", "SIZE=0x10"],
  ["BODY of no known value", "BODY=9BIT"],
  ["BODY twice", "BODY=7BIT BODY=8BITMIME"],
  ["an unknown parameter", "X-ATLAS=1"],
  ["an equals sign alone", "="],
  ["two spaces in front", " SIZE=10"],
  ["a space behind", "SIZE=10 "],
  ["NUL in a value", "X=\0"],
];

const bdat = (id: string, title: string, flights: readonly string[], family: string | null): ServerQuestion =>
  raw("rcpt", `bdat-${id}`, title, flights, family);

const tls = (id: string, title: string, behind: string, then = "NOOP\r\n"): ServerQuestion => {
  const flights = [`STARTTLS\r\n${behind}`, `${then}QUIT\r\n`];
  return { id: `tls-${id}`, title, family: "starttls-injection", kind: "tls", behind: "hello", flights };
};

/** Lengths of command lines with their CRLF. */
const LENGTHS = [512, 513, 1000, 1001, 2048, 2049, 10_000, 100_000];

/** Of a content line, without its CRLF. */
const LINE_LENGTHS = [998, 999, 1000, 2048, 10_000, 100_000];

const CODES =
  "An answer is the codes that came, up to the reply to QUIT; `×` is an end of the connection, `…` a wait of five seconds in which nothing came.";

export const smtpServerGroups: readonly Group<ServerQuestion>[] = [
  {
    id: "smtp-end",
    title: "Where does a message end?",
    text: [
      "If no reply comes to these octets within five seconds, `b` and a true end follow. `ends`: the octets ended the message, and what came",
      "behind them was read as commands. `–`: they did not, and it is content. A code: the message was refused, at its true end. `ends` with a",
      "code: it was refused at these octets. `×`: the connection was ended, `…`: nothing came for five seconds.",
    ].join("\n"),
    questions: [
      end("CRLF.CRLF", "\r\n.\r\n", null),
      ...FALSE_ENDS.map(([name, octets]) => end(name, octets, `false-end ${name}`)),
      end("CRLF.CRLF LF", "\r\n.\r\n\n", null),
      {
        id: "end-dot-first",
        title: "`.CRLF` as the first line behind DATA",
        family: null,
        kind: "codes",
        behind: "rcpt",
        flights: ["DATA\r\n", ".\r\n", "NOOP\r\n", "QUIT\r\n"],
      },
    ],
  },
  {
    id: "smtp-content",
    title: "What becomes of odd octets in content?",
    text: [
      "What was stored, or sent on, is compared with what was sent. `kept`: it is the same. `CRLF`, `space`, `?`: the odd octets were",
      "replaced by that. `dropped`: they are missing. `broken`: there are more line ends or spaces than before. `cut`: the beginning alone",
      "is there. `changed`: none of these. A code other than 2yz: the message was refused.",
    ].join("\n"),
    questions: [
      content("bare-lf", "A bare LF", "a\nb", "\n", "bare-line-end"),
      content("bare-cr", "A bare CR", "a\rb", "\r", "bare-line-end"),
      content("cr-crlf", "CR CR LF", "a\r\r\nb", "\r\r\n"),
      content("nul", "NUL", "a\0b", "\0", "bare-line-end"),
      content("8-bit", "An octet over 127, without BODY", "a\xe9b", "\xe9"),
      content("escape", "DEL and ESC", "a\x1b\x7fb", "\x1b\x7f"),
      content("dot", "A line that begins with a dot, stuffed", ".a", "."),
      ...LINE_LENGTHS.map((length) =>
        content(
          `line-${length}`,
          `A line of ${length} octets`,
          `${"x".repeat(length - 1)}y`,
          "y",
          length > 1000 ? "over-long-line" : null,
        ),
      ),
    ],
  },
  {
    id: "smtp-lines",
    title: "What is a command line?",
    text: CODES,
    questions: [
      raw("hello", "line-lf", "A command that ends in LF", ["NOOP\n", "QUIT\r\n"], "bare-line-end"),
      raw("hello", "line-inner-lf", "A bare LF between two commands", ["NOOP\nRSET\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("hello", "line-inner-cr", "A bare CR between two commands", ["NOOP\rRSET\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("hello", "line-cr", "A command that ends in CR", ["NOOP\r", "QUIT\r\n"], "bare-line-end"),
      raw("hello", "line-crcrlf", "A command that ends in CR CR LF", ["NOOP\r\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("hello", "line-cr-in-verb", "A CR inside of a command's name", ["NO\rOP\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("hello", "line-nul", "NUL inside of a command's name", ["NO\0OP\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("hello", "line-nul-behind", "NUL behind a command", ["NOOP\0\r\n", "QUIT\r\n"], "bare-line-end"),
      line("hello", "line-empty", "An empty line", "", null),
      line("hello", "line-space-first", "A space in front of a command", " NOOP", null),
      line("hello", "line-space-behind", "A space behind a command", "NOOP ", null),
      line("hello", "line-lower-case", "A command in lower case", "noop", null),
      line("hello", "line-unknown", "An unknown command", "XATLAS", null),
      line("hello", "line-8-bit", "An octet over 127 as an argument", "NOOP \xe9", null),
      ...LENGTHS.map((length) =>
        line(
          "hello",
          `line-${length}`,
          `A line of ${length} octets with its CRLF`,
          `NOOP ${"x".repeat(length - 7)}`,
          "over-long-line",
        ),
      ),
    ],
  },
  {
    id: "smtp-paths",
    title: "What is a path?",
    text: CODES,
    questions: [
      ...PATHS.map(([title, path]) =>
        line("login", `mail-${idOf(title)}`, `MAIL: ${title}`, `MAIL FROM:${path}`, pathFamily(path)),
      ),
      line(
        "login",
        "mail-space-before-colon",
        "MAIL: a space before the colon",
        "MAIL FROM :<a@example.org>",
        "odd-path",
      ),
      ...PATHS.map(([title, path]) =>
        line("mail", `rcpt-${idOf(title)}`, `RCPT: ${title}`, `RCPT TO:${path}`, pathFamily(path)),
      ),
    ],
  },
  {
    id: "smtp-parameters",
    title: "What is a parameter?",
    text: `The parameters stand behind \`MAIL FROM:<…> \`. ${CODES}`,
    questions: PARAMETERS.map(([title, parameters]) =>
      line(
        "login",
        `parameter-${idOf(title)}`,
        title[0]!.toUpperCase() + title.slice(1),
        `MAIL FROM:<alice@example.org> ${parameters}`,
        "odd-parameter",
      ),
    ),
  },
  {
    id: "smtp-bdat",
    title: "What is a chunk?",
    text: `Servers without CHUNKING are asked too. ${CODES}`,
    questions: [
      bdat("last", "The whole message", ["BDAT 4 LAST\r\nab\r\n", "QUIT\r\n"], null),
      bdat("0-last", "An empty chunk as the last", ["BDAT 4\r\nab\r\n", "BDAT 0 LAST\r\n", "QUIT\r\n"], "bdat-border"),
      bdat("0-last-alone", "An empty chunk alone", ["BDAT 0 LAST\r\n", "QUIT\r\n"], "bdat-border"),
      bdat(
        "inside-crlf",
        "A border inside of CRLF",
        ["BDAT 3\r\nab\r", "BDAT 1 LAST\r\n\n", "QUIT\r\n"],
        "bdat-border",
      ),
      bdat("no-line-end", "No line end at the end", ["BDAT 2 LAST\r\nab", "QUIT\r\n"], "bdat-border"),
      bdat("dot", "A dot alone, and no end", ["BDAT 3\r\n.\r\n", "BDAT 3 LAST\r\na\r\n", "QUIT\r\n"], "bdat-border"),
      bdat("too-small", "Fewer octets said than come", ["BDAT 2 LAST\r\nabNOOP\r\n", "QUIT\r\n"], "bdat-border"),
      bdat("too-large", "More octets said than come", ["BDAT 8 LAST\r\nab\r\n", "QUIT\r\n", "QUIT\r\n"], "bdat-border"),
      bdat("data-behind", "DATA behind a chunk", ["BDAT 4\r\nab\r\n", "DATA\r\n", "QUIT\r\n"], "bdat-border"),
      bdat(
        "mail-behind",
        "MAIL behind a chunk",
        ["BDAT 4\r\nab\r\n", "MAIL FROM:<alice@example.org>\r\n", "QUIT\r\n"],
        null,
      ),
      ...(
        [
          ["no-size", "No size", "BDAT"],
          ["negative", "A size below zero", "BDAT -1 LAST"],
          ["plus", "A size with a plus sign", "BDAT +4 LAST"],
          ["hexadecimal", "A size in hexadecimal", "BDAT 0x4 LAST"],
          ["leading-zero", "A size with zeros in front", "BDAT 0000000004 LAST"],
          ["2-32", "A size of 2^32 + 4", "BDAT 4294967300 LAST"],
          ["2-64", "A size of 2^64 + 4", "BDAT 18446744073709551620 LAST"],
          ["two-spaces", "Two spaces before LAST", "BDAT 4  LAST"],
          ["lower-case", "LAST in lower case", "BDAT 4 last"],
          ["unknown-word", "Another word for LAST", "BDAT 4 FIRST"],
        ] as const
      ).map(([id, title, command]) => bdat(id, title, [`${command}\r\nab\r\n`, "QUIT\r\n"], "bdat-size")),
      raw(
        "login",
        "bdat-refused",
        "A chunk before MAIL, which holds a command",
        ["BDAT 6 LAST\r\nNOOP\r\n", "QUIT\r\n"],
        "bdat-refused",
      ),
    ],
  },
  {
    id: "smtp-tls",
    title: "What becomes of octets behind STARTTLS?",
    text: [
      "They come in the segment that STARTTLS is in; behind the handshake come `NOOP` and `QUIT`. `discards`: NOOP alone was replied to.",
      "`runs`: there was a reply more. `in clear`: they were replied to before the handshake. `no handshake`: TLS did not come to stand.",
      "Codes: STARTTLS was refused, or is not there. `×`: the connection was ended, `…`: nothing came for five seconds.",
    ].join("\n"),
    questions: [
      tls("command", "A command", "XATLAS\r\n"),
      tls("beginning", "The beginning of a command", "XAT"),
      tls("crlf", "An empty line", "\r\n"),
      {
        id: "tls-argument",
        title: "STARTTLS with an argument",
        family: null,
        kind: "codes",
        behind: "hello",
        flights: ["STARTTLS x\r\n"],
      },
    ],
  },
  {
    id: "smtp-order",
    title: "In which order?",
    text: CODES,
    questions: [
      raw(
        "connected",
        "order-before-greeting",
        "EHLO before the greeting",
        ["EHLO client.example.org\r\nQUIT\r\n"],
        null,
      ),
      raw("greeted", "order-no-ehlo", "MAIL without EHLO", ["MAIL FROM:<alice@example.org>\r\n", "QUIT\r\n"], null),
      raw("greeted", "order-ehlo-empty", "EHLO without an argument", ["EHLO\r\n", "QUIT\r\n"], null),
      raw("greeted", "order-ehlo-odd", "EHLO with `_` as its argument", ["EHLO _\r\n", "QUIT\r\n"], null),
      raw(
        "greeted",
        "order-lf-session",
        "Every line ends in LF",
        ["EHLO client.example.org\n", "NOOP\n", "QUIT\n"],
        "bare-line-end",
      ),
      line("login", "order-rcpt", "RCPT without MAIL", "RCPT TO:<bob@example.org>", null),
      line("login", "order-data", "DATA without MAIL", "DATA", null),
      line("mail", "order-mail-twice", "MAIL twice", "MAIL FROM:<alice@example.org>", null),
      line("mail", "order-data-without-rcpt", "DATA without RCPT", "DATA", null),
      line(
        "rcpt",
        "order-ehlo-inside",
        "EHLO inside of a transaction, then DATA",
        "EHLO client.example.org\r\nDATA",
        null,
      ),
      line("rcpt", "order-data-argument", "DATA with an argument", "DATA x", null),
      line("login", "order-rset-argument", "RSET with an argument", "RSET x", null),
      raw("login", "order-quit-argument", "QUIT with an argument", ["QUIT x\r\n", "QUIT\r\n"], null),
      raw("login", "order-behind-quit", "A command behind QUIT", ["QUIT\r\nNOOP\r\n"], null),
      raw(
        "rcpt",
        "order-pipelined-content",
        "Content in the segment of DATA",
        ["DATA\r\na\r\n.\r\nQUIT\r\n"],
        "pipelined-content",
      ),
      raw("hello", "order-noops", "100 NOOPs in one segment", [`${"NOOP\r\n".repeat(100)}QUIT\r\n`], null),
    ],
  },
  {
    id: "smtp-auth",
    title: "What is said to AUTH without TLS?",
    text: `Nobody logs in here. ${CODES}`,
    questions: [
      line("hello", "auth-none", "AUTH without a mechanism", "AUTH", null),
      line("hello", "auth-unknown", "An unknown mechanism", "AUTH X-UNHEARD-OF", null),
      raw("hello", "auth-cancel", "PLAIN, then `*`", ["AUTH PLAIN\r\n", "*\r\n", "QUIT\r\n"], null),
      raw("hello", "auth-no-base64", "PLAIN, then no base64", ["AUTH PLAIN\r\n", "!\r\n", "QUIT\r\n"], null),
      raw("hello", "auth-empty", "PLAIN, then an empty line", ["AUTH PLAIN\r\n", "\r\n", "QUIT\r\n"], null),
      raw(
        "hello",
        "auth-initial-star",
        "PLAIN with `*` as its initial response",
        ["AUTH PLAIN *\r\n", "QUIT\r\n"],
        null,
      ),
      raw(
        "hello",
        "auth-initial-empty",
        "PLAIN with `=` as its initial response",
        ["AUTH PLAIN =\r\n", "QUIT\r\n"],
        null,
      ),
      raw(
        "hello",
        "auth-long",
        "A response of 20,000 octets",
        ["AUTH PLAIN\r\n", `${"A".repeat(20_000)}\r\n`, "QUIT\r\n"],
        "over-long-line",
      ),
    ],
  },
];

function pathFamily(path: string): string {
  return path.length > 70 ? "over-long-path" : "odd-path";
}
