import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { type LoginOptions, type Pop3ClientEvent, Pop3ClientSession, type SessionSnapshot } from "pop3-codec";
import { chunkings, octets, parseTranscript, record, runs, text, withMemory } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { type Command, echo, HELLO, login, nothing } from "./support.ts";

type Between = (session: PromptClient) => PromptClient;

const OPTIONS = { plaintextWithoutTls: true };
const LOGIN: LoginOptions = { name: "tim", password: "tanstaaf", method: "USER", stls: "never" };

/** What a session says of input, the rest of it after any event through `between`. */
function play(chunks: readonly Uint8Array[], commands: readonly Command[], between: Between): unknown {
  const left = [...commands];
  const events: Pop3ClientEvent[] = [];
  let session = between(new PromptClient(OPTIONS));
  let output = "";
  const pull = () => {
    for (let event = session.nextEvent(); event !== null; event = session.nextEvent()) {
      record(events, event.type === "content" ? { ...event, bytes: event.bytes.slice() } : event);
      session = between(session);
      if (event.type === "sasl") session.proceed({ type: "response", bytes: octets("yes") });
      else if ("ok" in event) left.shift()?.(session);
      session = between(session);
    }
    output += text(session.takeOutputPieces());
    session = between(session);
  };
  for (const chunk of chunks) {
    session.receive(chunk.slice());
    session = between(session);
    pull();
  }
  session.receiveEnd();
  pull();
  const { waiting, state, capabilities, timestamp, tls, timeout, mayHaveChanged } = session;
  const shown = events.map((event) => (event.type === "sasl" ? { ...event, mechanism: event.mechanism.name } : event));
  return [shown, output, waiting, state, capabilities, timestamp, tls, timeout, mayHaveChanged];
}

/** Once through data, and back. The mechanism has no state that matters here. */
const again: Between = (session) => {
  const snapshot = structuredClone(session.snapshot());
  return (PromptClient.restore(snapshot, OPTIONS, echo("all"), LOGIN) as PromptClient).follow(session);
};
const same: Between = (session) => session;

