import { type Pop3ServerEvent, type Pop3ServerOptions, Pop3ServerSession, type ResponseInput } from "pop3-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { answer, LOGIN, MAILDROP, no, play, responses } from "../support.ts";
import { OK } from "./support.ts";

/** What is sent when the first event of a type is rejected. */
function rejected(type: Pop3ServerEvent["type"], code: string, options: Pop3ServerOptions = {}): string {
  const input = `NOPE\r\nUSER tim\r\nPASS tanstaaf\r\nLIST 1\r\nRETR 1\r\nTOP 1 1\r\nDELE 1\r\nSTAT\r\nQUIT\r\n`;
  const authentication = { auth: "AUTH ECHO\r\n", authenticated: "AUTH ECHO eWVz\r\n" }[type as "auth"];
  const failed = type === "authentication-failed" ? "AUTH ECHO bm8=\r\n" : undefined;
  const { output } = play(
    authentication ?? failed ?? (type === "apop" ? "APOP a c4c9334bac560ecc979e58001b3e22fb\r\n" : input),
    { mechanisms: ["ECHO"], apop: { timestamp: "<1@a>" }, ...options },
    (session, event) => {
      if (event.type === type) session.reject({ code, text: "x" });
      else answer(session, event);
    },
  );
  return output.split("\r\n").find((line) => line.endsWith(" x")) ?? "";
}

/** What becomes of giving a code where it may not stand. */
function refused(type: Pop3ServerEvent["type"], code: string): void {
  expect(() => rejected(type, code), `${code} at ${type}`).toThrow(
    `"code" expected one that may stand here, not ${code}`,
  );
}

