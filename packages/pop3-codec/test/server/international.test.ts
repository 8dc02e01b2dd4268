import { type Maildrop, type Pop3ServerEvent, type Pop3ServerOptions, Pop3ServerSession } from "pop3-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, LOGIN, no, outOfPlace, play, responses } from "../support.ts";
import { OK } from "./support.ts";

const NATIVE = "Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\nx\r\n";
const SURROGATE = "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n\r\nx\r\n";
const MAILDROP: Maildrop = { sizes: [24, 7], uniqueIds: ["a", "b"], needsUtf8: [true, false] };

describe("UTF8", () => {
  const options = { utf8: true, stls: true };

  it.each([
    ["[PUTF8-2.1-1] is taken before the login, once or twice", `UTF8\r\nUTF8\r\n${LOGIN}`, OK.repeat(4)],
    ["[PUTF8-2.1-1] takes no argument", "UTF8 x\r\n", no("UTF8 has no argument")],
    ["[PUTF8-2.1-1] is out of place after the login", `${LOGIN}UTF8\r\n`, `${OK}${OK}${outOfPlace("UTF8")}`],
    ["[POP3-7-7] voids the name", "USER tim\r\nUTF8\r\nPASS tanstaaf\r\n", `${OK}${OK}${outOfPlace("PASS")}`],
    ["[PUTF8-2.1-5] leaves no STLS", "UTF8\r\nSTLS\r\n", `${OK}${outOfPlace("STLS")}`],
    ["[STLS-4-2] leaves no STLS to announce", "UTF8\r\nCAPA\r\n", /PIPELINING\r\nUTF8\r\n/],
  ])("%s", (_, input, expected) => {
    expect(responses(input, options)).toEqual(
      typeof expected === "string" ? expected : expect.stringMatching(expected),
    );
  });

  it("is not taken where it is not offered, and can be refused", () => {
    expect(responses("UTF8\r\n")).toBe(no("UTF8 is not offered"));
    const session = new Pop3ServerSession({ tls: true, utf8: true });
    session.receive(octets("UTF8\r\nUTF8\r\n"));
    for (const event of session) {
      if (event.type !== "utf8") continue;
      if (session.utf8) break;
      session.reject("not now");
      break;
    }
    expect(session.utf8).toBe(false);
    for (const _ of session);
    expect(session.utf8).toBe(true);
  });

  const serve = (session: Pop3ServerSession, event: Pop3ServerEvent) => {
    if (event.type === "pass") session.accept(MAILDROP);
    else if (event.type === "retr" || event.type === "top") session.accept().content(octets(NATIVE));
    else answer(session, event);
  };
  const commands = "RETR 1\r\nTOP 1 0\r\nRETR 1\r\nLIST 1\r\n";

  it("[PUTF8-2.1-2] without it a message that needs it is refused with the code UTF8", () => {
    const { output, events } = play(`${LOGIN}${commands}`, options, serve);
    expect(output).toBe(`${OK.repeat(3)}${no("[UTF8] the message needs UTF8").repeat(3)}+OK 1 24\r\n`);
    expect(events.filter(({ type }) => type === "surrogate")).toMatchObject([
      { number: 1, lines: null, size: 24 },
      { number: 1, lines: 0, size: 24 },
      { number: 1, lines: null, size: 24 },
    ]);
    expect(events.filter(({ type }) => type === "violation")).toEqual([]);
  });

  it("[PUTF8-2.1-2] without it a surrogate can be sent", () => {
    const { output } = play(`${LOGIN}RETR 1\r\nTOP 1 0\r\n`, options, (session, event) => {
      if (event.type === "surrogate") session.accept().content(octets(SURROGATE));
      else serve(session, event);
    });
    expect(output).toBe(`${OK.repeat(4)}${SURROGATE}.\r\n${OK}${SURROGATE.replace("x\r\n", "")}.\r\n`);
  });

  it("[PUTF8-2.1-4] a surrogate of another size than LIST has is told, but for TOP", () => {
    const { events } = play(`${LOGIN}RETR 1\r\nTOP 1 0\r\n`, options, (session, event) => {
      if (event.type === "surrogate") session.accept().content(octets(SURROGATE));
      else serve(session, event);
    });
    expect(events.filter(({ type }) => type === "size-differs")).toEqual([
      { type: "size-differs", number: 1, announced: 24, sent: SURROGATE.length, answer: "none" },
    ]);
  });

  it("[PUTF8-2.1-2] with it the message is sent as it is", () => {
    const { output } = play(`UTF8\r\n${LOGIN}RETR 1\r\n`, options, serve);
    expect(output).toBe(`${OK.repeat(5)}${NATIVE}.\r\n`);
  });

  it("[PUTF8-2.1-3] 8-bit content that is not marked passes without it", () => {
    expect(play(`${LOGIN}RETR 2\r\n`, {}, serve).output).toBe(`${OK.repeat(4)}${NATIVE}.\r\n`);
  });

  it("[PUTF8-2.1-4] the maildrop can have the sizes of the form that the mode calls for", () => {
    const sized = (session: Pop3ServerSession, event: Pop3ServerEvent) => {
      const size = session.utf8 ? NATIVE.length : SURROGATE.length;
      if (event.type === "pass")
        session.accept({ count: 1, size: () => size, uniqueId: () => "a", needsUtf8: () => true });
      else if (event.type === "surrogate") session.accept().content(octets(SURROGATE));
      else serve(session, event);
    };
    for (const [input, message] of [
      [LOGIN, SURROGATE],
      [`UTF8\r\n${LOGIN}`, NATIVE],
    ] as const) {
      const { output, events } = play(`${input}LIST 1\r\nRETR 1\r\n`, options, sized);
      expect(output.endsWith(`+OK 1 ${message.length}\r\n${OK}${message}.\r\n`)).toBe(true);
      expect(events.filter(({ type }) => type === "size-differs")).toEqual([]);
    }
  });

  it.each<[string, string, Pop3ServerOptions, string]>([
    ["[PUTF8-2.2-2] UTF-8 where UTF8 USER is announced", "USER gr\xc3\xbc\xc3\x9f\r\n", { utf8: "user" }, OK],
    [
      "[PUTF8-2.2-2] UTF-8 where UTF8 alone is",
      "USER gr\xc3\xbc\xc3\x9f\r\n",
      { utf8: true },
      no("expected printable ASCII"),
    ],
    ["[PUTF8-2.2-2] what is not well-formed", "USER gr\xfc\r\n", { utf8: "user" }, no("expected printable ASCII")],
    ["[PUTF8-2.2-2] a surrogate", "USER \xed\xa0\x80\r\n", { utf8: "user" }, no("expected printable ASCII")],
    ["[PUTF8-2.2-2] an overlong form", "USER \xc0\xae\r\n", { utf8: "user" }, no("expected printable ASCII")],
    [
      "[POP3-Q-18] octets, where a leniency has them",
      "USER gr\xfc\r\n",
      { leniencies: { eightBitCredentials: true } },
      OK,
    ],
  ])("%s", (_, input, more, expected) => {
    expect(responses(input, more)).toBe(expected);
  });
});

