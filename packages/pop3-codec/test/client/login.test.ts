import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Pop3ClientSession } from "pop3-codec";
import { driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, echo, HELLO, login, nothing, play, shown } from "./support.ts";

describe("logging in", () => {
  it("[POP3-4-2] nothing is sent before the greeting, and nothing after a refusal", () => {
    const session = new Pop3ClientSession();
    session.capa();
    expect(session.takeOutput()).toBe(null);
    expect(session.timeout).toEqual({ seconds: 300, for: "greeting" });
    const { output, events } = driveClient(session, [octets("-ERR busy\r\n")], () => {});
    expect(output).toBe("");
    expect(events).toMatchObject([
      { type: "greeting", ok: false },
      { type: "capa", response: null },
      { type: "closed", cause: "refused" },
    ]);
    expect(session.timeout).toBe(null);
  });

  it("[POP3-7-10] PASS waits for USER, and is not sent after -ERR", () => {
    expect(play(`${HELLO}+OK\r\n+OK\r\n`, [login]).output).toBe("USER tim\r\nPASS tanstaaf\r\n");
    const refused = play(`${HELLO}-ERR no\r\n`, [login, nothing]);
    expect(refused.output).toBe("USER tim\r\n");
    expect(shown(refused)).toEqual(["greeting ok", "user no", "pass lost", "closed end-of-input"]);
    const again = play(`${HELLO}-ERR\r\n+OK\r\n-ERR\r\n+OK\r\n+OK\r\n`, [
      (s) => s.user("a"),
      (s) => s.user("b"),
      (s) => s.pass("x"),
      login,
      nothing,
      (s) => s.stat(),
    ]);
    expect(again.output).toBe("USER a\r\nUSER b\r\nPASS x\r\nUSER tim\r\nPASS tanstaaf\r\nSTAT\r\n");
  });

  it.each([
    ["+OK <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"],
    ["+OK a <b> <c@d> <e@f>", "<c@d>"],
    ["+OK <<a@b>", "<a@b>"],
    ["+OK <a@>", null],
    ["+OK <@b>", null],
    ["+OK <a@b@c>", null],
    ["+OK <a b@c>", null],
    ["+OK a@b>", null],
    ["+OK", null],
  ])("[POP3-7-14] finds the timestamp of %j", (greeting, timestamp) => {
    expect(play(`${greeting}\r\n`, []).events[0]).toMatchObject({ type: "greeting", ok: true, timestamp });
  });

  it("finds a timestamp in one pass, whatever the greeting", () => {
    const { events } = play(`+OK ${"<".repeat(250)}${"<a".repeat(100)}\r\n`, []);
    expect(events[0]).toMatchObject({ timestamp: null });
  });

  it("APOP needs a timestamp", () => {
    const digest = "c4c9334bac560ecc979e58001b3e22fb";
    expect(play("+OK <a@b>\r\n+OK\r\n", [(s) => s.apop("tim", digest)]).output).toBe(`APOP tim ${digest}\r\n`);
    expect(() => play(HELLO, [(s) => s.apop("tim", digest)])).toThrow("apop() is not possible without a timestamp");
  });

  it("[STLS-4-8] requireTls lets no login go before TLS", () => {
    for (const command of [(s) => s.user("a"), (s) => s.apop("a", "0"), (s) => s.auth(echo())] as Command[]) {
      expect(() => play("+OK <a@b>\r\n", [command], { requireTls: true })).toThrow(
        "before TLS, which requireTls demands",
      );
    }
    expect(play(HELLO, [(s) => s.user("a")], { requireTls: true, tls: true }).output).toBe("USER a\r\n");
  });

  it.each<[string, string, (session: Pop3ClientSession) => void]>([
    ["has succeeded", `${HELLO}+OK\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n`, () => {}],
    ["was cut off", HELLO, (session) => session.receiveEnd()],
    ["was silent for too long", HELLO, (session) => session.timedOut()],
  ])("its options are let go once it %s", async (_, input, end) => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const session = new Pop3ClientSession({ plaintextWithoutTls: true });
    const given = (() => {
      const options = { name: "tim", password: "tanstaaf", stls: "never" } as const;
      session.login(options);
      return new WeakRef(options);
    })();
    driveClient(session, [octets(input)], () => {}, false);
    end(session);
    expect([...session].at(-1)?.type ?? "closed").toBe("closed");
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(given.deref()).toBe(undefined);
  });
});
