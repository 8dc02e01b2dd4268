import { Pop3ServerSession } from "pop3-codec";
import { drive } from "tools/testing";
import { describe, expect, it } from "vitest";
import { no, outOfPlace, play, responses } from "../support.ts";

describe("AUTHORIZATION", () => {
  it.each([
    ["[POP3-7-9] USER is accepted for every name", "USER nobody\r\nUSER a b\r\n", `+OK\r\n${outOfPlace("USER")}`],
    [
      "[POP3-7-7] a command between USER and PASS voids the name",
      "USER tim\r\nCAPAX\r\nPASS tanstaaf\r\n",
      `+OK\r\n${no("unknown command")}${outOfPlace("PASS")}`,
    ],
    [
      "[POP3-7-6] USER twice voids the name",
      "USER tim\r\nUSER tim\r\nPASS tanstaaf\r\n",
      `+OK\r\n${outOfPlace("USER", "PASS")}`,
    ],
    [
      "[POP3-4-3] a wrong password leaves AUTHORIZATION as it was",
      "USER tim\r\nPASS x\r\nPASS tanstaaf\r\nUSER tim\r\nPASS tanstaaf\r\nSTAT\r\n",
      "+OK\r\n-ERR [AUTH] authentication failed\r\n-ERR PASS is out of place\r\n+OK\r\n+OK\r\n+OK 4 76\r\n",
    ],
    [
      "[POP3-7-8] PASS takes spaces as they are",
      "USER tim\r\nPASS  tanstaaf\r\nUSER tim\r\nPASS tanstaaf \r\nUSER tim\r\nPASS \r\n",
      "+OK\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n-ERR expected a password\r\n",
    ],
    [
      "[POP3-3-6] commands of TRANSACTION are out of place",
      "STAT\r\nLIST\r\nRETR 1\r\nDELE 1\r\nNOOP\r\nRSET\r\nTOP 1 1\r\nUIDL\r\n",
      outOfPlace("STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "TOP", "UIDL"),
    ],
    ["[POP3-4-7] QUIT", "QUIT\r\nNOOP\r\n", "+OK\r\n"],
    [
      "[POP3-7-13] APOP without a timestamp",
      "APOP tim c4c9334bac560ecc979e58001b3e22fb\r\n",
      no("APOP is not offered"),
    ],
    ["[PAUTH-4-1] AUTH where none is offered", "AUTH PLAIN\r\nAUTH\r\n", no("AUTH is not offered").repeat(2)],
    [
      "[CAPA-5-1] CAPA in both states",
      "CAPA\r\nUSER tim\r\nPASS tanstaaf\r\nCAPA\r\n",
      "+OK\r\nTOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n+OK\r\n+OK\r\n+OK\r\nTOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n",
    ],
    [
      "[POP3-3-1] a bare LF or CR, or a NUL, refuses the line and no more",
      "USER a\nQUIT\r\nUSER a\rQUIT\r\nUSER \0\r\nUSER tim\r\n",
      `${no("an LF without CR at offset 6", "a CR without LF at offset 19", "a NUL at offset 31")}+OK\r\n`,
    ],
    ["[POP3-3-17] an octet above 127", "USER \xe9\r\n", no("expected printable ASCII")],
    [
      "[CAPA-4-1] 255 octets are a command, 256 are none",
      `USER ${"x".repeat(248)}\r\nUSER ${"x".repeat(249)}\r\n${"x".repeat(20_000)}\r\nQUIT\r\n`,
      `+OK\r\n${no("expected at most 255 octets", "a line of more than 12288 octets at offset 12799")}+OK\r\n`,
    ],
    ["[POP3-Q-13] spaces in front of CRLF", "USER tim  \r\nPASS tanstaaf\r\nSTAT \r\n", "+OK\r\n+OK\r\n+OK 4 76\r\n"],
  ])("%s", (_, input, expected) => {
    expect(responses(input)).toBe(expected);
  });

  it("[STLS-2.3-1] without TLS no password reaches the application, by default", () => {
    const { events, output } = play("USER tim\r\nPASS tanstaaf\r\nAUTH PLAIN AHRpbQB4\r\nCAPA\r\n", {
      plaintextWithoutTls: false,
      mechanisms: ["PLAIN", "CRAM-MD5"],
    });
    expect(events.filter(({ type }) => type === "user" || type === "pass" || type === "auth")).toEqual([]);
    expect(output).toMatch(/^\+OK\r\n(?:-ERR [^\r]*\r\n){3}\+OK\r\nTOP\r\nUIDL\r\nSASL CRAM-MD5\r\n/);
  });

  it("[POP3-7-12] the greeting has a timestamp when APOP is on, different for every session", () => {
    const greet = () => new Pop3ServerSession({ apop: { host: "mx.example.com" } });
    const [one, other] = [greet(), greet()].map((session) => drive(session, [], () => {}).output);
    expect(one).toMatch(/^\+OK ready <[0-9a-f]{32}@mx\.example\.com>\r\n$/);
    expect(one).not.toBe(other);
  });

  it("[POP3-7-15] APOP names its method, and keeps its digest out of sight", () => {
    const { events, output } = play("APOP tim c4c9334bac560ecc979e58001b3e22fb\r\nSTAT\r\nAPOP x y\r\n", {
      apop: { timestamp: "<1.2@example.com>" },
    });
    const event = events.find(({ type }) => type === "apop")!;
    expect(event).toMatchObject({
      name: "tim",
      timestamp: "<1.2@example.com>",
      digest: "c4c9334bac560ecc979e58001b3e22fb",
    });
    expect(JSON.stringify(event)).not.toContain("c4c9334b");
    expect(output).toBe("+OK <1.2@example.com>\r\n+OK\r\n+OK 4 76\r\n-ERR APOP is out of place\r\n");
  });

  it("[POP3-4-9] the nth failed login closes", () => {
    const { events, output } = play("USER tim\r\nPASS a\r\nUSER tim\r\nPASS b\r\nUSER tim\r\n", { maxFailedLogins: 2 });
    expect(output).toBe(
      "+OK\r\n+OK\r\n-ERR [AUTH] authentication failed\r\n+OK\r\n-ERR [AUTH] authentication failed\r\n",
    );
    expect(events.slice(-2)).toMatchObject([
      { type: "violation", code: "too-many-logins", fatal: true },
      { type: "closed", cause: "violation" },
    ]);
  });

  it("closes after too many faulty commands", () => {
    expect(play("X\r\nY\r\nZ\r\n", { maxErrors: 2 }).output).toBe(
      "+OK\r\n-ERR unknown command\r\n-ERR unknown command\r\n",
    );
  });

  it("a connection can be refused", () => {
    const { output, events } = play("USER tim\r\n", {}, (session, event) => {
      if (event.type === "connect") session.reject({ code: "SYS/TEMP", text: "later" });
    });
    expect(output).toBe("-ERR [SYS/TEMP] later\r\n");
    expect(events.at(-1)).toMatchObject({ type: "closed", cause: "refused" });
  });

  it("an unknown command can be answered by an application that knows it", () => {
    const { output } = play("XTND XMIT\r\n", {}, (session, event) => {
      if (event.type === "unknown") session.accept(`${event.verb} ${event.argument}`);
    });
    expect(output).toBe("+OK\r\n+OK XTND XMIT\r\n");
  });
});
