import type { Pop3ClientSession } from "pop3-codec";
import { drive, movedBy, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { type Command, echo, HELLO, IN, loggedIn, login, nothing, play, shown } from "./support.ts";

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

  it("[CAPA-6.6-2] responses belong to commands in their order, also to those sent while a response was arriving", () => {
    const session = new PromptClient({ plaintextWithoutTls: true });
    const CAPA = "+OK\r\nPIPELINING\r\n.\r\n";
    const segments = [
      `${HELLO}${CAPA}`,
      "+OK\r\n+OK\r\n",
      "+OK\r\n1 1",
      "0\r\n2 20\r\n.\r\n+OK 2 30\r\n-ERR\r\n+OK\r\nx\r\n.\r\n",
    ];
    const found = drive(session, segments.map(octets), (event) => {
      if (event.type === "greeting") session.capa();
      if (event.type === "capa") login(session);
      if (event.type === "pass") session.list();
      if (event.type === "scan-listing" && event.number === 1) session.stat().dele(9).retr(1);
    });
    expect(shown(found).slice(4)).toEqual([
      ...["1 10", "2 20", "list ok", "stat ok", "dele no", "content x\r\n", "retr ok", "closed end-of-input"],
    ]);
  });

  it.each<readonly [string, Command, string]>([
    ["STLS", (s) => s.stls(), "STLS"],
    ["AUTH", (s) => s.auth(echo(), { force: true }), "AUTH ECHO"],
    ["QUIT", (s) => s.quit(), "QUIT"],
    ["PASS", (s) => s.user("tim").pass("x"), "USER tim"],
    ["APOP", (s) => s.apop("tim", "c4c9334bac560ecc979e58001b3e22fb"), "APOP tim c4c9334bac560ecc979e58001b3e22fb"],
  ])(
    "[CAPA-6.6-4] nothing is sent behind %s, whatever is announced, until its outcome is known",
    (_, command, line) => {
      const CAPA = "+OK\r\nPIPELINING\r\n.\r\n";
      const found = play(`+OK <a@b>\r\n${CAPA}`, [
        (s) => s.capa(),
        (s) => {
          command(s);
          for (const more of [() => s.capa(), () => s.stat(), () => s.user("x"), () => s.noop()]) {
            expect(more).toThrow("is not possible in state");
          }
        },
      ]);
      expect(found.output).toBe(`CAPA\r\n${line}\r\n`);
    },
  );

  it("[POP3-7-10] USER and PASS go in one flight where PIPELINING is announced and the caller allows it", () => {
    const commands = [(s: Pop3ClientSession) => s.capa(), login, nothing];
    const pipelining = `${HELLO}+OK\r\nPIPELINING\r\n.\r\n`;
    const eager = { eagerPass: true };
    expect(play(pipelining, commands, eager).output).toBe("CAPA\r\nUSER tim\r\nPASS tanstaaf\r\n");
    expect(play(pipelining, commands).output).toBe("CAPA\r\nUSER tim\r\n");
    expect(play(`${HELLO}+OK\r\n.\r\n`, commands, eager).output).toBe("CAPA\r\nUSER tim\r\n");
    const refused = play(`${pipelining}-ERR\r\n-ERR\r\n`, commands, eager);
    expect(shown(refused).slice(2)).toEqual(["user no", "pass no", "closed end-of-input"]);
    expect(play(pipelining, [(s) => s.capa(), (s) => s.capa().user("a").quit()], eager).output).toBe(
      "CAPA\r\nCAPA\r\nUSER a\r\n",
    );
  });

  it("100,000 commands in one group are answered in linear time, and so is the loss of as many", () => {
    const many: Command = (s) => {
      for (let count = 0; count < 100_000; count++) s.noop();
    };
    const answers = [
      octets(`${HELLO}+OK\r\nPIPELINING\r\n.\r\n`),
      octets("+OK\r\n+OK\r\n"),
      octets("+OK\r\n".repeat(100_000)),
    ];
    const session = new PromptClient({ plaintextWithoutTls: true });
    const counts = { true: 0, false: 0 };
    const moved = movedBy(() =>
      drive(session, answers, (event) => {
        if (event.type === "greeting") session.capa();
        if (event.type === "capa") login(session);
        if (event.type === "pass") many(session);
        if (event.type === "noop") counts[`${event.ok}`]++;
        if (counts.true === 100_000 && counts.false === 0 && event.type === "noop" && event.ok) many(session);
      }),
    );
    expect(counts).toEqual({ true: 100_000, false: 100_000 });
    // A thousand are under way at most, and are moved for each one; of a queue taken from its front it would be fifty
    // thousand.
    expect(moved / 200_000).toBeLessThan(2000);
  });

  it("a command given outside the loop makes room for any chunk", () => {
    const session = new PromptClient({ maxPendingInput: 4 });
    drive(session, [octets("+OK ready\r\n")], () => {}, false);
    expect(session.waiting).toBe("decision");
    expect(() => session.receive(octets("-ERR bye\r\n"))).toThrow("while the application is to act");
    session.capa();
    expect([...session.receive(octets("-ERR what?\r\n"))].map(({ type }) => type)).toEqual(["capa"]);
  });

  it("a long queue is sent one by one in linear time", () => {
    const count = 20_000;
    let answered = 0;
    const session = new PromptClient({ plaintextWithoutTls: true, highWaterMark: Number.POSITIVE_INFINITY });
    drive(
      session,
      [octets(`${IN}+OK\r\n`)],
      (event) => {
        if (event.type === "greeting") login(session);
        if (event.type === "pass") for (let times = 0; times < count; times++) session.noop();
        if (event.type === "noop") answered++;
      },
      false,
    );
    const moved = movedBy(() => {
      for (const event of session.receive(octets("+OK\r\n".repeat(count - 1)))) if (event.type === "noop") answered++;
    });
    expect([answered, session.waiting]).toEqual([count, "decision"]);
    expect(moved / count).toBeLessThan(10);
  });
});
