/** What POP3 servers are asked. In the maildrop are two messages, or none where a server's cannot be filled. */
import type { Group, ServerQuestion, Stage } from "./question.ts";

const CODES =
  "An answer is the status indicators that came, up to the one to QUIT; `×` is an end of the connection before it, `…` a wait of five seconds in which nothing came.";

function raw(
  behind: Stage,
  id: string,
  title: string,
  flights: readonly string[],
  family: string | null,
): ServerQuestion {
  return { id: `pop3-${id}`, title, family, kind: "codes", behind, flights };
}

/** @param text without its CRLF */
function line(behind: Stage, id: string, title: string, text: string, family: string | null): ServerQuestion {
  return raw(behind, id, title, [`${text}\r\n`, "QUIT\r\n"], family);
}

/** Lengths of command lines with their CRLF. */
const LENGTHS = [255, 256, 512, 1000, 2048, 10_000, 100_000];

const NUMBERS: readonly (readonly [string, string])[] = [
  ["1", "1"],
  ["01", "01"],
  ["0", "0"],
  ["-1", "-1"],
  ["plus-1", "+1"],
  ["hexadecimal", "0x1"],
  ["1x", "1x"],
  ["1.0", "1.0"],
  ["3", "3"],
  ["2-32", "4294967297"],
  ["2-64", "18446744073709551617"],
];

const tls = (id: string, title: string, behind: string): ServerQuestion => ({
  id: `pop3-tls-${id}`,
  title,
  family: "stls-injection",
  kind: "tls",
  behind: "greeted",
  flights: [`STLS\r\n${behind}`, "CAPA\r\nQUIT\r\n"],
});