describe("prepare", () => {
  const uses: unknown[] = [];
  const prepare = (text: string, use: string) => {
    uses.push(use);
    if (text === "bad") return { rule: "RFC 3454 C.2.1" };
    return text === "none" ? null : text === "soft" ? "" : text.toLowerCase();
  };
  const options: Pop3ServerOptions = { prepare, apop: { timestamp: "<1@a>" } };
  const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";
  const FAILED = no("[AUTH] authentication failed");

  it("[PUTF8-2.2-3] is applied to the names of USER and APOP, and to the password", () => {
    const names = play(`USER TIM\r\nPASS TANSTAAF\r\n`, options).events.flatMap((event) =>
      event.type === "user" ? [event.name] : event.type === "pass" ? [event.name, event.password] : [],
    );
    expect(names).toEqual(["tim", "tim", "tanstaaf"]);
    expect(play(`APOP TIM ${DIGEST}\r\n`, options).events).toContainEqual(
      expect.objectContaining({ type: "apop", name: "tim" }),
    );
    expect(new Set(uses)).toEqual(new Set(["query"]));
  });

  it.each(["bad", "none", "soft"])("[PUTF8-2.2-3] what cannot be prepared is -ERR: %s", (text) => {
    expect(responses(`USER ${text}\r\nAPOP ${text} ${DIGEST}\r\nUSER x\r\nPASS ${text}\r\nPASS x\r\n`, options)).toBe(
      `${no("the name cannot be prepared")}${FAILED}${OK}${FAILED}${outOfPlace("PASS")}`,
    );
  });

  it.each([
    ["PASS", "USER tim\r\nPASS bad\r\n", "the password cannot be prepared"],
    ["APOP", `APOP bad ${DIGEST}\r\n`, "the name cannot be prepared"],
    ["PASS, its name kept", "USER tim\r\nNOOP\r\nPASS bad\r\n", "the password cannot be prepared"],
  ])("[PRC-3206.6-1] what cannot be prepared fails the login as wrong credentials do: %s", (_, input, text) => {
    const kept = { ...options, leniencies: { keepName: true } };
    const { events, output } = play(`${input}${input}PASS x\r\n${input}NOOP\r\n`, { ...kept, maxFailedLogins: 3 });
    const failed = { type: "authentication-failed", cause: "refused", text, answer: "default" };
    expect(events.filter(({ type }) => type === "pass" || type === "apop")).toEqual([]);
    expect(events.filter(({ type }) => type === "authentication-failed" || type === "login-failed")).toEqual([
      ...[failed, { type: "login-failed", failures: 1, delay: 2, answer: "none" }],
      ...[failed, { type: "login-failed", failures: 2, delay: 4, answer: "none" }],
      ...[failed, { type: "login-failed", failures: 3, delay: 8, answer: "none" }],
    ]);
    expect(output.split("\r\n").filter((line) => line.includes("[AUTH]"))).toHaveLength(3);
    expect(output).toContain(`${FAILED}${outOfPlace("PASS")}`);
    expect(output.endsWith(FAILED)).toBe(true);
    expect(events.slice(-2)).toMatchObject([{ type: "violation", code: "too-many-logins" }, { type: "closed" }]);
  });

  it("[PRC-3206.6-1] the same line answers SASL, PASS and APOP; the application can say it otherwise", () => {
    const input = `USER tim\r\nPASS none\r\nAPOP soft ${DIGEST}\r\nAUTH ECHO bm8=\r\n`;
    expect(responses(input, { ...options, mechanisms: ["ECHO"] })).toBe(`${OK}${FAILED.repeat(3)}`);
    const { output } = play(input, { ...options, mechanisms: ["ECHO"] }, (session, event) => {
      if (event.type === "authentication-failed") session.reject({ code: "SYS/PERM", text: event.text });
      else answer(session, event);
    });
    expect(output).toContain(
      `${no("[SYS/PERM] the password cannot be prepared", "[SYS/PERM] the name cannot be prepared")}`,
    );
  });

  it("[PRC-3206.5-1] USER has the code AUTH for it only where codes may stand there", () => {
    expect(responses("USER bad\r\n", options)).toBe(no("the name cannot be prepared"));
    expect(responses("USER bad\r\nUSER\r\n", { ...options, codesOnUser: true })).toBe(
      no("[AUTH] the name cannot be prepared", "expected a name"),
    );
  });
});

