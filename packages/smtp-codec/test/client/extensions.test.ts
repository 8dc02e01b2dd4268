import { type SmtpClientOptions, SmtpClientSession } from "smtp-codec";
import { describe, expect, it } from "vitest";
import { type Command, converse, echo, ehlo, GREETING, offer, play, SENT, type Step, shown } from "./support.ts";

const EXTENSIONS = ["PIPELINING", "8BITMIME", "EXPN", "ETRN", "ATRN", "SMTPUTF8", "XCLIENT NAME ADDR", "XFORWARD NAME"];

function talk(steps: readonly Step[], keywords: readonly string[] = EXTENSIONS, options: SmtpClientOptions = {}) {
  const { output, shown, events, session } = converse([GREETING, ehlo, offer(...keywords), ...steps], options);
  return { output: output.slice(SENT.length), shown: shown.slice(2), events: events.slice(2), session };
}

const xclient: Command = (s) => s.xclient([{ name: "ADDR", value: "192.0.2.1" }]);
const xforward: Command = (s) => s.xforward([{ name: "NAME", value: "spike.example" }]);

describe("commands of extensions", () => {
  it.each<readonly [string, Command, string, string, string]>([
    ["EXPN", (s) => s.expn("staff"), "EXPN staff\r\n", "250-a@b\r\n250 c@d\r\n", "expn ok"],
    [
      "[UTF8-3.7.4.2-1] EXPN with SMTPUTF8",
      (s) => s.expn("st\u00e4ff", { smtputf8: true }),
      "EXPN st\xc3\xa4ff SMTPUTF8\r\n",
      "550 no\r\n",
      "expn 550",
    ],
    [
      "[UTF8-3.7.4.2-1] VRFY with SMTPUTF8",
      (s) => s.vrfy("tim", { smtputf8: true }),
      "VRFY tim SMTPUTF8\r\n",
      "252 x\r\n",
      "vrfy ok",
    ],
    ["[ETRN-5.1-2] ETRN", (s) => s.etrn("example.com"), "ETRN example.com\r\n", "253 2 pending\r\n", "etrn ok"],
    ["ETRN with subdomains", (s) => s.etrn("@example.com"), "ETRN @example.com\r\n", "458 x\r\n", "etrn 458"],
    ["ETRN with a queue", (s) => s.etrn("#uucp"), "ETRN #uucp\r\n", "250 x\r\n", "etrn ok"],
    ["XFORWARD", xforward, "XFORWARD NAME=spike.example\r\n", "250 ok\r\n", "xforward ok"],
    ["XCLIENT refused", xclient, "XCLIENT ADDR=192.0.2.1\r\n", "550 no\r\n", "xclient 550"],
    ["ATRN refused", (s) => s.atrn(), "ATRN\r\n", "453 nothing\r\n", "atrn 453"],
  ])("%s", (_, command, line, reply, event) => {
    const { output, shown, session } = talk([command, reply, (s) => s.noop()]);
    expect([output, shown, session.state]).toEqual([`${line}NOOP\r\n`, [event], "ready"]);
  });

  it("[ETRN-5.2-1] ETRN, ATRN and XCLIENT end their group, XFORWARD does not", () => {
    expect(talk([(s) => s.etrn("a.example").rset()]).output).toBe("ETRN a.example\r\n");
    expect(talk([(s) => s.expn("x").rset()]).output).toBe("EXPN x\r\n");
    const forward: Command = (s) => {
      xforward(s);
      s.mail("a@b").rcpt("c@d");
    };
    expect(talk([forward]).output).toBe(
      "XFORWARD NAME=spike.example\r\nMAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\n",
    );
    for (const busy of [xclient, (s) => s.atrn()] as Command[]) expect(talk([busy]).session.state).toBe("busy");
  });

  it.each<readonly [string, Command, string]>([
    ["[ETRN-5.2-1] ETRN", (s) => s.etrn("a.example"), "etrn() is not possible on a server that does not offer ETRN"],
    ["EXPN", (s) => s.expn("x"), "expn() is not possible on a server that does not offer EXPN"],
    ["ATRN", (s) => s.atrn(), "does not offer ATRN"],
    ["XCLIENT", xclient, "does not offer XCLIENT"],
    ["XFORWARD", xforward, "does not offer XFORWARD"],
    [
      "VRFY with SMTPUTF8",
      (s) => s.vrfy("x", { smtputf8: true }),
      "vrfy() with smtputf8 is not possible on a server that does not offer SMTPUTF8",
    ],
  ])("%s throws where it is not offered", (_, command, message) => {
    expect(() => talk([command], ["PIPELINING"])).toThrow(message);
    expect(() => converse([GREETING, command])).toThrow("does not offer");
  });

  it.each<readonly [string, Command, string]>([
    ["ETRN without a node", (s) => s.etrn(""), '"node" expected'],
    ["ETRN with a line end", (s) => s.etrn("#a\r\nb"), "expected"],
    ["ATRN with a short name", (s) => s.atrn(["example"]), '"domains" expected'],
    [
      "an XCLIENT attribute that is not listed",
      (s) => s.xclient([{ name: "PORT", value: "25" }]),
      "xclient() with PORT is not possible on a server that does not offer PORT",
    ],
    [
      "[XCL-3-2] XFORWARD over 512 octets",
      (s) => s.xforward([{ name: "NAME", value: "+".repeat(200) }]),
      "at most 512 octets",
    ],
  ])("%s throws", (_, command, message) => {
    expect(() => talk([command])).toThrow(message);
  });

  it("[XCL-2-2] after 220 to XCLIENT the keywords are forgotten, and a hello is next", () => {
    const { session, shown } = talk([xclient, "220 mx.example.com ESMTP\r\n"]);
    expect([shown, session.state, session.capabilities]).toEqual([["xclient ok"], "greeted", null]);
    expect(() => session.mail("a@b")).toThrow('mail() is not possible in state "greeted"');
    expect(talk([xclient, "250 ok\r\n"]).shown[0]).toBe("violation unexpected-code");
  });

  it("after 220 to XCLIENT nobody is logged in: the server has forgotten it too", () => {
    const login: Command = (s) => s.auth(echo("all"));
    const hello = offer(...EXTENSIONS, "AUTH ECHO");
    const server = `${GREETING}${hello}235 ok\r\n220 mx.example.com ESMTP\r\n${hello}235 ok\r\n`;
    const known: boolean[] = [];
    const commands = [ehlo, login, xclient, ehlo, login, (() => {}) as Command].map(
      (give): Command =>
        (s) => {
          known.push(s.authenticated);
          give(s);
        },
    );
    expect(shown(play(server, commands)).slice(2, 6)).toEqual(["auth ok", "xclient ok", "ehlo ok", "auth ok"]);
    expect(known).toEqual([false, false, true, false, false, true]);
  });

  it("[ATRN-5.3-1] after 250 to ATRN the session is over, and hands over what it has not read", () => {
    const { events, session, output } = talk([(s) => s.atrn(["a.example", "b.example"]), "250 ok\r\n"]);
    expect(output).toBe("ATRN a.example,b.example\r\n");
    expect(events).toMatchObject([
      { type: "atrn", ok: true },
      { type: "closed", cause: "reversed", unread: [] },
    ]);
    expect(session.waiting).toBe("closed");
    const ahead = talk([(s) => s.atrn(), (s) => s.receive(new TextEncoder().encode("250 ok\r\nEHLO x\r\nMA"))]);
    const [, closed] = ahead.events;
    expect(closed?.type === "closed" && closed.cause === "reversed" && new TextDecoder().decode(closed.unread[0])).toBe(
      "EHLO x\r\nMA",
    );
    expect(talk([(s) => s.atrn()]).session.timeout).toEqual({ seconds: 600, for: "ATRN" });
  });
});