export const pop3ServerGroups: readonly Group<ServerQuestion>[] = [
  {
    id: "pop3-lines",
    title: "What is a command line?",
    text: `After the login. ${CODES}`,
    questions: [
      raw("login", "line-lf", "A command that ends in LF", ["NOOP\n", "QUIT\r\n"], "bare-line-end"),
      raw("login", "line-inner-lf", "A bare LF between two commands", ["NOOP\nRSET\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("login", "line-inner-cr", "A bare CR between two commands", ["NOOP\rRSET\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("login", "line-crcrlf", "A command that ends in CR CR LF", ["NOOP\r\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("login", "line-cr-in-verb", "A CR inside of a command's name", ["NO\rOP\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("login", "line-nul", "NUL inside of a command's name", ["NO\0OP\r\n", "QUIT\r\n"], "bare-line-end"),
      raw("login", "line-nul-behind", "NUL behind a command", ["NOOP\0\r\n", "QUIT\r\n"], "bare-line-end"),
      line("login", "line-empty", "An empty line", "", "odd-argument"),
      line("login", "line-space-first", "A space in front of a command", " NOOP", "odd-argument"),
      line("login", "line-space-behind", "A space behind a command", "NOOP ", "odd-argument"),
      line("login", "line-lower-case", "A command in lower case", "noop", null),
      line("login", "line-unknown", "An unknown command", "XATLAS", "odd-argument"),
      ...LENGTHS.map((length) =>
        line(
          "login",
          `line-${length}`,
          `A line of ${length} octets with its CRLF`,
          `NOOP ${"x".repeat(length - 7)}`,
          "over-long-line",
        ),
      ),
    ],
  },
  {
    id: "pop3-arguments",
    title: "What is an argument?",
    text: `After the login, with two messages in the maildrop. ${CODES}`,
    questions: [
      ...NUMBERS.map(([id, number]) =>
        line("login", `list-${id}`, `\`LIST ${number}\``, `LIST ${number}`, "odd-number"),
      ),
      line("login", "list-two-spaces", "Two spaces before the number", "LIST  1", "odd-number"),
      line("login", "list-tab", "A tab before the number", "LIST\t1", "odd-number"),
      line("login", "list-space-behind", "A space behind the number", "LIST 1 ", "odd-number"),
      line("login", "list-two", "Two numbers", "LIST 1 2", "odd-number"),
      line("login", "retr-none", "RETR without a number", "RETR", "odd-argument"),
      line("login", "retr-2-32", "`RETR 4294967297`", "RETR 4294967297", "odd-number"),
      line("login", "top-one", "TOP with one argument", "TOP 1", "odd-argument"),
      line("login", "top-negative", "`TOP 1 -1`", "TOP 1 -1", "odd-argument"),
      line("login", "top-2-64", "`TOP 1 18446744073709551616`", "TOP 1 18446744073709551616", "odd-argument"),
      line("login", "top-three", "TOP with three arguments", "TOP 1 0 0", "odd-argument"),
      raw("login", "dele-none", "DELE without a number", ["DELE\r\n", "RSET\r\n", "QUIT\r\n"], "odd-argument"),
      raw(
        "login",
        "dele-twice",
        "DELE of one message twice",
        ["DELE 1\r\n", "DELE 1\r\n", "RSET\r\n", "QUIT\r\n"],
        null,
      ),
      raw(
        "login",
        "retr-deleted",
        "RETR of a deleted message",
        ["DELE 1\r\n", "RETR 1\r\n", "RSET\r\n", "QUIT\r\n"],
        null,
      ),
      line("login", "uidl-two", "UIDL with two numbers", "UIDL 1 2", "odd-argument"),
      line("login", "noop-argument", "NOOP with an argument", "NOOP x", "odd-argument"),
      line("login", "stat-argument", "STAT with an argument", "STAT x", "odd-argument"),
      raw("login", "quit-argument", "QUIT with an argument", ["QUIT x\r\n", "QUIT\r\n"], "odd-argument"),
    ],
  },
  {
    id: "pop3-tls",
    title: "What becomes of octets behind STLS?",
    text: [
      "They come in the segment that STLS is in; behind the handshake come `CAPA` and `QUIT`. `discards`: these alone were responded to.",
      "`runs`: there was a response more. `in clear`: they were responded to before the handshake. `no handshake`: TLS did not come to stand.",
      "`-ERR`: STLS was refused, or is not there. `×`: the connection was ended, `…`: nothing came for five seconds.",
    ].join("\n"),
    questions: [
      tls("command", "A command", "XATLAS\r\n"),
      tls("beginning", "The beginning of a command", "XAT"),
      tls("crlf", "An empty line", "\r\n"),
      {
        id: "pop3-tls-argument",
        title: "STLS with an argument",
        family: "odd-argument",
        kind: "codes",
        behind: "greeted",
        flights: ["STLS x\r\n"],
      },
    ],
  },
  {
    id: "pop3-order",
    title: "In which order?",
    text: CODES,
    questions: [
      raw("connected", "order-before-greeting", "CAPA before the greeting", ["CAPA\r\nQUIT\r\n"], null),
      line("greeted", "order-stat", "STAT before the login", "STAT", "out-of-place"),
      line("greeted", "order-retr", "RETR before the login", "RETR 1", "out-of-place"),
      line("greeted", "order-pass", "PASS without USER", "PASS x", "out-of-place"),
      line("greeted", "order-user-empty", "USER without a name", "USER", "odd-argument"),
      line("greeted", "order-user-two", "USER with two words", "USER a b", "odd-argument"),
      line("greeted", "order-apop-empty", "APOP without arguments", "APOP", "odd-argument"),
      line("greeted", "order-apop-digest", "APOP with a digest that is none", "APOP a zz", "odd-argument"),
      raw("greeted", "order-auth-cancel", "AUTH PLAIN, then `*`", ["AUTH PLAIN\r\n", "*\r\n", "QUIT\r\n"], null),
      raw(
        "greeted",
        "order-auth-no-base64",
        "AUTH PLAIN, then no base64",
        ["AUTH PLAIN\r\n", "!\r\n", "QUIT\r\n"],
        null,
      ),
      line(
        "greeted",
        "order-auth-initial",
        "AUTH PLAIN with `!` as its initial response",
        "AUTH PLAIN !",
        "odd-argument",
      ),
      line("login", "order-user-again", "USER after the login", "USER bob", null),
      line("login", "order-stls-behind", "STLS after the login", "STLS", null),
      raw("login", "order-behind-quit", "A command behind QUIT", ["QUIT\r\nNOOP\r\n"], null),
      raw("login", "order-noops", "100 NOOPs in one segment", [`${"NOOP\r\n".repeat(100)}QUIT\r\n`], null),
    ],
  },
];
