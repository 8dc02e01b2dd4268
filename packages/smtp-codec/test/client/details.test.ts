import { parseMailbox, type SmtpClientEvent, SmtpClientSession } from "smtp-codec";
import { driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, converse, echo, ehlo, GREETING, offer, play, SENT, type Step } from "./support.ts";

const OK = "250 ok\r\n";
const mail: Command = (s) => s.mail("a@b", { content: "7bit" });

function talk(steps: readonly Step[], keywords: readonly string[] = ["PIPELINING"]) {
  const { output, shown, events, session } = converse([GREETING, ehlo, offer(...keywords), ...steps]);
  return { output: output.slice(SENT.length), shown: shown.slice(2), events: events.slice(2), session };
}

describe("what events say of replies", () => {
  it("[ESC-2034.4-8] no enhanced code is read from the greeting, and from replies to hellos", () => {
    for (const hello of [ehlo, (s) => s.helo("x.example")] as Command[]) {
      const { events } = converse([
        "220 2.0.0 mx\r\n",
        hello,
        "250-2.0.0 mx\r\n250 2.0.0\r\n",
        (s) => s.noop(),
        "250 2.0.0 ok\r\n",
      ]);
      const replies = events.flatMap((event) => ("reply" in event && event.reply ? [event.reply] : []));
      expect(replies).toEqual([
        { code: 220, enhanced: null, lines: ["2.0.0 mx"] },
        { code: 250, enhanced: null, lines: ["2.0.0 mx", "2.0.0"] },
        { code: 250, enhanced: "2.0.0", lines: ["ok"] },
      ]);
    }
  });

  it.each<[string, string, Command, string]>([
    ["RCPT, too many", "552 5.5.3 x", (s) => s.rcpt("c@d"), "transient"],
    ["RCPT, the mailbox is full", "552 5.2.2 x", (s) => s.rcpt("c@d"), "permanent"],
    ["RCPT, the first one", "552 x", (s) => s.rcpt("c@d"), "permanent"],
    ["[SMTP-4.5.3.1.10-2] another code", "550 5.5.3 x", (s) => s.rcpt("c@d"), "permanent"],
    ["another command", "552 5.5.3 x", (s) => s.noop(), "permanent"],
  ])("%s: 552 means too many recipients to RCPT alone", (_, reply, command, outcome) => {
    const { events } = talk([mail, OK, command, `${reply}\r\n`]);
    expect(events.at(-1)).toMatchObject({ ok: false, outcome });
  });

  it.each([
    [99, "permanent"],
    [100, "transient"],
  ])("552 to RCPT after %d accepted recipients is %s", (accepted, outcome) => {
    const session = new SmtpClientSession();
    const events: SmtpClientEvent[] = [];
    driveClient(
      session,
      [octets(`${GREETING}${offer("PIPELINING")}${OK.repeat(accepted + 1)}552 x\r\n`)],
      (event) => {
        events.push(event);
        if (event.type === "greeting") ehlo(session);
        if (event.type !== "ehlo") return;
        mail(session);
        for (let count = 0; count <= accepted; count++) session.rcpt("c@d");
      },
      false,
    );
    expect(events.at(-1)).toMatchObject({ type: "rcpt", ok: false, outcome });
  });

  it.each([
    ["400 x", "temporary"],
    ["454 x", "temporary"],
    ["432 x", "transition-needed"],
    ["500 x", "other"],
    ["504 x", "mechanism"],
    ["534 x", "mechanism"],
    ["535 x", "credentials"],
    ["538 x", "mechanism"],
  ])("AUTH refused by %s: %s", (reply, failure) => {
    const { events } = play(`${GREETING}${offer("AUTH ECHO")}${reply}\r\n`, [ehlo, (s) => s.auth(echo("all"))]);
    expect(events[2]).toMatchObject({ type: "auth", ok: false, failure });
  });

  it("a success that comes too early is no failure of the server's words", () => {
    const { events } = play(`${GREETING}${offer("AUTH ECHO")}235 ok\r\n`, [ehlo, (s) => s.auth(echo())]);
    expect(events.slice(2)).toMatchObject([
      { type: "auth", ok: false, failure: null, outcome: "transient" },
      { type: "violation", code: "sasl-incomplete", text: expect.stringMatching(/\w/), answer: "none" },
      { type: "closed" },
    ]);
  });

  it("what refuses a message is not ok, nor is 354 that nobody asked for any more", () => {
    const { events } = talk([mail, OK, (s) => s.rcpt("c@d").data(), `550 no\r\n354 go\r\n`]);
    expect(events.at(-1)).toMatchObject({ type: "data", ok: false, outcome: "permanent" });
    const refused = talk([mail, OK, (s) => s.rcpt("c@d").data(), `${OK}354 go\r\n`, (s) => s.end(), "554 no\r\n"]);
    expect(refused.events.at(-1)).toMatchObject({ type: "message", ok: false, outcome: "permanent" });
    const taken = talk([mail, OK, (s) => s.rcpt("c@d").data(), `${OK}354 go\r\n`, (s) => s.end(), OK]);
    expect(taken.events.at(-1)).toMatchObject({ type: "message", ok: true, outcome: "accepted" });
  });

  it("LMTP: each delivery says whether it is ok", () => {
    const { events } = converse(
      [
        ...[GREETING, ehlo, offer("PIPELINING"), mail, OK],
        ...[(s: SmtpClientSession) => s.rcpt("c@d").rcpt("e@f").data(), `${OK}${OK}354 go\r\n`],
        ...[(s: SmtpClientSession) => s.end(), `${OK}550 no\r\n`],
      ],
      { protocol: "lmtp" },
    );
    expect(events.filter(({ type }) => type === "delivery")).toMatchObject([{ ok: true }, { ok: false }]);
  });

  it("a connection that ends before its greeting has no name", () => {
    expect(converse([(s) => s.receiveEnd()]).events).toMatchObject([
      { type: "greeting", ok: false, name: "", outcome: "transient", reply: null },
      { type: "closed" },
    ]);
  });

  it("421 to QUIT closes once", () => {
    expect(talk([(s) => s.quit(), "421 bye\r\n"]).shown).toEqual(["quit 421", "closed quit"]);
  });
});