describe("hello", () => {
  it.each([
    ["[SMTP-3.2-2] 500", "500 what\r\n", {}, true],
    ["[SMTP-3.2-2] 502", "502 what\r\n", {}, true],
    ["another 5yz", "550 no\r\n", {}, false],
    ["another 5yz, with the leniency", "550 no\r\n", { heloAfterAny5yz: true }, true],
    ["[SMTP-3.2-2] 4yz", "450 later\r\n", { heloAfterAny5yz: true }, false],
  ])("%s to EHLO, then HELO", (_, reply, leniencies, allowed) => {
    const steps: Step[] = [GREETING, ehlo, reply, (s) => s.helo("x.example")];
    if (allowed) expect(converse(steps, { leniencies }).output).toBe(`${SENT}HELO x.example\r\n`);
    else
      expect(() => converse(steps, { leniencies })).toThrow(
        `helo() is not possible after an EHLO refused by ${reply.slice(0, 3)}; legal now: ehlo() and quit()`,
      );
  });

  it("[SMTP-2.2.1-2] HELO may be asked for at once, and EHLO again after a refusal", () => {
    expect(converse([GREETING, (s) => s.helo("x.example")]).output).toBe("HELO x.example\r\n");
    expect(converse([GREETING, ehlo, "421 no\r\n"]).shown.at(-1)).toBe("closed reply-421");
    const { session } = converse([GREETING, ehlo, "550 no\r\n", ehlo, offer("SIZE"), (s) => s.helo("x.example")]);
    expect(session.state).toBe("busy");
  });

  it.each(["", "a_b", "a b", "-", "[1.2.3]"])(
    "[SMTP-2.3.5-2] a name that is neither domain nor literal throws: %j",
    (name) => {
      for (const hello of [(s) => s.ehlo(name), (s) => s.helo(name)] as Command[]) {
        expect(() => converse([GREETING, hello])).toThrow('"name" expected a domain or an address literal');
      }
    },
  );
});

