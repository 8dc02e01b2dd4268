import { type SessionSnapshot, SmtpClientSession } from "smtp-codec";
import { driveClient, octets, text, withMemory } from "tools/testing";
import { describe, expect, it } from "vitest";
import { echo, ehlo, GREETING, HELLO, offer, Restored, transaction } from "./support.ts";

describe("a restored client session", () => {
  it("goes on in the middle of a reply that is not ASCII", () => {
    const session = new SmtpClientSession();
    session.receive(octets("220-caf\xc3\xa9\r\n220-two\r\n22"));
    expect(session.nextEvent()).toBe(null);
    const restored = SmtpClientSession.restore(structuredClone(session.snapshot()));
    restored.receive(octets("0 three\r\n"));
    expect([...restored]).toMatchObject([
      {
        type: "greeting",
        reply: { lines: ["caf\u00e9", "two", "three"], octets: [octets("caf\xc3\xa9"), null, null] },
      },
    ]);
  });

  it("goes on in the middle of content, between a CR and its LF", () => {
    const box = new Restored();
    driveClient(
      box,
      [octets(`${HELLO}250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n`)],
      (event) => {
        if (event.type === "greeting") ehlo(box.session);
        if (event.type === "ehlo") transaction(box.session);
      },
      false,
    );
    box.session.write(octets("a\r"));
    const restored = SmtpClientSession.restore(structuredClone(box.session.snapshot()));
    restored.write(octets("\n.b")).end();
    expect(text(restored.takeOutputPieces())).toBe("a\r\n..b\r\n.\r\n");
    expect(restored.waiting).toBe("content");
  });

  it("goes on after the beginning of a security layer", () => {
    const session = new SmtpClientSession();
    session.receive(octets(`${GREETING}`));
    expect(session.nextEvent()?.type).toBe("greeting");
    session.ehlo("client.example.com").takeOutputPieces();
    session.receive(octets(offer("AUTH ECHO", "PIPELINING")));
    expect(session.nextEvent()?.type).toBe("ehlo");
    session.auth(echo("all")).takeOutputPieces();
    session.receive(octets("235 ok\r\n\x01\x02"));
    expect(session.nextEvent()?.type).toBe("auth");
    expect(text(session.beginSecurityLayer())).toBe("\x01\x02");
    const restored = SmtpClientSession.restore(structuredClone(session.snapshot()));
    expect([restored.state, restored.authenticated, restored.capabilities]).toEqual(["greeted", true, null]);
    restored.ehlo("client.example.com").takeOutputPieces();
    restored.receive(octets(offer("PIPELINING")));
    expect([...restored].map(({ type }) => type)).toEqual(["ehlo"]);
    expect(restored.capabilities?.keywords.has("PIPELINING")).toBe(true);
  });

  it.each<[object, string]>([
    [{ mode: "skip" }, "one of greeting, commands, content, tls, closed at snapshot.data.memory.mode, got skip"],
    [{ state: "data" }, "mail, rcpt, content, failed, busy, refused, closed at snapshot.data.memory.state, got data"],
    [{ expected: "" }, "mail, rcpt, content, failed, busy, refused, closed at snapshot.data.memory.expected, got "],
    [{ form: "bdat" }, "one of data, chunks at snapshot.data.memory.form, got bdat"],
    [{ sent: [null] }, "expected an object at snapshot.data: command[0], got null"],
    [{ sent: [{ verb: "NOOP" }] }, "expected a string at snapshot.data: command[0].line, got undefined"],
    [{ sent: [{ verb: "toString", line: "" }] }, "a verb of the table at snapshot.data: command[0].verb, got toString"],
  ])("is refused with %j in its memory", (changed, message) => {
    const snapshot = withMemory(new SmtpClientSession().snapshot(), changed);
    expect(() => SmtpClientSession.restore(snapshot)).toThrow(TypeError);
    expect(() => SmtpClientSession.restore(snapshot)).toThrow(message);
  });

  it("is refused for what is no snapshot of one", () => {
    const snapshot = new SmtpClientSession().snapshot();
    expect(() => SmtpClientSession.restore({ ...snapshot, role: "smtp-server" })).toThrow("expected role smtp-client");
    const data = { ...(snapshot.data as object), replies: null };
    expect(() => SmtpClientSession.restore({ ...snapshot, data } as SessionSnapshot)).toThrow(
      "expected an object at snapshot.data.replies, got null",
    );
    const session = SmtpClientSession.restore(snapshot);
    session.receive(octets(GREETING));
    expect([...session].map(({ type }) => type)).toEqual(["greeting"]);
  });
});
