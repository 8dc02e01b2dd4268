import { type Envelope, envelopeProblems, messageSize, SmtpTransaction } from "smtp-codec";
import { parseCapabilities } from "smtp-codec/syntax";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { OK, play, ready } from "./support.ts";

const offering = (...keywords: string[]) => parseCapabilities({ lines: ["mx", ...keywords] });

describe("what keeps an envelope from being sent", () => {
  it.each<readonly [string, Partial<Envelope>, readonly string[], readonly string[]]>([
    ["8-bit content", {}, [], ["8BITMIME"]],
    ["7-bit content", { content: "7bit" }, [], []],
    ["binary content", { content: "binary" }, ["BINARYMIME"], ["BINARYMIME"]],
    ["binary content with CHUNKING", { content: "binary" }, ["BINARYMIME", "CHUNKING"], []],
    ["a sender beyond ASCII", { content: "7bit", from: "\u00f6@b" }, [], ["SMTPUTF8"]],
    ["a recipient beyond ASCII", { content: "7bit", to: ["c@d", "\u00f6@b"] }, [], ["SMTPUTF8"]],
    ["SMTPUTF8 on request", { content: "7bit", smtputf8: true }, [], ["SMTPUTF8"]],
    ["DSN for MAIL and RCPT", { content: "7bit", ret: "HDRS", to: [{ to: "c@d", notify: "NEVER" }] }, [], ["DSN"]],
    ["REQUIRETLS without TLS", { content: "7bit", requireTls: true }, ["REQUIRETLS"], ["REQUIRETLS"]],
    ["several", { mtPriority: 3, holdFor: 5 }, ["8BITMIME"], ["FUTURERELEASE", "MT-PRIORITY"]],
    ["[SIZE-4-1] a message over the limit", { content: "7bit", size: 1001 }, ["SIZE 1000"], ["SIZE"]],
    ["a message at the limit", { content: "7bit", size: 1000 }, ["SIZE 1000"], []],
    ["a size without a limit", { content: "7bit", size: 1000 }, ["SIZE"], []],
    ["a size where SIZE is not offered", { content: "7bit", size: 1000 }, [], []],
    ["a parameter left undefined", { content: "7bit", ...({ ret: undefined } as object) }, [], []],
  ])("%s", (_, envelope, keywords, extensions) => {
    const problems = envelopeProblems({ from: "a@b", to: ["c@d"], ...envelope }, offering(...keywords), false);
    expect(problems.map(({ extension }) => extension).sort()).toEqual(extensions);
  });

  it("[REQTLS-2-3] REQUIRETLS is offered under TLS, and LIMITS may allow no more messages", () => {
    const envelope: Envelope = {
      from: "a@b",
      to: [{ kind: "postmaster", address: "Postmaster" }],
      content: "7bit",
      requireTls: true,
    };
    expect(envelopeProblems(envelope, offering("REQUIRETLS"), true)).toEqual([]);
    expect(envelopeProblems(envelope, offering("REQUIRETLS"), true, 0)).toEqual([
      { code: "too-many-messages", extension: "LIMITS", text: "no more messages on this connection" },
    ]);
  });

  const notOffered = (extension: string, recipient?: number) => ({
    ...{ code: "not-offered", extension, text: `the server does not offer ${extension}` },
    ...(recipient !== undefined && { recipient }),
  });

  it.each<readonly [string, Partial<Envelope>, readonly object[]]>([
    ["an address beyond ASCII", { to: ["c@d", "\u00f6@b"] }, [notOffered("SMTPUTF8", 1)]],
    [
      "DSN, RRVS and CONNEG",
      {
        to: [
          { to: "a@d", notify: "NEVER" },
          "b@d",
          { to: "c@d", rrvs: { since: "2014-04-03T23:01:00Z", action: null }, conNeg: true },
          { to: "e@d", orcpt: { type: "rfc822", address: "f@d" } },
        ],
      },
      [notOffered("DSN", 0), notOffered("RRVS", 2), notOffered("CONNEG", 2), notOffered("DSN", 3)],
    ],
    [
      "several extensions of one recipient",
      { to: ["c@d", { to: "\u00f6@b", notify: "NEVER" }] },
      [notOffered("SMTPUTF8", 1), notOffered("DSN", 1)],
    ],
    ["an address beyond ASCII, as the sender's is", { from: "\u00f6@b", to: ["\u00f6@b"] }, [notOffered("SMTPUTF8")]],
    ["an address beyond ASCII, as the content is", { smtputf8: true, to: ["\u00f6@b"] }, [notOffered("SMTPUTF8")]],
    ["DSN, as the message does", { envid: "x", to: ["a@d", { to: "c@d", notify: "NEVER" }] }, [notOffered("DSN")]],
  ])("what some recipients need is a problem of these, unless the message needs it: %s", (_, envelope, problems) => {
    const whole: Envelope = { from: "a@b", to: ["c@d"], content: "7bit", ...envelope };
    expect(envelopeProblems(whole, offering(), false)).toEqual(problems);
    const { transaction, output } = play([], { envelope: whole, keywords: [] });
    expect([transaction.report?.problems, output]).toEqual([problems, ""]);
    // Without them the others are sent to.
    const left = whole.to.filter(
      (_, place) => !problems.some((problem) => "recipient" in problem && problem.recipient === place),
    );
    if (left.length > 0) {
      const again = envelopeProblems({ ...whole, to: left }, offering(), false);
      expect(again).toEqual(problems.filter((problem) => !("recipient" in problem)));
    }
  });

  it("of a problem that many recipients have, each is told once", () => {
    const to = Array.from({ length: 3 }, (_, place) => ({ to: `u${place}@d`, notify: "NEVER" as const }));
    const { transaction } = play([], { envelope: { to }, keywords: [] });
    expect(transaction.report?.problems).toHaveLength(3);
    expect(transaction.report?.recipients.map(({ text }) => text)).toEqual(
      Array(3).fill("the server does not offer DSN"),
    );
  });

  it("nothing is sent then, and the report says why", () => {
    const { output, shown, transaction } = play([], {
      envelope: { content: "8bit", size: 2000 },
      keywords: ["SIZE 1000"],
    });
    expect([output, shown]).toEqual(["", ["recipient c@d not-accepted", "recipient e@f not-accepted", "done"]]);
    expect(transaction.report).toMatchObject({
      problems: [
        { code: "not-offered", extension: "8BITMIME" },
        { code: "too-big", extension: "SIZE" },
      ],
      recipients: [{ text: "the server does not offer 8BITMIME; the message has 2000 octets, the limit is 1000" }, {}],
    });
    const whole = play([], { options: { content: octets("x".repeat(999)) }, keywords: ["SIZE 1000"] });
    expect(whole.transaction.report?.problems).toMatchObject([{ code: "too-big" }]);
  });

  it.each<readonly [string, Partial<Envelope>, readonly string[], string, string]>([
    ["8-bit content declared to be 7-bit", { content: "7bit" }, ["8BITMIME"], "\xe9", "not-7bit 8BITMIME"],
    ["8-bit content declared to be 8-bit", { content: "8bit" }, [], "\xe9", "not-offered 8BITMIME"],
    ["8-bit content of which nothing is said", {}, [], "\xe9", "not-offered 8BITMIME"],
    ["8-bit content, where 8BITMIME is offered", {}, ["8BITMIME"], "\xe9", "MAIL FROM:<a@b> BODY=8BITMIME"],
    ["[8BIT-3-3] ASCII declared to be 8-bit", { content: "8bit" }, [], "e", "MAIL FROM:<a@b>"],
    [
      "ASCII declared to be 8-bit, where 8BITMIME is offered",
      { content: "8bit" },
      ["8BITMIME"],
      "e",
      "MAIL FROM:<a@b> BODY=8BITMIME",
    ],
    ["ASCII declared to be binary", { content: "binary" }, [], "e", "not-offered BINARYMIME"],
    ["long content that is ASCII", {}, [], "e".repeat(1001), "MAIL FROM:<a@b>"],
    ["long content whose last octet is not", {}, [], `${"e".repeat(1000)}\xe9`, "not-offered 8BITMIME"],
    [
      "long content of which one octet is not",
      {},
      [],
      `${"e".repeat(500)}\xe9${"e".repeat(500)}`,
      "not-offered 8BITMIME",
    ],
    ["ASCII of which nothing is said", {}, [], "e", "MAIL FROM:<a@b>"],
    ["ASCII of which nothing is said, where SIZE is offered", {}, ["SIZE"], "e\r\n", "MAIL FROM:<a@b> SIZE=3"],
    ["a size that is said", { size: 7 }, ["SIZE"], "e\r\n", "MAIL FROM:<a@b> SIZE=7"],
    ["[8BIT-2-2] ASCII where 8BITMIME is offered", {}, ["8BITMIME"], "e", "MAIL FROM:<a@b>"],
  ])("%s: content that is at hand is looked at beforehand", (_, envelope, keywords, content, expected) => {
    const session = ready(["PIPELINING", ...keywords]);
    const whole = { from: "a@b", to: ["c@d"], ...envelope };
    const asked = envelopeProblems(whole, session.capabilities!, false, undefined, octets(content));
    const { report } = new SmtpTransaction(session, whole, { content: octets(content) });
    expect(asked).toEqual(report?.problems ?? []);
    const [sent = ""] = text(session.takeOutputPieces()).split("\r\n");
    const said = (report?.problems ?? []).map(({ code, extension }) => `${code} ${extension}`).join();
    expect(sent + said).toBe(expected);
  });

  it.each([{}, { content: "8bit" }] as const)("content that is drawn on is not: %j", (said) => {
    const session = ready([]);
    const { report } = new SmtpTransaction(session, { from: "a@b", to: ["c@d"], ...said }, { content: [octets("e")] });
    expect(report?.problems).toMatchObject([{ code: "not-offered", extension: "8BITMIME" }]);
  });

  it("content that is looked at is octets", () => {
    const ask = () =>
      envelopeProblems({ from: "a@b", to: ["c@d"] }, offering(), false, 1, "text" as unknown as Uint8Array);
    expect(ask).toThrow(new TypeError('"content" expected a Uint8Array, got string'));
  });

  it("all parameters go where they belong", () => {
    const to = [{ to: "c@d", notify: ["FAILURE"] as const }, "\u00f6@b"];
    const { output } = play([], {
      envelope: { content: "8bit", ret: "HDRS", to },
      keywords: ["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN"],
    });
    expect(output).toBe(
      "MAIL FROM:<a@b> BODY=8BITMIME RET=HDRS SMTPUTF8\r\nRCPT TO:<c@d> NOTIFY=FAILURE\r\nRCPT TO:<\xc3\xb6@b>\r\nDATA\r\n",
    );
  });

  it("binary content is declared, counted and sent as it is", () => {
    const { output } = play([OK + OK + OK], {
      envelope: { content: "binary" },
      options: { content: octets("a\nb"), chunking: false },
      keywords: ["PIPELINING", "BINARYMIME", "CHUNKING", "SIZE"],
    });
    expect(output).toContain("SIZE=3 BODY=BINARYMIME");
    expect(output.endsWith("BDAT 3 LAST\r\na\nb")).toBe(true);
  });
});

