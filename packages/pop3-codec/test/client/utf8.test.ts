import { Pop3ClientSession } from "pop3-codec";
import { driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, HELLO, IN, loggedIn, nothing, play, shown } from "./support.ts";

const UTF8_USER = `${HELLO}+OK\r\nUTF8 USER\r\n.\r\n`;
const capa: Command = (s) => s.capa();

describe("UTF8 and names in UTF-8", () => {
  it("[PUTF8-2.1-1] is asked for before the login, as often as one likes", () => {
    const found = play(`${HELLO}+OK\r\n+OK\r\n-ERR\r\n`, [(s) => s.utf8().utf8().utf8()]);
    expect(found.output).toBe("UTF8\r\nUTF8\r\nUTF8\r\n");
    expect(shown(found)).toEqual(["greeting ok", "utf8 ok", "utf8 ok", "utf8 no", "closed end-of-input"]);
    expect(() =>
      play(
        IN,
        loggedIn((s) => s.utf8()),
      ),
    ).toThrow('utf8() is not possible in state "transaction"');
  });

  it("[PUTF8-2.1-5] STLS is refused once it was asked for, whatever the response", () => {
    const stls: Command = (s) => s.stls();
    expect(() => play(`${HELLO}+OK\r\n`, [(s) => s.utf8(), stls])).toThrow("stls() is not possible after UTF8");
    expect(() => play(HELLO, [(s) => s.utf8().stls()])).toThrow("stls() is not possible after UTF8");
    expect(() => play(HELLO, [(s) => s.capa().utf8().stls()])).toThrow("stls() is not possible after UTF8");
    expect(() => play(`${HELLO}-ERR\r\n`, [(s) => s.utf8(), stls])).toThrow("stls() is not possible after UTF8");
  });

  it("[PUTF8-2.2-1] names and passwords go as UTF-8 where UTF8 USER was announced, and nowhere else", () => {
    const digest = "c4c9334bac560ecc979e58001b3e22fb";
    const names = [capa, (s: Pop3ClientSession) => s.user("j\u00f6rg").pass("\u20ac")];
    expect(play(`${UTF8_USER}+OK\r\n`, [...names, nothing]).output).toBe(
      "CAPA\r\nUSER j\u00c3\u00b6rg\r\nPASS \u00e2\u0082\u00ac\r\n",
    );
    for (const list of ["+OK\r\nUTF8\r\n.\r\n", "-ERR\r\n"]) {
      expect(() => play(`${HELLO}${list}`, names)).toThrow('"name" expected printable ASCII');
    }
    const session = new Pop3ClientSession();
    driveClient(session, [octets("+OK <a@b>\r\n")], () => {}, false);
    expect(() => session.apop("j\u00f6rg", digest)).toThrow('"name" expected printable ASCII');
    expect(() => play(UTF8_USER, [capa, (s) => s.user("\ud800")])).toThrow('"name" expected text without controls');
  });

  it("[PUTF8-2.2-3] what prepares names and passwords is applied, and its failure is a refusal", () => {
    const prepare = (text: string, use: string) => {
      expect(use).toBe("query");
      if (text === "bad") return { rule: "RFC 3454 C.2.1" };
      return text === "worse" ? null : text.toLowerCase();
    };
    const options = { prepare };
    const digest = "c4c9334bac560ecc979e58001b3e22fb";
    expect(play(`${HELLO}+OK\r\n`, [(s) => s.user("TIM").pass("SECRET"), nothing], options).output).toBe(
      "USER tim\r\nPASS secret\r\n",
    );
    expect(play("+OK <a@b>\r\n", [(s) => s.apop("TIM", digest)], options).output).toBe(`APOP tim ${digest}\r\n`);
    expect(() => play(HELLO, [(s) => s.user("bad")], options)).toThrow('"name" cannot be prepared: RFC 3454 C.2.1');
    expect(() => play(HELLO, [(s) => s.user("tim").pass("worse")], options)).toThrow('"password" cannot be prepared');
    expect(() => play("+OK <a@b>\r\n", [(s) => s.apop("bad", digest)], options)).toThrow('"name" cannot be prepared');
    expect(() => play(HELLO, [(s) => s.login({ name: "bad" })], options)).toThrow('"name" cannot be prepared');
  });

  it("[PUTF8-5-1] the code UTF8 is reported, and the message is not asked for again", () => {
    const found = play(
      `${IN}-ERR [UTF8] needs it\r\n`,
      loggedIn((s) => s.retr(1)),
    );
    expect(found.events.find(({ type }) => type === "retr")).toMatchObject({
      ok: false,
      response: { code: "UTF8", actsAs: "UTF8", text: "needs it" },
    });
    expect(found.output).toBe("USER tim\r\nPASS tanstaaf\r\nRETR 1\r\n");
  });

  it("[PUTF8-3.2-5] texts are UTF-8, malformed octets U+FFFD, and the line keeps all of them", () => {
    const { events } = play("+OK \xc3\xa9 \xff\r\n", []);
    expect(events[0]).toMatchObject({ response: { text: "\u00e9 \ufffd", line: "+OK \xc3\xa9 \xff" } });
  });

  it("LANG takes a language range and nothing else", () => {
    expect(play(HELLO, [(s) => s.lang().lang("de-CH").lang("*")]).output).toBe("LANG\r\n");
    expect(() => play(HELLO, [(s) => s.lang("de\r\nQUIT")])).toThrow('"language" expected');
  });
});
