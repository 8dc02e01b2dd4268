import { type SmtpServerOptions, SmtpServerSession, StateError } from "smtp-codec";
import { byteByByte, drive, everySplit, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";
import { OUT_OF_PLACE } from "./support.ts";

describe("content", () => {
  const data = `${EHLO}${MAIL}${RCPT}DATA\r\n`;
  const content = (input: string, options?: Partial<SmtpServerOptions>) => {
    const { events, output } = play(data + input, options);
    return {
      content: events
        .flatMap((event) => (event.type === "content" ? [text((event as { readonly bytes: Uint8Array }).bytes)] : []))
        .join(""),
      ends: events.flatMap(({ type }) => (["message", "refused", "aborted"].includes(type) ? [type] : [])),
      reply: output.split("\r\n").at(-3),
    };
  };

  // Each of these ended a message in some server.
  it.each([
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r.\n",
    "\n.\r",
    "\r\n.\r",
    "\r\n\0.\r\n",
    "\r\n.\0\r\n",
    "\r\n.\r\r\n",
    "\r\r\n.\r\r\n",
    "\r\n. \r\n",
  ])("[DOT-4.5.2-6] %j does not end it, under any policy: what follows is no command", (ending) => {
    for (const lineEndings of ["reject", "normalize", "preserve"] as const) {
      const input = octets(`${data}a${ending}MAIL FROM:<evil@example.com>\r\n.\r\nNOOP\r\n`);
      for (const chunks of [...everySplit(input), byteByByte(input)]) {
        const { events } = play(chunks, { lineEndings });
        expect(events.filter(({ type }) => type === "mail")).toHaveLength(1);
        expect(events.filter(({ type }) => type === "noop")).toHaveLength(1);
      }
    }
  });

  it("[SMTP-4.1.1.4-6] a bare CR or LF refuses the message at its end", () => {
    expect(content("a\r\nb\nc\r\n.\r\nNOOP\r\n")).toEqual({
      content: "a\r\nb",
      ends: ["refused"],
      reply: "554 5.6.0 message has a CR or LF that is not part of a line end",
    });
    expect(content("b\nc\r\n.\r\nNOOP\r\n", { lineEndings: "normalize" })).toMatchObject({
      content: "b\r\nc\r\n",
      ends: ["message"],
    });
    expect(content("b\nc\r\n.\r\nNOOP\r\n", { lineEndings: "preserve" })).toMatchObject({
      content: "b\nc\r\n",
      ends: ["message"],
    });
  });

  it("[SMTP-4.5.3.1.7-2] content over the limit is read to its end, and refused there", () => {
    const line = `${"x".repeat(998)}\r\n`;
    expect(content(`${line.repeat(65)}${"y".repeat(534)}\r\n.\r\nNOOP\r\n`, { maxMessageSize: 65_536 })).toMatchObject({
      ends: ["message"],
    });
    const over = content(`${line.repeat(65)}${"y".repeat(535)}\r\n.\r\nNOOP\r\n`, { maxMessageSize: 65_536 });
    expect([over.content.length, over.ends, over.reply]).toEqual([65_536, ["refused"], "552 5.3.4 message too big"]);
  });

  it("[SMTP-4.1.1.4-2] a refusal decided in content takes effect at its end", () => {
    for (const chunks of [
      [octets(`${data}a\r\nb\r\n.\r\nNOOP\r\n`)],
      byteByByte(octets(`${data}a\r\nb\r\n.\r\nNOOP\r\n`)),
    ]) {
      let pieces = 0;
      const { events, output } = play(chunks, {}, (session, event) => {
        if (event.type === "content") {
          pieces++;
          session.reject({ code: 450, enhanced: "4.7.1", text: "not now" });
          session.reject({ code: 550 }); // the first stands
        } else accept(session, event);
      });
      expect([pieces, events.filter(({ type }) => type === "refused").length]).toEqual([1, 1]);
      expect(output.endsWith("450 4.7.1 not now\r\n250 2.0.0 ok\r\n")).toBe(true);
    }
  });

  it("a refusal of what is refused already, for what the client sent, changes nothing", () => {
    const { output } = play(`${data}a\nb\r\nc\r\n.\r\n`, {}, (session, event) => {
      if (event.type === "violation") session.reject({ code: 450 });
      else accept(session, event);
    });
    expect(output.endsWith("554 5.6.0 message has a CR or LF that is not part of a line end\r\n")).toBe(true);
  });

  it("a refusal that comes when the session was shut down meanwhile changes nothing", () => {
    const { output, events } = play(`${data}a\r\n.\r\n`, {}, (session, event) => {
      if (event.type === "content") {
        session.shutdown();
        session.reject();
      } else if (event.type === "closed") expect(() => session.reject()).toThrow(StateError);
      else accept(session, event);
    });
    expect(output.endsWith("421 4.3.2 mx.example.com shutting down\r\n")).toBe(true);
    expect(events.slice(-2).map(({ type }) => type)).toEqual(["aborted", "closed"]);
  });

  it("[SMTP-4.1.1.4-3] its end clears the transaction, whatever the reply", () => {
    const { output } = play(`${data}x\r\n.\r\n${RCPT}${MAIL}`, {}, (session, event) => {
      if (event.type === "message") session.reject({ code: 451 });
      else accept(session, event);
    });
    expect(output.endsWith(`451 4.0.0 message refused\r\n${OUT_OF_PLACE}250 2.1.0 sender ok\r\n`)).toBe(true);
  });

  it("lets go of pieces not handed out yet when a loop is left", () => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    drive(session, [octets(data)], (event) => accept(session, event), false);
    // Lines long enough to be handed out as views, one dotted line between.
    const line = "a".repeat(600);
    const chunk = octets(`${line}\r\n.${line}\r\n..${line}\r\n.\r\n`);
    const pieces: string[] = [];
    session.receive(chunk);
    for (const event of session) {
      if (event.type === "content") pieces.push(text(event.bytes));
      break;
    }
    chunk.fill(0x58);
    for (const event of session) if (event.type === "content") pieces.push(text(event.bytes));
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join("")).toBe(`${line}\r\n${line}\r\n.${line}\r\n`);
  });
});