describe("a client session restored from a snapshot, after any event, goes on as if nothing had happened", () => {
  const folder = new URL("../seed/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));
  it.each(files)("in the seed page's %s", (name) => {
    const { lines } = parseTranscript(readFileSync(new URL(name, folder), "utf8"));
    const input = octets(
      lines
        .filter(({ from }) => from === "S")
        .map(({ printed }) => `${printed}\r\n`)
        .join(""),
    );
    const commands = lines
      .filter(({ from }) => from === "C")
      .map(({ printed }): Command => {
        const [verb, argument = ""] = printed.split(" ");
        return (session) => {
          if (verb === "USER") session.user(argument);
          else if (verb === "PASS") session.pass("x");
          else if (verb === "APOP") session.apop("tim", "c4c9334bac560ecc979e58001b3e22fb");
          else if (verb === "AUTH") session.auth(echo("all"), { force: true });
          else if (verb === "RETR" || verb === "DELE") session[verb === "RETR" ? "retr" : "dele"](Number(argument));
          else if (verb === "STAT") session.stat();
          else if (verb === "LIST") session.list();
          else session.quit();
        };
      });
    fc.assert(
      fc.property(chunkings(input), (chunks) => {
        expect(play(chunks, commands, again)).toEqual(play(chunks, commands, same));
      }),
      { numRuns: runs(0.1) },
    );
  });

  const CAPA = "+OK\r\nPIPELINING\r\nUSER\r\nSASL ECHO\r\nEXPIRE 9 USER\r\n.\r\n";
  const everything: Command = (s) =>
    s.stat().list().uidl().lang().retr(1, 9).top(1, 1).list(2).uidl(2).lang("de").dele(1).capa().noop().rset().quit();
  const scripts: Readonly<Record<string, readonly [string, readonly Command[]]>> = {
    "by USER and PASS": ["+OK\r\n+OK\r\n", [(s) => s.capa(), login, nothing, everything]],
    "by login()": ["+OK\r\n+OK\r\n", [(s) => s.login(LOGIN), nothing, nothing, nothing, everything]],
    "by AUTH": ["+OK\r\n", [(s) => s.capa(), (s) => s.auth(echo("all")), everything]],
    "with a step of the application's": [
      "+ YXNr\r\n+OK\r\n",
      [(s) => s.capa(), (s) => s.auth(echo("all")), everything],
    ],
  };
  const line = fc.constantFrom(
    ...[
      "+OK\r\n",
      "+OK 1 2\r\n",
      "-ERR [IN-USE] no\r\n",
      "1 2\r\n",
      ".\r\n",
      "..x\r\n",
      "x\n.\n",
      "+OK x\0\r\n",
      "+ eWVz\r\n",
      "en x\r\n",
    ],
    ...["+OK 1 12\r\n+OK\r\n1 12\r\n.\r\n+OK\r\n1 a\r\n.\r\n+OK\r\nen\r\n.\r\n+OK\r\n..a\r\nb\r\n.\r\n+OK\r\n"],
    ...["\r", "\n", `1 ${"9".repeat(600)}\r\n`],
  );
  it.each(Object.keys(scripts))("logged in %s, whatever the server sends", (name) => {
    const [answers, commands] = scripts[name]!;
    const input = fc
      .array(line, { maxLength: 12 })
      .map((lines) => octets(`${HELLO}${CAPA}${answers}${lines.join("")}`))
      .chain((bytes) => chunkings(bytes));
    fc.assert(
      fc.property(input, (chunks) => {
        expect(play(chunks, commands, again)).toEqual(play(chunks, commands, same));
      }),
      { numRuns: runs(0.25) },
    );
  });
});

describe("a snapshot", () => {
  it("is refused without what was under way, and for another role", () => {
    const session = new Pop3ClientSession(OPTIONS).login(LOGIN);
    expect(() => Pop3ClientSession.restore(session.snapshot())).toThrow('"login" expected the options of the login');
    const other: SessionSnapshot = { ...session.snapshot(), role: "pop3-server" };
    expect(() => Pop3ClientSession.restore(other)).toThrow("expected role pop3-client");
    const authenticating = new Pop3ClientSession().auth(echo("all"), { force: true });
    expect(() => Pop3ClientSession.restore(authenticating.snapshot())).toThrow('"mechanism" expected');
  });

  it.each<[object, string]>([
    [{ mode: "content" }, "one of greeting, commands, lines, tls, closed at snapshot.data.memory.mode, got content"],
    [{ state: "update" }, "authorization, name, transaction, busy, closed at snapshot.data.memory.state, got update"],
    [{ expected: "" }, "authorization, name, transaction, busy, closed at snapshot.data.memory.expected, got "],
    [{ login: { method: "PASS" } }, "one of AUTH, APOP, USER at snapshot.data.memory.login.method, got PASS"],
  ])("is refused with %j in its memory", (changed, message) => {
    const snapshot = withMemory(new Pop3ClientSession().snapshot(), changed);
    expect(() => Pop3ClientSession.restore(snapshot)).toThrow(TypeError);
    expect(() => Pop3ClientSession.restore(snapshot)).toThrow(message);
  });

  it("can be restored twice, also between two entries of a listing", () => {
    const session = new PromptClient(OPTIONS);
    session.receive(octets(`${HELLO}+OK\r\n+OK\r\n+OK\r\nx\r\n1 10\r\n2 20\r\n.\r\n`));
    for (let event = session.nextEvent(); event?.type !== "violation"; event = session.nextEvent()) {
      if (event?.type === "greeting") login(session);
      if (event?.type === "pass") session.list();
    }
    const snapshot = session.snapshot();
    const rest = () =>
      [...(PromptClient.restore(snapshot, OPTIONS) as PromptClient).follow(session)].map(({ type }) => type);
    expect([rest(), rest(), [...session].map(({ type }) => type)]).toEqual(
      Array(3).fill(["scan-listing", "scan-listing", "list"]),
    );
  });

  it.each([
    ["x\r\n", ["violation"]],
    ["2 1\r\n1 1\r\n1 1\r\nx\r\n", ["scan-listing", "violation", "scan-listing", "scan-listing", "violation"]],
    ["2 1\r\nx\r\n1 1\r\n0 1\r\n", ["scan-listing", "violation", "violation", "scan-listing"]],
  ])("and the end of a loop, after what is wrong with a listing of %j, lose nothing", (lines, types) => {
    const listing = octets(`${HELLO}+OK\r\n+OK\r\n+OK\r\n${lines}.\r\n`);
    for (const restores of [true, false]) {
      let session = new PromptClient(OPTIONS).receive(listing);
      const seen: string[] = [];
      for (let left = true; left; ) {
        left = false;
        for (const event of session) {
          seen.push(event.type);
          left = true;
          if (event.type === "greeting") login(session);
          if (event.type === "pass") session.list();
          break;
        }
        if (restores) session = again(session);
      }
      expect(seen.slice(3)).toEqual([...types, "list"]);
    }
  });

  it("is the same after a call that threw, with a queue of which a part was sent", () => {
    const session = new Pop3ClientSession(OPTIONS);
    session.capa();
    for (const _ of session.receive(octets(HELLO)));
    session.capa().user("m").quit();
    for (const _ of session.receive(octets("+OK\r\n.\r\n")));
    const before = session.snapshot();
    expect(() => session.stls()).toThrow("not possible");
    expect(session.snapshot()).toEqual(before);
  });
});
