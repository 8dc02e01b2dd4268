import type { SmtpClientSession } from "smtp-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { ready } from "../transaction/support.ts";
import { type Command, converse, ehlo, GREETING, HELLO, offer, SENT, type Step } from "./support.ts";

const CHUNKING = `${GREETING}${offer("PIPELINING", "8BITMIME", "CHUNKING", "BINARYMIME")}`;
const SLOW = `${GREETING}${offer("8BITMIME", "CHUNKING")}`;
const ENVELOPE = "MAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n";
const envelope: Command = (s) => s.mail("a@b").rcpt("c@d").rcpt("e@f").bdat();
const OK = "250 ok\r\n";
const write =
  (text: string): Command =>
  (s) =>
    s.write(octets(text)).flush();
const end: Command = (s) => s.end();

/** A conversation, and of it what is after the hello. */
function talk(steps: readonly Step[], hello = CHUNKING, options = {}) {
  const at = hello.indexOf("\r\n") + 2;
  const { output, shown, session } = converse([hello.slice(0, at), ehlo, hello.slice(at), ...steps], options);
  return { output: output.slice(SENT.length), shown: shown.slice(2), session };
}

describe("content in chunks", () => {
  it("[CHUNK-2-14] waits for the replies to MAIL and RCPT, and goes on without waiting then", () => {
    const before = talk([envelope, write("one\r\n"), write("two\r\n"), end]);
    expect(before.output).toBe(ENVELOPE);
    expect(talk([envelope, write("one\r\n"), OK + OK]).output).toBe(ENVELOPE);
    const after = talk([envelope, write("one\r\n"), `${OK}${OK}550 no\r\n`, write("two\r\n"), end, OK + OK + OK]);
    expect(after.output).toBe(`${ENVELOPE}BDAT 5\r\none\r\nBDAT 5\r\ntwo\r\nBDAT 0 LAST\r\n`);
    expect(after.shown).toEqual(["mail ok", "rcpt ok", "rcpt 550", "bdat ok", "bdat ok", "message accepted"]);
    expect(after.session.state).toBe("ready");
  });

  it("[SMTP-4.3.1-2] goes chunk by chunk where PIPELINING is not offered", () => {
    const steps: Step[] = [envelope, OK, OK, OK, write("one\r\n"), write("two\r\n"), end];
    const first = ENVELOPE.split(/(?<=\r\n)/);
    expect(talk(steps.slice(0, 1), SLOW).output).toBe(first[0]);
    expect(talk(steps, SLOW).output).toBe(`${ENVELOPE}BDAT 5\r\none\r\n`);
    expect(talk([...steps, OK], SLOW).output).toBe(`${ENVELOPE}BDAT 5\r\none\r\nBDAT 5\r\ntwo\r\n`);
    expect(talk([...steps, OK, OK, OK], SLOW).shown.at(-1)).toBe("message accepted");
  });

  it("says when it waits for content: not before a recipient is accepted, nor while 16 chunks are unanswered", () => {
    const at = (...steps: Step[]) => talk([envelope, ...steps]).session.waiting;
    expect(at()).toBe("bytes");
    expect(at(OK + OK)).toBe("bytes");
    expect(at(OK + OK + OK)).toBe("content");
    const many: Command = (s) => {
      for (let count = 0; count < 17; count++) s.write(octets("x\r\n")).flush();
    };
    const full = talk([envelope, OK + OK + OK, many]);
    expect([full.session.waiting, full.output.match(/BDAT/g)?.length]).toEqual(["bytes", 16]);
    const more = talk([envelope, OK + OK + OK, many, OK, OK]);
    expect([more.session.waiting, more.output.match(/BDAT/g)?.length]).toEqual(["content", 17]);
    expect(more.session.timeout).toEqual({ seconds: 300, for: "BDAT" });
  });

  it("is not asked for while commands before it wait to be sent", () => {
    const session = ready(["PIPELINING", "8BITMIME", "CHUNKING"]);
    const to = `${"x".repeat(64)}@${Array(3).fill("y".repeat(60)).join(".")}`;
    session.mail("a@b");
    for (let count = 0; count < 70; count++) session.rcpt(to);
    session.bdat({ eager: true });
    session.takeOutputPieces();
    expect([session.nextEvent(), session.waiting]).toEqual([null, "bytes"]);
  });

  it.each<[string, Step[], string]>([
    ["before any of it was sent", [envelope, (s) => s.write(octets("x")).abort(), OK + OK + OK], "rcpt"],
    ["with a chunk that is answered", [envelope, OK + OK + OK, write("x\r\n"), (s) => s.abort(), OK], "failed"],
    [
      "after a last chunk that nobody is to receive",
      [(s) => s.mail("a@b").rcpt("c@d").bdat({ eager: true }).end(octets("x")), `${OK}550 no\r\n554 no\r\n`],
      "failed",
    ],
  ])("given up %s leaves a transaction to go on with, or to end by RSET", (_, steps, state) => {
    expect(talk(steps).session.state).toBe(state);
  });

  it("waits for the connection to take a chunk before it waits for the reply, when the content was given up too", () => {
    const { session } = talk([envelope, OK + OK + OK]);
    session.write(octets("x\r\n")).flush().abort();
    expect(session.timeout).toEqual({ seconds: 180, for: "content" });
    session.takeOutputPieces();
    expect(session.timeout).toEqual({ seconds: 300, for: "BDAT" });
  });

  it.each<[string, Step[]]>([
    ["once all before it is answered", [envelope, OK + OK + OK]],
    ["behind an empty piece", [envelope, OK + OK + OK, write("")]],
    [
      "where it is begun with nothing under way",
      [(s) => s.mail("a@b").rcpt("c@d"), OK + OK, (s) => s.bdat(), write("\r")],
    ],
  ])("is under way until it is ended, though no chunk was sent yet: %s", (_, steps) => {
    const { session } = talk(steps);
    expect([session.state, session.waiting]).toEqual(["content", "content"]);
    expect(() => session.rset()).toThrow("legal now: write(), flush(), end() and abort()");
    const { output, shown } = talk([...steps, write("x\r\n"), end, OK + OK]);
    expect(output.split("BDAT").length).toBe(3);
    expect(shown.slice(-2)).toEqual(["bdat ok", "message accepted"]);
  });

  it.each([
    ["[CHUNK-2-15] dots are left alone", [".\r\n..\r\n", ".x\r\n"], ["7\r\n.\r\n..\r\n", "4\r\n.x\r\n", "0 LAST\r\n"]],
    ["[CHUNK-2-15] a CR and its LF in two chunks", ["a\r", "\nb\r\n"], ["1\r\na", "5\r\n\r\nb\r\n", "0 LAST\r\n"]],
    [
      "bare LF and CR",
      ["a\nb\rc\n\r", "d\r\r\n", "\n"],
      ["9\r\na\r\nb\r\nc\r\n", "7\r\n\r\nd\r\n\r\n", "2\r\n\r\n", "0 LAST\r\n"],
    ],
    ["a last line without its end", ["a"], ["1\r\na", "2 LAST\r\n\r\n"]],
    ["a CR at the end", ["a\r"], ["1\r\na", "2 LAST\r\n\r\n"]],
    ["nothing", [], ["0 LAST\r\n"]],
    ["a chunk of which nothing can be sent yet", ["\r", "\n"], ["2\r\n\r\n", "0 LAST\r\n"]],
    ["an empty piece", ["", "x\r\n"], ["3\r\nx\r\n", "0 LAST\r\n"]],
  ])("%s", (_, pieces, sent) => {
    const { output } = talk([envelope, OK + OK + OK, ...pieces.map(write), end]);
    expect(output).toBe(ENVELOPE + sent.map((chunk) => `BDAT ${chunk}`).join(""));
  });

  it("[CHUNK-2-8] after a refused chunk, the first one too, RSET comes first", () => {
    for (const answered of ["", OK]) {
      const one = answered === "" ? [] : [write("one\r\n")];
      const { shown, session } = talk([
        envelope,
        OK + OK + OK,
        ...one,
        write("two\r\n"),
        `${answered}554 5.3.4 no\r\n`,
      ]);
      expect([shown.slice(-2), session.state]).toEqual([["bdat 554", "message permanent"], "failed"]);
      expect(() => session.data()).toThrow('data() is not possible in state "failed"');
    }
  });

  it("65,536 octets go ahead of the recipients' replies, where that is wanted, and no more", () => {
    const eager: Command = (s) => s.mail("a@b").rcpt("c@d").rcpt("e@f").bdat({ eager: true });
    const lines = (octets: number) => "x".repeat(octets - 2).concat("\r\n");
    const all = talk([eager, write(lines(65_536))]);
    expect([all.output.length, all.session.waiting]).toEqual([
      ENVELOPE.length + "BDAT 65536\r\n".length + 65_536,
      "content",
    ]);
    const more = talk([eager, write(lines(65_537))]);
    expect([more.output, more.session.waiting]).toEqual([ENVELOPE, "bytes"]);
  });

  it("chunks that were given up before one was sent leave the transaction as it was", () => {
    const { output, session } = talk([envelope, OK + OK + OK, (s) => s.abort()]);
    expect([output, session.state, session.waiting]).toEqual([ENVELOPE, "rcpt", "decision"]);
    expect(talk([envelope, OK + OK + OK, (s) => s.abort(), (s) => s.data()]).output).toBe(`${ENVELOPE}DATA\r\n`);
  });

  it("what was sent to its end has its fate before what was to come after it", () => {
    const second: Command = (s) => s.rset().mail("x@y").rcpt("c@d").bdat().write(octets("z\r\n")).end();
    const { shown } = talk([envelope, OK + OK + OK, write("one\r\n"), end, second, (s) => s.receiveEnd()]);
    expect(shown.slice(3)).toEqual([
      ...["bdat lost", "message unknown", "rset lost", "mail lost", "rcpt lost", "message not-accepted"],
      "closed end-of-input",
    ]);
  });

  it("whole content is one last chunk", () => {
    const { output, shown } = talk([envelope, OK + OK + OK, (s) => s.content(octets(".a\nb")), "250 queued\r\n"]);
    expect(output).toBe(`${ENVELOPE}BDAT 7 LAST\r\n.a\r\nb\r\n`);
    expect(shown.at(-1)).toBe("message accepted");
    const pieces = talk([envelope, OK + OK + OK, (s) => s.content([octets("a\r\n"), octets("b\r\n")])]);
    expect(pieces.output).toBe(`${ENVELOPE}BDAT 6 LAST\r\na\r\nb\r\n`);
  });

  it.each<readonly [string, readonly Step[], readonly string[], string]>([
    [
      "[CHUNK-2-16] a chunk that is refused",
      [write("a\r\n"), write("b\r\n"), `452 full\r\n503 no\r\n`],
      ["bdat 452", "message transient", "bdat 503"],
      "failed",
    ],
    [
      "a chunk refused while more waits to be sent",
      [
        (s) => {
          for (const each of "abcdefghijklmnopqrst") s.write(octets(`${each}\r\n`)).flush();
          s.end();
        },
        `552 5.3.4 too big\r\n`,
      ],
      ["bdat 552", "message permanent"],
      "failed",
    ],
    [
      "[CHUNK-2-16] a chunk refused behind which the last was sent: that one's reply decides nothing",
      [write("a\r\n"), end, `554 no\r\n250 what\r\n`],
      ["bdat 554", "message permanent"],
      "failed",
    ],
    ["the last chunk refused", [end, "554 no\r\n"], ["message permanent"], "failed"],
    [
      "the connection lost inside",
      [write("a\r\n"), OK, (s) => s.receiveEnd()],
      ["bdat ok", "message not-accepted", "closed end-of-input"],
      "closed",
    ],
    [
      "the connection lost behind the end",
      [end, (s) => s.receiveEnd()],
      ["message unknown", "closed end-of-input"],
      "closed",
    ],
    [
      "421 to a chunk",
      [write("a\r\n"), "421 bye\r\n"],
      ["bdat 421", "message transient", "closed reply-421"],
      "closed",
    ],
    [
      "354 to a chunk",
      [write("a\r\n"), "354 go\r\n"],
      ["violation unexpected-code", "message not-accepted", "bdat lost", "closed violation"],
      "closed",
    ],
    ["broken off", [write("a\r\n"), (s) => s.abort(), OK], ["message not-accepted", "bdat ok"], "failed"],
    ["broken off before anything was sent", [(s) => s.abort()], ["message not-accepted"], "rcpt"],
  ])("%s", (_, steps, expected, state) => {
    const { shown, session } = talk([envelope, OK + OK + OK, ...steps]);
    expect(shown.slice(3)).toEqual(expected);
    expect(session.state).toBe(state);
  });

  it("after a refused chunk RSET, QUIT or a hello is next, and waits for the replies to chunks", () => {
    const refused: Step[] = [envelope, OK + OK + OK, write("a\r\n"), write("b\r\n"), "452 full\r\n"];
    const { output, shown } = talk([...refused, (s) => s.rset(), "503 no\r\n", OK]);
    expect(output.slice(ENVELOPE.length)).toBe("BDAT 3\r\na\r\nBDAT 3\r\nb\r\nRSET\r\n");
    expect(shown.slice(-2)).toEqual(["bdat 503", "rset ok"]);
    expect(talk(refused).output).not.toContain("RSET");
    expect(() => talk([...refused, "503 no\r\n", (s) => s.mail("a@b")])).toThrow(
      'mail() is not possible in state "failed"; legal now: ehlo(), helo(), rset(), noop(), help(), vrfy(), expn(), quit()',
    );
  });

  it("nothing goes after the last chunk before its reply (RFC 3030 section 4.2)", () => {
    const ended: Step[] = [envelope, OK + OK + OK, end, (s) => s.quit()];
    expect(talk(ended).output).toBe(`${ENVELOPE}BDAT 0 LAST\r\n`);
    expect(talk([...ended, OK]).output).toBe(`${ENVELOPE}BDAT 0 LAST\r\nQUIT\r\n`);
    expect(() => talk([envelope, OK + OK + OK, end, (s) => s.mail("a@b")])).toThrow('in state "failed"');
    expect(() => talk([envelope, (s) => s.quit()])).toThrow("legal now: write(), flush(), end() and abort()");
  });

  it.each<readonly [string, string, readonly Step[], string]>([
    ["no recipient accepted", `${OK}550 a\r\n550 b\r\n`, [], "mail"],
    ["MAIL refused, and the RCPTs behind it", "550 a\r\n503 a\r\n503 b\r\n", [], "ready"],
    ["no recipient accepted, content ended", `${OK}550 a\r\n550 b\r\n`, [write("x\r\n"), end], "mail"],
  ])("[CHUNK-2-14] %s: no chunk is sent", (_, replies, steps, state) => {
    const { output, shown, session } = talk([envelope, ...steps, replies]);
    expect(output).toBe(ENVELOPE);
    expect(shown.at(-1)).toBe("message not-accepted");
    expect([session.state, session.waiting]).toEqual([state, "decision"]);
  });

  it("the connection lost before the recipients are decided: certainly not accepted", () => {
    const { shown } = talk([envelope, write("x\r\n"), end, OK, (s) => s.receiveEnd()]);
    expect(shown).toEqual(["mail ok", "message not-accepted", "rcpt lost", "rcpt lost", "closed end-of-input"]);
  });

  it("recipients of the message before do not count", () => {
    const again: Step[] = [envelope, OK + OK + OK, end, OK, envelope, write("x\r\n"), "550 a\r\n503 b\r\n503 c\r\n"];
    const { output, shown } = talk(again);
    expect(output).toBe(`${ENVELOPE}BDAT 0 LAST\r\n${ENVELOPE}`);
    expect(shown.at(-1)).toBe("message not-accepted");
  });

  it("of two messages given at once, the one without recipients fails alone", () => {
    const first: Command = (s) => s.mail("a@b").rcpt("c@d").bdat().write(octets("1\r\n")).end().rset();
    const second: Command = (s) => s.mail("a@b").rcpt("c@d").bdat().write(octets("2\r\n")).flush();
    const ONE = "MAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\n";
    const NOBODY = `${OK}550 no\r\n`;
    for (const steps of [
      [first, second, end, NOBODY, OK + OK + OK, OK + OK],
      // The second is still being written when the first fails.
      [first, second, NOBODY, OK + OK + OK, end, OK + OK],
    ]) {
      const { output, shown, session } = talk(steps);
      expect(output).toBe(`${ONE}RSET\r\n${ONE}BDAT 3\r\n2\r\nBDAT 0 LAST\r\n`);
      const fates = ["message not-accepted", "rset ok", "mail ok", "rcpt ok", "bdat ok", "message accepted"];
      expect(shown).toEqual(["mail ok", "rcpt 550", ...fates]);
      expect(session.state).toBe("ready");
    }
  });

  it("of two messages given at once, the one that is broken off fails alone", () => {
    const first: Command = (s) => s.mail("a@b").rcpt("c@d").bdat().end(octets("1\r\n")).rset();
    const abort: Command = (s) => s.mail("a@b").rcpt("c@d").bdat().write(octets("2\r\n")).abort();
    const refused: Command = (s) => expect(() => s.mail("a@b")).toThrow('mail() is not possible in state "failed"');
    const { output, shown, session } = talk([first, abort, refused, OK + OK, OK, OK + OK + OK]);
    expect(output.match(/BDAT.*/g)).toEqual(["BDAT 3 LAST"]);
    expect([shown, session.state]).toEqual([
      [...["mail ok", "rcpt ok", "message accepted"], ...["rset ok", "mail ok", "rcpt ok", "message not-accepted"]],
      "rcpt",
    ]);
  });

  it.each<readonly [string, readonly Step[], readonly string[]]>([
    ["accepted", [OK, OK + OK + OK], ["message accepted", "rset ok", "mail ok", "rcpt ok", "message not-accepted"]],
    [
      "refused",
      ["554 no\r\n", OK + OK + OK],
      ["message permanent", "rset ok", "mail ok", "rcpt ok", "message not-accepted"],
    ],
    [
      "lost with the connection",
      [(s) => s.receiveEnd()],
      [...["message unknown", "rset lost", "mail lost", "rcpt lost", "message not-accepted"], "closed end-of-input"],
    ],
  ])(
    "a message that is broken off has its fate behind that of the one that was sent before it: %s",
    (_, steps, fates) => {
      const first: Command = (s) => s.mail("a@b").rcpt("c@d").bdat().end(octets("1\r\n")).rset();
      const second: Command = (s) => s.mail("a@b").rcpt("c@d").bdat().write(octets("2\r\n")).abort();
      const { shown } = talk([first, OK + OK, second, ...steps]);
      expect(shown).toEqual(["mail ok", "rcpt ok", ...fates]);
    },
  );

  it.each([
    ["accepted", OK],
    ["refused", "554 no\r\n"],
  ])("after a message that was broken off when a chunk of it had gone ahead RSET is next: the chunk %s", (_, reply) => {
    const first: Command = (s) => s.mail("a@b").rcpt("c@d").data();
    const second: Command = (s) =>
      s.mail("a@b").rcpt("c@d").bdat({ eager: true }).write(octets("2\r\n")).flush().abort();
    const go = `${OK}${OK}354 go\r\n`;
    const { shown, session } = talk([first, go, (s) => s.end(octets("1")), second, OK, OK + OK, reply]);
    const chunk = reply === OK ? "bdat ok" : "bdat 554";
    const fates = ["message accepted", "mail ok", "rcpt ok", "message not-accepted", chunk];
    expect([shown.slice(3), session.state, session.waiting]).toEqual([fates, "failed", "decision"]);
    expect(session.rset().state).toBe("ready");
  });

  it("of two messages given at once, the one that was sent whole has its fate first when the connection is lost", () => {
    const both: Command = (s) => {
      for (let count = 0; count < 2; count++) s.mail("a@b").rcpt("c@d").bdat().end(octets("x\r\n")).rset();
    };
    const lost = ["rset lost", "mail lost", "rcpt lost", "rset lost", "message not-accepted", "closed end-of-input"];
    expect(talk([both, OK + OK, (s) => s.receiveEnd()]).shown).toEqual([
      ...["mail ok", "rcpt ok", "message unknown"],
      ...lost,
    ]);
  });

  it("whether content goes ahead of the replies is each message's own", () => {
    const two = (first: boolean, second: boolean): Command => {
      return (s) => {
        s.mail("a@b").rcpt("c@d").bdat({ eager: first }).end(octets("1\r\n")).rset();
        s.mail("a@b").rcpt("c@d").bdat({ eager: second }).end(octets("2\r\n"));
      };
    };
    const ahead = (first: boolean, second: boolean) => {
      const given = talk([two(first, second)]).output;
      const behind = talk([two(first, second), OK + OK, OK, OK]).output;
      return [given, behind].map((output) => output.match(/BDAT/g)?.length ?? 0);
    };
    expect([ahead(false, true), ahead(true, false), ahead(true, true)]).toEqual([
      [0, 2],
      [1, 1],
      [1, 2],
    ]);
  });

  it("eager content goes ahead of the replies, up to 65,536 octets", () => {
    const eager: Command = (s) => s.mail("a@b").rcpt("c@d").bdat({ eager: true });
    const ENVELOPE = "MAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\n";
    const small: Step[] = [eager, write("x\r\n"), end];
    expect(talk(small).output).toBe(`${ENVELOPE}BDAT 3\r\nx\r\nBDAT 0 LAST\r\n`);
    expect(talk([...small, OK + OK + OK + OK]).shown).toEqual(["mail ok", "rcpt ok", "bdat ok", "message accepted"]);
    // Nobody is to receive it: it fails, whatever the server says.
    const nobody = talk([...small, `${OK}550 no\r\n503 x\r\n250 what\r\n`]);
    expect(nobody.shown).toEqual(["mail ok", "rcpt 550", "message not-accepted", "bdat 503"]);
    expect(nobody.session.state).toBe("failed");
    const large = "x".repeat(40_000);
    const two = talk([eager, write(large), write(large), end]);
    expect(two.output).toBe(`${ENVELOPE}BDAT 40000\r\n${large}`);
    expect(two.session.waiting).toBe("bytes");
    expect(talk([eager, write(large)]).session.waiting).toBe("content");
    expect(talk([eager, write(large), write(large), end, OK + OK + OK]).output.length).toBe(
      two.output.length + 40_000 + 27,
    );
    expect(talk([eager, write("x"), end], SLOW).output).toBe("MAIL FROM:<a@b> BODY=8BITMIME\r\n");
  });

  it("[CHUNK-3-5] binary content is sent as it is, and declared", () => {
    const binary: Command = (s) => s.mail("a@b", { content: "binary" }).rcpt("c@d");
    const { output } = talk([binary, (s) => s.bdat(), OK + OK, write("a\nb\r\0\xff"), end]);
    expect(output).toBe("MAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\nBDAT 6\r\na\nb\r\0\xffBDAT 0 LAST\r\n");
    expect(() => talk([binary, (s) => s.data()])).toThrow(
      "data() is not possible for binary content; legal now: bdat()",
    );
  });

  it.each([
    [
      "[CHUNK-2-13] CHUNKING",
      HELLO,
      (s: SmtpClientSession) => s.mail("a@b").rcpt("c@d").bdat(),
      "bdat() is not possible on a server that does not offer CHUNKING",
    ],
    [
      "[CHUNK-3-2] BINARYMIME, offered without CHUNKING",
      `${GREETING}${offer("BINARYMIME")}`,
      (s: SmtpClientSession) => s.mail("a@b", { content: "binary" }),
      'mail() with binary content is not possible on a server that does not offer BINARYMIME and CHUNKING; legal now: content: "8bit"',
    ],
  ])("%s has to be offered", (_, hello, command, message) => {
    expect(() => talk([command], hello)).toThrow(message);
  });

  it("content that is not the 7-bit it was declared to be ends the connection, and no last chunk is sent", () => {
    const seven: Command = (s) => s.mail("a@b", { content: "7bit" }).rcpt("c@d").bdat();
    for (const broken of [(s) => s.write(octets("\xe9")), (s) => s.end(octets("\xe9"))] as Command[]) {
      const { output, shown } = talk([seven, OK + OK, write("x\r\n"), broken]);
      expect(output.endsWith("BDAT 3\r\nx\r\n")).toBe(true);
      expect(shown.slice(-3)).toEqual(["message not-accepted", "bdat lost", "closed content-not-7bit"]);
    }
  });

  it("refuses bare line ends where told to, and a throw changes nothing", () => {
    const bare: Command = (s) => {
      expect(() => s.write(octets("a\nb"))).toThrow(
        '"chunk" expected CRLF line ends, got an LF without CR at offset 1',
      );
      s.write(octets("a\r")).flush();
      expect(() => s.write(octets("b"))).toThrow("at offset 1");
      expect(() => s.end()).toThrow("at offset 1");
      s.write(octets("\nb")).flush();
      expect(() => s.write(octets("c\rd"))).toThrow("at offset 5");
      expect(() => s.end(octets("c\r"))).toThrow("at offset 5");
      s.end(octets("c\r\n"));
    };
    const { output } = talk([envelope, OK + OK + OK, bare], CHUNKING, { lineEndings: "reject" });
    expect(output).toBe(`${ENVELOPE}BDAT 1\r\naBDAT 3\r\n\r\nbBDAT 3 LAST\r\nc\r\n`);
    expect(() => talk([envelope, OK + OK + OK, end, end])).toThrow(
      "end() is not possible while no content is asked for",
    );
  });
});
