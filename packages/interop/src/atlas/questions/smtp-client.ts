/** What SMTP clients are asked. */
import { FALSE_ENDS, idOf } from "./false-ends.ts";
import type { ClientQuestion, Group } from "./question.ts";

function said(
  id: string,
  title: string,
  at: string,
  reply: string | null,
  family: string | null,
  tls = false,
): ClientQuestion {
  return { id: `reply-${id}`, title, family, replies: { [at]: reply }, ...(tls && { tls }) };
}

function given(id: string, title: string, body: string, odd: string, family: string | null = null): ClientQuestion {
  return { id: `sends-${id}`, title, family, replies: {}, body: `${body}\r\n`, odd };
}

const LONG = 100_000;

export const smtpClientGroups: readonly Group<ClientQuestion>[] = [
  {
    id: "smtp-replies",
    title: "What does a client make of a reply?",
    text: [
      "A client sends one message to a server that gives one odd reply, and good ones else. `sent`: the whole content came, and the client",
      "says that it succeeded. `failed`: it says that it did not. `sent nothing`: it says that it succeeded, and no content came. `waits`: it",
      "did nothing for eight seconds. The words behind say what it sent next.",
    ].join("\n"),
    questions: [
      said("good", "Nothing odd", "NOOP", "250 2.0.0 ok\r\n", null),
      said("greeting-554", "554 as the greeting", "greeting", "554 no\r\n", null),
      said("greeting-421", "421 as the greeting", "greeting", "421 closing\r\n", "421"),
      said("greeting-no-code", "Text in place of the greeting", "greeting", "hello\r\n", "no-code"),
      said("greeting-unasked", "A reply more behind the greeting", "greeting", "220 a\r\n250 b\r\n", "unasked"),
      said("ehlo-500", "500 to EHLO", "EHLO", "500 what?\r\n", null),
      said("ehlo-codes-250-550", "EHLO: lines of 250 and 550", "EHLO", "250-a\r\n550 b\r\n", "codes-differ"),
      said("codes-250-550", "MAIL: lines of 250 and 550", "MAIL", "250-a\r\n550 b\r\n", "codes-differ"),
      said("codes-550-250", "MAIL: lines of 550 and 250", "MAIL", "550-a\r\n250 b\r\n", "codes-differ"),
      said("text", "MAIL: text in place of a code", "MAIL", "hello\r\n", "no-code"),
      said("empty", "MAIL: an empty line", "MAIL", "\r\n", "no-code"),
      said("no-space", "MAIL: `250ok`", "MAIL", "250ok\r\n", "no-code"),
      said("four-digits", "MAIL: `2500 ok`", "MAIL", "2500 ok\r\n", "no-code"),
      said("space-first", "MAIL: ` 250 ok`", "MAIL", " 250 ok\r\n", "no-code"),
      said("underscore", "MAIL: `250_ok`", "MAIL", "250_ok\r\n", "no-code"),
      said("code-alone", "MAIL: `250` alone", "MAIL", "250\r\n", null),
      said("199", "MAIL: `199 ok`", "MAIL", "199 ok\r\n", "no-code"),
      said("600", "MAIL: `600 no`", "MAIL", "600 no\r\n", "no-code"),
      said("mail-354", "MAIL: `354 go`", "MAIL", "354 go\r\n", "impossible-code"),
      said("rcpt-252", "RCPT: `252 perhaps`", "RCPT", "252 perhaps\r\n", null),
      said("data-250", "DATA: `250 ok`", "DATA", "250 ok\r\n", "impossible-code"),
      said("data-334", "DATA: `334 go`", "DATA", "334 go\r\n", "challenge"),
      said("content-354", "The content: `354 go`", "content", "354 go\r\n", "impossible-code"),
      said("lf", "MAIL: LF alone at the end", "MAIL", "250 ok\n", "bare-line-end"),
      said("inner-lf", "MAIL: a bare LF, and a code behind it", "MAIL", "250 a\n550 b\r\n", "bare-line-end"),
      said("inner-cr", "MAIL: a bare CR, and a code behind it", "MAIL", "250 a\r550 b\r\n", "bare-line-end"),
      said("cr", "MAIL: CR alone at the end", "MAIL", "250 ok\r", "bare-line-end"),
      said("nul", "MAIL: NUL in the text", "MAIL", "250 a\0b\r\n", "bare-line-end"),
      said("unasked", "MAIL: a reply more", "MAIL", "250 ok\r\n550 no\r\n", "unasked"),
      said(
        "many-lines",
        "EHLO: 10,000 lines",
        "EHLO",
        `${"250-X\r\n".repeat(10_000)}250 8BITMIME\r\n`,
        "endless-reply",
      ),
      said("endless-lines", "EHLO: 15,000 lines, and no last one", "EHLO", "250-X\r\n".repeat(15_000), "endless-reply"),
      said("line-512", "MAIL: a line of 512 octets", "MAIL", `250 ${"x".repeat(506)}\r\n`, null),
      said("line-1001", "MAIL: a line of 1001 octets", "MAIL", `250 ${"x".repeat(995)}\r\n`, null),
      said("line-10000", "MAIL: a line of 10,000 octets", "MAIL", `250 ${"x".repeat(9994)}\r\n`, "endless-line"),
      said("line-100000", "MAIL: a line of 100,000 octets", "MAIL", `250 ${"x".repeat(LONG - 6)}\r\n`, "endless-line"),
      said("endless-line", "MAIL: 100,000 octets, and no line end", "MAIL", `250 ${"x".repeat(LONG)}`, "endless-line"),
      said("421", "MAIL: 421", "MAIL", "421 4.3.2 closing\r\n", "421"),
      said("closed-mail", "The connection ends at MAIL", "MAIL", null, "closed"),
      said("closed-content", "The connection ends at the content", "content", null, "closed"),
      said("closed-quit", "The connection ends at QUIT", "QUIT", null, "closed"),
      said("tls-good", "Nothing odd, with STARTTLS", "STARTTLS", "220 go\r\n", null, true),
      said(
        "tls-behind",
        "A reply behind the one to STARTTLS",
        "STARTTLS",
        "220 go\r\n250 8BITMIME\r\n",
        "behind-starttls",
        true,
      ),
      said("tls-refused", "STARTTLS is refused, where TLS is wanted", "STARTTLS", "454 not now\r\n", null, true),
    ],
  },
  {
    id: "smtp-sends",
    title: "What does a client send of odd octets?",
    text: [
      "A client is given a message with these octets in its body, between `a` and `b`. `kept`: they came as they were. `stuffed`: so they did,",
      "with a dot more in front of a dot. `CRLF`: bare CRs and LFs came as CRLF, and dots stuffed. `dropped`: the octets are missing. `cut`: what",
      "came ended early. `changed`: none of these. `failed`: no content came.",
    ].join("\n"),
    questions: [
      ...[["CRLF.CRLF", "\r\n.\r\n"] as const, ...FALSE_ENDS].map(([name, octets]) =>
        given(idOf(name), `\`${name}\``, `a${octets}b`, octets, name === "CRLF.CRLF" ? null : `false-end ${name}`),
      ),
      given("bare-lf", "A bare LF", "a\nb", "\n"),
      given("bare-cr", "A bare CR", "a\rb", "\r"),
      given("nul", "NUL", "a\0b", "\0"),
      given("line-999", "A line of 999 octets", "x".repeat(999), "x"),
      given("line-10000", "A line of 10,000 octets", "x".repeat(10_000), "x"),
    ],
  },
];
