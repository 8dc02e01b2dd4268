import type { SmtpServerOptions } from "smtp-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";
import { greeted, OUT_OF_PLACE, playBothWays } from "./support.ts";

type Options = Partial<SmtpServerOptions>;

const SENDER = "250 2.1.0 sender ok\r\n";
const RECIPIENT = "250 2.1.5 recipient ok\r\n";
const NOT_KNOWN = "555 5.5.4 a parameter is not known or its extension not offered\r\n";
const TOO_LONG = "500 5.5.2 line too long\r\n";

/** UTF-8 as one character an octet. */
const utf8 = (characters: string) => String.fromCharCode(...new TextEncoder().encode(characters));

const FUTURE = { maxInterval: 3600, maxDateTime: "2030-01-01T00:00:00Z" };
const SUBMISSION: Options = { protocol: "submission", requireAuth: false };

describe("extensions", () => {
  it.each<[string, Options, string]>([
    ["[UTF8-3.1-1] SMTPUTF8", { smtputf8: true }, "SMTPUTF8"],
    ["[DSN-2-1] DSN", { dsn: true }, "DSN"],
    ["CHUNKING", { chunking: true }, "CHUNKING"],
    ["[RRVS-3.1-1] RRVS", { rrvs: true }, "RRVS"],
    ["[REQTLS-2-1] REQUIRETLS, under TLS", { requireTlsParameter: true, tls: true }, "REQUIRETLS"],
    ["[CON-4.1-1] CONPERM", { conPerm: true }, "CONPERM"],
    ["CONNEG", { conNeg: true }, "CONNEG"],
    ["[SMTP-3.5.2-2] EXPN", { expn: true }, "EXPN"],
    ["[ETRN-2-1] ETRN", { etrn: true }, "ETRN"],
    ["[BY-2-1] DELIVERBY", { deliverBy: {} }, "DELIVERBY"],
    ["[BY-2-1] DELIVERBY with a minimum", { deliverBy: { minimum: 240 } }, "DELIVERBY 240"],
    ["DELIVERBY with tokens", { deliverBy: { minimum: 240, tokens: ["x", "y"] } }, "DELIVERBY 240,x,y"],
    ["[FUT-3-1] FUTURERELEASE", { futureRelease: FUTURE, ...SUBMISSION }, "FUTURERELEASE 3600 2030-01-01T00:00:00Z"],
    ["[PRIO-3-1] MT-PRIORITY", { mtPriority: {} }, "MT-PRIORITY"],
    ["[PRIO-3-1] MT-PRIORITY with a policy", { mtPriority: { policy: "MIXER" } }, "MT-PRIORITY MIXER"],
    ["[SOL-2-1] NO-SOLICITING", { noSoliciting: [] }, "NO-SOLICITING"],
    [
      "[SOL-2-1] NO-SOLICITING with classes",
      { noSoliciting: ["net.example:ADV", "org.example"] },
      "NO-SOLICITING net.example:ADV,org.example",
    ],
    ["[LIM-3-1] LIMITS", { limits: true, maxRecipientDomains: 5 }, "LIMITS MAILMAX=1000 RCPTMAX=1000 RCPTDOMAINMAX=5"],
    [
      "[LIM-3.5-1] LIMITS below the least that the RFC has",
      { limits: true, maxRecipients: 1, maxTransactions: Number.POSITIVE_INFINITY },
      "LIMITS RCPTMAX=1",
    ],
    ["one of the application's", { extensions: { XFOO: ["a=b", "c"] } }, "XFOO a=b c"],
  ])("%s is announced where its option says so, and else not", (_, options, line) => {
    const keyword = line.split(" ", 1)[0]!;
    expect(
      play(EHLO, options)
        .output.split("\r\n")
        .map((each) => each.slice(4)),
    ).toContain(line);
    expect(play(EHLO, { ...options, ...OFF }).output).not.toContain(keyword);
    expect(play(EHLO).output).not.toContain(keyword);
    expect(play("HELO x\r\n", options).output).not.toContain(keyword);
  });

  /** What turns each of them off again. */
  const OFF = {
    ...{
      smtputf8: false,
      dsn: false,
      chunking: false,
      rrvs: false,
      requireTlsParameter: false,
      conPerm: false,
      conNeg: false,
    },
    ...{ expn: false, etrn: false, limits: false, maxRecipients: 1000, extensions: {} },
    ...{ deliverBy: undefined, futureRelease: undefined, mtPriority: undefined, noSoliciting: undefined },
  } as unknown as Options;

  it.each<[string, Options, string, string]>([
    ["SMTPUTF8", { smtputf8: true }, "SMTPUTF8", SENDER],
    ["[UTF8-3.1-3] with a value", { smtputf8: true }, "SMTPUTF8=x", "501 5.5.4 expected no value\r\n"],
    ["[DSN-4.3-1] RET", { dsn: true }, "RET=hdrs ENVID=QQ314159", SENDER],
    ["[DSN-5.1-2] NOTIFY", { dsn: true }, "NOTIFY=NEVER", NOT_KNOWN],
    ["[DSN-4.5-1] RET twice", { dsn: true }, "RET=HDRS RET=FULL", "501 5.5.4 a parameter is given twice\r\n"],
    ["BY", { deliverBy: { minimum: 60 } }, "BY=60;R", SENDER],
    [
      "[BY-3-1] BY below the minimum",
      { deliverBy: { minimum: 60 } },
      "BY=59;R",
      "555 5.5.4 expected at least 60 seconds with mode R\r\n",
    ],
    [
      "[BY-4-2] BY of nothing",
      { deliverBy: {} },
      "BY=0;R",
      "501 5.5.4 expected seconds, a semicolon, and N or R (with R above 0), optionally T\r\n",
    ],
    ["HOLDFOR", { futureRelease: FUTURE, ...SUBMISSION }, "HOLDFOR=3600", SENDER],
    [
      "[FUT-4.2-1] HOLDFOR beyond the maximum",
      { futureRelease: FUTURE, ...SUBMISSION },
      "HOLDFOR=3601",
      "501 5.5.4 expected at most 3600 seconds\r\n",
    ],
    [
      "[FUT-5.2-1] HOLDFOR beyond BY",
      { futureRelease: FUTURE, deliverBy: {}, ...SUBMISSION },
      "BY=60;R HOLDFOR=61",
      "501 5.5.4 expected no longer than BY allows\r\n",
    ],
    ["MT-PRIORITY", { mtPriority: {} }, "MT-PRIORITY=-9", SENDER],
    ["[PRIO-4.1-1] MT-PRIORITY", { mtPriority: {} }, "MT-PRIORITY=+3", "501 5.5.2 expected -9 to 9\r\n"],
    ["[REQTLS-2-2] REQUIRETLS", { requireTlsParameter: true, tls: true }, "REQUIRETLS", SENDER],
    [
      "[REQTLS-2-2] REQUIRETLS with a value",
      { requireTlsParameter: true, tls: true },
      "REQUIRETLS=x",
      "501 5.5.4 expected no value\r\n",
    ],
    ["[REQTLS-2-2] REQUIRETLS without TLS", { requireTlsParameter: true }, "REQUIRETLS", NOT_KNOWN],
    ["[SOL-2.3-1] SOLICIT", { noSoliciting: [] }, "SOLICIT=net.example:ADV", SENDER],
    ["[RRVS-3.1-1] RRVS in MAIL", { rrvs: true }, "RRVS=2014-04-03T23:01:00Z", NOT_KNOWN],
    ["CONPERM", { conPerm: true }, "CONPERM", SENDER],
    ["[CON-4.1-1] CONNEG in MAIL", { conNeg: true }, "CONNEG", NOT_KNOWN],
    ["[SMTP-3885.2-1] MTRK", {}, "MTRK=x", NOT_KNOWN],
  ])("%s: MAIL with what %j brings", (_, options, parameters, expected) => {
    expect(greeted(`MAIL FROM:<a@b> ${parameters}\r\n`, options)).toBe(expected);
    // Not offered, or after HELO, it is refused.
    if (expected !== SENDER) return;
    const refused = /CONPERM/.test(parameters) ? "504 5.5.4" : "555 5.5.4";
    expect(greeted(`MAIL FROM:<a@b> ${parameters}\r\n`)).toContain(refused);
    expect(playBothWays(`HELO x\r\nMAIL FROM:<a@b> ${parameters}\r\n`, options).output).toContain(refused);
  });

  it.each<[string, Options, string, string]>([
    ["[DSN-4.1-1] NOTIFY", { dsn: true }, "NOTIFY=success,DELAY ORCPT=rfc822;a+2Bb@c", RECIPIENT],
    ["[DSN-4.1-1] NOTIFY", { dsn: true }, "NOTIFY=NEVER,DELAY", "501 5.5.4"],
    ["[DSN-5.1-2] RET", { dsn: true }, "RET=FULL", "555 5.5.4"],
    ["[RRVS-3.1-2] RRVS", { rrvs: true }, "RRVS=2014-04-03T23:01:00Z;C", RECIPIENT],
    ["[RRVS-3.1-2] RRVS", { rrvs: true }, "RRVS=2014-04-03T23:01:00.5Z", "501 5.5.4"],
    ["[CON-4.2-1] CONNEG", { conNeg: true }, "CONNEG", RECIPIENT],
    ["[UTF8-3.1-3] SMTPUTF8 in RCPT", { smtputf8: true }, "SMTPUTF8", "555 5.5.4"],
  ])("%s: RCPT with what %j brings", (_, options, parameters, expected) => {
    const input = `${MAIL}RCPT TO:<c@d> ${parameters}\r\n`;
    expect(greeted(input, options).slice(SENDER.length)).toContain(expected);
    if (expected !== RECIPIENT) return;
    expect(greeted(input).slice(SENDER.length)).toMatch(parameters === "CONNEG" ? /^504 5\.5\.4/ : /^555 5\.5\.4/);
  });

  it.each<[string, "MAIL" | "RCPT", Options, number]>([
    ["nothing", "MAIL", { size: false, eightBitMime: false }, 0],
    ["[SIZE-3-4] SIZE", "MAIL", { eightBitMime: false }, 26],
    ["[8BIT-2-3] 8BITMIME", "MAIL", { size: false }, 14],
    ["[CHUNK-3-6] BINARYMIME", "MAIL", { size: false, chunking: true, binaryMime: true }, 16],
    ["[UTF8-3.1-4] SMTPUTF8", "MAIL", { size: false, smtputf8: true }, 14 + 10],
    ["[AUTH-3-4] AUTH", "MAIL", { size: false, eightBitMime: false, mechanisms: ["ECHO"] }, 500],
    ["[BY-2-1] DELIVERBY", "MAIL", { size: false, eightBitMime: false, deliverBy: {} }, 17],
    [
      "[FUT-3-1] FUTURERELEASE",
      "MAIL",
      { size: false, eightBitMime: false, dsn: false, futureRelease: FUTURE, ...SUBMISSION },
      34,
    ],
    ["[PRIO-3-1] MT-PRIORITY", "MAIL", { size: false, eightBitMime: false, mtPriority: {} }, 15],
    ["[REQTLS-2-1] REQUIRETLS", "MAIL", { size: false, eightBitMime: false, requireTlsParameter: true, tls: true }, 11],
    ["[SOL-2.3-1] NO-SOLICITING", "MAIL", { size: false, eightBitMime: false, noSoliciting: [] }, 1009],
    ["[DSN-5.4-2] DSN", "MAIL", { size: false, eightBitMime: false, dsn: true }, 116],
    ["[DSN-5.4-2] DSN", "RCPT", { dsn: true }, 536],
    ["[RRVS-3.1-1] RRVS", "RCPT", { rrvs: true }, 33],
  ])("[SMTP-2.2.2-2] %s: %s may be longer with %j by %i octets", (_, verb, options, more) => {
    const command = verb === "MAIL" ? "MAIL FROM:<a@b>" : "RCPT TO:<c@d>";
    const line = (length: number) =>
      `${verb === "MAIL" ? "" : MAIL}${command}${" ".repeat(length - command.length - 2)}\r\n`;
    expect(greeted(line(512 + more), options)).not.toContain(TOO_LONG);
    expect(greeted(line(513 + more), options)).toContain(TOO_LONG);
  });

  it.each<[Options, string]>([
    [{ smtputf8: true, eightBitMime: false }, '"smtputf8" expected eightBitMime too (RFC 6531 section 3.1)'],
    [{ futureRelease: FUTURE }, '"futureRelease" expected the protocol "submission"'],
    [{ etrn: true, protocol: "submission" }, '"etrn" expected the protocol "smtp"'],
    [{ pipelining: false, protocol: "lmtp" }, '"protocol" expected pipelining and enhancedStatusCodes with LMTP'],
    [{ enhancedStatusCodes: false, protocol: "lmtp" }, '"protocol" expected'],
    [{ protocol: "esmtp" as "smtp" }, '"protocol" expected one of smtp, submission, lmtp, odmr, got esmtp'],
    [{ earlyTalker: "kick" as "report" }, '"earlyTalker" expected one of ignore, report, refuse'],
    [{ deliverBy: { minimum: -1 } }, '"deliverBy" expected what its keyword can say, got {"minimum":-1,"tokens":[]}'],
    [{ futureRelease: { ...FUTURE, maxInterval: 0 }, ...SUBMISSION }, '"futureRelease" expected'],
    [{ mtPriority: { policy: "x".repeat(21) } }, '"mtPriority" expected'],
    [{ noSoliciting: ["1"] }, '"noSoliciting" expected'],
    [{ limits: true, maxRecipients: 1_000_000 }, '"limits" expected'],
    [{ extensions: { DSN: [] } }, '"extensions" expected no DSN, which has an option of its own'],
    [{ extensions: { STARTTLS: [] } }, '"extensions" expected no STARTTLS, which has an option of its own'],
    [
      { extensions: { "X FOO": [] } },
      '"extensions.X FOO" expected a keyword of letters in upper case, digits and hyphens',
    ],
    [{ extensions: { XFOO: ["a b"] } }, '"extensions.XFOO" expected parameters of the characters 33 to 126'],
    [{ maxAuthFailures: 2 }, '"maxAuthFailures" expected a whole number of at least 3'],
    [{ maxTransactions: 0 }, '"maxTransactions" expected'],
    [{ limits: true, maxAuthFailures: 2 }, '"maxAuthFailures" expected a whole number of at least 3'],
    [{ binaryMime: true }, '"binaryMime" expected chunking too (RFC 3030 section 3)'],
    [{ maxRecipientDomains: 0 }, '"maxRecipientDomains" expected'],
    [{ limits: true, maxRecipients: 0 }, '"maxRecipients" expected'],
  ])("[SMTP-2.2.2-1] refuses the options %j", (options, message) => {
    expect(() => play("", options)).toThrow(message);
  });

  it("[ESC-2034.3-1] [SMTP-4.2.4-2] keywords are announced as documented, and none whose command is refused as unknown", () => {
    const options = { expn: true, etrn: true, chunking: true, starttls: true, mechanisms: ["ECHO"], dsn: true };
    const { output } = play(EHLO, options);
    expect(output).toMatch(/^250-ENHANCEDSTATUSCODES\r$/m);
    const commands = {
      EXPN: "EXPN x",
      ETRN: "ETRN x.example",
      CHUNKING: "BDAT 0",
      STARTTLS: "STARTTLS x",
      AUTH: "AUTH",
      HELP: "HELP",
    };
    for (const [keyword, command] of Object.entries(commands)) {
      expect(output).toMatch(new RegExp(`^250[- ]${keyword}`, "m"));
      expect(greeted(`${command}\r\n`, options)).not.toMatch(/^50[02]/);
    }
  });

  it("[SMTP-4.1.1.1-14] every command beyond the required nine that is taken is listed", () => {
    const { output } = play(EHLO, { expn: true, etrn: true, chunking: true });
    for (const keyword of ["HELP", "EXPN", "ETRN", "CHUNKING"])
      expect(output).toMatch(new RegExp(`^250[- ]${keyword}\r$`, "m"));
    expect(greeted("HELP\r\nEXPN x\r\nETRN x.example\r\nBDAT 0\r\n", { help: false })).toBe(
      "502 5.5.1 command not offered\r\n".repeat(4),
    );
  });

  it.each([
    ["[DSN-5.1-1] DSN", { dsn: true }, "ret", "RET=HDRS"],
    ["[PRIO-4.1-2] MT-PRIORITY", { mtPriority: {} }, "mtPriority", "MT-PRIORITY=0"],
    ["[8BIT-2-2] BODY", {}, "body", "BODY=7BIT"],
  ])(
    "%s: MAIL is taken with and without its parameter, and what is absent is absent",
    (_, options, name, parameter) => {
      const parametersOf = (more: string) =>
        play(`${EHLO}MAIL FROM:<a@b>${more}\r\n`, options).events.flatMap((event) =>
          event.type === "mail" ? [event.parameters] : [],
        );
      expect(parametersOf("")).toEqual([{}]);
      expect(Object.keys(parametersOf(` ${parameter}`)[0]!)).toEqual([name]);
    },
  );

  it("[LIM-3-1] limits that are not finite are not announced, and LIMITS not without one", () => {
    const none = Number.POSITIVE_INFINITY;
    const options = { limits: true, maxTransactions: none, maxRecipients: none };
    expect(play(EHLO, { ...options, maxRecipientDomains: 5 }).output).toContain("LIMITS RCPTDOMAINMAX=5\r\n");
    expect(play(EHLO, options).output).not.toContain("LIMITS");
  });

  it("[REQTLS-5-1] with REQUIRETLS a message never comes back whole", () => {
    const options = { requireTlsParameter: true, tls: true, dsn: true };
    const parametersOf = (parameters: string) =>
      play(`${EHLO}MAIL FROM:<a@b> ${parameters}\r\n`, options).events.flatMap((event) =>
        event.type === "mail" ? [event.parameters] : [],
      )[0];
    expect(parametersOf("REQUIRETLS RET=FULL")).toEqual({ requireTls: true, ret: "HDRS" });
    expect(parametersOf("RET=FULL")).toEqual({ ret: "FULL" });
    expect(parametersOf("REQUIRETLS")).toEqual({ requireTls: true });
  });

  it("parameters reach the events typed, and as they were written", () => {
    const options = { dsn: true, chunking: true };
    const { events } = play(
      `${EHLO}MAIL FROM:<a@b> ENVID=x+2By\r\nRCPT TO:<c@d> notify=Failure\r\nBDAT 0 LAST\r\n`,
      options,
    );
    expect(events.slice(2, -1)).toMatchObject([
      { type: "mail", parameters: { envid: "x+y" }, rawParameters: [{ keyword: "ENVID", value: "x+2By" }] },
      { type: "rcpt", parameters: { notify: ["FAILURE"] }, rawParameters: [{ keyword: "NOTIFY", value: "Failure" }] },
      { type: "bdat", size: 0, last: true, with: "ESMTP", answer: "default" },
      {
        type: "message",
        parameters: { envid: "x+y" },
        recipients: [{ to: { address: "c@d" }, parameters: { notify: ["FAILURE"] } }],
      },
    ]);
  });
});

