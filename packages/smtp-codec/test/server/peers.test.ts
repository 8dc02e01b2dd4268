import { describe, expect, it } from "vitest";
import { MAIL, play, RCPT } from "../support.ts";
import { greeted } from "./support.ts";

const SENDER = "250 2.1.0 sender ok\r\n";
const RECIPIENT = "250 2.1.5 recipient ok\r\n";
const ACCEPTED = "250 2.0.0 message accepted\r\n";
const CHUNK = "250 2.0.0 chunk received\r\n";

describe("what clients of others send", () => {
  it.each([
    [
      "Exim: the whole transaction in one write",
      `${MAIL}${RCPT}${RCPT}BDAT 12 LAST\r\nSubject: x\r\n`,
      SENDER + RECIPIENT + RECIPIENT + ACCEPTED,
    ],
    [
      "libESMTP: two chunks, and an empty last one",
      `${MAIL}${RCPT}BDAT 3\r\na\r\nBDAT 3\r\nb\r\nBDAT 0 LAST\r\n`,
      SENDER + RECIPIENT + CHUNK + CHUNK + ACCEPTED,
    ],
    [
      "Postfix: an ORCPT that is UTF-8 as xtext under rfc822",
      "MAIL FROM:<a@b> SIZE=57 BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<bj\u00c3\u00b6rn@example.org> ORCPT=rfc822;bj+C3+B6rn@example.org\r\n",
      SENDER + RECIPIENT,
    ],
    [
      "mutt: DSN in lower case",
      "MAIL FROM:<a@b> RET=hdrs\r\nRCPT TO:<c@d> NOTIFY=failure,delay\r\n",
      SENDER + RECIPIENT,
    ],
    ["smtplib: verbs in lower case", "mail FROM:<a@b> size=3\r\nrcpt TO:<c@d>\r\n", SENDER + RECIPIENT],
    [
      "curl --mail-auth: a path in place of xtext",
      "MAIL FROM:<a@b> AUTH=<a+b@x>\r\nMAIL FROM:<a@b> AUTH=<a@x>\r\n",
      "501 5.5.4 expected a mailbox in xtext, or <>\r\n".repeat(2),
    ],
    [
      "mailutils: EHLO again",
      `EHLO again\r\n${MAIL}`,
      /^250-mx\.example\.com\r\n(?:250[- ][^\r]*\r\n)+250 2\.1\.0 sender ok\r\n$/,
    ],
  ])("%s", (_, input, expected) => {
    const options = {
      chunking: true,
      smtputf8: true,
      dsn: true,
      mechanisms: ["PLAIN"],
      plaintextMechanismsWithoutTls: true,
    };
    const output = greeted(input, options);
    if (typeof expected === "string") expect(output).toBe(expected);
    else expect(output).toMatch(expected);
  });

  it("smtpping: spaces after the colons, and BDAT after HELO, whose chunk is read over", () => {
    const input = "HELO x\r\nMAIL FROM: <a@b>\r\nRCPT TO: <c@d>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n";
    const { output } = play(input, { chunking: true });
    const hello = "220 mx.example.com ESMTP\r\n250 mx.example.com\r\n";
    expect(output).toBe(`${hello}${SENDER}${RECIPIENT}502 5.5.1 command not offered\r\n250 2.0.0 ok\r\n`);
  });
});
