import { SmtpClientSession } from "smtp-codec";
import { byteByByte, driveClient, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { type Command, ehlo, GREETING, HELLO, play, shown } from "./support.ts";

describe("replies that are none", () => {
  it.each([
    ["[SMTP-4.2-2] a line without a code", "hello\r\n", "invalid-reply"],
    ["[SMTP-4.2-9] a code above 599", "600 x\r\n", "invalid-reply"],
    ["a code below 200", "150 x\r\n", "invalid-reply"],
    ["another fourth octet", "250:x\r\n", "invalid-reply"],
    ["[SMTP-4.2-5] codes that differ", "250-a\r\n251 b\r\n", "codes-differ"],
    ["[SMTP-2.3.8-4] a bare LF", "250 a\n250 b\r\n", "bare-lf"],
    ["a bare CR", "250 a\rb\r\n", "bare-cr"],
    ["a NUL", "250 \0\r\n", "nul"],
    ["[SMTP-4.5.3.1.5-2] a line over 4096 octets", `250 ${"x".repeat(4100)}\r\n`, "line-too-long"],
    ["a reply over 65,536 octets", `${`250-${"x".repeat(1000)}\r\n`.repeat(70)}250 x\r\n`, "reply-too-long"],
    ["[SMTP-4.3.1-3] a reply to nothing", "250 ok\r\n250 ok\r\n", "unexpected-reply"],
    ["220 alone starts TLS", "250 ok\r\n", "unexpected-code"],
  ])("%s is a fatal violation: %j", (_, input, code) => {
    const command: Command = code === "unexpected-code" ? (s) => s.starttls() : (s) => s.noop();
    for (const chunks of [[octets(HELLO + input)], byteByByte(octets(HELLO + input))]) {
      const found = shown(play(chunks, [ehlo, command]));
      expect(found).toContain(`violation ${code}`);
      expect(found.at(-1)).toBe("closed violation");
    }
  });

  it.each<[string, string, object]>([
    [
      "to no command",
      "250 ok\r\n250 2 a\r\n",
      { code: "unexpected-reply", reply: { code: 250, enhanced: null, lines: ["2 a"] } },
    ],
    [
      "that cannot answer",
      "354 go\r\n",
      { code: "unexpected-code", reply: { code: 354, enhanced: null, lines: ["go"] } },
    ],
    ["that is none", "hello\r\n", { code: "invalid-reply" }],
  ])("the event of a reply %s shows it, if it is one", (_, input, said) => {
    const { events } = play(HELLO + input, [ehlo, (s) => s.noop()]);
    const event = events.find(({ type }) => type === "violation");
    expect(event).toStrictEqual({ type: "violation", ...said, text: expect.any(String), fatal: true, answer: "none" });
  });

  it.each([
    ["EHLO", (s: SmtpClientSession) => s.ehlo("x")],
    ["HELO", (s: SmtpClientSession) => s.helo("x")],
  ] as const)(
    "[SMTP-4.2-8] %s is answered by 250, or by a code that nobody knows: others of success are for other commands",
    (verb, hello) => {
      for (const code of [250, 200, 255, 299]) {
        expect(shown(play(`${GREETING}${code} x\r\n`, [hello]))).toContain(`${verb.toLowerCase()} ok`);
      }
      for (const code of [211, 214, 220, 221, 235, 251, 252, 253]) {
        const { events } = play(`${GREETING}${code} x\r\n250 y\r\n`, [hello]);
        expect(shown({ events, output: "", waiting: "" })).toEqual([
          ...["greeting ok", "violation unexpected-code", `${verb.toLowerCase()} lost`, "closed violation"],
        ]);
        expect(events).toContainEqual(expect.objectContaining({ text: `a reply of ${code} to ${verb}`, fatal: true }));
      }
    },
  );

  it("[SMTP-3.1-4] a 3yz greeting is none", () => {
    const { events, output } = play("354 go\r\n", [ehlo]);
    expect([shown({ events, output, waiting: "" }), output]).toEqual([
      ["violation unexpected-code", "greeting lost", "closed violation"],
      "",
    ]);
  });

  it("421 to nothing closes, and a closed session ignores what comes", () => {
    const session = new SmtpClientSession();
    const { events } = driveClient(session, [octets(`${GREETING}421 bye\r\n250 what\r\n`)], () => {}, false);
    expect(events.map(({ type }) => type)).toEqual(["greeting", "closed"]);
    session.receive(octets("250 more\r\n"));
    session.timedOut();
    expect([[...session], session.waiting]).toEqual([[], "closed"]);
  });

  it("a time-out ends the session, and loses what was under way", () => {
    const session = new SmtpClientSession();
    driveClient(session, [octets(GREETING)], () => session.ehlo("x"), false);
    session.timedOut();
    expect([...session]).toMatchObject([
      { type: "ehlo", reply: null, capabilities: null },
      { type: "closed", cause: "timeout" },
    ]);
    expect(shown(play("", []))).toEqual(["greeting lost", "closed end-of-input"]);
    expect(shown(play(HELLO, [ehlo, (s) => s.quit()])).slice(2)).toEqual(["quit lost", "closed quit"]);
  });
});
