import fc from "fast-check";
import { loginServer, plainServer, type SaslServer } from "sasl";
import { type SmtpServerEvent, type SmtpServerSession, SmtpTranscript } from "smtp-codec";
import { recordServer } from "smtp-codec/recording";
import { byteByByte, chunkings, octets, pull, runs } from "tools/testing";
import { expect, it } from "vitest";

/** What no line shows: in messages and chunks, and in base64 in responses. */
const NEEDLE = "needleneedle";
const BASE64 = btoa(NEEDLE);
const PLAIN = btoa(`\0tim\0${NEEDLE}`);
const NEEDLES = [NEEDLE, BASE64, PLAIN.slice(8)].map((needle) => needle.toLowerCase());

function answer(session: SmtpServerSession<SaslServer>, event: SmtpServerEvent<SaslServer>, accepts: boolean): void {
  if (event.type === "auth") session.authenticate(event.mechanism === "LOGIN" ? loginServer() : plainServer());
  else if (event.type === "sasl") session.proceed(accepts ? event.mechanism.accept() : { type: "failure", text: "no" });
  else if (event.answer === "needed") session.accept();
}

it("[AUTH-4-28] neither a transcript nor a recording shows secrets or messages, whatever the client sends", () => {
  const lines = (...all: string[]) => fc.constant(all);
  const envelope = ["MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>"];
  const dialogue = fc.oneof(
    lines("AUTH PLAIN", PLAIN),
    lines(`AUTH PLAIN ${PLAIN}`),
    lines("AUTH LOGIN", btoa("tim"), BASE64),
    lines("AUTH LOGIN", `${BASE64}!`, BASE64),
    lines("AUTH FOOBAR", BASE64, BASE64),
    lines("NOOP\nAUTH PLAIN", BASE64),
    lines("\tAUTH PLAIN", BASE64),
    lines(...envelope, "DATA", NEEDLE, `..${NEEDLE}`, `AUTH PLAIN ${NEEDLE}`, `250 ${NEEDLE}`, "."),
    lines(...envelope, `BDAT ${NEEDLE.length + 2} LAST`, NEEDLE),
    fc.constantFrom("NOOP", "RSET", "FOO", "", "A\0", "NOOP\rNOOP", "*", `NOOP ${"x".repeat(600)}`).map((one) => [one]),
  );
  const scripts = fc.array(dialogue, { maxLength: 8 }).chain((dialogues) => {
    const bytes = octets(`EHLO me\r\n${dialogues.map((all) => `${all.join("\r\n")}\r\n`).join("")}`);
    const chunks = fc.oneof(fc.constant([bytes]), fc.constant(byteByByte(bytes)), chunkings(bytes));
    return fc.tuple(chunks, fc.boolean());
  });
  fc.assert(
    fc.property(scripts, fc.boolean(), ([chunks, accepts], chunking) => {
      const recording: string[] = [];
      const shown: string[] = [];
      const transcript = new SmtpTranscript();
      const options = { host: "mx.example.com", tls: true, chunking, mechanisms: ["PLAIN", "LOGIN"] };
      const session = recordServer<SaslServer>(options, (line) => recording.push(line));
      const go = () => {
        const pieces = pull(session, (event) => answer(session, event, accepts));
        for (const piece of pieces) shown.push(...transcript.server(piece).map(({ text }) => text));
      };
      go();
      for (const chunk of chunks) {
        shown.push(...transcript.client(chunk).map(({ text }) => text));
        session.receive(chunk);
        go();
      }
      for (const all of [shown, recording])
        expect(all.filter((line) => NEEDLES.some((needle) => line.toLowerCase().includes(needle)))).toEqual([]);
    }),
    { numRuns: runs(3) },
  );
});
