/** What POP3 clients are asked. */
import { POP3_HEADER } from "../dialogues.ts";
import { FALSE_ENDS, idOf } from "./false-ends.ts";
import type { ClientQuestion, Group } from "./question.ts";

function said(
  id: string,
  title: string,
  replies: ClientQuestion["replies"],
  family: string | null,
  body = "a\r\n",
): ClientQuestion {
  return { id: `fetch-${id}`, title, family, replies, body };
}

/** The message as it stands after RETR, and TOP, which some use in its place. */
const given = (wire: string): { readonly RETR: string; readonly TOP: string } => {
  const response = `+OK\r\n${POP3_HEADER}${wire}`;
  return { RETR: response, TOP: response };
};

/** The beginning of the message, and then the end of the connection. */
const cut = (wire: string): ClientQuestion["replies"] => {
  const { RETR, TOP } = given(wire);
  return { RETR: { last: RETR }, TOP: { last: TOP } };
};

function form(id: string, title: string, wire: string, body: string, family: string | null = null): ClientQuestion {
  return said(id, title, given(wire), family, body);
}

export const pop3ClientGroups: readonly Group<ClientQuestion>[] = [
  {
    id: "pop3-messages",
    title: "Where does a message end, and what is in it?",
    text: [
      "A client fetches one message, which is given as the input says. `whole`: what it has got is the message, with one dot less in front of",
      "each line that begins with one. `kept dots`: it has the octets as they came. `early`: it has the beginning alone. `changed`: something",
      "else. `nothing`: it has no message, and says that it succeeded. `failed`: it has none, and says that it failed. `waits`: it did nothing for",
      "eight seconds. `, failed` behind another: it says so all the same.",
    ].join("\n"),
    questions: [
      form("plain", "A message without dots", "a\r\n.\r\n", "a\r\n"),
      form("dot", "A stuffed dot alone", "a\r\n..\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n"),
      form("dots", "A stuffed line of two dots", "a\r\n...\r\nb\r\n.\r\n", "a\r\n..\r\nb\r\n"),
      form("dot-text", "A line that begins with one dot, not stuffed", "a\r\n.b\r\n.\r\n", "a\r\nb\r\n"),
      ...FALSE_ENDS.filter(([name]) => name !== "CRLF..CRLF").map(([name, octets]) =>
        form(
          idOf(name),
          `\`${name}\``,
          `a${octets}b\r\n.\r\n`,
          `a${octets}b\r\n`.replaceAll(/\r\n\./g, "\r\n"),
          "false-end",
        ),
      ),
      said("no-end", "No final dot; the connection ends", cut("a\r\n"), "closed"),
      said("no-end-in-line", "The connection ends inside of a line", cut("a"), "closed"),
      form("line-10000", "A line of 10,000 octets", `${"x".repeat(10_000)}\r\n.\r\n`, `${"x".repeat(10_000)}\r\n`),
      form("line-100000", "A line of 100,000 octets", `${"x".repeat(100_000)}\r\n.\r\n`, `${"x".repeat(100_000)}\r\n`),
      form("nul", "NUL", "a\0b\r\n.\r\n", "a\0b\r\n"),
      form("lf-lines", "Every line ends in LF, the final dot's too", "a\nb\n.\n", "a\nb\n", "false-end"),
    ],
  },
  {
    id: "pop3-responses",
    title: "What does a client make of a response?",
    text: "The answers are those above; the message in the maildrop has the body `a`.",
    questions: [
      said("response-greeting-err", "-ERR as the greeting", { greeting: "-ERR no\r\n" }, null),
      said("response-greeting-text", "Text in place of the greeting", { greeting: "hello\r\n" }, "no-status"),
      said("response-greeting-smtp", "An SMTP greeting", { greeting: "220 hi\r\n" }, "no-status"),
      said("response-lower-case", "`+ok` to PASS", { PASS: "+ok\r\n" }, "no-status"),
      said("response-okay", "`+OKAY` to PASS", { PASS: "+OKAY\r\n" }, "no-status"),
      said("response-ok", "`OK` to PASS", { PASS: "OK\r\n" }, "no-status"),
      said("response-plus", "`+` to PASS", { PASS: "+\r\n" }, "no-status"),
      said("response-minus-ok", "`-OK` to PASS", { PASS: "-OK\r\n" }, "no-status"),
      said("response-empty", "An empty line to PASS", { PASS: "\r\n" }, "no-status"),
      said("response-lf", "LF alone behind `+OK` to PASS", { PASS: "+OK\n" }, "bare-line-end"),
      said("response-inner-lf", "A bare LF in the response to PASS", { PASS: "+OK a\n-ERR b\r\n" }, "bare-line-end"),
      said("response-nul", "NUL in the response to PASS", { PASS: "+OK a\0b\r\n" }, "bare-line-end"),
      said("response-unasked", "A response more to PASS", { PASS: "+OK\r\n-ERR no\r\n" }, "unasked"),
      said("response-line-513", "A response of 513 octets to PASS", { PASS: `+OK ${"x".repeat(507)}\r\n` }, null),
      said(
        "response-line-10000",
        "A response of 10,000 octets to PASS",
        { PASS: `+OK ${"x".repeat(9994)}\r\n` },
        "endless-line",
      ),
      said(
        "response-line-100000",
        "A response of 100,000 octets to PASS",
        { PASS: `+OK ${"x".repeat(99_994)}\r\n` },
        "endless-line",
      ),
      said(
        "response-endless-line",
        "100,000 octets and no line end to PASS",
        { PASS: `+OK ${"x".repeat(100_000)}` },
        "endless-line",
      ),
      said("response-closed", "The connection ends at PASS", { PASS: null }, "closed"),
      said("response-stat-empty", "STAT without figures", { STAT: "+OK\r\n" }, "odd-figures"),
      said("response-stat-text", "STAT: `x y`", { STAT: "+OK x y\r\n" }, "odd-figures"),
      said("response-stat-negative", "STAT: a number below zero", { STAT: "+OK -1 17\r\n" }, "odd-figures"),
      said("response-stat-2-64", "STAT: 2^64 + 1 messages", { STAT: "+OK 18446744073709551617 17\r\n" }, "odd-figures"),
      said("response-stat-more", "STAT says two messages, LIST has one", { STAT: "+OK 2 400\r\n" }, "odd-figures"),
      said("response-stat-none", "STAT says none, LIST has one", { STAT: "+OK 0 0\r\n" }, "odd-figures"),
      said(
        "response-list-size",
        "LIST has another size",
        { LIST: "+OK\r\n1 5\r\n.\r\n", STAT: "+OK 1 5\r\n" },
        "odd-figures",
      ),
      said("response-list-twice", "LIST has one message twice", { LIST: "+OK\r\n1 170\r\n1 170\r\n.\r\n" }, null),
      said("response-list-text", "LIST has a line of text", { LIST: "+OK\r\nhello\r\n1 170\r\n.\r\n" }, null),
      said("response-uidl-err", "UIDL is refused", { UIDL: "-ERR no\r\n" }, null),
      said("response-retr-err", "RETR is refused", { RETR: "-ERR no\r\n", TOP: "-ERR no\r\n" }, null),
      said("response-quit-err", "QUIT is refused", { QUIT: "-ERR some are not removed\r\n" }, null),
      { ...said("response-tls-good", "Nothing odd, with STLS", { STLS: "+OK go\r\n" }, null), tls: true },
      {
        ...said(
          "response-tls-behind",
          "A response behind the one to STLS",
          { STLS: "+OK go\r\n+OK\r\n" },
          "behind-stls",
        ),
        tls: true,
      },
      {
        ...said("response-tls-refused", "STLS is refused, where TLS is wanted", { STLS: "-ERR no\r\n" }, null),
        tls: true,
      },
    ],
  },
];