describe("response codes", () => {
  const logins = ["pass", "apop", "auth", "authenticated", "authentication-failed"] as const;
  const others = ["user", "unknown", "list", "retr", "top", "dele", "stat", "quit"] as const;

  it.each(logins)("[PRC-2449.8.1.1-1] LOGIN-DELAY may stand at %s, and at none of the others", (type) => {
    expect(rejected(type, "LOGIN-DELAY")).toBe("-ERR [LOGIN-DELAY] x");
    for (const other of others) refused(other, "LOGIN-DELAY");
  });

  it.each(logins)("[PRC-2449.8.1.2-1] IN-USE may stand at %s, and at none of the others", (type) => {
    expect(rejected(type, "IN-USE")).toBe("-ERR [IN-USE] x");
    for (const other of others) refused(other, "IN-USE");
  });

  it.each(logins)("[PRC-3206.5-1] AUTH may stand at %s, and at none of the others", (type) => {
    expect(rejected(type, "AUTH")).toBe("-ERR [AUTH] x");
    for (const other of others) refused(other, "AUTH");
  });

  it("[PRC-3206.5-1] [PRC-2449.8.1.1-1] AUTH and LOGIN-DELAY at USER are for the application to allow", () => {
    expect(rejected("user", "AUTH", { codesOnUser: true })).toBe("-ERR [AUTH] x");
    expect(rejected("user", "LOGIN-DELAY", { codesOnUser: true })).toBe("-ERR [LOGIN-DELAY] x");
    expect(() => rejected("user", "IN-USE", { codesOnUser: true })).toThrow("not IN-USE");
    expect(() => rejected("stat", "AUTH", { codesOnUser: true })).toThrow("not AUTH");
  });

  it.each([...logins, ...others])("[PRC-3206.4-1] SYS/TEMP and SYS/PERM may stand at %s", (type) => {
    expect(rejected(type, "SYS/TEMP")).toBe("-ERR [SYS/TEMP] x");
    expect(rejected(type, "sys/perm/disk")).toBe("-ERR [SYS/PERM/DISK] x");
  });

  it.each([
    ["list", "-ERR [UTF8] x"],
    ["retr", "-ERR [UTF8] x"],
    ["top", "-ERR [UTF8] x"],
  ] as const)("[PUTF8-5-1] UTF8 may stand at %s, and not elsewhere", (type, expected) => {
    expect(rejected(type, "UTF8")).toBe(expected);
    for (const other of ["user", "pass", "dele", "stat", "quit"] as const) refused(other, "UTF8");
  });

  it("[PRC-2449.8-1] other codes may stand anywhere, also on +OK and in the greeting; those of -ERR may not", () => {
    const accepting = (input: ResponseInput) =>
      play("CAPA\r\n", { top: false }, (session, event) => {
        if (event.type === "connect" || event.type === "capa") session.accept(input);
      }).output.split("\r\n");
    expect(accepting({ code: "x/y", text: "hello" }).slice(0, 2)).toEqual(["+OK [X/Y] hello", "+OK [X/Y] hello"]);
    expect(rejected("stat", "X-OWN")).toBe("-ERR [X-OWN] x");
    for (const code of ["SYS/TEMP", "AUTH", "UTF8"]) expect(() => accepting({ code })).toThrow(`not ${code}`);
  });

  it("[CAPA-6.4-1] text that looks like a code is refused; without RESP-CODES no code is sent", () => {
    const session = new Pop3ServerSession({ tls: true });
    session.nextEvent();
    for (const text of ["[AUTH] x", "[UwBD] x", "["]) expect(() => session.accept(text)).toThrow("expected no bracket");
    session.accept("as it was");
    expect(rejected("pass", "IN-USE", { responseCodes: false })).toBe("-ERR x");
    expect(responses("USER tim\r\nPASS x\r\n", { responseCodes: false })).toBe(`${OK}${no("authentication failed")}`);
  });

  it.each([
    ["IN-USE", "the maildrop is in use"],
    ["sys/temp/disk", "no login is possible now"],
    ["AUTH", "authentication failed"],
    ["X-OWN", "authentication failed"],
    [null, "authentication failed"],
  ])("a login refused with the code %s and without a text says in words what that means, sent or not", (code, text) => {
    const refuse = (options: Pop3ServerOptions, input: ResponseInput = { code }) =>
      play("USER tim\r\nPASS x\r\n", options, (session, event) => event.type === "pass" && session.reject(input))
        .output;
    expect(refuse({})).toBe(`${OK}${OK}${no(`${code === null ? "" : `[${code.toUpperCase()}] `}${text}`)}`);
    expect(refuse({ responseCodes: false })).toBe(`${OK}${OK}${no(text)}`);
    expect(refuse({ responseCodes: false }, { code, text: "x" })).toBe(`${OK}${OK}${no("x")}`);
  });

  it.each([
    ["auth", "AUTH ECHO\r\n", "IN-USE", "the maildrop is in use"],
    ["user", "USER tim\r\n", "LOGIN-DELAY", "too soon after the last login"],
  ])("so does one at %s", (type, line, code, text) => {
    const options = { mechanisms: ["ECHO"], codesOnUser: true };
    const { output } = play(line, options, (session, event) => event.type === type && session.reject({ code }));
    expect(output).toBe(`${OK}${no(`[${code}] ${text}`)}`);
  });

  it("[PRC-3206.6-1] AUTH marks bad credentials, whichever they are, and no other failure", () => {
    const lines = responses(
      "USER tim\r\nPASS x\r\nUSER nobody\r\nPASS x\r\nAUTH ECHO bm8=\r\nAUTH ECHO\r\n*\r\nAUTH ECHO\r\n!\r\nAUTH X\r\nPASS x\r\nSTAT\r\n",
      { mechanisms: ["ECHO"] },
    ).split("\r\n");
    expect(lines).toEqual([
      ...["+OK", "-ERR [AUTH] authentication failed", "+OK", "-ERR [AUTH] authentication failed"],
      ...["-ERR [AUTH] authentication failed", "+ d2hhdD8=", "-ERR authentication failed"],
      ...["+ d2hhdD8=", "-ERR authentication failed", "-ERR the mechanism is not offered"],
      ...["-ERR PASS is out of place", "-ERR STAT is out of place", ""],
    ]);
  });

  it.each<[string, Pop3ServerOptions, string]>([
    ["the codes that RFC 3206 §5 has for a policy", {}, "-ERR TLS comes first"],
    ["a code at USER too", { codesOnUser: true }, "-ERR [AUTH] TLS comes first"],
  ])("[STLS-2.3-1] passwords before TLS are refused with %s", (_, options, atUser) => {
    const { events, output } = play("USER tim\r\nPASS tanstaaf\r\nAUTH PLAIN AHRpbQB4\r\n", {
      ...{ plaintextWithoutTls: false, stls: true },
      mechanisms: ["PLAIN"],
      ...options,
    });
    const refusal = "-ERR [AUTH] TLS comes first";
    expect(output).toBe(`+OK\r\n${atUser}\r\n${refusal}\r\n${refusal}\r\n`);
    expect(events.flatMap((event) => (event.type === "violation" ? [[event.code, event.field]] : []))).toEqual([
      ["tls-required", "name"],
      ["tls-required", "password"],
      ["tls-required", "mechanism"],
    ]);
  });

  it.each([
    ["STAT", "STAT", "4 76"],
    ["LIST 1", "LIST", "1 28"],
    ["UIDL 1", "UIDL", "1 uid-1"],
  ])("the response to %s has figures alone: another text or a code is refused", (command, verb, figures) => {
    const { output } = play(`${LOGIN}${command}\r\n`, {}, (session, event) => {
      if (event.type === verb.toLowerCase()) {
        expect(() => session.accept("fine")).toThrow(RangeError);
        expect(() => session.accept({ text: "" })).toThrow(`"text" expected none: the response to ${verb} has figures`);
        expect(() => session.accept({ code: "X" })).toThrow(RangeError);
        expect(() => session.accept({ code: "X" })).toThrow(
          `"code" expected none: the response to ${verb} has figures`,
        );
        session.accept({ code: null });
      } else answer(session, event);
    });
    expect(output.split("\r\n").at(-2)).toBe(`+OK ${figures}`);
  });

  it("the response to LANG begins with the language: a code is refused", () => {
    const languages = [{ language: "en", text: "English" }];
    const { output } = play("LANG en\r\nLANG\r\n", { languages }, (session, event) => {
      if (event.type !== "lang") return;
      const accept = () => session.accept({ code: "X" });
      if (event.range === null) accept();
      else expect(accept).toThrow('"code" expected none: the response to LANG begins with the language');
    });
    expect(output).toBe("+OK\r\n+OK en language changed\r\n+OK [X]\r\nen English\r\n.\r\n");
  });

  it("a language stands in the positive answer to LANG alone", () => {
    const languages = [{ language: "en", text: "English" }];
    const language = "en";
    const { output } = play(`LANG\r\nLANG en\r\n${LOGIN}STAT\r\n`, { languages }, (session, event) => {
      const refused = () => expect(() => session.reject({ language })).toThrow('"language" expected none');
      if (event.type === "stat" || event.type === "pass" || event.type === "lang") refused();
      if (event.type === "stat" || (event.type === "lang" && event.range === null))
        expect(() => session.accept({ language })).toThrow('"language" expected none');
      if (event.type === "pass")
        expect(() => session.accept(MAILDROP, { language })).toThrow('"language" expected none');
      answer(session, event);
    });
    expect(output).toBe("+OK\r\n+OK\r\nen English\r\n.\r\n+OK en language changed\r\n+OK\r\n+OK\r\n+OK 4 76\r\n");
  });

  it("a throw for a code changes nothing", () => {
    const session = new Pop3ServerSession({ tls: true });
    session.receive(octets(LOGIN));
    for (const event of session) if (event.type === "pass") break;
    expect(() => session.reject({ code: "UTF8" })).toThrow(RangeError);
    expect(() => session.reject({ code: "a b" })).toThrow(RangeError);
    expect(() => session.reject("x".repeat(512))).toThrow("at most 512 octets");
    expect(session.nextEvent()).toBe(null);
    expect(session.waiting).toBe("decision");
  });
});
