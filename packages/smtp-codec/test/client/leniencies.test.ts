import { SmtpTransaction } from "smtp-codec";
import { recordClient, replayClient } from "smtp-codec/recording";
import { driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import {
  CONTENT,
  converse,
  echo,
  ehlo,
  GREETING,
  HELLO,
  MAIL,
  message,
  RCPTS,
  SENT,
  type Step,
  transaction,
} from "./support.ts";

const hello = HELLO.slice(GREETING.length);
const OK = "250 ok\r\n";
const before: readonly Step[] = [GREETING, ehlo, hello, transaction];

describe("any3yzStartsContent", () => {
  const steps = (code: number): readonly Step[] => [...before, `${OK}${OK}${OK}${code} go on\r\n`];
  const options = { leniencies: { any3yzStartsContent: true } };

  it.each([334, 350, 353, 399])(
    "[SMTP-3.3-8] %i to DATA starts content with the leniency, and ends the session without it",
    (code) => {
      const lenient = converse([...steps(code), message, OK], options);
      expect([lenient.output, lenient.shown.at(-1)]).toEqual([
        `${SENT}${MAIL}${RCPTS}DATA\r\n${CONTENT}`,
        "message accepted",
      ]);
      const strict = converse(steps(code));
      expect([strict.output, strict.shown.slice(-3)]).toEqual([
        `${SENT}${MAIL}${RCPTS}DATA\r\n`,
        ["violation unexpected-code", "data lost", "closed violation"],
      ]);
    },
  );

  it.each([
    ["2yz to DATA", [...before, `${OK}${OK}${OK}250 go on\r\n`]],
    ["3yz to another command", [...before, "354 go on\r\n"]],
  ] as const)("[SMTP-3.3-8] does not make an answer of %s", (_, all) => {
    expect(converse(all, options).shown).toContain("violation unexpected-code");
  });

  it("[SMTP-3.3-8] where nobody is to receive the content, it is ended at once, and the session goes on", () => {
    const refused = `${OK}550 no\r\n550 no\r\n350 go on\r\n`;
    const { output, shown, session } = converse([...before, refused, "554 no\r\n", (s) => s.mail("x@y")], options);
    expect(output).toBe(`${SENT}${MAIL}${RCPTS}DATA\r\n.\r\nMAIL FROM:<x@y> BODY=8BITMIME\r\n`);
    expect([shown.at(-1), session.state]).toEqual(["data 350", "mail"]);
    const lmtp = converse([...before, refused], { ...options, protocol: "lmtp" });
    expect(lmtp.shown).toContain("violation unexpected-code");
  });

  it("[SMTP-3.3-8] a transaction over it tells the fates, and is ready for the next", () => {
    const { events, session } = converse([GREETING, ehlo, hello], options);
    expect(events).toHaveLength(2);
    const sending = new SmtpTransaction(session, { from: "a@b", to: ["c@d"] }, { content: octets("x\r\n") });
    const types = [`${OK}550 5.1.1 no\r\n350 go on\r\n`, "554 no\r\n"].map((said) => {
      session.takeOutputPieces();
      session.receive(octets(said));
      return [...sending].map(({ type }) => type);
    });
    expect(types).toEqual([["recipient"], ["done"]]);
    expect([sending.report!.recipients[0], session.state]).toMatchObject([
      { outcome: "permanent", code: 550 },
      "ready",
    ]);
  });
});

describe("bareLfEndsReply", () => {
  const options = { leniencies: { bareLfEndsReply: true } };
  const lf = (replies: string) => replies.replaceAll("\r\n", "\n");
  const all: readonly Step[] = [GREETING, ehlo, hello, transaction, `${OK}${OK}${OK}354 go\r\n`, message, OK];

  it("[SMTP-2.3.8-4] an LF alone ends a reply line with the leniency, and the session without it", () => {
    const strict = converse(all);
    const lenient = converse(
      all.map((step) => (typeof step === "string" ? lf(step) : step)),
      options,
    );
    expect([lenient.output, lenient.shown]).toEqual([strict.output, strict.shown]);
    expect(lenient.shown.at(-1)).toBe("message accepted");
    expect(converse([lf(GREETING)]).shown).toEqual(["violation bare-lf", "greeting lost", "closed violation"]);
  });

  it.each([
    ["a bare CR", "250 o\rk\n", "bare-cr"],
    ["NUL", "250 o\0k\n", "nul"],
  ])("[SMTP-2.3.8-4] %s stays a violation", (_, reply, code) => {
    expect(converse([...before, reply], options).shown).toContain(`violation ${code}`);
  });

  it("[SMTP-2.3.8-4] what comes after STARTTLS's reply is an attack all the same", () => {
    const steps = [GREETING, ehlo, hello, (s) => s.starttls(), "220 go\n250 x"] satisfies readonly Step[];
    expect(converse(steps, options).shown.slice(-2)).toEqual([
      "violation plaintext-behind-starttls",
      "closed violation",
    ]);
  });

  it("is recorded with its challenges masked, and replayed", () => {
    const lines: string[] = [];
    const session = recordClient(options, (line) => lines.push(line));
    driveClient(session, [octets(lf(`${GREETING}${hello}334 d2hhdD8=\r\n235 ok\r\n`))], (event) => {
      if (event.type === "greeting") session.ehlo("client.example.com");
      if (event.type === "ehlo") session.auth(echo());
    });
    expect(lines.filter((line) => line.startsWith("S: 334"))).toEqual(["S: 334 AAAAAAA=\\n\\"]);
    expect(replayClient(lines).run()).toBe(null);
  });
});
