import { Pop3ClientSession, Pop3Retrieval } from "pop3-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { list, loggedIn, message, OK, remove, stat, uidl } from "../retrieval/support.ts";
import { type Command, echo } from "./support.ts";

describe("a response that was received before its command was taken as output", () => {
  it.each<readonly [string, Command, string]>([
    ["noop", (session) => session.noop(), "+OK\r\n"],
    ["stat", (session) => session.stat(), "-ERR bye\r\n"],
    ["uidl", (session) => session.uidl(), "+OK\r\n1 a\r\n.\r\n"],
    ["dele", (session) => session.dele(1), `${"x".repeat(600)}\r\n`],
    ["quit", (session) => session.quit(), "+OK\r\n"],
  ])("answers no %s, and ends the session", (type, command, early) => {
    const session = Pop3ClientSession.restore(loggedIn().snapshot(), { tls: true });
    session.takeOutputPieces();
    command(session);
    session.receive(octets(early));
    const events = [...session];
    expect(events.map((event) => event.type)).toEqual(["violation", type, "closed"]);
    expect(events[0]).toMatchObject({ fatal: true });
    expect(events[1]).toMatchObject({ ok: false, response: null });
  });

  it.each(["+ \r\n", "+OK\r\n"])("answers no AUTH: %j", (early) => {
    const session = new Pop3ClientSession({ tls: true });
    for (const _ of session.receive(octets("+OK\r\n")));
    session.auth(echo("all"), { force: true }).receive(octets(early));
    expect([...session].map(({ type }) => type)).toEqual(["violation", "auth", "closed"]);
  });

  it("confirms no removal: QUIT was not sent", () => {
    const session = Pop3ClientSession.restore(loggedIn().snapshot(), { tls: true });
    const retrieval = new Pop3Retrieval(session, remove);
    for (const part of [uidl("a"), stat(1), list(1), message("a"), `${OK}${OK}`]) {
      session.takeOutputPieces();
      session.receive(octets(part));
      for (const _ of retrieval);
    }
    expect(retrieval.report).toMatchObject({ deletions: "none", complete: false });
  });
});