describe("what replies say, as data", () => {
  it.each([
    ["[SMTP-3.1-4] a greeting for now", "450 later\r\n", "transient"],
    ["[ESC-7504.3-2] 521", "521 no mail here\r\n", "permanent"],
    ["554", "554 no\r\n", "permanent"],
    ["220", "220 mx\r\n", "accepted"],
  ])("%s", (_, greeting, outcome) => {
    expect(converse([greeting]).events[0]).toMatchObject({ type: "greeting", outcome });
  });

  it.each([
    ["[SMTP-4.5.3.1.10-2] 552 with X.5.3", "552 5.5.3 too many\r\n", "transient"],
    ["[SMTP-4.5.3.1.10-2] 552 without an enhanced code, behind few recipients", "552 no\r\n", "permanent"],
    ["552 for its size", "552 5.3.4 too big\r\n", "permanent"],
    ["452", "452 4.5.3 too many\r\n", "transient"],
    ["[SMTP-3.4-1] 251", "251 will forward\r\n", "accepted"],
    ["[SMTP-3.4-1] 551", "551 try elsewhere\r\n", "permanent"],
  ])("%s to RCPT", (_, reply, outcome) => {
    const { events } = talk([(s) => s.mail("a@b").rcpt("c@d"), `250 ok\r\n${reply}`]);
    expect(events.at(-1)).toMatchObject({ type: "rcpt", outcome });
  });

  it("[SMTP-4.5.3.1.10-2] 552 without an enhanced code, after 100 accepted recipients, is transient", () => {
    const hundred: Command = (s) => {
      s.mail("a@b");
      for (let count = 0; count <= 100; count++) s.rcpt(`u${count}@d`);
    };
    const { events } = talk([hundred, `${"250 ok\r\n".repeat(101)}552 no\r\n`]);
    expect(events.at(-1)).toMatchObject({ type: "rcpt", outcome: "transient", ok: false });
  });

  it.each([
    ["535 5.7.8 no\r\n", "credentials", "permanent"],
    ["454 later\r\n", "temporary", "transient"],
    ["451 later\r\n", "temporary", "transient"],
    ["534 weak\r\n", "mechanism", "permanent"],
    ["504 no\r\n", "mechanism", "permanent"],
    ["432 change\r\n", "transition-needed", "transient"],
    ["550 no\r\n", "other", "permanent"],
    ["235 ok\r\n", null, "accepted"],
  ])("[AUTH-6-2] AUTH refused by %j", (reply, failure, outcome) => {
    const { events } = play(`${GREETING}${offer("AUTH ECHO")}${reply}`, [ehlo, (s) => s.auth(echo("all"))]);
    expect(events[2]).toMatchObject({ type: "auth", failure, outcome });
  });

  it("a reply that never came counts as one for now", () => {
    const { events } = talk([(s) => s.noop(), (s) => s.receiveEnd()]);
    expect(events[0]).toMatchObject({ type: "noop", ok: false, outcome: "transient", reply: null });
  });

  it("[SMTP-4.5.3.2-1] the figures of time-outs are options", () => {
    const timeouts = { greeting: 10, EHLO: 20 };
    expect(converse([], { timeouts }).session.timeout).toEqual({ seconds: 10, for: "greeting" });
    expect(converse([GREETING, ehlo], { timeouts }).session.timeout).toEqual({ seconds: 20, for: "EHLO" });
  });
});

