import { Pop3ClientSession } from "pop3-codec";
import { driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, cuttings, HELLO, login, nothing, play, shown } from "./support.ts";

/** A session that has had this answer to CAPA, and the commands after it theirs. */
function asked(answers: string, commands: readonly Command[] = [], greeting = HELLO): Pop3ClientSession {
  const session = new Pop3ClientSession({ plaintextWithoutTls: true });
  const left = [(s: Pop3ClientSession) => s.capa(), ...commands];
  driveClient(
    session,
    [octets(`${greeting}${answers}`)],
    (event) => {
      if ("ok" in event) left.shift()?.(session);
    },
    false,
  );
  return session;
}

describe("CAPA", () => {
  it("[CAPA-5-2] -ERR means unknown, which is no empty list", () => {
    expect([asked("-ERR\r\n").capabilities, asked("-ERR\r\n").waiting]).toEqual([null, "decision"]);
    expect(asked("+OK\r\n.\r\n").capabilities).toMatchObject({ list: [], sasl: [], lines: [] });
    expect(asked("+OK\r\n").capabilities).toBe(null);
  });

  it("[CAPA-5-5] tags are kept with their arguments; SASL lines add up", () => {
    const list = "+OK\r\ntop\r\nSASL plain LOGIN\r\n\r\nEXPIRE 30 USER \r\nsasl PLAIN scram-sha-256\r\nTOP x\r\n.\r\n";
    const { capabilities } = asked(list);
    expect([...capabilities!.tags]).toEqual([
      ["TOP", { tag: "TOP" }],
      ["SASL", { tag: "SASL", mechanisms: ["PLAIN", "LOGIN"] }],
      ["EXPIRE", { tag: "EXPIRE", days: 30, user: true }],
    ]);
    expect(capabilities!.sasl).toEqual(["PLAIN", "LOGIN", "SCRAM-SHA-256"]);
  });

  it("[CAPA-5-6] stay after the login, those that depend on the user marked, until they are asked for anew", () => {
    const list = "+OK\r\nLOGIN-DELAY 9 USER\r\nEXPIRE NEVER USER\r\nUTF8 USER\r\n.\r\n";
    const session = asked(`${list}+OK\r\n+OK\r\n`, [login]);
    expect([session.state, session.mayHaveChanged]).toEqual(["transaction", ["LOGIN-DELAY", "EXPIRE"]]);
    expect(asked(list).mayHaveChanged).toEqual([]);
    expect(asked("-ERR\r\n+OK\r\n+OK\r\n", [login]).mayHaveChanged).toEqual([]);
    expect(asked("+OK\r\nEXPIRE 9\r\nLOGIN-DELAY x USER\r\n.\r\n+OK\r\n+OK\r\n", [login]).mayHaveChanged).toEqual([]);
    expect(asked(`${list}+OK\r\n+OK\r\n${list}`, [login, nothing, (s) => s.capa()]).mayHaveChanged).toEqual([]);
  });

  it.each([
    ["[CAPA-4-3] a line of 513 octets", `TOP\r\nX ${"x".repeat(509)}\r\nUIDL\r\n`, ["line-too-long"], ["TOP", "UIDL"]],
    ["[CAPA-4-3] a line of 512 octets", `TOP\r\nX ${"x".repeat(508)}\r\nUIDL\r\n`, [], ["TOP", "X", "UIDL"]],
    ["two lines that are too long", `${`${"x".repeat(600)}\r\n`.repeat(2)}UIDL\r\n`, ["line-too-long"], ["UIDL"]],
    ["a bare LF, and a dot behind it", "TOP\nx\n.\r\nUIDL\r\n", ["invalid-listing"], ["UIDL"]],
    ["a dot that is stuffed", "..TOP\r\n.UIDL\r\n", [], ["UIDL"]],
    ["lines that are none", "a.b\r\n\x07\r\nUIDL\r\n", ["invalid-listing"], ["UIDL"]],
  ])("%s", (_, lines, violations, tags) => {
    for (const chunks of cuttings(octets(`${HELLO}+OK\r\n${lines}.\r\n+OK\r\n`))) {
      const session = new Pop3ClientSession();
      const found = driveClient(
        session,
        chunks,
        (event) => {
          if (event.type === "greeting") session.capa().capa();
        },
        false,
      );
      const codes = found.events.flatMap((event) => (event.type === "violation" ? [event.code] : []));
      expect([codes, [...session.capabilities!.tags.keys()]]).toEqual([violations, tags]);
    }
  });

  it("keeps so many lines and no more, however many come", () => {
    const list = `+OK\r\n${"X-Y\r\n".repeat(1000)}.\r\n`;
    const found = play(`${HELLO}${list}`, [(s) => s.capa()]);
    expect(shown(found)).toEqual(["greeting ok", "violation too-many-lines", "capa ok", "closed end-of-input"]);
    expect(asked(list).capabilities!.lines).toHaveLength(256);
  });

  it("[CAPA-6.9-2] neither IMPLEMENTATION nor the greeting's text changes what is done", () => {
    const implementations = ["Dovecot", "POP3-Server-that-drops-CRs v2"];
    const behaviour = implementations.map((name) =>
      play(`+OK ${name} ready\r\n+OK\r\nIMPLEMENTATION ${name}\r\n.\r\n+OK\r\n+OK\r\n`, [
        (s) => s.capa(),
        login,
        nothing,
      ]),
    );
    expect(shown(behaviour[0]!)).toEqual(shown(behaviour[1]!));
    expect(behaviour[0]!.output).toBe(behaviour[1]!.output);
  });

  it("[POP3-Q-10] TOP and UIDL are sent though a list lacks them, unless that is switched off", () => {
    const list = `${HELLO}+OK\r\n.\r\n+OK\r\n+OK\r\n`;
    const commands = (last: Command) => [(s: Pop3ClientSession) => s.capa(), login, nothing, last];
    expect(
      play(
        `${list}-ERR\r\n`,
        commands((s) => s.uidl().top(1, 0)),
      ).output,
    ).toContain("UIDL\r\nTOP 1 0\r\n");
    const leniencies = { unlistedCommands: false };
    expect(() =>
      play(
        list,
        commands((s) => s.uidl()),
        { leniencies },
      ),
    ).toThrow("uidl() is not possible on a server");
    expect(() =>
      play(
        list,
        commands((s) => s.top(1, 0)),
        { leniencies },
      ),
    ).toThrow("top() is not possible on a server");
    const unknown = `${HELLO}-ERR\r\n+OK\r\n+OK\r\n`;
    expect(
      play(
        unknown,
        commands((s) => s.uidl()),
        { leniencies },
      ).output,
    ).toContain("UIDL\r\n");
  });
});
