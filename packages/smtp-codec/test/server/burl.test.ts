import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { recordServer, replayServer } from "smtp-codec/recording";
import { drive, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";
import { greeted, OUT_OF_PLACE, playBothWays } from "./support.ts";

const SUBMISSION = { protocol: "submission", requireAuth: false, burl: ["imap"] } as const;
const CHUNKS = { ...SUBMISSION, chunking: true } as const;
const ENVELOPE = MAIL + RCPT;
const OK = "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n";
const SENDER = "250 2.1.0 sender ok\r\n";
const ACCEPTED = "250 2.0.0 message accepted\r\n";
const MORE = "250 2.5.0 waiting for more\r\n";
const CHUNK = "250 2.0.0 chunk received\r\n";
const NO_RECIPIENTS = "554 5.5.0 no recipients have been specified\r\n";
const NO_SUCH = "554 5.6.6 the URL cannot be resolved\r\n";
const URL_A = "imap://tim@imap.example.com/outbox;uid=1;urlauth=submit+tim:internal:0a";
const LAST = `BURL ${URL_A} LAST\r\n`;
const PART = `BURL ${URL_A}\r\n`;

/** The events that concern a message, in short. */
function shown(events: readonly SmtpServerEvent[]): string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case "content":
        return [`content ${text(event.bytes)}`];
      case "burl":
        return [`burl ${event.url}${event.last ? " last" : ""}`];
      case "message":
        return [`message ${event.size}`];
      case "aborted":
        return [`aborted ${event.cause}`];
      case "refused":
        return ["refused"];
      default:
        return [];
    }
  });
}

/** Plays a session whose application refuses the URLs that it is asked for. */
function refusing(input: string, options: Partial<SmtpServerOptions>) {
  return play(EHLO + input, options, (session, event) => {
    if (event.type === "burl") session.reject();
    else accept(session, event);
  });
}

