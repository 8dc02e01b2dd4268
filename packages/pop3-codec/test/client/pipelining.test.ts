import type { Pop3ClientSession } from "pop3-codec";
import { describe, expect, it } from "vitest";
import { type Command, HELLO, IN, loggedIn, login, nothing, play, shown } from "./support.ts";

describe("pipelining", () => {
  it("[CAPA-6.6-3] one command at a time, unless CAPA announced PIPELINING", () => {
    const many: Command = (s) => s.stat().list().retr(1).dele(1).quit();
    expect(play(IN, loggedIn(many)).output).toBe("USER tim\r\nPASS tanstaaf\r\nSTAT\r\n");
    const CAPA = "+OK\r\nPIPELINING\r\n.\r\n";
    const grouped = [(s: Pop3ClientSession) => s.capa(), login, nothing, many];
    expect(play(`${HELLO}${CAPA}+OK\r\n+OK\r\n`, grouped).output).toBe(
      "CAPA\r\nUSER tim\r\nPASS tanstaaf\r\nSTAT\r\nLIST\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n",
    );
    expect(play(`${HELLO}${CAPA}+OK\r\n+OK\r\n`, grouped, { pipelining: false }).output).toBe(
      "CAPA\r\nUSER tim\r\nPASS tanstaaf\r\nSTAT\r\n",
    );
    const answers = "+OK 1 9\r\n+OK\r\n1 9\r\n.\r\n+OK\r\na\r\n.\r\n+OK\r\n+OK\r\n";
    expect(shown(play(`${HELLO}${CAPA}+OK\r\n+OK\r\n${answers}`, grouped)).slice(4)).toEqual([
      ...["stat ok", "1 9", "list ok", "content a\r\n", "retr ok", "dele ok", "quit ok", "closed quit"],
    ]);
  });
});
