import { type Envelope, SmtpTransaction, StateError } from "smtp-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { ALL, OK, type Play, play, ready, type Step } from "./support.ts";

const MAIL = "MAIL FROM:<a@b> SIZE=3\r\n";
const RCPTS = "RCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n";
const x = { content: octets("x") };
const CHUNKING = [...ALL, "CHUNKING"];

describe("a transaction", () => {
  it("sends the envelope and DATA in one flight, then the content, and tells each recipient's fate", () => {
    const { output, shown, session, transaction } = play(
      [`${OK}${OK}550 5.1.1 no such user\r\n354 go\r\n`, "250 2.0.0 queued\r\n"],
      { options: x },
    );
    expect(output).toBe(`${MAIL}${RCPTS}DATA\r\nx\r\n.\r\n`);
    expect(shown).toEqual(["recipient e@f permanent 550", "recipient c@d accepted 250", "done"]);
    expect(transaction.report).toMatchObject({
      problems: [],
      size: 3,
      stuffedLines: 0,
      recipients: [
        { outcome: "accepted", code: 250, enhanced: "2.0.0", text: "queued" },
        { outcome: "permanent", code: 550, enhanced: "5.1.1", text: "no such user" },
      ],
    });
    expect([session.state, transaction.waiting]).toEqual(["ready", "decision"]);
  });

  it("one command at a time where PIPELINING is not offered", () => {
    const { output, fates } = play([OK, OK, OK, "354 go\r\n", OK], { options: x, keywords: ["SIZE"] });
    expect(output).toBe(`${MAIL}${RCPTS}DATA\r\nx\r\n.\r\n`);
    expect(fates).toEqual(["c@d accepted 250", "e@f accepted 250"]);
  });

  it("[CHUNK-2-14] by BDAT where CHUNKING is offered, after the replies to RCPT", () => {
    const before = play([], { options: x, keywords: CHUNKING });
    expect(before.output).toBe(MAIL + RCPTS);
    const { output, fates } = play([OK + OK + OK, OK], { options: x, keywords: CHUNKING });
    expect(output).toBe(`${MAIL}${RCPTS}BDAT 3 LAST\r\nx\r\n`);
    expect(fates).toEqual(["c@d accepted 250", "e@f accepted 250"]);
    const without = play([], { options: { ...x, chunking: false }, keywords: CHUNKING });
    expect(without.output).toBe(`${MAIL}${RCPTS}DATA\r\n`);
  });

  it("with eagerBdat content goes in the same flight", () => {
    const { output, fates } = play([`${OK}${OK}550 no\r\n${OK}`], {
      options: { ...x, eagerBdat: true },
      keywords: CHUNKING,
    });
    expect(output).toBe(`${MAIL}${RCPTS}BDAT 3 LAST\r\nx\r\n`);
    expect(play([], { options: { ...x, eagerBdat: true }, keywords: CHUNKING }).output).toBe(output);
    expect(fates).toEqual(["c@d accepted 250", "e@f permanent 550"]);
  });

  it("of a reply of several lines the fate has all", () => {
    const { transaction } = play([`${OK}${OK}550-no\r\n550 such user\r\n354 go\r\n`, OK], { options: x });
    expect(transaction.report?.recipients[1]).toMatchObject({ code: 550, text: "no such user" });
  });

  it("what goes with a recipient has to be offered too", () => {
    const envelope = { to: [{ to: "c@d", notify: "NEVER" as const }] };
    const { transaction, output } = play([], { envelope, options: x });
    expect([transaction.report?.problems, output]).toMatchObject([[{ code: "not-offered", extension: "DSN" }], ""]);
  });

  it("needs a session with no transaction of its own", () => {
    const session = ready();
    session.mail("a@b").takeOutputPieces();
    for (const _ of session.receive(octets(OK)));
    expect([session.state, session.timeout]).toEqual(["mail", null]);
    expect(() => new SmtpTransaction(session, { from: "", to: ["c@d"] })).toThrow(
      /^SmtpTransaction is not possible in state "mail"; legal now: .+$/,
    );
  });

  it.each<readonly [string, Step[], Play, string[], string]>([
    [
      "MAIL refused",
      ["451 later\r\n503 x\r\n503 x\r\n503 x\r\n"],
      {},
      ["c@d transient 451", "e@f transient 451"],
      "DATA\r\n",
    ],
    [
      "MAIL refused, chunks",
      ["451 later\r\n503 x\r\n503 x\r\n"],
      { keywords: CHUNKING },
      ["c@d transient 451", "e@f transient 451"],
      RCPTS,
    ],
    [
      "no recipient accepted",
      [`${OK}550 a\r\n450 b\r\n554 no\r\n`, OK],
      {},
      ["c@d permanent 550", "e@f transient 450"],
      "DATA\r\nRSET\r\n",
    ],
    [
      "no recipient accepted, chunks",
      [`${OK}550 a\r\n450 b\r\n`, OK],
      { keywords: CHUNKING },
      ["c@d permanent 550", "e@f transient 450"],
      "RSET\r\n",
    ],
    [
      "[PIPE-3.1-6] no recipient accepted, and 354",
      [`${OK}550 a\r\n450 b\r\n354 go\r\n`, "554 no\r\n"],
      {},
      ["c@d permanent 550", "e@f transient 450"],
      "DATA\r\n.\r\n",
    ],
    [
      "MAIL refused, RCPT accepted, DATA refused",
      [`452 a\r\n${OK}${OK}503 no\r\n`, OK],
      {},
      ["c@d transient 452", "e@f transient 452"],
      "DATA\r\nRSET\r\n",
    ],
    [
      "MAIL refused, RCPT accepted, chunks",
      [`550 a\r\n${OK}${OK}`, OK],
      { keywords: CHUNKING },
      ["c@d permanent 550", "e@f permanent 550"],
      "RSET\r\n",
    ],
    [
      "DATA refused",
      [`${OK}${OK}550 no\r\n451 later\r\n`, OK],
      {},
      ["c@d transient 451", "e@f permanent 550"],
      "DATA\r\nRSET\r\n",
    ],
    [
      "[SMTP-4.2.5-1] content refused for now",
      [`${OK}${OK}${OK}354 go\r\n`, "452 full\r\n"],
      {},
      ["c@d transient 452", "e@f transient 452"],
      "x\r\n.\r\n",
    ],
    [
      "content refused for good",
      [`${OK}${OK}${OK}354 go\r\n`, "554 spam\r\n"],
      {},
      ["c@d permanent 554", "e@f permanent 554"],
      "x\r\n.\r\n",
    ],
    [
      "the last chunk refused",
      [OK + OK + OK, "554 spam\r\n", OK],
      { keywords: CHUNKING },
      ["c@d permanent 554", "e@f permanent 554"],
      "x\r\nRSET\r\n",
    ],
    [
      "[CHUNK-2-16] a chunk refused, others on their way",
      [OK + OK + OK, "452 full\r\n503 x\r\n503 x\r\n", OK],
      {
        keywords: CHUNKING,
        options: { content: [octets("a".repeat(20_000)), octets("b".repeat(20_000).concat("\r\n"))] },
      },
      ["c@d transient 452", "e@f transient 452"],
      "BDAT 0 LAST\r\nRSET\r\n",
    ],
  ])("%s", (_, steps, setting, fates, end) => {
    const found = play(steps, { options: x, ...setting });
    expect(found.fates).toEqual(fates);
    expect(found.output.slice(-end.length)).toBe(end);
    expect(found.shown.at(-1)).toBe("done");
    expect(found.session.state).toBe("ready");
    expect(new SmtpTransaction(found.session, { from: "", to: ["a@b"], content: "7bit" }).isOver).toBe(false);
  });

  it.each<readonly [string, Step[], string[], string]>([
    ["421 at MAIL", ["421 bye\r\n"], ["c@d transient 421", "e@f transient 421"], "reply-421"],
    ["421 at RCPT", [`${OK}${OK}421 bye\r\n`], ["c@d transient 421", "e@f transient 421"], "reply-421"],
    [
      "421 to nothing, while content is written",
      [`${OK}${OK}550 no\r\n354 go\r\n`, (t) => t.write(octets("half")), "421 4.4.2 slow\r\n"],
      ["c@d transient 421", "e@f permanent 550"],
      "reply-421",
    ],
    [
      "552 to nothing, while content is written",
      [`${OK}${OK}${OK}354 go\r\n`, (t) => t.write(octets("half")), "552 5.3.4 too big\r\n"],
      ["c@d permanent 552", "e@f permanent 552"],
      "violation",
    ],
    [
      "the connection lost at once",
      [(_, s) => s.receiveEnd()],
      ["c@d not-accepted", "e@f not-accepted"],
      "end-of-input",
    ],
    [
      "the connection lost before 354",
      [OK + OK + OK, (_, s) => s.receiveEnd()],
      ["c@d not-accepted", "e@f not-accepted"],
      "end-of-input",
    ],
    [
      "[SMTP-3.8-4] the connection lost behind the end",
      [`${OK}${OK}550 no\r\n354 go\r\n`, (_, s) => s.receiveEnd()],
      ["c@d unknown", "e@f permanent 550"],
      "end-of-input",
    ],
    [
      "421 to the end",
      [`${OK}${OK}${OK}354 go\r\n`, "421 bye\r\n"],
      ["c@d transient 421", "e@f transient 421"],
      "reply-421",
    ],
    ["a server that breaks the protocol", [OK, "hello\r\n"], ["c@d not-accepted", "e@f not-accepted"], "violation"],
    [
      "MAIL refused, RCPT accepted, and 354: no transaction of ours",
      [`550 a\r\n${OK}${OK}354 go\r\n`],
      ["c@d permanent 550", "e@f permanent 550"],
      "aborted",
    ],
  ])("%s: told apart, then closed", (name, steps, fates, cause) => {
    const setting = name.includes("written") ? {} : { options: x };
    const { fates: found, shown, transaction } = play(steps, setting);
    expect(found).toEqual(fates);
    expect(shown.slice(-2)).toEqual(["done", `closed ${cause}`]);
    expect(transaction.waiting).toBe("closed");
  });

  it("content may be written, once it is asked for", () => {
    const write: Step = (transaction) => transaction.write(octets(".a\r\n")).end(octets("b"));
    const { output, shown } = play([`${OK}${OK}${OK}354 go\r\n`, write, OK]);
    expect(output).toBe(`MAIL FROM:<a@b>\r\n${RCPTS}DATA\r\n..a\r\nb\r\n.\r\n`);
    expect(shown).toEqual(["content 1/1", "recipient c@d accepted 250", "recipient e@f accepted 250", "done"]);
    const waiting = play([`${OK}${OK}${OK}354 go\r\n`]);
    expect([waiting.transaction.waiting, waiting.transaction.isOver]).toEqual(["content", false]);
    expect(() => play([write])).toThrow(StateError);
  });

  it("content is drawn on only as the connection takes it, and its iterator let go of", () => {
    let drawn = 0;
    let released = 0;
    function* pieces() {
      try {
        for (; drawn < 100; drawn++) yield octets(`${"x".repeat(9_998)}\r\n`);
      } finally {
        released++;
      }
    }
    const session = ready(["PIPELINING"]);
    const transaction = new SmtpTransaction(
      session,
      { from: "a@b", to: ["c@d"], content: "7bit" },
      { content: pieces() },
    );
    session.takeOutputPieces();
    session.receive(octets(`${OK}${OK}354 go\r\n`));
    expect(transaction.nextEvent()).toBe(null);
    expect([transaction.waiting, drawn]).toEqual(["output", 6]);
    let sent = 0;
    do {
      for (const piece of session.takeOutputPieces()) sent += piece.length;
      expect(transaction.nextEvent()).toBe(null);
    } while (transaction.waiting === "output");
    expect([drawn, sent > 900_000, transaction.waiting, released]).toEqual([100, true, "bytes", 1]);
    const cut = ready(["PIPELINING"]);
    drawn = 0;
    const broken = new SmtpTransaction(cut, { from: "a@b", to: ["c@d"], content: "7bit" }, { content: pieces() });
    cut.takeOutputPieces();
    cut.receive(octets(`${OK}${OK}354 go\r\n`));
    broken.nextEvent();
    cut.receiveEnd();
    for (let turn = 0; turn < 3; turn++) {
      cut.takeOutputPieces();
      for (const _ of broken);
    }
    expect([broken.report?.recipients[0]?.outcome, released]).toEqual(["not-accepted", 2]);
  });

  it.each<readonly [string, readonly string[], readonly string[], number]>([
    ["by DATA", ["PIPELINING"], [`${OK}${OK}354 go\r\n`, OK], 1],
    ["by BDAT", CHUNKING, [OK + OK, OK, OK, OK, OK, OK], 1],
    [
      "once more",
      ["PIPELINING", "LIMITS RCPTMAX=1"],
      Array(2)
        .fill([`${OK}${OK}354 go\r\n`, OK])
        .flat(),
      2,
    ],
  ])("an iterable may make each piece in the same buffer: %s", (_, keywords, replies, parts) => {
    for (const length of [18, 1000, 30_000]) {
      const lines = Array.from({ length: 4 }, (_, at) => `${`line ${at}`.padEnd(length - 2, ".")}\r\n`);
      const content = {
        *[Symbol.iterator]() {
          const buffer = new Uint8Array(length);
          for (const line of lines) {
            buffer.set(octets(line));
            yield buffer;
          }
        },
      };
      const session = ready(keywords);
      const envelope = { from: "a@b", to: ["c@d", "e@f"].slice(0, parts), content: "7bit" } as const;
      const transaction = new SmtpTransaction(session, envelope, { content });
      let sent = text(session.takeOutputPieces());
      for (const reply of replies) {
        if (!transaction.isOver) session.receive(octets(reply));
        do {
          for (const _ of transaction);
          sent += text(session.takeOutputPieces());
        } while (transaction.waiting === "output");
      }
      expect(sent.match(/^line \d\.*$/gm)).toEqual(Array(parts).fill(lines.join("").trim().split("\r\n")).flat());
      expect(transaction.report?.recipients.map(({ outcome }) => outcome)).toEqual(Array(parts).fill("accepted"));
    }
  });

  it("a large piece of an iterable is not copied, and the next one is drawn on once it was taken", () => {
    const piece = octets(`${"x".repeat(30_000)}\r\n`);
    let drawn = 0;
    function* content() {
      for (; drawn < 3; drawn++) yield piece;
    }
    for (const [keywords, go] of [
      [["PIPELINING"], `${OK}${OK}354 go\r\n`],
      [CHUNKING, OK + OK],
    ] as const) {
      drawn = 0;
      const session = ready(keywords);
      const transaction = new SmtpTransaction(
        session,
        { from: "a@b", to: ["c@d"], content: "7bit" },
        { content: content() },
      );
      session.takeOutputPieces();
      session.receive(octets(go));
      for (const before of [0, 1, 2]) {
        for (let turn = 0; turn < 2; turn++)
          expect([transaction.nextEvent(), transaction.waiting, drawn]).toEqual([null, "output", before]);
        const views = session.takeOutputPieces().filter(({ buffer }) => buffer === piece.buffer);
        expect([views.length, transaction.waiting]).toEqual([1, "output"]);
      }
      expect([transaction.nextEvent(), transaction.waiting, drawn]).toEqual([null, "bytes", 3]);
    }
  });

  it("a large piece that was not taken does not keep a transaction from being given up", () => {
    const session = ready(["PIPELINING"]);
    const content = [octets("x".repeat(30_000)), octets("y".repeat(30_000))].values();
    const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"], content: "7bit" }, { content });
    session.takeOutputPieces();
    session.receive(octets(`${OK}${OK}354 go\r\n`));
    expect([transaction.nextEvent(), transaction.waiting]).toEqual([null, "output"]);
    transaction.abort();
    expect([...transaction].map(({ type }) => type)).toEqual(["recipient", "done", "closed"]);
  });

  it("the pieces of an array are not copied", () => {
    const pieces = [octets(`${"x".repeat(30_000)}\r\n`), octets(`${"y".repeat(30_000)}\r\n`)];
    const session = ready(["PIPELINING"]);
    const transaction = new SmtpTransaction(
      session,
      { from: "a@b", to: ["c@d"], content: "7bit" },
      { content: pieces },
    );
    session.takeOutputPieces();
    session.receive(octets(`${OK}${OK}354 go\r\n`));
    for (const _ of transaction);
    const { buffer } = pieces[0]!;
    expect(session.takeOutputPieces().filter((taken) => taken.buffer === buffer)).toHaveLength(1);
  });

  it("content that cannot be read, or be sent, is not passed for the whole", () => {
    function* broken() {
      yield octets("half\r\n");
      throw new Error("disk on fire");
    }
    for (const [content, message] of [
      [broken(), "disk on fire"],
      [octets("a\nb"), "got an LF without CR"],
    ] as const) {
      const session = ready(["PIPELINING"], { lineEndings: "reject" });
      const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"], content: "7bit" }, { content });
      session.takeOutputPieces();
      session.receive(octets(`${OK}${OK}354 go\r\n`));
      expect(() => transaction.nextEvent()).toThrow(message);
      expect([...transaction].map(({ type }) => type)).toEqual(["recipient", "done", "closed"]);
      expect(transaction.report?.recipients).toMatchObject([{ outcome: "not-accepted", code: null }]);
    }
  });

  it.each<readonly [string, readonly string[], Step[], string]>([
    ["before content is asked for", ALL, [(t) => t.abort(), `${OK}${OK}${OK}354 go\r\n`], "closed"],
    ["inside content", ALL, [`${OK}${OK}${OK}354 go\r\n`, (t) => t.write(octets("half")).abort()], "closed"],
    [
      "inside chunks, which keeps the connection",
      CHUNKING,
      [OK + OK + OK, (t) => t.write(octets("half")).abort(), OK + OK],
      "ready",
    ],
  ])("can be given up %s", (_, keywords, steps, state) => {
    const { fates, session, output } = play(steps, { keywords });
    expect(fates).toEqual(["c@d not-accepted", "e@f not-accepted"]);
    expect([session.state, output.includes("\r\n.\r\n")]).toEqual([state, false]);
  });

  it.each([
    ["by DATA", ALL, `${OK}${OK}${OK}354 go\r\n`],
    ["in chunks", CHUNKING, OK + OK + OK],
  ])("can be given up for a reason, which recipients are told %s", (_, keywords, go) => {
    const { transaction } = play([go, (t) => t.write(octets("half")).flush().abort("not what it was"), OK, OK], {
      keywords,
    });
    expect(transaction.report?.recipients.map((recipient) => recipient.text)).toEqual(Array(2).fill("not what it was"));
  });

  it("in LMTP each accepted recipient has a fate of its own", () => {
    const lmtp = { session: { protocol: "lmtp" as const }, options: x };
    const { fates, shown } = play([`${OK}${OK}${OK}354 go\r\n`, OK, "452 full\r\n"], lmtp);
    expect(fates).toEqual(["c@d accepted 250", "e@f transient 452"]);
    expect(shown).toEqual(["recipient c@d accepted 250", "recipient e@f transient 452", "done"]);
    const lost = play([`${OK}${OK}${OK}354 go\r\n`, OK, (_, s) => s.receiveEnd()], lmtp);
    expect(lost.fates).toEqual(["c@d accepted 250", "e@f unknown"]);
    const none = play([`${OK}550 a\r\n550 b\r\n503 c\r\n`, OK], lmtp);
    expect(none.fates).toEqual(["c@d permanent 550", "e@f permanent 550"]);
  });

  it("leaving the loop loses nothing, and gives the caller its buffer back", () => {
    const session = ready();
    const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d", "e@f"], content: "7bit" }, x);
    const buffer = octets(`${OK}550 a\r\n551 b\r\n554 no\r\n`);
    session.takeOutputPieces();
    session.receive(buffer);
    for (const event of transaction) {
      expect(event).toMatchObject({ type: "recipient", code: 550 });
      break;
    }
    buffer.fill(0xaa);
    const events = transaction[Symbol.iterator]();
    expect([...events].map(({ type }) => type)).toEqual(["recipient"]);
    session.takeOutputPieces();
    session.receive(octets(OK));
    expect([...transaction]).toMatchObject([{ type: "done" }]);
  });

  it("passes through what is not its own", () => {
    const { shown } = play(["junk\r\n"], { options: x });
    expect(shown).toContain("violation invalid-reply");
  });

  it("needs a session that is ready, and arguments that are right: else nothing is sent", () => {
    const busy = ready();
    busy.noop();
    expect(() => new SmtpTransaction(busy, { from: "", to: ["a@b"] })).toThrow(
      'SmtpTransaction is not possible in state "ready"; legal now: it in state "ready", with nothing under way',
    );
    const session = ready();
    session.mail("a@b");
    expect(() => new SmtpTransaction(session, { from: "", to: ["a@b"] })).toThrow('in state "mail"');
    for (const [envelope, message] of [
      [{ from: "a@b", to: [] }, '"to" expected at least one recipient'],
      [{ from: "a b", to: ["a@b"] }, '"from" expected'],
      [{ from: "a@b", to: ["a@b", "c\r\nQUIT"] }, '"to[1]" expected a mailbox'],
      [{ from: "a@b", to: ["a@b"], mtPriority: 10 }, '"MT-PRIORITY" expected'],
    ] as const) {
      const other = ready([...ALL, "MT-PRIORITY"]);
      expect(() => new SmtpTransaction(other, envelope)).toThrow(message);
      expect([other.takeOutput(), other.state]).toEqual([null, "ready"]);
    }
    for (const [envelope, content, message] of [
      [{ from: "a@b", to: "c@d" }, undefined, '"to" expected an array, got string'],
      [{ from: "a@b" }, undefined, '"to" expected an array, got undefined'],
      [{ from: "a@b", to: [null] }, undefined, '"to[0]" expected a string or a path'],
      [{ from: "a@b", to: ["a@b", 5] }, undefined, '"to[1]" expected a string or a path'],
      [{ from: "a@b", to: ["a@b", {}] }, undefined, '"to[1]" expected a string or a path'],
      [{ from: null, to: ["c@d"] }, undefined, '"from" expected a string or a path'],
      [{ from: "a@b", to: ["c@d"], size: -1 }, undefined, '"SIZE" expected a whole number of octets'],
      [{ from: "a@b", to: ["c@d"], size: Number.NaN }, undefined, '"SIZE" expected a whole number of octets'],
      [{ from: "a@b", to: ["c@d"] }, "text", '"content" expected a Uint8Array, or an iterable of them'],
      [{ from: "a@b", to: ["c@d"] }, null, '"content" expected a Uint8Array, or an iterable of them'],
      [{ from: "a@b", to: ["c@d"] }, {}, '"content" expected a Uint8Array, or an iterable of them'],
      [
        { from: "a@b", to: ["c@d"] },
        new Uint8Array(new SharedArrayBuffer(4)),
        '"content" expected a Uint8Array, got shared memory',
      ],
    ] as const) {
      for (const keywords of [ALL, ["8BITMIME"]]) {
        const other = ready(keywords);
        const options = { ...(content !== undefined && { content: content as unknown as Uint8Array }) };
        const begin = () => new SmtpTransaction(other, envelope as unknown as Envelope, options);
        expect(begin).toThrow(message);
        expect([other.takeOutput(), other.state]).toEqual([null, "ready"]);
      }
    }
    expect(() => new SmtpTransaction(ready(ALL, { requireTls: true }), { from: "", to: ["a@b"] })).toThrow(
      "before TLS",
    );
  });
});