describe("SMTPUTF8", () => {
  const all = (input: string, options: Options = { smtputf8: true }) => greeted(utf8(input), options);

  it.each([
    [
      "[UTF8-3.3-1] addresses beyond ASCII",
      "MAIL FROM:<grün@bücher.example> SMTPUTF8\r\nRCPT TO:<δοκιμή@παράδειγμα.example>\r\n",
      SENDER + RECIPIENT,
    ],
    [
      "[UTF8-3.4-1] without the parameter in MAIL",
      "MAIL FROM:<grün@example.com>\r\n",
      "550 5.6.7 an address beyond ASCII needs MAIL with SMTPUTF8\r\n",
    ],
    [
      "[UTF8-3.4-1] in RCPT of another transaction",
      `${MAIL}RCPT TO:<grün@example.com>\r\n`,
      `${SENDER}553 5.6.7 an address beyond ASCII needs MAIL with SMTPUTF8\r\n`,
    ],
    ["[UTF8-3.6-1] with BODY", "MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8\r\n", SENDER],
  ])("%s", (_, input, expected) => {
    expect(all(input)).toBe(expected);
  });

  it("[UTF8-3.4-1] where it is not offered no address beyond ASCII parses", () => {
    expect(all(`MAIL FROM:<grün@b>\r\n${MAIL}RCPT TO:<grün@b>\r\n`, {})).toMatch(
      /^501 5\.1\.7 .*\r\n250 .*\r\n501 5\.1\.3 .*\r\n$/,
    );
  });

  it("SMTPUTF8 after VRFY's argument is part of it where that is not offered", () => {
    const said = (smtputf8: boolean) =>
      play(`${EHLO}VRFY x SMTPUTF8\r\n`, { smtputf8 }).events.find(({ type }) => type === "vrfy");
    expect([said(false), said(true)]).toMatchObject([
      { argument: "x SMTPUTF8", smtputf8: false },
      { argument: "x", smtputf8: true },
    ]);
  });

  it("[UTF8-3.7.4.1-1] reply texts beyond ASCII stand in 251 and 551 of such a transaction, and where VRFY and EXPN ask for them", () => {
    const answer = (input: string, at: string, code: number) => {
      const { output } = play([octets(utf8(EHLO + input))], { smtputf8: true, expn: true }, (session, event) => {
        if (event.type === at) session.reply({ code, text: "grün" });
        else accept(session, event);
      });
      return text(octets(output.split("\r\n").at(-2)!));
    };
    const mail = "MAIL FROM:<a@b> SMTPUTF8\r\n";
    expect(answer(mail + RCPT, "rcpt", 251)).toBe(utf8("251 2.0.0 grün"));
    expect(answer(mail + RCPT, "rcpt", 551)).toBe(utf8("551 5.0.0 grün"));
    expect(answer("VRFY x smtputf8\r\n", "vrfy", 250)).toBe(utf8("250 2.0.0 grün"));
    expect(answer("EXPN x SMTPUTF8\r\n", "expn", 250)).toBe(utf8("250 2.1.5 grün"));
    expect(() => answer(mail + RCPT, "rcpt", 250)).toThrow('"reply" expected lines of printable ASCII');
    expect(() => answer(MAIL + RCPT, "rcpt", 251)).toThrow('"reply" expected lines of printable ASCII');
    expect(() => answer("VRFY x\r\n", "vrfy", 250)).toThrow('"reply" expected lines of printable ASCII');
  });
});