describe("options", () => {
  it.each<[SmtpClientOptions, string]>([
    [{ protocol: "LMTP" as "lmtp" }, '"protocol" expected one of smtp, lmtp, got LMTP'],
    [{ maxReplyLineLength: Number.NaN }, '"maxReplyLineLength" expected a whole number of at least 512, or Infinity'],
    [{ maxReplyLineLength: 511 }, '"maxReplyLineLength" expected'],
    [{ maxSaslLineLength: -1 }, '"maxSaslLineLength" expected'],
    [{ timeouts: { greeting: 0 } }, '"timeouts.greeting" expected seconds, more than 0'],
    [{ timeouts: { greeting: -5 } }, '"timeouts.greeting" expected seconds, more than 0'],
    [{ timeouts: { EHLO: "x" as unknown as number } }, '"timeouts.EHLO" expected'],
    [{ lineEndings: "preserve" as "reject" }, '"lineEndings" expected'],
  ])("%j is refused before a server can say anything", (options, message) => {
    expect(() => new SmtpClientSession(options)).toThrow(RangeError);
    expect(() => new SmtpClientSession(options)).toThrow(message);
  });

  it("the longest reply line is an option", () => {
    const line = (length: number) => `220 ${"x".repeat(length - 6)}\r\n`;
    const { shown } = converse([line(512)], { maxReplyLineLength: 512, timeouts: { greeting: 0.5 } });
    expect(shown).toEqual(["greeting ok"]);
    const longer = converse([line(513)], { maxReplyLineLength: 512 });
    expect(longer.shown).toContain("violation line-too-long");
  });
});

describe("TLS where it is offered", () => {
  const options = { tlsWhenOffered: true };

  it("[TLS-4-7] nothing goes in plaintext past an offer, nor past its refusal", () => {
    const message =
      "mail() is not possible before TLS, which the server offers and tlsWhenOffered demands; legal now: starttls() and quit()";
    expect(() => talk([(s) => s.mail("a@b")], ["STARTTLS", "8BITMIME"], options)).toThrow(message);
    expect(() =>
      talk([(s) => s.starttls(), "454 no\r\n", (s) => s.mail("a@b")], ["STARTTLS", "8BITMIME"], options),
    ).toThrow(message);
    for (const command of [(s) => s.vrfy("x"), (s) => s.expn("x"), (s) => s.auth(echo())] as Command[]) {
      expect(() => talk([command], ["STARTTLS", "AUTH ECHO", "EXPN"], options)).toThrow("tlsWhenOffered demands");
    }
  });

  it("without an offer, or under TLS, it does not matter", () => {
    expect(talk([(s) => s.mail("a@b")], ["8BITMIME"], options).output).toBe("MAIL FROM:<a@b> BODY=8BITMIME\r\n");
    expect(talk([(s) => s.mail("a@b")], ["8BITMIME", "STARTTLS"], { ...options, tls: true }).output).toContain("MAIL");
    expect(converse([GREETING, (s) => s.vrfy("x")], options).output).toBe("VRFY x\r\n");
  });
});