describe("content that the application writes", () => {
  const session = (...keywords: readonly string[]) => ready([...ALL, ...keywords]);
  const envelope = { from: "a@b", to: ["c@d", "e@f"], content: "7bit" } as const;
  const types = (events: Iterable<{ readonly type: string }>) => [...events].map(({ type }) => type);

  it("is gathered until it is flushed or ended; its chunks make no events", () => {
    const server = session("CHUNKING");
    const transaction = new SmtpTransaction(server, envelope, { chunking: true });
    server.takeOutputPieces();
    expect([transaction.waiting, types(transaction), transaction.waiting]).toEqual(["decision", [], "bytes"]);
    server.receive(octets(OK + OK + OK));
    expect([transaction.nextEvent()?.type, transaction.nextEvent(), transaction.waiting]).toEqual([
      "content",
      null,
      "content",
    ]);
    for (const line of ["a\r\n", "b\r\n"]) expect(types(transaction.write(octets(line)))).toEqual([]);
    transaction.flush();
    expect(text(server.takeOutputPieces())).toBe("BDAT 6\r\na\r\nb\r\n");
    server.receive(octets(OK));
    expect(types(transaction)).toEqual([]);
    transaction.end(octets("c\r\n"));
    expect(text(server.takeOutputPieces())).toBe("BDAT 3 LAST\r\nc\r\n");
    server.receive(octets(OK));
    expect(types(transaction)).toEqual(["recipient", "recipient", "done"]);
  });

  it("is the same in another part if it has the same size, in whatever pieces; it is ended where it is asked for alone", () => {
    const server = session("LIMITS RCPTMAX=1");
    const transaction = new SmtpTransaction(server, envelope);
    const parts = [
      ["abc", "de"],
      ["ab", "cde"],
    ] as const;
    for (const [first, last] of parts) {
      for (const _ of transaction);
      expect(() => transaction.end(octets("x"))).toThrow("end() is not possible");
      server.takeOutputPieces();
      server.receive(octets(`${OK}${OK}354 go\r\n`));
      for (const _ of transaction);
      transaction.write(octets(first)).end(octets(last));
      server.takeOutputPieces();
      server.receive(octets(OK));
    }
    expect(types(transaction)).toEqual(["recipient", "done"]);
    expect(transaction.report?.recipients.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted"]);
  });
});

it("pieces of content that are none are refused by name, and long ones that are not 7-bit end it", () => {
  const begun = (content: Iterable<Uint8Array>) => {
    const session = ready();
    const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"], content: "7bit" }, { content });
    session.takeOutputPieces();
    session.receive(octets(`${OK}${OK}354 go\r\n`));
    return transaction;
  };
  const pieces = (piece: unknown) => new Set([piece]) as ReadonlySet<unknown> as Iterable<Uint8Array>;
  expect(() => [...begun(pieces(undefined))]).toThrow('"bytes" expected a Uint8Array, got undefined');
  const transaction = begun(pieces(octets("\xe9".repeat(70_000))));
  expect([...transaction].map(({ type }) => type)).toEqual(["recipient", "done", "closed"]);
});

it("after a part that was refused in chunks the next one goes on, once RSET is answered", () => {
  const keywords = [...ALL, "CHUNKING", "LIMITS RCPTMAX=1"];
  const steps = [OK + OK, "554 no\r\n", OK, OK + OK, OK];
  const { fates, output } = play(steps, { keywords, options: { content: octets("x") } });
  expect(fates).toEqual(["c@d permanent 554", "e@f accepted 250"]);
  expect(output.match(/^[A-Z]{4}/gm)).toEqual([..."MAIL RCPT BDAT RSET MAIL RCPT BDAT".split(" ")]);
});

it("no more content is drawn on while output waits to be taken, however often events are asked for", () => {
  let drawn = 0;
  function* endless() {
    for (; ; drawn++) yield octets(`${"x".repeat(498)}\r\n`);
  }
  const session = ready(ALL, { highWaterMark: 1000 });
  const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"] }, { content: endless() });
  session.takeOutputPieces();
  session.receive(octets(`${OK}${OK}354 go\r\n`));
  const asked = () => {
    for (const _ of transaction);
    return drawn;
  };
  const first = asked();
  expect([first > 0, asked(), asked(), asked()]).toEqual([true, first, first, first]);
  session.takeOutputPieces();
  expect(asked()).toBeGreaterThan(first);
});

it("the address of ORCPT is written in ASCII without SMTPUTF8, though the server offers that", () => {
  const session = ready([...ALL, "SMTPUTF8", "DSN"]);
  const to = [{ to: "c@d", orcpt: { type: "utf-8", address: "gr\u00fcn@d" } }];
  new SmtpTransaction(session, { from: "a@b", to }, { content: octets("x") });
  expect(text(session.takeOutputPieces())).toContain("RCPT TO:<c@d> ORCPT=utf-8;gr\\x{FC}n@d\r\n");
});