describe("BURL", () => {
  it.each([
    [["imap"], "BURL imap"],
    [["imap", "imap://imap.example.com"], "BURL imap imap://imap.example.com"],
    [[], "BURL"],
  ])("[BURL-3.1-1] is announced with what URLs may be: %j", (burl, line) => {
    expect(play(EHLO, { ...SUBMISSION, burl }).output).toMatch(new RegExp(`\\r\\n250[- ]${line}\\r\\n`));
    expect(play(EHLO, { protocol: "submission", requireAuth: false }).output).not.toContain("BURL");
  });

  it.each([
    [{ burl: ["imap"] }, '"burl" expected the protocol "submission" and eightBitMime'],
    [{ burl: [], protocol: "lmtp" }, '"burl" expected the protocol "submission"'],
    [{ ...SUBMISSION, eightBitMime: false }, '"burl" expected the protocol "submission" and eightBitMime'],
    [{ ...SUBMISSION, burl: ["a b"] }, '"BURL" expected parameters'],
    [{ ...SUBMISSION, extensions: { BURL: [] } }, '"extensions" expected no BURL'],
  ] as const)("[BURL-3.1-1] the options %j are refused", (options, message) => {
    expect(() => play("", options)).toThrow(message);
  });

  it.each([
    ["in place of DATA", LAST, ["URL last", "message 0"], ACCEPTED],
    ["LAST in any case", `burl ${URL_A} last\r\n`, ["URL last", "message 0"], ACCEPTED],
  ])("[BURL-3.5-1] all of a message: %s", (_, input, events, reply) => {
    const { output, events: found } = playBothWays(EHLO + ENVELOPE + input, SUBMISSION);
    expect(shown(found)).toEqual(events.map((line) => line.replace("URL", `burl ${URL_A}`)));
    expect(output.endsWith(OK + reply)).toBe(true);
  });

  it("[BURL-3.5-1] lines of 4096 octets are taken, and none that are longer", () => {
    const line = (length: number) => `BURL ${`imap:${"x".repeat(length)}`.slice(0, length - 7)}\r\n`;
    expect(greeted(`${ENVELOPE}${line(4096)}`, CHUNKS)).toBe(OK + MORE);
    expect(greeted(`${ENVELOPE}${line(4097)}${LAST}`, CHUNKS)).toBe(`${OK}500 5.5.2 line too long\r\n${OUT_OF_PLACE}`);
    const short = { ...CHUNKS, leniencies: { longAuthCommand: false } };
    expect(greeted(`${ENVELOPE}${line(4096)}`, short)).toBe(OK + MORE);
    // What is longer than any command is dropped, and still known to have been a BURL.
    expect(greeted(`${ENVELOPE}${line(20_000)}BDAT 1 LAST\r\nx`, CHUNKS)).toBe(
      `${OK}500 5.5.2 line too long\r\n${OUT_OF_PLACE}`,
    );
    expect(greeted(`${MAIL}${line(20_000)}${RCPT}`, CHUNKS)).toBe(
      `${SENDER}500 5.5.2 line too long\r\n${OUT_OF_PLACE}`,
    );
  });

  it.each([
    ["without MAIL", LAST, "503 5.5.0 valid RCPT TO required before BURL\r\n", []],
    ["without a recipient", MAIL + LAST + MAIL, SENDER + NO_RECIPIENTS + SENDER, ["aborted refused", "aborted closed"]],
    [
      "without a recipient, a part: what comes behind is not the whole",
      `${MAIL}${PART}${RCPT}${LAST}RSET\r\n${MAIL}`,
      `${SENDER}${NO_RECIPIENTS}${OUT_OF_PLACE}${OUT_OF_PLACE}250 2.0.0 ok\r\n${SENDER}`,
      ["aborted refused", "aborted closed"],
    ],
  ])("[BURL-3.2-1] %s nobody is asked to fetch anything", (_, input, expected, events) => {
    expect(greeted(input, CHUNKS)).toBe(expected);
    expect(shown(play(EHLO + input, CHUNKS).events)).toEqual(events);
  });

  it.each([
    ["not offered", { protocol: "submission", requireAuth: false }, "502 5.5.1 command not offered\r\n"],
    [
      "before AUTH",
      { ...SUBMISSION, requireAuth: true, mechanisms: ["ECHO"] },
      "530 5.7.0 authentication required\r\n",
    ],
  ] as const)("[BURL-3.2-1] %s", (_, options, expected) => {
    expect(greeted(LAST, options)).toBe(expected);
    const { output, events } = playBothWays(`HELO x\r\n${ENVELOPE}${LAST}`, SUBMISSION);
    expect([output.endsWith("502 5.5.1 command not offered\r\n"), shown(events)]).toEqual([true, ["aborted closed"]]);
  });

  it("[BURL-3.2-2] URLs and chunks mix where CHUNKING is offered, in the order in which they came", () => {
    const input = `${EHLO}${ENVELOPE}BDAT 4\r\na\r\nb${PART}BDAT 2\r\n\r\n${PART}BDAT 0 LAST\r\n${MAIL}`;
    const { events, output } = playBothWays(input, CHUNKS);
    expect(shown(events)).toEqual([
      "content a\r\nb",
      `burl ${URL_A}`,
      "content \r\n",
      `burl ${URL_A}`,
      "message 6",
      "aborted closed",
    ]);
    expect(output.endsWith(OK + CHUNK + MORE + CHUNK + MORE + ACCEPTED + SENDER)).toBe(true);
    expect(shown(play(`${EHLO}${ENVELOPE}BDAT 3\r\na\r\n${LAST}`, CHUNKS).events)).toEqual([
      "content a\r\n",
      `burl ${URL_A} last`,
      "message 3",
    ]);
  });

  it("[BURL-3.2-2] a part needs CHUNKING, and leaves the message without it", () => {
    expect(greeted(`${ENVELOPE}${PART}${LAST}${MAIL}`, SUBMISSION)).toBe(OK + OUT_OF_PLACE.repeat(3));
  });

  it("[BURL-3.2-3] a refused part fails the transaction, whatever is pipelined after it", () => {
    const { output, events } = refusing(`${ENVELOPE}${PART}BDAT 1 LAST\r\nx${LAST}RSET\r\n${MAIL}`, CHUNKS);
    expect(output.endsWith(`${OK}${NO_SUCH}${OUT_OF_PLACE}${OUT_OF_PLACE}250 2.0.0 ok\r\n${SENDER}`)).toBe(true);
    expect(shown(events)).toEqual([`burl ${URL_A}`, "aborted closed"]);
  });

  it("[BURL-3.2-3] a refused last URL ends the transaction", () => {
    const { output } = refusing(`${ENVELOPE}BDAT 1\r\nx${LAST}${MAIL}`, CHUNKS);
    expect(output.endsWith(OK + CHUNK + NO_SUCH + SENDER)).toBe(true);
  });

  it.each([
    ["that cannot be read", "BURL //h/x\r\n", "501 5.5.4 BURL expected an absolute URL, then LAST or nothing\r\n"],
    ["of other octets", "BURL imap:\xe9\r\n", "501 5.5.2 expected printable ASCII\r\n"],
    [
      "inside of a line end",
      `BDAT 2\r\na\r${PART}`,
      `${CHUNK}554 5.6.0 message has a CR or LF that is not part of a line end\r\n`,
    ],
  ])("[BURL-3.2-3] a URL %s leaves no message", (_, input, expected) => {
    expect(greeted(`${ENVELOPE}${input}BDAT 1 LAST\r\nx${MAIL}`, CHUNKS)).toBe(
      OK + expected + OUT_OF_PLACE + OUT_OF_PLACE,
    );
    expect(greeted(`${ENVELOPE}${input.replace(/\r\n$/, " LAST\r\n")}${MAIL}`, CHUNKS)).toBe(OK + expected + SENDER);
    const { events } = play(`${EHLO}${ENVELOPE}${input}`, CHUNKS);
    expect(shown(events).filter((line) => !line.startsWith("content"))).toEqual(["aborted refused"]);
  });

  it.each(["preserve", "normalize"] as const)("a CR at a chunk's end under %j", (lineEndings) => {
    const { events } = playBothWays(`${EHLO}${ENVELOPE}BDAT 2\r\na\r${PART}`, { ...CHUNKS, lineEndings });
    const asked = events.some(({ type }) => type === "burl");
    expect(asked).toBe(lineEndings === "preserve");
  });

  it("is answered after the last URL as the message, and nowhere else", () => {
    const session = new SmtpServerSession({ host: "mx.example.com", ...SUBMISSION });
    const answer = (event: SmtpServerEvent) => {
      if (event.type !== "burl") return accept(session, event);
      expect(() => session.accept("fetched")).toThrow('"input" expected nothing');
      session.accept();
    };
    expect(drive(session, [octets(EHLO + ENVELOPE + LAST)], answer, false).output).toMatch(/message accepted\r\n$/);
    expect([session.state, session.waiting]).toEqual(["ready", "bytes"]);
  });

  it("[BURL-8-1] no log, no recording and no transcript shows the URL", () => {
    const { events } = play(EHLO + ENVELOPE + LAST, SUBMISSION);
    expect(JSON.stringify(events)).not.toContain("urlauth");
    const lines: string[] = [];
    const session = recordServer({ host: "mx.example.com", ...CHUNKS }, (line) => lines.push(line));
    const input = `${EHLO}${ENVELOPE}${PART}BURL imap:\xe9\r\nRSET\r\n${ENVELOPE}${LAST}QUIT\r\n`;
    drive(session, [octets(input)], (event) => accept(session, event));
    expect(lines.join("\n")).not.toMatch(/urlauth|outbox|tim@/);
    expect(lines).toContain(`C+ BURL imap:\\(${URL_A.length - 5}) LAST`);
    expect(replayServer(lines).run()).toBe(null);
  });
});
