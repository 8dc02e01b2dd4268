import fc from "fast-check";
import { type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { type SessionConstraints, type SessionScript, sessions } from "smtp-codec/arbitraries";
import { byteByByte, drive, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept } from "../support.ts";

/** How many whole replies there are in octets. */
const replyCount = (output: string) => output.match(/^\d{3} /gm)?.length ?? 0;

/** Plays a script against a server that accepts everything, flight by flight. */
function play({ flights }: SessionScript, chunking: boolean, cut: (bytes: Uint8Array) => readonly Uint8Array[]) {
  const session = new SmtpServerSession({ host: "mx.example.com", chunking, maxTransactions: 100 });
  const messages: object[] = [];
  const replies: number[] = [];
  let content: Uint8Array[] = [];
  const answer = (event: SmtpServerEvent) => {
    if (event.type === "content") content.push(event.bytes.slice());
    if (event.type === "message") {
      messages.push({ from: event.from, to: event.recipients.map(({ to }) => to), content: text(content) });
      content = [];
    }
    expect(event.type).not.toBe("violation");
    accept(session, event);
  };
  drive(session, [], answer, false);
  for (const { bytes } of flights) replies.push(replyCount(drive(session, cut(bytes), answer, false).output));
  return { messages, replies, waiting: session.waiting };
}

const expected = ({ messages }: SessionScript) =>
  messages.map(({ from, to, content }) => ({ from, to, content: text(content) }));

describe("sessions", () => {
  it.each<SessionConstraints>([{}, { chunking: true }, { pipelining: false }, { chunking: true, maxTransactions: 8 }])(
    "are what a server has received that accepts everything, with %j",
    (constraints) => {
      fc.assert(
        fc.property(sessions(constraints), fc.boolean(), (script, whole) => {
          const { chunking = false, maxTransactions = 3 } = constraints;
          const played = play(script, chunking, (bytes) => (whole ? [bytes] : byteByByte(bytes)));
          expect(played.messages).toEqual(expected(script));
          expect(played.replies).toEqual(script.flights.map(({ replies }) => replies));
          expect(played.waiting).toBe("closed");
          expect(script.messages.length).toBeLessThanOrEqual(maxTransactions);
        }),
        { numRuns: runs(0.5) },
      );
    },
  );

  it("hold what they are asked to: groups, chunks, transactions given up", () => {
    const sent = (constraints: SessionConstraints) =>
      fc
        .sample(sessions(constraints), { numRuns: 300, seed: 11 })
        .flatMap(({ flights }) => flights.map(({ bytes }) => text(bytes)));
    expect(sent({}).some((flight) => /^MAIL[\s\S]*RCPT[\s\S]*DATA\r\n$/.test(flight))).toBe(true);
    expect(sent({}).some((flight) => flight.startsWith("BDAT"))).toBe(false);
    expect(sent({ chunking: true }).some((flight) => /^BDAT 0\r\n/.test(flight))).toBe(true);
    expect(sent({ chunking: true }).some((flight) => /^BDAT \d+ LAST\r\n/.test(flight))).toBe(true);
    expect(sent({}).filter((flight) => flight === "RSET\r\n").length).toBeGreaterThan(0);
    for (const flight of sent({ pipelining: false })) {
      if (/^(?:MAIL|RCPT|NOOP|DATA)/.test(flight)) expect(flight.match(/\r\n/g)).toHaveLength(1);
    }
    expect(octets("")).toHaveLength(0);
  });
});
