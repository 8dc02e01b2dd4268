import fc from "fast-check";
import { Pop3ClientSession } from "pop3-codec";
import { driveClient, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { echo } from "./support.ts";

const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";
const CAPA = "+OK\r\nUTF8 USER\r\nSASL ECHO\r\n.\r\n";

/** A session that may log in by anything, or has logged in. */
function session(loggedIn: boolean): Pop3ClientSession {
  const found = new Pop3ClientSession({ tls: true });
  driveClient(
    found,
    [octets(`+OK <a@b>\r\n${CAPA}${loggedIn ? "+OK\r\n" : ""}`)],
    (event) => {
      if (event.type === "greeting") found.capa();
      if (event.type === "capa" && loggedIn) found.apop("tim", DIGEST);
    },
    false,
  );
  return found;
}

/** Every field of every command that a caller gives. */
const FIELDS: Readonly<Record<string, readonly [boolean, (session: Pop3ClientSession, value: string) => unknown]>> = {
  "USER's name": [false, (s, value) => s.user(value)],
  "PASS's password": [false, (s, value) => s.user("tim").pass(value)],
  "APOP's name": [false, (s, value) => s.apop(value, DIGEST)],
  "APOP's digest": [false, (s, value) => s.apop("tim", value)],
  "AUTH's mechanism": [false, (s, value) => s.auth(echo("all", value), { force: true })],
  "LANG's language": [false, (s, value) => s.lang(value)],
  "login's name": [false, (s, value) => [...s.login({ name: value, password: "x" })]],
  "login's password": [false, (s, value) => [...s.login({ name: "tim", password: value })]],
  "login's digest": [false, (s, value) => [...s.login({ name: "tim", apop: () => value })]],
  "login's mechanism": [false, (s, value) => [...s.login({ choose: () => echo("all", value) })]],
  "LIST's number": [true, (s, value) => s.list(value as unknown as number)],
  "UIDL's number": [true, (s, value) => s.uidl(value as unknown as number)],
  "RETR's number": [true, (s, value) => s.retr(value as unknown as number)],
  "TOP's number": [true, (s, value) => s.top(value as unknown as number, 0)],
  "TOP's lines": [true, (s, value) => s.top(1, value as unknown as number)],
  "DELE's number": [true, (s, value) => s.dele(value as unknown as number)],
};

describe("whatever a field holds", () => {
  const hostile = fc.string({
    unit: fc.constantFrom(
      "\r",
      "\n",
      "\r\n",
      "\0",
      "QUIT",
      " ",
      "a",
      "1",
      "\x7f",
      "\u00e9",
      "\u010a",
      "\u760d\u760a",
      "\ud800",
    ),
    maxLength: 12,
  });

  it.each(Object.keys(FIELDS))("[POP3-3-17] %s sends one command a line, in its form, or nothing", (field) => {
    const [loggedIn, give] = FIELDS[field]!;
    fc.assert(
      fc.property(hostile, (value) => {
        const before = session(loggedIn);
        try {
          give(before, value);
        } catch (error) {
          // What is no number is of the wrong type.
          expect([loggedIn ? "TypeError" : "RangeError", "StateError"]).toContain((error as Error).name);
          if (value.length > 3 && !loggedIn && error instanceof RangeError)
            expect((error as Error).message).not.toContain(value);
        }
        const lines = text(before.takeOutputPieces());
        const form = /^(?:(?:USER|PASS|APOP|AUTH|LANG|LIST|UIDL|RETR|TOP|DELE|STLS)(?: [^\0-\x1f\x7f]+)?\r\n)*$/;
        expect(lines).toMatch(form);
        expect(lines.split("\r\n").length).toBeLessThanOrEqual(2);
      }),
      { numRuns: runs() },
    );
  });

  it("a mechanism's octets go as base64, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const before = session(false);
        const mechanism = echo("all");
        before.auth({ ...mechanism, start: () => ({ type: "response", bytes: Uint8Array.from(bytes) }) });
        expect(text(before.takeOutputPieces())).toMatch(/^AUTH ECHO(?: (?:=|[A-Za-z0-9+/]+={0,2}))?\r\n$/);
      }),
      { numRuns: runs() },
    );
  });
});