describe("LANG", () => {
  const languages = [
    { language: "en", text: "English" },
    { language: "de-CH", text: "Schwiizerdütsch" },
    { language: "fr", text: "" },
  ];
  const words: Record<string, string> = {
    "language changed": "Sprache gewechselt",
    "authentication failed": "Anmeldung fehlgeschlagen – leider",
    "unknown command": "unbekannter Befehl",
    "no such language": "keine solche Sprache",
  };
  const translate = (text: string, language: string) => (language === "de-CH" ? (words[text] ?? text) : text);
  const options = { languages, translate };
  const utf8 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));

  it.each([
    [
      "[PUTF8-3.2-2] alone it lists the languages",
      "LANG\r\n",
      `${OK}en English\r\nde-CH ${utf8("Schwiizerdütsch")}\r\nfr\r\n.\r\n`,
    ],
    ["[PUTF8-3.2-2] with two arguments it is -ERR", "LANG en de\r\n", no("expected one language range")],
    [
      "[PUTF8-3.2-1] a range answers with tag and text, and what follows is in that language",
      "LANG de\r\nX\r\nLANG xx\r\nUSER a\r\nPASS b\r\n",
      `+OK de-CH Sprache gewechselt\r\n${no("unbekannter Befehl", "keine solche Sprache")}${OK}-ERR [AUTH] ${utf8(words["authentication failed"]!)}\r\n`,
    ],
    [
      "[PUTF8-3.2-1] after -ERR the language is the one before",
      "LANG it\r\nX\r\n",
      no("no such language", "unknown command"),
    ],
    [
      "[PUTF8-3.2-1] ranges match up to a hyphen, in whatever case",
      "LANG DE-ch\r\nLANG d\r\nLANG de-CH-x\r\n",
      `+OK de-CH Sprache gewechselt\r\n${no("keine solche Sprache").repeat(2)}`,
    ],
    ["[PUTF8-3.2-3] * is the server's choice", "LANG *\r\n", "+OK en language changed\r\n"],
    ["[POP3-7-7] voids the name", "USER tim\r\nLANG\r\nPASS tanstaaf\r\n", /\.\r\n-ERR PASS is out of place\r\n$/],
  ])("%s", (_, input, expected) => {
    expect(responses(input, options)).toEqual(
      typeof expected === "string" ? expected : expect.stringMatching(expected),
    );
  });

  it("is taken after the login too, and not where no language is offered", () => {
    expect(responses(`${LOGIN}LANG fr\r\n`, options)).toBe(`${OK}${OK}+OK fr language changed\r\n`);
    expect(responses("LANG\r\n")).toBe(no("LANG is not offered"));
    expect(responses("LANG en\r\n", { languages })).toBe("+OK en language changed\r\n");
  });

  it("[PUTF8-3.2-3] the application can choose by user, once there is one", () => {
    const users: unknown[] = [];
    const { output } = play(`LANG *\r\n${LOGIN}LANG *\r\nLANG it\r\nX\r\nLANG\r\n`, options, (session, event) => {
      if (event.type !== "lang") return answer(session, event);
      users.push([event.range, event.language, event.user]);
      if (event.range === null) session.reject("no list");
      else if (event.range === "it") session.accept({ language: "de-CH", text: "grüezi" });
      else if (event.user === "tim") session.accept("bonjour");
      else session.reject();
    });
    expect(users).toEqual([
      ["*", "en", null],
      ["*", "en", "tim"],
      ["it", null, "tim"],
      [null, null, "tim"],
    ]);
    expect(output).toBe(
      `${OK}${no("no such language")}${OK}${OK}+OK en bonjour\r\n+OK de-CH ${utf8("grüezi")}\r\n${no("unbekannter Befehl", "no list")}`,
    );
  });

  it("accept() needs a language where none matches, and a tag", () => {
    const session = new Pop3ServerSession({ tls: true, languages });
    session.receive(octets("LANG it\r\n"));
    for (const event of session) if (event.type === "lang") break;
    expect(() => session.accept()).toThrow('"language" expected the language that texts are in');
    expect(() => session.accept({ language: "it it" })).toThrow('"language" expected a language tag');
    session.accept({ language: "it" });
    expect(new TextDecoder().decode(session.takeOutput()!)).toBe("+OK ready\r\n+OK it language changed\r\n");
  });

  it("[PUTF8-3.2-5] text other than ASCII needs LANG or UTF8", () => {
    for (const [input, taken] of [
      ["X\r\n", false],
      ["LANG fr\r\nX\r\n", true],
      ["UTF8\r\nX\r\n", true],
    ] as const) {
      const session = new Pop3ServerSession({ tls: true, languages, utf8: true });
      session.receive(octets(input));
      for (const event of session) if (event.type === "unknown") break;
      const reject = () => session.reject("ça ne va pas");
      if (taken) reject();
      else expect(reject).toThrow('"text" expected printable ASCII');
    }
  });

  it("[STLS-4-5] the language is forgotten under TLS", () => {
    const session = new Pop3ServerSession({ stls: true, ...options });
    session.receive(octets("LANG de\r\nSTLS\r\n"));
    for (const _ of session);
    session.tlsEstablished();
    session.takeOutputPieces();
    session.receive(octets("X\r\n"));
    for (const _ of session);
    expect(new TextDecoder().decode(session.takeOutput()!)).toBe(no("unknown command"));
  });
});
