import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { byteByByte, everySplit, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { accept, EHLO, MAIL, play, RCPT } from "../support.ts";
import { greeted, OUT_OF_PLACE, playBothWays } from "./support.ts";

const CHUNKING = { chunking: true, binaryMime: true };
const OK = "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n";
const CHUNK = "250 2.0.0 chunk received\r\n";
const ACCEPTED = "250 2.0.0 message accepted\r\n";
const NO_RECIPIENTS = "554 5.5.1 no valid recipients\r\n";
const BARE = "554 5.6.0 message has a CR or LF that is not part of a line end\r\n";
const SENDER = "250 2.1.0 sender ok\r\n";
const NOT_FRAMED = "501 5.5.4 BDAT expected a size in octets, then LAST or nothing\r\n";

/** The message's octets, and the events at its end. */
function received(events: readonly SmtpServerEvent[]) {
  const ends = events.filter(({ type }) => ["message", "refused", "aborted"].includes(type));
  const content = events.flatMap((event) => (event.type === "content" ? [text(event.bytes)] : [])).join("");
  return { content, ends };
}

describe("CHUNKING", () => {
  const all = (input: string, options?: Partial<SmtpServerOptions>) => greeted(input, { ...CHUNKING, ...options });

  it.each([
    [
      "[CHUNK-2-2] any octets, and the next one starts a command",
      "BDAT 7 LAST\r\n.\r\nQUITNOOP\r\n",
      `${ACCEPTED}250 2.0.0 ok\r\n`,
    ],
    ["[CHUNK-2-5] one reply each", "BDAT 3\r\na\r\nBDAT 3\r\nb\r\nBDAT 3 LAST\r\nc\r\n", CHUNK + CHUNK + ACCEPTED],
    ["[CHUNK-2-6] chunks of nothing", "BDAT 0\r\nBDAT 2\r\n\r\nBDAT 0 LAST\r\n", CHUNK + CHUNK + ACCEPTED],
    ["[CHUNK-2-6] an empty message", "BDAT 0 LAST\r\n", ACCEPTED],
    [
      "[CHUNK-2-7] a chunk behind the last",
      "BDAT 1 LAST\r\naBDAT 4\r\nQUITNOOP\r\n",
      `${ACCEPTED}${OUT_OF_PLACE}250 2.0.0 ok\r\n`,
    ],
    ["[CHUNK-2-10] RSET between chunks", `BDAT 1\r\naRSET\r\n${MAIL}`, `${CHUNK}250 2.0.0 ok\r\n${SENDER}`],
    [
      "[CHUNK-2-11] RCPT and DATA between chunks",
      `BDAT 1\r\na${RCPT}DATA\r\nBDAT 0 LAST\r\n`,
      CHUNK + OUT_OF_PLACE + OUT_OF_PLACE + ACCEPTED,
    ],
    [
      "[CHUNK-2-11] DATA and BDAT in turn",
      `BDAT 1 LAST\r\na${MAIL}${RCPT}DATA\r\n.\r\n${MAIL}${RCPT}BDAT 1 LAST\r\nb`,
      `${ACCEPTED}${OK}354 go ahead, end with a line of a single dot\r\n${ACCEPTED}${OK}${ACCEPTED}`,
    ],
    ["[CHUNK-2-12] DATA stays", "DATA\r\nx\r\n.\r\n", `354 go ahead, end with a line of a single dot\r\n${ACCEPTED}`],
    ["a hello between chunks", `BDAT 1\r\naHELO x\r\n${MAIL}`, `${CHUNK}250 mx.example.com\r\n${SENDER}`],
  ])("%s", (_, input, expected) => {
    expect(all(MAIL + RCPT + input)).toBe(OK + expected);
  });

  it.each([
    ["without MAIL", "BDAT 6\r\nQUIT\r\nNOOP\r\n", `${OUT_OF_PLACE}250 2.0.0 ok\r\n`],
    [
      "without a recipient",
      `${MAIL}BDAT 6\r\nQUIT\r\n${RCPT}BDAT 2 LAST\r\nabRSET\r\n${MAIL}`,
      `${SENDER}${NO_RECIPIENTS}${OUT_OF_PLACE}${OUT_OF_PLACE}250 2.0.0 ok\r\n${SENDER}`,
    ],
    [
      "LAST without a recipient ends the transaction",
      `${MAIL}BDAT 6 LAST\r\nQUIT\r\n${MAIL}`,
      SENDER + NO_RECIPIENTS + SENDER,
    ],
  ])("[CHUNK-2-4] a refused chunk is read over: %s", (_, input, expected) => {
    expect(all(input)).toBe(expected);
  });

  it("[CHUNK-2-4] a chunk is read over where CHUNKING is not offered, before TLS, before AUTH, and after HELO", () => {
    const chunk = "BDAT 6\r\nQUIT\r\nNOOP\r\n";
    expect(greeted(chunk)).toBe("502 5.5.1 command not offered\r\n250 2.0.0 ok\r\n");
    expect(all(chunk, { requireTls: true, starttls: true })).toContain(
      "530 5.7.0 must issue a STARTTLS command first\r\n250",
    );
    expect(all(chunk, { requireAuth: true, mechanisms: ["ECHO"] })).toBe(
      "530 5.7.0 authentication required\r\n250 2.0.0 ok\r\n",
    );
    expect(playBothWays(`HELO x\r\n${chunk}`, CHUNKING).output).toMatch(
      /\r\n502 5\.5\.1 command not offered\r\n250 2\.0\.0 ok\r\n$/,
    );
    const { output } = play(chunk, CHUNKING, (session, event) => {
      if (event.type === "connect") session.reject();
    });
    expect(output).toBe(`554 no service here\r\n${OUT_OF_PLACE}${OUT_OF_PLACE}`);
  });

  it.each([
    ...["BDAT", "BDAT x", "BDAT -1", "BDAT 0x10", "BDAT 9007199254740992", "BDAT 5 LAST x", "bdat 5 FIRST"].map(
      (line) => [line, NOT_FRAMED],
    ),
    ["BDAT 5 \xe9", "501 5.5.2 expected printable ASCII\r\n"],
    [`BDAT ${"0".repeat(600)}`, "500 5.5.2 line too long\r\n"],
    [`BDAT ${" ".repeat(13_000)}6`, "500 5.5.2 line too long\r\n"],
    ...["BDAT 6\0", "BDAT\0 6", "BDAT\n6", "bdat 6\r ", "BDAT 6\n"].map((line) => [
      line,
      "500 5.5.2 line not understood\r\n",
    ]),
  ])("[CHUNK-2-3] %j: what follows cannot be told apart, and the session ends", (line, expected) => {
    for (const input of [`${line}\r\nNOOP\r\n`, `${MAIL}${RCPT}${line}\r\nNOOP\r\n`]) {
      for (const options of [{}, CHUNKING]) {
        const { output, events } = playBothWays(EHLO + input, options);
        expect(output.endsWith(expected)).toBe(true);
        expect(events.at(-1)).toMatchObject({ type: "closed", cause: "violation" });
      }
    }
  });

  it("[CHUNK-2-3] no chunk is missed after a BDAT that the reader drops, and no other dropped line ends a session", () => {
    const begun = `${EHLO}${MAIL}${RCPT}`;
    const rest = "\r\nNOOP\r\nBDAT 6 LAST\r\nsecond";
    for (const line of ["BDAT 6\0", "BDAT 6\n", `BDAT ${" ".repeat(13_000)}6`]) {
      const { events } = playBothWays(begun + line + rest, CHUNKING);
      expect(events.map(({ type }) => type).slice(4)).toEqual(["violation", "aborted", "closed"]);
    }
    for (const line of ["BDATA 6\0", "BDA\0T 6", "\0BDAT 6", `${" ".repeat(13_000)}BDAT 6`, "x".repeat(13_000)]) {
      const { events } = playBothWays(`${begun}${line}\r\nBDAT 6 LAST\r\nsecond`, CHUNKING);
      expect(received(events)).toMatchObject({ content: "second", ends: [{ type: "message" }] });
    }
  });

  it("[CHUNK-2-8] after a refused chunk only RSET, hellos, NOOP, HELP, VRFY, EXPN and QUIT do anything", () => {
    const refusedChunk = `${MAIL}${RCPT}BDAT 3\r\na\nb`;
    const pipelined = `BDAT 2\r\nabDATA\r\n${RCPT}${MAIL}BDAT 2 LAST\r\nabNOOP\r\nHELP\r\nVRFY x\r\nEXPN x\r\n`;
    const ends =
      "250 2.0.0 ok\r\n214 2.0.0 see RFC 5321\r\n252 2.5.0 cannot verify, send some mail and see\r\n250 2.1.5 the list has no members\r\n";
    expect(all(`${refusedChunk}${pipelined}RSET\r\n${MAIL}`, { expn: true })).toBe(
      `${OK}${BARE}${OUT_OF_PLACE.repeat(5)}${ends}250 2.0.0 ok\r\n${SENDER}`,
    );
    expect(all(`${refusedChunk}${MAIL}HELO x\r\n${MAIL}`)).toBe(
      `${OK}${BARE}${OUT_OF_PLACE}250 mx.example.com\r\n${SENDER}`,
    );
    const { events } = play(`${EHLO}${refusedChunk}BDAT 1\r\nxRSET\r\n`, CHUNKING);
    expect(received(events)).toMatchObject({ content: "a", ends: [{ type: "refused" }] });
  });

  it("[CHUNK-2-9] a refused last chunk ends the transaction", () => {
    expect(all(`${MAIL}${RCPT}BDAT 3 LAST\r\na\nb${MAIL}`)).toBe(OK + BARE + SENDER);
  });

  it.each<[string, string, Partial<SmtpServerOptions>, string, object]>([
    [
      "the octets of all chunks, as they came",
      "BDAT 4\r\n.\r\n.BDAT 3 LAST\r\n\r\n.",
      {},
      ".\r\n.\r\n.",
      { type: "message", size: 7, endsInCrlf: false },
    ],
    [
      "a CRLF cut by the border of chunks",
      "BDAT 2\r\na\rBDAT 1 LAST\r\n\n",
      {},
      "a\r\n",
      { type: "message", endsInCrlf: true },
    ],
    ["a bare CR at the border", "BDAT 2\r\na\rBDAT 1 LAST\r\nb", {}, "a", { type: "refused" }],
    ["a bare CR at the end", "BDAT 2 LAST\r\na\r", {}, "a", { type: "refused" }],
    [
      "normalised over borders",
      "BDAT 2\r\na\rBDAT 2 LAST\r\nb\n",
      { lineEndings: "normalize" },
      "a\r\nb\r\n",
      { type: "message", size: 6 },
    ],
    ["preserved", "BDAT 3 LAST\r\na\nb", { lineEndings: "preserve" }, "a\nb", { type: "message", endsInCrlf: false }],
  ])("[CHUNK-2-17] lines are one stream over all chunks: %s", (_, input, options, content, end) => {
    const whole = octets(EHLO + MAIL + RCPT + input);
    for (const chunks of [...everySplit(whole), byteByByte(whole)]) {
      const found = received(play(chunks, { ...CHUNKING, ...options }).events);
      expect(found).toMatchObject({ content, ends: [end] });
    }
  });

  it("[CHUNK-3-4] BINARYMIME: every octet passes unaltered, whatever lineEndings says", () => {
    const octetsOfAll = String.fromCharCode(...Array.from({ length: 256 }, (_, octet) => octet));
    for (const lineEndings of ["reject", "normalize", "preserve"] as const) {
      const input = `${EHLO}MAIL FROM:<a@b> BODY=BINARYMIME\r\n${RCPT}BDAT 256\r\n${octetsOfAll}BDAT 2 LAST\r\n\r\r`;
      const { events } = playBothWays(input, { ...CHUNKING, lineEndings });
      expect(received(events)).toMatchObject({
        content: `${octetsOfAll}\r\r`,
        ends: [{ type: "message", size: 258, parameters: { body: "BINARYMIME" }, endsInCrlf: false }],
      });
    }
  });

  it("[DOT-1870.5-2] no content comes after it was too big, and none without octets, so that each can be refused", () => {
    const chunk = "x".repeat(30_000);
    const input = `${EHLO}${MAIL}${RCPT}BDAT 120000 LAST\r\n`;
    const options: Partial<SmtpServerOptions> = { chunking: true, lineEndings: "preserve", maxMessageSize: 65_536 };
    const session = new SmtpServerSession({ host: "mx.example.com", ...options });
    const sizes: number[] = [];
    for (const cut of [octets(input), ...Array<Uint8Array>(4).fill(octets(chunk))])
      for (const event of session.receive(cut))
        if (event.type === "content") sizes.push(event.bytes.length);
        else accept(session, event);
    expect(sizes).toEqual([30_000, 30_000, 5536]);
  });

  it("[CHUNK-3-3] DATA of BINARYMIME is refused, and the transaction fails", () => {
    const binary = `MAIL FROM:<a@b> BODY=BINARYMIME\r\n${RCPT}DATA\r\n`;
    expect(all(`${binary}BDAT 1\r\nxRSET\r\n${MAIL}`)).toBe(`${OK}${OUT_OF_PLACE.repeat(2)}250 2.0.0 ok\r\n${SENDER}`);
    expect(play(EHLO + binary, CHUNKING).events.slice(-3)).toMatchObject([
      { type: "violation", code: "bad-sequence" },
      { type: "aborted", cause: "refused" },
      { type: "closed" },
    ]);
  });

  it("[CHUNK-3-1] BINARYMIME is offered with CHUNKING alone, and taken where it is offered", () => {
    expect(() => play("", { binaryMime: true })).toThrow('"binaryMime" expected chunking too');
    expect(play(EHLO, CHUNKING).output).toMatch(/250-CHUNKING\r\n250-BINARYMIME\r\n/);
    expect(greeted("MAIL FROM:<a@b> BODY=BINARYMIME\r\n", { chunking: true })).toBe(
      "555 5.5.4 expected a value whose extension is not offered\r\n",
    );
  });

  it("[SMTP-4.5.3.1.7-2] the size is summed over chunks, and counts at a chunk's end", () => {
    const line = `${"x".repeat(998)}\r\n`;
    const first = `BDAT 65000\r\n${line.repeat(65)}`;
    const options = { maxMessageSize: 65_536, ...CHUNKING };
    expect(all(`${MAIL}${RCPT}${first}BDAT 536 LAST\r\n${"y".repeat(536)}`, options)).toBe(OK + CHUNK + ACCEPTED);
    const over = `${EHLO}${MAIL}${RCPT}${first}BDAT 537\r\n${"y".repeat(537)}BDAT 0 LAST\r\n`;
    const { events, output } = playBothWays(over, options);
    expect(output.endsWith(`${CHUNK}552 5.3.4 message too big\r\n${OUT_OF_PLACE}`)).toBe(true);
    const found = received(events);
    expect([found.content.length, found.ends.map(({ type }) => type)]).toEqual([65_536, ["refused"]]);
  });

  describe("the application's decisions", () => {
    const decide = (input: string, at: string, code: number, more: Partial<SmtpServerOptions> = {}) => {
      const whole = octets(EHLO + MAIL + RCPT + input);
      const [one, other] = [[whole], byteByByte(whole)].map((chunks) => {
        let left = 1;
        return play(chunks, { ...CHUNKING, ...more }, (session, event) => {
          if (event.type === at && left-- > 0) session.reject({ code, text: "as I say" });
          else accept(session, event);
        });
      });
      expect(other!.output).toBe(one!.output);
      return { replies: one!.output.split("recipient ok\r\n")[1], ...received(one!.events) };
    };
    const SAID = "450 4.0.0 as I say\r\n";

    it.each([
      ["bdat", "BDAT 3\r\nabcBDAT 1\r\ndRSET\r\n", `${SAID}${OUT_OF_PLACE}250 2.0.0 ok\r\n`, ["refused"]],
      ["bdat", `BDAT 3 LAST\r\nabc${MAIL}`, SAID + SENDER, ["refused", "aborted"]],
      ["content", "BDAT 3\r\nabcBDAT 1\r\nd", SAID + OUT_OF_PLACE, ["refused"]],
      ["chunk", `BDAT 3\r\nabcBDAT 1 LAST\r\nd${MAIL}`, SAID + OUT_OF_PLACE + OUT_OF_PLACE, []],
      ["message", `BDAT 3\r\nabcBDAT 1 LAST\r\nd${MAIL}`, CHUNK + SAID + SENDER, ["message", "aborted"]],
    ])("[CHUNK-2-8] a refusal of %s: %j", (at, input, expected, ends) => {
      const found = decide(input, at, 450);
      expect([found.replies, found.ends.map(({ type }) => type)]).toEqual([expected, ends]);
      if (at === "bdat") expect(found.content).toBe("");
    });

    it("a chunk's refusal with 421 closes after the chunk", () => {
      const { replies } = decide("BDAT 3\r\nabcNOOP\r\n", "bdat", 421);
      expect(replies).toBe("421 4.0.0 mx.example.com as I say\r\n");
    });

    it("the reply to a chunk can be another, and that to its announcement can not", () => {
      const { output } = play(`${EHLO}${MAIL}${RCPT}BDAT 3\r\nabc`, CHUNKING, (session, event) => {
        if (event.type === "bdat") {
          expect(() => session.accept("here")).toThrow('"input" expected nothing');
          expect(() => session.reject({ code: 250 })).toThrow(RangeError);
        } else if (event.type === "chunk") session.accept(`${event.size} octets`);
        else accept(session, event);
      });
      expect(output.endsWith("250 2.0.0 3 octets\r\n")).toBe(true);
    });
  });

  it("[SMTP-4.1.1.4-5] a connection that ends inside a chunk, or between chunks, leaves no message", () => {
    const begun = `${EHLO}${MAIL}${RCPT}BDAT 3\r\nab`;
    expect(playBothWays(begun, CHUNKING).events.slice(-3)).toMatchObject([
      { type: "violation", code: "cut-off", text: "message cut off after 2 octets" },
      { type: "aborted", cause: "closed" },
      { type: "closed", cause: "end-of-input" },
    ]);
    expect(playBothWays(`${begun}c`, CHUNKING).events.slice(-2)).toMatchObject([
      { type: "aborted" },
      { type: "closed" },
    ]);
    expect(playBothWays(`${EHLO}BDAT 9\r\nab`, CHUNKING).events.at(-1)).toMatchObject({ cause: "end-of-input" });
  });
});
