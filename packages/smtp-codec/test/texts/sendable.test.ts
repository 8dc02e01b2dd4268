import fc from "fast-check";
import { SmtpServerSession } from "smtp-codec";
import { type EnhancedCode, formatReply, type Reply, ReplyAssembler } from "smtp-codec/syntax";
import { sendableReply } from "smtp-codec/texts";
import { octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { EHLO, MAIL, RCPT } from "../support.ts";

const LONG = "x".repeat(900);

/** A reply as a client gets it. */
function received(code: number, lines: readonly Uint8Array[]): Reply {
  const assembler = new ReplyAssembler();
  let found: ReturnType<ReplyAssembler["add"]> = null;
  for (const [index, line] of lines.entries()) {
    const head = octets(`${code}${index === lines.length - 1 ? " " : "-"}`);
    found = assembler.add(Uint8Array.of(...head, ...line), true);
  }
  return found as Reply;
}

describe("sendableReply", () => {
  it.each<[number, string, string]>([
    [550, "5.1.1 no such user", "550 5.1.1 no such user\r\n"],
    [550, "caf\xc3\xa9 \xff\x01", "550 5.0.0 caf? ??\r\n"],
    [550, `5.1.1 ${LONG}`, `550-5.1.1 ${LONG.slice(0, 496)}\r\n550 5.1.1 ${LONG.slice(496)}\r\n`],
    [521, "5.2.1 not accepted here", "554 5.2.1 not accepted here\r\n"],
    [569, "no", "550 5.0.0 no\r\n"],
    [470, "4.7.0 later", "450 4.7.0 later\r\n"],
    [421, LONG.slice(0, 300), `421-4.0.0 mx.example.com ${LONG.slice(0, 240)}\r\n421 4.0.0 ${LONG.slice(0, 60)}\r\n`],
    [550, "", "550 5.0.0 \r\n"],
  ])("%d %s", (code, said, expected) => {
    const session = new SmtpServerSession({ host: "mx.example.com" });
    for (const event of session.receive(octets(EHLO + MAIL + RCPT))) {
      if (event.type === "rcpt") session.takeOutputPieces();
      if (event.type === "rcpt") session.reject(sendableReply(received(code, [octets(said)])));
      else if (event.answer === "needed") session.accept();
    }
    expect(text(session.takeOutputPieces())).toBe(expected);
  });

  // With 221, 421 and a greeting a server puts its name in front.
  it.each([220, 221, 250, 421, 450, 550])("can be written by a server of the longest name, as %d", (code) => {
    const host = `${"h".repeat(63)}.${"h".repeat(63)}.${"h".repeat(63)}.${"h".repeat(60)}.h`;
    const reply = sendableReply({ code, enhanced: `${Math.floor(code / 100)}.999.999` as EnhancedCode, lines: [LONG] });
    for (const place of ["connect", "quit"]) {
      const session = new SmtpServerSession({ host });
      session.receive(octets(place === "quit" ? "QUIT\r\n" : ""));
      for (const event of session) {
        if (event.type !== place) continue;
        if (code < 300) session.accept(reply);
        else if (place === "connect") session.reject(reply);
        break;
      }
      expect(text(session.takeOutputPieces())).toMatch(/^[2-5]/);
    }
  });

  it("can be written, whatever a client has taken", () => {
    const line = fc
      .uint8Array({ maxLength: 1200 })
      .map((bytes) => bytes.filter((octet) => octet !== 10 && octet !== 13));
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.array(line, { minLength: 1, maxLength: 4 }), (code, lines) => {
        const sendable = sendableReply(received(code, lines));
        expect(Math.floor(sendable.code / 100)).toBe(Math.floor(code / 100));
        for (const enhanced of [null, sendable.enhanced])
          expect(() => formatReply({ ...sendable, enhanced })).not.toThrow();
      }),
      { numRuns: runs(2) },
    );
  });
});