describe("EXPN and ETRN", () => {
  it.each([
    ["[SMTP-4.1.1.6-2] EXPN without an argument", "EXPN\r\n", "501 5.5.4 EXPN expected an argument\r\n"],
    ["[SMTP-3.5.2-2] EXPN", "EXPN staff\r\n", "250 2.1.5 the list has no members\r\n"],
    [
      "[ETRN-5-1] ETRN",
      "ETRN example.com\r\nETRN @example.com\r\nETRN #queue\r\n",
      "250 2.0.0 queuing started\r\n".repeat(3),
    ],
    ["[ETRN-5-1] ETRN of nothing", "ETRN\r\n", "501 5.5.4"],
    ["[ETRN-5-2] ETRN in a transaction", `${MAIL}ETRN example.com\r\n${RCPT}`, SENDER + OUT_OF_PLACE + RECIPIENT],
  ])("%s", (_, input, expected) => {
    const found = greeted(input, { expn: true, etrn: true });
    expect(expected.endsWith("\r\n") ? found : found.slice(0, expected.length)).toBe(expected);
  });

  it("[ETRN-5.1-1] are the application's to answer", () => {
    const { output, events } = play(
      `${EHLO}ETRN @b.example\r\nEXPN staff\r\n`,
      { expn: true, etrn: true },
      (session, event) => {
        if (event.type === "etrn") session.reject({ code: 458 });
        else if (event.type === "expn") session.accept({ text: ["<a@example.com>", "<b@example.com>"] });
      },
    );
    expect(output).toMatch(
      /458 4\.0\.0 not allowed\r\n250-2\.1\.5 <a@example\.com>\r\n250 2\.1\.5 <b@example\.com>\r\n$/,
    );
    expect(events).toMatchObject([
      {},
      {},
      { type: "etrn", option: "@", node: "b.example" },
      { type: "expn", argument: "staff" },
      {},
    ]);
  });
});
