import { describe, expect, it } from "vitest";
import { converse, ehlo, GREETING } from "./support.ts";

/** EHLO responses as servers give them, and what the client makes of them. */
describe("an EHLO response of", () => {
  it.each([
    [
      "smtp-sink, whose last line is empty",
      "250-smtp-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n250 \r\n",
      { keywords: ["PIPELINING", "8BITMIME", "AUTH"], auth: ["PLAIN", "LOGIN"], size: null },
    ],
    [
      "Dovecot's submission server behind a login, whose AUTH and SIZE have no values",
      "250-localhost\r\n250-8BITMIME\r\n250-AUTH\r\n250-CHUNKING\r\n250-PIPELINING\r\n250 SIZE\r\n",
      { keywords: ["8BITMIME", "AUTH", "CHUNKING", "PIPELINING", "SIZE"], auth: [], size: { limit: null } },
    ],
    [
      "Exim, which offers what nobody here knows",
      "250-localhost Hello client.example.org [127.0.0.1]\r\n250-SIZE 21000000\r\n250-LIMITS MAILMAX=1000\r\n250-PIPELINING\r\n" +
        "250-PIPECONNECT\r\n250-PRDR\r\n250 SMTPUTF8\r\n",
      {
        keywords: ["SIZE", "LIMITS", "PIPELINING", "PIPECONNECT", "PRDR", "SMTPUTF8"],
        auth: [],
        size: { limit: 21_000_000 },
      },
    ],
  ])("%s", (_, reply, expected) => {
    const { session, shown } = converse([GREETING, ehlo, reply]);
    expect(shown.slice(0, 2)).toEqual(["greeting ok", "ehlo ok"]);
    const { keywords, auth, size } = session.capabilities!;
    expect({ keywords: [...keywords.keys()], auth, size }).toEqual(expected);
  });
});

it("what OpenSMTPD says of a message that is too large, and of another after it", () => {
  const { shown } = converse([
    `${GREETING}`,
    ehlo,
    "250-localhost\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 21000000\r\n",
    (session) => session.mail("a@b", { content: "7bit", size: 10 }).rcpt("c@d").data(),
    "250 2.0.0 Ok\r\n",
    "250 2.1.5 Destination address valid: Recipient ok\r\n",
    '354 Enter mail, end with "." on a line by itself\r\n',
    (session) => session.content(new TextEncoder().encode("x\r\n")),
    "554 5.3.4 Message too big for system: Transaction failed, message too big\r\n",
    (session) => session.mail("a@b", { content: "7bit" }),
    "250 2.0.0 Ok\r\n",
  ]);
  expect(shown).toContain("message permanent");
  expect(shown).toContain("mail ok");
});
