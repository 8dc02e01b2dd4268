/** Chunks that are made of many small pieces, and of few large ones. */
import fc from "fast-check";
import { SmtpClientSession } from "smtp-codec";
import { join, octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { ready } from "../transaction/support.ts";
import { type Command, converse, ehlo, GREETING, offer, SENT, type Step } from "./support.ts";

const OK = "250 ok\r\n";
const CHUNKING = `${offer("PIPELINING", "8BITMIME", "CHUNKING", "BURL imap")}`;
const ENVELOPE = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
const mail: Command = (s) => s.mail("a@b").rcpt("c@d");
const bdat: Command = (s) => s.bdat();
const write =
  (length: number, times = 1): Command =>
  (s) => {
    for (let time = 0; time < times; time++) s.write(octets(`${"x".repeat(length - 2)}\r\n`));
  };
const flush: Command = (s) => s.flush();
const end: Command = (s) => s.end();

/** What is sent after the hello, and the sizes of the chunks in it. */
function chunksOf(steps: readonly Step[]): { sizes: string[]; output: string } {
  const { output } = converse([GREETING, ehlo, CHUNKING, ...steps]);
  const after = output.slice(SENT.length);
  return { sizes: after.match(/(?<=BDAT ).*(?=\r\n)/g) ?? [], output: after };
}

describe("pieces of content", () => {
  it.each<readonly [string, readonly Command[], readonly string[]]>([
    ["small ones wait for more", [write(100)], []],
    ["small ones are one chunk with the end", [write(100, 5), end], ["500 LAST"]],
    ["small ones are one chunk with the last one", [write(100, 5), (s) => s.end(octets("x\r\n"))], ["503 LAST"]],
    ["as many as are a chunk wait for more", [write(8192, 8)], []],
    ["as many as are a chunk are the last one", [write(8192, 8), end], ["65536 LAST"]],
    ["one more is of the next chunk", [write(8192, 8), write(3)], ["65536"]],
    ["one more at the end is of the next chunk", [write(8192, 8), (s) => s.end(octets("x\r\n"))], ["65536", "3 LAST"]],
    ["many are few chunks", [write(76, 13_000), end], [...Array(15).fill("65512"), "5320 LAST"]],
    ["one that is almost large waits", [write(16_383)], []],
    ["a large one goes at once", [write(16_384), write(100_000)], ["16384", "100000"]],
    ["a large one takes those before it with it", [write(100, 5), write(16_384)], ["16884"]],
    ["but is no larger than a chunk for that", [write(100, 5), write(65_037)], ["500", "65037"]],
    [
      "a large last one is no larger than a chunk for that either",
      [write(100, 5), (s) => s.end(octets(`${"x".repeat(99_998)}\r\n`))],
      ["500", "100000 LAST"],
    ],
    ["are sent at once on demand", [write(100), flush, write(100), flush, flush, end], ["100", "100", "0 LAST"]],
    ["go before a URL", [write(100), (s) => s.burl("imap://x/1", { last: false }), write(3), end], ["100", "3 LAST"]],
    ["go before the last URL", [write(100), (s) => s.burl("imap://x/1")], ["100"]],
    ["are forgotten with what is broken off", [write(100), (s) => s.abort()], []],
  ])("%s", (_, pieces, sizes) => {
    expect(chunksOf([mail, bdat, OK + OK, ...pieces, OK.repeat(20)]).sizes).toEqual(sizes);
    // As much, if the recipients are decided later.
    expect(chunksOf([mail, bdat, ...pieces, OK + OK, OK.repeat(20)]).sizes).toEqual(sizes);
  });

  it("988,000 octets in lines take one round trip, where 16 chunks may be unanswered", () => {
    const { sizes } = chunksOf([mail, bdat, OK + OK, write(76, 13_000), end]);
    expect(sizes).toHaveLength(16);
  });

  it("what was broken off is not of the next message", () => {
    const again: Step[] = [mail, bdat, OK + OK, write(100), (s) => s.abort(), (s) => s.rset(), OK, mail, bdat, OK + OK];
    expect(chunksOf([...again, write(3), end]).output.endsWith("BDAT 3 LAST\r\nx\r\n")).toBe(true);
  });

  it("of one that is refused no more is sent", () => {
    const { output, sizes } = chunksOf([mail, bdat, OK + OK, write(20_000), write(100), "554 no\r\n", (s) => s.rset()]);
    expect([sizes, output.endsWith("RSET\r\n")]).toEqual([["20000"], true]);
  });

  it("up to 65,536 octets of them go ahead of the recipients' replies, where that is wanted", () => {
    const eager: Command = (s) => s.bdat({ eager: true });
    const ahead = (...pieces: Command[]) => chunksOf([mail, eager, ...pieces]).sizes;
    expect(ahead(write(8192, 8), end)).toEqual(["65536 LAST"]);
    expect(ahead(write(8192, 8), write(3), end)).toEqual(["65536"]);
    expect(ahead(write(100), flush, write(100, 2), end)).toEqual(["100", "200 LAST"]);
    expect(ahead(write(60_000), write(8192), end)).toEqual(["60000"]);
  });

  it("says that it waits for content as long as what is gathered may go ahead", () => {
    const waiting = (...pieces: Command[]) =>
      converse([GREETING, ehlo, CHUNKING, mail, (s) => s.bdat({ eager: true }), ...pieces]).session.waiting;
    expect(waiting(write(100))).toBe("content");
    expect(waiting(write(60_000), write(5536))).toBe("content");
    expect(waiting(write(60_000), write(5537))).toBe("bytes");
  });

  it("flush() after DATA sends nothing that was not sent, and is not possible before", () => {
    const steps: Step[] = [GREETING, ehlo, CHUNKING, mail, (s) => s.data(), `${OK}${OK}354 go\r\n`];
    expect(converse([...steps, (s) => s.write(octets(".x\r")).flush()]).output.endsWith("DATA\r\n..x")).toBe(true);
    expect(() => converse([...steps.slice(0, 3), mail, flush])).toThrow("flush() is not possible while no content");
  });

  it("a buffer can be used again once small ones are written, and is not written to", () => {
    const session = ready(["PIPELINING", "CHUNKING"]);
    session.mail("a@b", { content: "7bit" }).rcpt("c@d").bdat();
    const buffer = octets("one\r\n");
    session.write(buffer);
    expect(text(buffer)).toBe("one\r\n");
    buffer.set(octets("two"));
    session.write(buffer).end();
    expect(text(session.takeOutputPieces())).toBe(ENVELOPE);
    for (const _ of session.receive(octets(OK + OK)));
    const pieces = session.takeOutputPieces();
    expect(text(pieces)).toBe(`BDAT 10 LAST\r\none\r\ntwo\r\n`);
  });

  it.each([18, 30_000])(
    "content() may be given an iterable that makes each piece in the same buffer: of %i octets",
    (length) => {
      for (const form of ["data", "bdat"] as const) {
        const session = ready(["PIPELINING", "CHUNKING"]);
        session.mail("a@b", { content: "7bit" }).rcpt("c@d")[form]();
        session.takeOutputPieces();
        for (const _ of session.receive(octets(form === "data" ? `${OK}${OK}354 go\r\n` : OK + OK)));
        session.takeOutputPieces();
        const lines = ["a", "b", "c"].map((each) => `${each.repeat(length - 2)}\r\n`);
        const buffer = new Uint8Array(length);
        session.content(
          (function* () {
            for (const line of lines) {
              buffer.set(octets(line));
              yield buffer;
            }
          })(),
        );
        const sent = text(session.takeOutputPieces());
        expect(sent.replace(/BDAT \d+( LAST)?\r\n/g, "").replace(/\.\r\n$/, "")).toBe(lines.join(""));
      }
    },
  );

  it("[CHUNK-2-15] however content is cut and flushed, its chunks have all of it, none larger than needed", () => {
    const pieces = fc.array(
      fc.record({
        piece: fc.oneof(
          { weight: 4, arbitrary: fc.string({ unit: fc.constantFrom("a", "\r\n", "."), maxLength: 300 }) },
          fc.nat({ max: 70_000 }).map((length) => "y".repeat(length)),
        ),
        flushed: fc.nat({ max: 9 }).map((chance) => chance === 0),
        restored: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(pieces, fc.boolean(), (content, eager) => {
        let session = ready(["PIPELINING", "CHUNKING", "BINARYMIME"]);
        session.mail("a@b", { content: "binary" }).rcpt("c@d").bdat({ eager });
        for (const { piece, flushed, restored } of content) {
          session.write(octets(piece));
          if (flushed) session.flush();
          if (restored) session = SmtpClientSession.restore(structuredClone(session.snapshot()));
        }
        session.end();
        let [sent, replies] = ["", OK + OK];
        for (let more = join(session.takeOutputPieces()); more.length > 0; more = join(session.takeOutputPieces())) {
          sent += text(more);
          for (const _ of session.receive(octets(replies)));
          replies = OK;
        }
        const chunks: string[] = [];
        let at = sent.indexOf("BDAT");
        for (; at < sent.length; ) {
          const [line, size] = /^BDAT (\d+)(?: LAST)?\r\n/.exec(sent.slice(at, at + 40))!;
          at += line.length + Number(size);
          chunks.push(sent.slice(at - Number(size), at));
        }
        expect(chunks.join("")).toBe(content.map(({ piece }) => piece).join(""));
        const largest = Math.max(65_536, ...content.map(({ piece }) => piece.length));
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(largest);
        const most =
          content.filter(({ flushed }) => flushed).length +
          content.filter(({ piece }) => piece.length >= 16_384).length * 2;
        expect(chunks.length).toBeLessThanOrEqual(most + 2);
      }),
      { numRuns: runs(4) },
    );
  });
});