describe("what is read, and when", () => {
  it("what comes after the answer to content that nobody receives waits for the application's word, which it does not answer", () => {
    const session = new SmtpClientSession();
    const next = (input: string) => {
      session.takeOutputPieces();
      return [...session.receive(octets(input))].map(({ type }) => type);
    };
    next(GREETING);
    ehlo(session);
    next(offer("PIPELINING"));
    mail(session);
    session.rcpt("c@d").data();
    expect(next(`${OK}550 no\r\n354 go\r\n`)).toEqual(["mail", "rcpt", "data"]);
    expect(next("554 none\r\n250 this is for nothing\r\n")).toEqual([]);
    expect(session.waiting).toBe("decision");
    session.rset();
    expect([...session].map(({ type }) => type)).toEqual(["violation", "rset", "closed"]);
  });

  it("before a hello, commands go one by one", () => {
    expect(converse([GREETING, (s) => s.noop().noop()]).output).toBe("NOOP\r\n");
    expect(converse([GREETING, (s) => s.noop().noop(), OK]).output).toBe("NOOP\r\nNOOP\r\n");
  });

  it("[SMTP-3.2-2] HELO may follow what else was refused", () => {
    expect(converse([GREETING, (s) => s.noop(), "550 no\r\n", (s) => s.helo("x.example")]).output).toBe(
      "NOOP\r\nHELO x.example\r\n",
    );
  });
});

it("7-bit content has every octet up to 127", () => {
  const steps: Step[] = [(s) => s.mail("a@b", { content: "7bit" }).rcpt("c@d").data(), `${OK}${OK}354 go\r\n`];
  const { output, shown } = talk([...steps, (s) => s.content(octets("\x01\x7f\r\n")), OK]);
  expect([output.slice(-7), shown.at(-1)]).toEqual(["\x01\x7f\r\n.\r\n", "message accepted"]);
  expect(talk([...steps, (s) => s.write(octets("\x80"))]).shown.at(-1)).toBe("closed content-not-7bit");
});

describe("what goes with an envelope", () => {
  it.each<[string, Command, string]>([
    ["a size of nothing", (s) => s.mail("a@b", { content: "7bit", size: 0 }), "MAIL FROM:<a@b> SIZE=0\r\n"],
    ["[AUTH-5-3] AUTH of nobody", (s) => s.mail("a@b", { content: "7bit", auth: "" }), "MAIL FROM:<a@b> AUTH=<>\r\n"],
    [
      "[AUTH-5-3] AUTH of a path",
      (s) => s.mail("a@b", { content: "7bit", auth: parseMailbox("c@d")! }),
      "MAIL FROM:<a@b> AUTH=c@d\r\n",
    ],
  ])("%s", (_, command, line) => {
    expect(talk([command], ["SIZE", "AUTH ECHO"]).output).toBe(line);
  });

  it("[LIM-4.3-1] a domain that counts already takes more recipients, and domains count where they are limited alone", () => {
    const two: Step[] = [mail, (s) => s.rcpt("a@x").rcpt("b@X")];
    const limited = talk(two, ["PIPELINING", "LIMITS RCPTDOMAINMAX=1"]).session;
    expect(limited.remaining).toMatchObject({ domains: 0, countedDomains: new Set(["x"]) });
    expect(() => limited.rcpt("a@y")).toThrow(/^rcpt\(\) is not possible beyond the server's RCPTDOMAINMAX/);
    expect(talk(two).session.remaining.countedDomains.size).toBe(0);
  });

  it("XFORWARD has a list of its own", () => {
    const { session } = talk([], ["XCLIENT NAME ADDR", "XFORWARD NAME"]);
    const forward = () => session.xforward([{ name: "ADDR", value: "192.0.2.1" }]);
    expect(forward).toThrow(/^xforward\(\) with ADDR .* does not offer ADDR; legal now: xforward\(\) without it$/);
  });
});
