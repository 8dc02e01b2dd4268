import { type Maildrop, type Pop3ServerOptions, Pop3ServerSession } from "pop3-codec";
import { describe, expect, it } from "vitest";
import { answer, LOGIN, MAILDROP, no, outOfPlace, play, responses } from "../support.ts";
import { loggedIn, OK } from "./support.ts";

/** The lists that CAPA answers with, each as one line. */
function lists(input: string, options: Pop3ServerOptions, maildrop: Maildrop = MAILDROP): string[] {
  const { output } = play(input, options, (session, event) => {
    if (event.type === "pass") session.accept(maildrop);
    else answer(session, event);
  });
  return [...output.matchAll(/\+OK\r\n((?:[A-Z0-9].*\r\n)*)\.\r\n/g)].map(([, list]) =>
    list!.trim().replaceAll("\r\n", " | "),
  );
}

const BOTH = `CAPA\r\n${LOGIN}CAPA\r\n`;
const COMMON = "RESP-CODES | AUTH-RESP-CODE | PIPELINING";

describe("CAPA", () => {
  it.each<[string, Pop3ServerOptions, string, string]>([
    [
      "[CAPA-5-3] the same before and after the login",
      {},
      `TOP | UIDL | USER | ${COMMON}`,
      `TOP | UIDL | USER | ${COMMON}`,
    ],
    ["[CAPA-6.1-1] without TOP and UIDL", { top: false, uidl: false }, `USER | ${COMMON}`, `USER | ${COMMON}`],
    [
      "[STLS-4-2] STLS before the login alone",
      { top: false, uidl: false, stls: true },
      `USER | ${COMMON} | STLS`,
      `USER | ${COMMON}`,
    ],
    [
      "[PAUTH-3-1] the mechanisms in both states",
      { top: false, uidl: false, mechanisms: ["scram-sha-256", "PLAIN"] },
      `USER | SASL SCRAM-SHA-256 PLAIN | ${COMMON}`,
      `USER | SASL SCRAM-SHA-256 PLAIN | ${COMMON}`,
    ],
    [
      "[CAPA-6.4-1] without response codes",
      { top: false, uidl: false, responseCodes: false },
      "USER | PIPELINING",
      "USER | PIPELINING",
    ],
    [
      "[PUTF8-2-1] UTF8 and LANG in both states",
      { top: false, uidl: false, utf8: true, languages: [{ language: "en", text: "" }] },
      `USER | ${COMMON} | UTF8 | LANG`,
      `USER | ${COMMON} | UTF8 | LANG`,
    ],
    [
      "[PUTF8-2-1] UTF8 with USER",
      { top: false, uidl: false, utf8: "user" },
      `USER | ${COMMON} | UTF8 USER`,
      `USER | ${COMMON} | UTF8 USER`,
    ],
    [
      "[CAPA-6.5-1] [CAPA-6.7-1] LOGIN-DELAY and EXPIRE as they are for all",
      { top: false, uidl: false, loginDelay: { seconds: 900 }, expire: { days: Number.POSITIVE_INFINITY } },
      `USER | ${COMMON} | LOGIN-DELAY 900 | EXPIRE NEVER`,
      `USER | ${COMMON} | LOGIN-DELAY 900 | EXPIRE NEVER`,
    ],
    [
      "[CAPA-6.5-1] [CAPA-6.7-1] USER stands before the login alone",
      { top: false, uidl: false, loginDelay: { seconds: 900, user: true }, expire: { days: 0, user: true } },
      `USER | ${COMMON} | LOGIN-DELAY 900 USER | EXPIRE 0 USER`,
      `USER | ${COMMON} | LOGIN-DELAY 900 | EXPIRE 0`,
    ],
    [
      "[CAPA-6.9-1] IMPLEMENTATION for those who have logged in",
      { top: false, uidl: false, implementation: { text: "Example POP3 1.0" } },
      `USER | ${COMMON}`,
      `USER | ${COMMON} | IMPLEMENTATION Example POP3 1.0`,
    ],
    [
      "[CAPA-6.9-1] IMPLEMENTATION for all, and an experiment",
      {
        top: false,
        uidl: false,
        implementation: { text: "x", toAll: true },
        capabilities: [{ tag: "other", name: "XTRA", parameters: ["1"] }],
      },
      `USER | ${COMMON} | IMPLEMENTATION x | XTRA 1`,
      `USER | ${COMMON} | IMPLEMENTATION x | XTRA 1`,
    ],
  ])("%s", (_, options, before, after) => {
    expect(lists(BOTH, options)).toEqual([before, after]);
  });

  it("[CAPA-6.5-2] a user's own delay, at most the one announced, and without USER", () => {
    const options = { top: false, loginDelay: { seconds: 900, user: true } };
    expect(lists(BOTH, options, { ...MAILDROP, loginDelay: 60 })).toEqual([
      `UIDL | USER | ${COMMON} | LOGIN-DELAY 900 USER`,
      `UIDL | USER | ${COMMON} | LOGIN-DELAY 60`,
    ]);
  });

  it("[CAPA-6.7-2] a user's own time to keep messages, at least the one announced, and without USER", () => {
    const options = { top: false, expire: { days: 14, user: true } };
    const own = { ...MAILDROP, expire: Number.POSITIVE_INFINITY };
    expect(lists(BOTH, options, own)).toEqual([
      `UIDL | USER | ${COMMON} | EXPIRE 14 USER`,
      `UIDL | USER | ${COMMON} | EXPIRE NEVER`,
    ]);
  });

  it.each<[Pop3ServerOptions, Partial<Maildrop>, string]>([
    [{ loginDelay: { seconds: 900, user: true } }, { loginDelay: 901 }, '"loginDelay" expected'],
    [{ loginDelay: { seconds: 900, user: true } }, { loginDelay: -1 }, '"loginDelay" expected'],
    [
      { loginDelay: { seconds: 900 } },
      { loginDelay: 60 },
      '"loginDelay" expected what the option loginDelay leaves open',
    ],
    [{}, { loginDelay: 60 }, '"loginDelay" expected none, as the option has none, got 60'],
    [{ expire: { days: 14, user: true } }, { expire: 13 }, '"expire" expected'],
    [{ expire: { days: 14, user: true } }, { expire: Number.NaN }, '"expire" expected'],
    [{ expire: { days: 14 } }, { expire: 15 }, '"expire" expected'],
  ])("[CAPA-5-3] with the options %j a maildrop with %j is refused", (options, own, message) => {
    const session = new Pop3ServerSession({ tls: true, ...options });
    session.receive(new TextEncoder().encode(LOGIN));
    for (const event of session) if (event.type === "pass") break;
    expect(() => session.accept({ ...MAILDROP, ...own } as Maildrop)).toThrow(message);
    session.accept(MAILDROP);
    expect(session.state).toBe("transaction");
  });

  it("[CAPA-6.2-1] USER is announced exactly while it is taken, and stays announced", () => {
    const options = { plaintextWithoutTls: false, stls: true, top: false, uidl: false, mechanisms: ["PLAIN", "ECHO"] };
    expect(lists("CAPA\r\n", options)).toEqual([`SASL ECHO | ${COMMON} | STLS`]);
    expect(lists(BOTH, { ...options, tls: true })).toEqual([
      `USER | SASL PLAIN ECHO | ${COMMON}`,
      `USER | SASL PLAIN ECHO | ${COMMON}`,
    ]);
    expect(lists("AUTH ECHO eWVz\r\nCAPA\r\n", options)).toEqual([`SASL ECHO | ${COMMON}`]);
    expect(lists("CAPA\r\n", { user: false, mechanisms: ["ECHO"] })).toEqual([`TOP | UIDL | SASL ECHO | ${COMMON}`]);
  });

  it("[CAPA-6.1-1] TOP and UIDL that are not announced are not taken", () => {
    expect(responses(`${LOGIN}TOP 1 0\r\nUIDL\r\nUIDL 1\r\n`, { top: false, uidl: false })).toBe(
      `${OK}${OK}${no("TOP is not offered", "UIDL is not offered", "UIDL is not offered")}`,
    );
  });

  it("[CAPA-5-1] works in AUTHORIZATION and in TRANSACTION, and takes no argument", () => {
    const list = `TOP\r\nUIDL\r\nUSER\r\n${COMMON.replaceAll(" | ", "\r\n")}\r\n.\r\n`;
    expect(responses("CAPA\r\ncapa x\r\n")).toBe(`${OK}${list}${no("CAPA has no argument")}`);
    expect(loggedIn("CAPA\r\nUSER x\r\nCAPA\r\n")).toBe(`${OK}${list}${outOfPlace("USER")}${OK}${list}`);
  });

  it("can have the text of its status line from the application", () => {
    const { output } = play("CAPA\r\n", { top: false, uidl: false }, (session, event) => {
      if (event.type === "capa") session.accept("as follows");
    });
    expect(output).toBe(`${OK}+OK as follows\r\nUSER\r\n${COMMON.replaceAll(" | ", "\r\n")}\r\n.\r\n`);
  });

  it.each<[Pop3ServerOptions, string]>([
    [{ loginDelay: { seconds: -1 } }, '"seconds" expected'],
    [{ expire: { days: 1.5 } }, '"days" expected'],
    [{ implementation: { text: "a  b" } }, "expected arguments of visible ASCII"],
    [{ capabilities: [{ tag: "other", name: "X.Y", parameters: [] }] }, '"tag" expected visible ASCII without a dot'],
    [{ languages: [{ language: "no tag", text: "" }] }, '"language" expected a language tag'],
    [
      { mechanisms: Array.from({ length: 40 }, (_, index) => `ABCDEFGHIJKLMNOPQR${10 + index}`) },
      "a line of at most 512 octets",
    ],
  ])("refuses the options %j, which it could not announce", (options, message) => {
    expect(() => new Pop3ServerSession(options)).toThrow(message);
  });

  it("has a mechanism once that is named twice", () => {
    const { output } = play("CAPA\r\n", { mechanisms: ["PLAIN", "ECHO", "plain"] });
    expect(output).toContain("\r\nSASL PLAIN ECHO\r\n");
  });
});