describe("[SIZE-5-1] the size of a message", () => {
  it.each([
    ["", 0],
    ["a", 3],
    ["a\r\n", 3],
    [".\n\r", 5],
    ["a\r\nb\nc\r", 9],
  ])("of %j is %i octets", (content, size) => {
    expect(messageSize(octets(content))).toBe(size);
    expect(messageSize([...content].map(octets))).toBe(size);
  });
});

describe("LIMITS", () => {
  const LIMITS = ["PIPELINING", "LIMITS RCPTMAX=2 MAILMAX=3"];
  const to = ["a@d", "b@d", "c@d"];
  const first = "MAIL FROM:<a@b>\r\nRCPT TO:<a@d>\r\nRCPT TO:<b@d>\r\nDATA\r\n";
  const second = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
  const answers = [`${OK}${OK}${OK}354 go\r\n`, OK, `${OK}550 no\r\n354 go\r\n`, "554 no\r\n"];

  it.each([
    ["BDAT", "CHUNKING", [OK, OK, OK, OK, "550 no\r\n", OK]],
    ["DATA", "SIZE", [OK, OK, "354 go\r\n", OK, OK, "550 no\r\n", "503 no\r\n", OK]],
  ])("tells the size of the last part that was sent, by %s", (_, keyword, steps) => {
    const options = { content: octets("..x\r\n") };
    const { transaction, fates } = play(steps, { keywords: [keyword, "LIMITS RCPTMAX=1"], options });
    expect(fates).toEqual(["c@d accepted 250", "e@f permanent 550"]);
    expect(transaction.report).toMatchObject({ size: 5, stuffedLines: keyword === "SIZE" ? 1 : 0 });
  });

  it("[LIM-4.2-1] splits the recipients by RCPTMAX, and sends the content again", () => {
    const split = play(answers, {
      envelope: { to },
      keywords: LIMITS,
      options: () => ({ content: [octets("x\r\n")] }),
    });
    expect(split.output).toBe(`${first}x\r\n.\r\n${second}.\r\n`);
    expect(split.fates).toEqual(["a@d accepted 250", "b@d accepted 250", "c@d permanent 550"]);
    const both = play([`${OK}${OK}${OK}354 go\r\n`, OK, `${OK}${OK}354 go\r\n`, OK], {
      envelope: { to },
      keywords: LIMITS,
      options: { content: octets("x") },
    });
    expect(both.output).toBe(`${first}x\r\n.\r\n${second}x\r\n.\r\n`);
  });

  it("asks for written content once a part", () => {
    const { shown } = play([`${OK}${OK}${OK}354 go\r\n`, OK, `${OK}${OK}354 go\r\n`, OK], {
      envelope: { to },
      keywords: LIMITS,
      on: (event, transaction) => {
        if (event.type === "content") transaction.end(octets("x"));
      },
    });
    expect(shown.filter((line) => line.startsWith("content"))).toEqual(["content 1/2", "content 2/2"]);
  });

  it("what can be read once is not sent, empty, a second time", () => {
    const once = play([`${OK}${OK}${OK}354 go\r\n`, OK], {
      envelope: { to },
      keywords: LIMITS,
      options: () => ({ content: [octets("x")].values() }),
    });
    expect(once.output).toBe(`${first}x\r\n.\r\n`);
    expect(once.fates).toEqual(["a@d accepted 250", "b@d accepted 250", "c@d not-accepted"]);
    expect(once.transaction.report?.recipients[2]?.text).toBe(
      "the content can be read once only, and LIMITS splits the recipients",
    );
  });

  const go = `${OK}${OK}${OK}354 go\r\n`;
  it.each<readonly [string, () => Iterable<Uint8Array>, readonly string[], string]>([
    [
      "the same iterator",
      () => {
        const values = [octets("x")].values();
        return { [Symbol.iterator]: () => values };
      },
      [go, OK],
      "the content can be read once only, and LIMITS splits the recipients",
    ],
    [
      "a new iterator over what is used up",
      () => {
        const values = [octets("x")].values();
        return { [Symbol.iterator]: () => ({ next: () => values.next() }) };
      },
      [go, OK, `${OK}${OK}354 go\r\n`],
      "the content is of another size than it was for the recipients before",
    ],
  ])("what gives %s is not sent, empty, a second time", (_, make, steps, why) => {
    const once = play(steps, { envelope: { to }, keywords: LIMITS, options: () => ({ content: make() }) });
    expect(once.output.match(/^\.\r\n/gm)).toHaveLength(1);
    expect(once.fates).toEqual(["a@d accepted 250", "b@d accepted 250", "c@d not-accepted"]);
    expect(once.transaction.report?.recipients[2]?.text).toBe(why);
  });

  it("written content of another size is not the same message: it is given up, in chunks without the connection", () => {
    const found = play([OK + OK + OK, OK + OK, OK + OK, OK, OK], {
      envelope: { to },
      keywords: [...LIMITS, "CHUNKING"],
      on: (event, transaction) => {
        if (event.type === "content")
          transaction
            .write(octets(event.part === 1 ? "x\r\n" : "xy\r\n"))
            .flush()
            .end();
      },
    });
    expect(found.fates).toEqual(["a@d accepted 250", "b@d accepted 250", "c@d not-accepted"]);
    expect(found.output.endsWith("BDAT 4\r\nxy\r\nRSET\r\n")).toBe(true);
    expect(found.transaction.report?.recipients[2]?.text).toMatch(/^the content is of another size/);
    expect(found.session.state).toBe("ready");
  });

  it("the connection lost between two parts", () => {
    const refused = `${OK}550 a\r\n550 b\r\n554 no\r\n`;
    const { fates, shown } = play([refused, (_, session) => session.receiveEnd()], {
      envelope: { to },
      keywords: LIMITS,
    });
    expect(fates).toEqual(["a@d permanent 550", "b@d permanent 550", "c@d not-accepted"]);
    expect(shown.at(-1)).toBe("closed end-of-input");
  });

  it("RSET refused between two parts: nothing more is sent", () => {
    const refused = `${OK}550 a\r\n550 b\r\n554 no\r\n`;
    const { fates, session, transaction } = play([refused, "500 what\r\n"], { envelope: { to }, keywords: LIMITS });
    expect(fates).toEqual(["a@d permanent 550", "b@d permanent 550", "c@d not-accepted"]);
    expect(transaction.report?.recipients[2]?.text).toBe("the server refused RSET");
    expect(session.state).toBe("failed");
  });

  it("content that cannot be read is not tried again for the next part", () => {
    const session = ready([...LIMITS, "CHUNKING"]);
    const broken = {
      [Symbol.iterator]: () => ({
        next: () => {
          throw new Error("disk on fire");
        },
      }),
    };
    const transaction = new SmtpTransaction(session, { from: "a@b", to, content: "7bit" }, { content: broken });
    session.takeOutputPieces();
    session.receive(octets(OK + OK + OK));
    expect(() => transaction.nextEvent()).toThrow("disk on fire");
    for (const _ of transaction);
    session.takeOutputPieces();
    session.receive(octets(OK));
    for (const _ of transaction);
    expect(transaction.report?.recipients.map(({ outcome }) => outcome)).toEqual(Array(3).fill("not-accepted"));
    expect(session.state).toBe("ready");
  });

  it("[LIM-4.3-1] nothing is sent where no domain is left at all", () => {
    const session = ready(["PIPELINING", "LIMITS RCPTDOMAINMAX=1"]);
    session.mail("a@b", { content: "7bit" }).rcpt("a@one.example").rset();
    session.takeOutputPieces();
    session.receive(octets(OK + OK + OK));
    for (const _ of session);
    session.takeOutputPieces();
    const transaction = new SmtpTransaction(session, { from: "a@b", to: ["a@two.example"], content: "7bit" });
    expect([...transaction].map(({ type }) => type)).toEqual(["recipient", "done"]);
    expect([session.takeOutput(), session.state]).toEqual([null, "ready"]);
  });

  it("given up, the parts to come are not sent", () => {
    const { fates } = play([`${OK}${OK}${OK}354 go\r\n`, (t) => t.abort(), OK], {
      envelope: { to },
      keywords: LIMITS,
      options: { content: octets("x") },
    });
    expect(fates).toEqual(["a@d accepted 250", "b@d accepted 250", "c@d not-accepted"]);
  });

  it("[LIM-4.1-1] leaves out those for whom MAILMAX has no message left", () => {
    const { fates, output } = play([`${OK}${OK}${OK}354 go\r\n`, OK], {
      envelope: { to },
      keywords: ["PIPELINING", "LIMITS RCPTMAX=2 MAILMAX=1"],
      options: { content: octets("x") },
    });
    expect(output).toBe(`${first}x\r\n.\r\n`);
    expect(fates).toEqual(["a@d accepted 250", "b@d accepted 250", "c@d not-accepted"]);
  });

  it("[LIM-4.3-1] leaves out domains beyond RCPTDOMAINMAX, of which known ones are none", () => {
    const session = ready(["PIPELINING", "LIMITS RCPTDOMAINMAX=2"]);
    session.mail("a@b", { content: "7bit" }).rcpt("a@one.example").rset();
    session.takeOutputPieces();
    session.receive(octets(OK + OK + OK));
    for (const _ of session);
    const list = ["b@ONE.example", "a@two.example", "a@three.example", "postmaster", "a@TWO.example"];
    const transaction = new SmtpTransaction(session, { from: "a@b", to: list, content: "7bit" });
    expect([...transaction]).toMatchObject([
      { type: "recipient", to: { address: "a@three.example" }, outcome: "not-accepted" },
    ]);
    expect(session.remaining).toMatchObject({ domains: 0, countedDomains: new Set(["one.example", "two.example"]) });
  });
});
