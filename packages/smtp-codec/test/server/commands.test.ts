import { describe, expect, it } from "vitest";
import { EHLO, MAIL, play, RCPT, replies } from "../support.ts";
import { greeted, HELLO, OUT_OF_PLACE } from "./support.ts";

describe("commands and their replies", () => {
  it.each([
    ["[SMTP-3.1-1] the greeting", "", "220 mx.example.com ESMTP\r\n"],
    [
      "[SMTP-3.2-1] HELO is answered without a keyword",
      "HELO x\r\n",
      "220 mx.example.com ESMTP\r\n250 mx.example.com\r\n",
    ],
    ["[SMTP-4.1.1.1-7] EHLO lists what is offered", EHLO, `220 mx.example.com ESMTP\r\n${HELLO}`],
  ])("%s", (_, input, expected) => {
    expect(play(input).output).toBe(expected);
  });

  it.each([
    [
      "[SMTP-4.3.2-1] a transaction",
      `${MAIL}${RCPT}DATA\r\nx\r\n.\r\n`,
      "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n354 go ahead, end with a line of a single dot\r\n250 2.0.0 message accepted\r\n",
    ],
    ["[SMTP-4.1.1.9-1] NOOP, with an argument too", "NOOP\r\nnoop any text\r\n", "250 2.0.0 ok\r\n250 2.0.0 ok\r\n"],
    [
      "[SMTP-3.5.3-1] VRFY is never 250 by itself",
      "VRFY tim\r\n",
      "252 2.5.0 cannot verify, send some mail and see\r\n",
    ],
    ["[SMTP-4.1.1.8-1] HELP", "HELP\r\nHELP MAIL\r\n", "214 2.0.0 see RFC 5321\r\n214 2.0.0 see RFC 5321\r\n"],
    ["[SMTP-4.1.1.5-1] RSET", `${MAIL}RSET\r\n${RCPT}`, `250 2.1.0 sender ok\r\n250 2.0.0 ok\r\n${OUT_OF_PLACE}`],
    [
      "[SMTP-4.1.1.10-1] QUIT, and nothing behind it",
      "QUIT\r\nNOOP\r\n",
      "221 2.0.0 mx.example.com closing connection\r\n",
    ],
    ["[SMTP-3.6.3-1] the null reverse-path", "MAIL FROM:<>\r\n", "250 2.1.0 sender ok\r\n"],
    [
      "[SMTP-4.2.4-1] unknown, and known but not offered",
      "XYZZY\r\nEXPN x\r\nTURN\r\nSTARTTLS\r\nAUTH PLAIN\r\n",
      `500 5.5.2 command not recognized\r\n${"502 5.5.1 command not offered\r\n".repeat(4)}`,
    ],
    [
      "[SMTP-4.1.1-2] verbs match whole",
      "DATAX\r\nRSETFOO\r\n\r\n NOOP\r\n",
      "500 5.5.2 command not recognized\r\n500 5.5.2 command not recognized\r\n500 5.5.2 expected a command\r\n500 5.5.2 expected a command\r\n",
    ],
    [
      "[SMTP-4.1.1-3] an argument where none is",
      "RSET x\r\nQUIT x\r\nDATA x\r\n",
      `501 5.5.4 RSET has no argument\r\n501 5.5.4 QUIT has no argument\r\n${OUT_OF_PLACE}`,
    ],
    ["[SMTP-4.1.1-1] white space at the end", "NOOP \t\r\nRSET \r\n", "250 2.0.0 ok\r\n250 2.0.0 ok\r\n"],
    ["[SMTP-4.1.1.6-2] VRFY without an argument", "VRFY\r\n", "501 5.5.4 VRFY expected an argument\r\n"],
    [
      "[SMTP-3.3-3] a path without brackets",
      "MAIL FROM:a@b\r\nMAIL FROM: a@b\r\n",
      "501 5.5.2 expected a path in angle brackets\r\n".repeat(2),
    ],
    [
      "[SMTP-3.3-2] a space behind the colon",
      "MAIL FROM: <a@b>\r\nRCPT TO: <c@d>\r\n",
      "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n",
    ],
    [
      "[SMTP-4.1.1.2-2] a path that does not parse",
      "MAIL FROM:<a@b@c>\r\nMAIL FROM:<@a:>\r\nMAIL FROM:<Postmaster>\r\n",
      "501 5.1.7 expected a path in angle brackets of at most 256 octets (RFC 5321 section 4.1.2)\r\n".repeat(3),
    ],
    [
      "[SMTP-4.1.1.3-5] an empty forward-path",
      `${MAIL}RCPT TO:<>\r\n`,
      "250 2.1.0 sender ok\r\n501 5.1.3 expected a path in angle brackets of at most 256 octets (RFC 5321 section 4.1.2)\r\n",
    ],
    [
      "[SMTP-4.1.1.3-3] Postmaster",
      `${MAIL}RCPT TO:<PostMaster>\r\n`,
      "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n",
    ],
    [
      "[SMTP-4.1.1.11-1] an unknown parameter",
      "MAIL FROM:<a@b> FOO=1\r\nMAIL FROM:<a@b> AUTH=<>\r\n",
      "555 5.5.4 a parameter is not known or its extension not offered\r\n".repeat(2),
    ],
    [
      "[SMTP-4.1.1.11-3] a parameter given twice",
      "MAIL FROM:<a@b> SIZE=1 size=2\r\n",
      "501 5.5.4 a parameter is given twice\r\n",
    ],
    [
      "[SMTP-4.1.1.11-2] a malformed value",
      "MAIL FROM:<a@b> SIZE=+1\r\nMAIL FROM:<a@b> BODY=9BIT\r\nMAIL FROM:<a@b> SIZE\r\n",
      "501 5.5.4 expected 1 to 20 digits\r\n501 5.5.4 expected 7BIT, 8BITMIME or BINARYMIME\r\n501 5.5.4 expected 1 to 20 digits\r\n",
    ],
    [
      "RCPT parameters",
      `${MAIL}RCPT TO:<c@d> NOTIFY=NEVER\r\n`,
      "250 2.1.0 sender ok\r\n555 5.5.4 a parameter is not known or its extension not offered\r\n",
    ],
    [
      "[SIZE-6.1-1] a declared size above the limit",
      "MAIL FROM:<a@b> SIZE=10240001\r\nMAIL FROM:<a@b> SIZE=99999999999999999999\r\nMAIL FROM:<a@b> SIZE=10240000\r\n",
      "552 5.3.4 message too big\r\n552 5.3.4 message too big\r\n250 2.1.0 sender ok\r\n",
    ],
    [
      "[SMTP-4.5.3.1.4-1] 512 octets are a command, 513 are none",
      `NOOP ${"x".repeat(505)}\r\nNOOP ${"x".repeat(506)}\r\n${"y".repeat(20_000)}\r\nNOOP\r\n`,
      "250 2.0.0 ok\r\n500 5.5.2 line too long\r\n500 5.5.2 line too long\r\n250 2.0.0 ok\r\n",
    ],
    [
      "[SMTP-2.2.2-2] MAIL may be longer where extensions are offered",
      `MAIL FROM:<a@b>${" ".repeat(512 + 26 + 14 - 17)}\r\nRSET\r\nMAIL FROM:<a@b>${" ".repeat(512 + 26 + 14 - 16)}\r\n`,
      "250 2.1.0 sender ok\r\n250 2.0.0 ok\r\n500 5.5.2 line too long\r\n",
    ],
    [
      "[SMTP-2.3.8-2] a bare LF, a bare CR or a NUL refuses the line and no more",
      "NOOP\nQUIT\r\nQU\rIT\r\nNOOP \0\r\nNOOP\r\n",
      "500 5.5.2 line not understood\r\n500 5.5.2 line not understood\r\n500 5.5.2 line not understood\r\n250 2.0.0 ok\r\n",
    ],
    [
      "[SMTP-2.4-5] an octet above 127",
      "N\xd6OP\r\nVRFY \xe9\r\n",
      "500 5.5.2 expected a command\r\n501 5.5.2 expected printable ASCII\r\n",
    ],
    [
      "[SMTP-3.3-7] DATA without recipients",
      `DATA\r\n${MAIL}DATA\r\n`,
      `${OUT_OF_PLACE}250 2.1.0 sender ok\r\n554 5.5.1 no valid recipients\r\n`,
    ],
  ])("%s", (_, input, expected) => {
    expect(greeted(input)).toBe(expected);
  });

  it("[SMTP-4.1.1.1-1] a hello without a name, and one refused, change nothing", () => {
    expect(greeted(`${MAIL}EHLO\r\n${RCPT}`)).toBe(
      "250 2.1.0 sender ok\r\n501 EHLO expected a domain or an address literal\r\n250 2.1.5 recipient ok\r\n",
    );
  });

  it("[ESC-2034.4-1] without ENHANCEDSTATUSCODES no reply has one", () => {
    expect(greeted(`NOOP\r\n${MAIL}XYZ\r\nQUIT\r\n`, { enhancedStatusCodes: false })).toBe(
      "250 ok\r\n250 sender ok\r\n500 command not recognized\r\n221 mx.example.com closing connection\r\n",
    );
  });

  it("[SMTP-2.2.1-1] with nothing offered EHLO is answered with one line", () => {
    const nothing = { pipelining: false, eightBitMime: false, size: false, enhancedStatusCodes: false, help: false };
    expect(replies(`${EHLO}HELP\r\nMAIL FROM:<a@b> SIZE=1\r\n`, nothing)).toBe(
      "250 mx.example.com\r\n502 command not offered\r\n555 a parameter is not known or its extension not offered\r\n",
    );
  });

  it("[SIZE-3-1] no fixed limit is announced as 0", () => {
    expect(replies(EHLO, { maxMessageSize: Number.POSITIVE_INFINITY })).toContain("250-SIZE 0\r\n");
  });

  it("[SMTP-4.1.1.2-3] after HELO no extension is offered", () => {
    const after = replies("HELO x\r\nMAIL FROM:<a@b> SIZE=1\r\nSTARTTLS\r\nAUTH ECHO\r\n", {
      starttls: true,
      mechanisms: ["ECHO"],
    });
    expect(after).toBe(
      "250 mx.example.com\r\n555 5.5.4 a parameter is not known or its extension not offered\r\n502 5.5.1 command not offered\r\n502 5.5.1 command not offered\r\n",
    );
  });

  it("[PIPE-3.2-8] 3000 NOOPs in one chunk give 3000 replies", () => {
    expect(greeted("NOOP\r\n".repeat(3000), { maxIdleCommands: 3000 })).toBe("250 2.0.0 ok\r\n".repeat(3000));
  });
});
