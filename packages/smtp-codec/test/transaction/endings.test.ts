/** How transactions end: with the connection, before anything was sent, and with content that cannot be read. */
import { SmtpTransaction, type TransactionEvent } from "smtp-codec";
import { linesOf, movedBy, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { ALL, OK, type Play, play, ready, type Step } from "./support.ts";

const CHUNKING = [...ALL, "CHUNKING"];
const x = { content: octets("x") };
const lost: Step = (_, session) => session.receiveEnd();
const types = (events: Iterable<{ readonly type: string }>) => [...events].map(({ type }) => type);

describe("with eagerBdat content may be the server's before any reply has come", () => {
  const eager: Play = { options: { ...x, eagerBdat: true }, keywords: CHUNKING };

  it.each<readonly [string, Step[], string[]]>([
    ["[SMTP-3.8-4] no reply at all", [lost], ["c@d unknown", "e@f unknown"]],
    ["MAIL's alone", [OK, lost], ["c@d unknown", "e@f unknown"]],
    ["one recipient's", [OK + OK, lost], ["c@d unknown", "e@f unknown"]],
    ["one recipient's refusal", [`${OK}550 no\r\n`, lost], ["c@d permanent 550", "e@f unknown"]],
    ["both recipients'", [OK + OK + OK, lost], ["c@d unknown", "e@f unknown"]],
    ["a refusal of MAIL", ["550 no\r\n", lost], ["c@d permanent 550", "e@f permanent 550"]],
    ["421 to a recipient", [`${OK}421 bye\r\n`], ["c@d transient 421", "e@f unknown"]],
  ])("%s, and the connection ends", (_, steps, fates) => {
    expect(play(steps, eager).fates).toEqual(fates);
  });

  it("[CHUNK-2-14] what was sent of it, but for the last chunk, is certainly nobody's", () => {
    const content = [octets("x".repeat(60_000)), octets("y".repeat(60_000))];
    const { fates, output } = play([lost], { ...eager, options: { content, eagerBdat: true } });
    expect(fates).toEqual(["c@d not-accepted", "e@f not-accepted"]);
    expect([output.includes("BDAT 60000\r\n"), output.includes("LAST")]).toEqual([true, false]);
  });
});

it.each([
  ["SMTP by DATA", "smtp", false],
  ["SMTP by BDAT", "smtp", true],
  ["LMTP by DATA", "lmtp", false],
  ["LMTP by BDAT", "lmtp", true],
] as const)(
  "a connection that ends before the message's end was taken is why nobody has it: %s",
  (_, protocol, chunking) => {
    const session = ready(CHUNKING, { protocol });
    const envelope = { from: "a@b", to: ["c@d", "e@f"] };
    const transaction = new SmtpTransaction(session, envelope, { content: octets("x"), chunking });
    session.takeOutputPieces();
    session.receive(octets(`${OK}${OK}${OK}${chunking ? "" : "354 go\r\n"}`));
    for (const _ of transaction);
    session.receiveEnd();
    expect(types(transaction)).toEqual(["recipient", "recipient", "done", "closed"]);
    const text = "the message was not sent to its end: the connection ended: end-of-input";
    const report = { outcome: "not-accepted", code: null, text };
    expect(transaction.report?.recipients).toMatchObject([report, report]);
  },
);

describe("a connection that ends", () => {
  it.each<readonly [string, readonly string[], Step[], string]>([
    ["behind 421", ALL, ["421 bye\r\n"], "bye"],
    [
      "before 354",
      ALL,
      [OK + OK + OK, lost],
      "the message was not sent to its end: the connection ended: end-of-input",
    ],
    [
      "by time",
      ALL,
      [OK, (_, s) => s.timedOut()],
      "the message was not sent to its end: the connection ended: timeout",
    ],
    [
      "given up",
      ALL,
      [`${OK}${OK}${OK}354 go\r\n`, (t) => t.abort()],
      "the message was not sent to its end: the connection ended: aborted",
    ],
    [
      "on content that is not what it was declared to be",
      ALL,
      [`${OK}${OK}${OK}354 go\r\n`, (t) => t.write(octets("\xe9"))],
      "the message was not sent to its end: the content is declared to be 7-bit, and has octets above 127",
    ],
    [
      "on such chunks",
      CHUNKING,
      [OK + OK + OK, (t) => t.end(octets("\xe9"))],
      "the message was not sent to its end: the content is declared to be 7-bit, and has octets above 127",
    ],
  ])("%s: each recipient is told why", (_, keywords, steps, why) => {
    const { transaction } = play(steps, { keywords });
    expect(transaction.report?.recipients.map((recipient) => recipient.text)).toEqual([why, why]);
  });

  /** A transaction whose connection has ended, and whose events are pulled up to `done`. */
  function ended() {
    const session = ready();
    const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"], content: "7bit" }, x);
    session.receive(octets("421 bye\r\n"));
    for (const event of transaction) if (event.type === "done") break;
    return { session, transaction };
  }

  it("says so after `done`, to whoever pulls events then", () => {
    for (const source of ["session", "transaction"] as const) {
      const sides = ended();
      expect(sides.transaction.waiting).toBe("output");
      expect([...sides[source]]).toMatchObject([{ type: "closed", cause: "reply-421" }]);
      for (const other of [sides.session, sides.transaction]) expect(types(other)).toEqual([]);
      expect([sides.session.waiting, sides.transaction.waiting]).toEqual(["closed", "closed"]);
    }
  });

  it("says so once the output was taken, where there is too much of it", () => {
    const session = ready(CHUNKING, { highWaterMark: 0 });
    const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"] }, { ...x, eagerBdat: true });
    session.timedOut();
    const found: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      found.push(...types(transaction), transaction.waiting);
      session.takeOutputPieces();
    }
    expect(found).toEqual(["output", "recipient", "done", "closed", "closed", "closed"]);
  });

  it("by QUIT is the session's matter", () => {
    const { transaction, session } = play([`${OK}${OK}${OK}354 go\r\n`, OK], { options: x });
    session.quit().takeOutputPieces();
    expect([types(transaction), transaction.waiting]).toEqual([[], "bytes"]);
    session.receive(octets("221 bye\r\n"));
    expect(types(session)).toEqual(["quit", "closed"]);
    expect(types(transaction)).toEqual([]);
    expect(transaction.waiting).toBe("closed");
  });
});

describe("a transaction that is done", () => {
  it("does not say that it waits for a decision before its events were pulled", () => {
    const session = ready(["PIPELINING"]);
    const envelope = { from: "a@b", to: ["c@d"], content: "8bit" } as const;
    const transaction = new SmtpTransaction(session, envelope, { content: octets("\xe9") });
    expect([transaction.report?.problems.length, transaction.waiting]).toEqual([1, "output"]);
    const found: (string | TransactionEvent)[] = [];
    for (let event = transaction.nextEvent(); event !== null; event = transaction.nextEvent()) {
      found.push(event.type, transaction.waiting);
    }
    expect(found).toEqual(["recipient", "output", "done", "decision"]);
  });

  it("gives the caller its buffer back, with what is after its last reply", () => {
    const session = ready();
    const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"], content: "7bit" }, x);
    session.takeOutputPieces();
    for (const _ of session.receive(octets(`${OK}${OK}354 go\r\n`)) && transaction);
    session.takeOutputPieces();
    const buffer = octets(`${OK}421 bye\r\n`);
    session.receive(buffer);
    expect(types(transaction)).toEqual(["recipient", "done"]);
    buffer.fill(0xaa);
    expect([...session]).toMatchObject([{ type: "closed", cause: "reply-421" }]);
  });

  it.each(["smtp", "lmtp"] as const)("tells of very many recipients in linear time: %s", (protocol) => {
    const count = 20_000;
    const session = ready(ALL, { highWaterMark: Number.POSITIVE_INFINITY, protocol });
    const to = Array.from({ length: count }, (_, place) => `u${place}@d`);
    const transaction = new SmtpTransaction(session, { from: "a@b", to, content: "7bit" }, x);
    for (let left = count + 1; left > 0; ) {
      const group = Math.min(left, session.takeOutputPieces().flatMap(linesOf).length);
      left -= group;
      for (const _ of session.receive(octets(OK.repeat(group))) && transaction);
    }
    session.takeOutputPieces();
    for (const _ of session.receive(octets("354 go\r\n")) && transaction);
    session.takeOutputPieces();
    let told = 0;
    const moved = movedBy(() => {
      session.receive(octets(protocol === "smtp" ? OK : OK.repeat(count)));
      for (const event of transaction) if (event.type === "recipient") told++;
    });
    expect(told).toBe(count);
    expect(moved / count).toBeLessThan(10);
  });
});

describe("content that cannot be read", () => {
  const go = `${OK}${OK}354 go\r\n`;
  const LIMITS = ["PIPELINING", "LIMITS RCPTMAX=1"];

  function begin(content: Iterable<Uint8Array>, to = ["c@d"], keywords: readonly string[] = ["PIPELINING"]) {
    const session = ready(keywords);
    const transaction = new SmtpTransaction(session, { from: "a@b", to, content: "7bit" }, { content });
    session.takeOutputPieces();
    session.receive(octets(go));
    return { session, transaction };
  }

  it("fails with its own error, though it has ended the session", () => {
    const { session, transaction } = begin({
      *[Symbol.iterator]() {
        session.timedOut();
        yield* [];
        throw new Error("disk on fire");
      },
    });
    expect(() => transaction.nextEvent()).toThrow("disk on fire");
    expect(types(transaction)).toEqual(["recipient", "done", "closed"]);
  });

  it("ends with the session that it has ended", () => {
    const { session, transaction } = begin({
      *[Symbol.iterator]() {
        session.timedOut();
        yield octets("late");
      },
    });
    expect(types(transaction)).toEqual(["recipient", "done", "closed"]);
    expect(text(session.takeOutputPieces())).not.toContain("late");
  });

  it("is not even begun where it cannot be opened: nothing is sent", () => {
    let opened = 0;
    const content = {
      [Symbol.iterator]() {
        if (opened++ === 0) throw new Error("no such file");
        return [octets("x")].values();
      },
    };
    const session = ready(LIMITS);
    const envelope = { from: "a@b", to: ["c@d", "e@f"], content: "7bit" } as const;
    expect(() => new SmtpTransaction(session, envelope, { content })).toThrow("no such file");
    expect([session.takeOutput(), session.state]).toEqual([null, "ready"]);
  });

  it("is not opened where TLS is wanted before anything is sent", () => {
    let opened = 0;
    const content = {
      [Symbol.iterator]() {
        opened++;
        return [octets("x")].values();
      },
    };
    const session = ready(ALL, { requireTls: true });
    const begin = () => new SmtpTransaction(session, { from: "a@b", to: ["c@d"] }, { content });
    expect(begin).toThrow("mail() is not possible before TLS, which requireTls demands");
    expect([opened, session.takeOutput(), session.state]).toEqual([0, null, "ready"]);
  });

  it("is not opened a second time: the parts to come are not sent", () => {
    let opened = 0;
    const content = {
      [Symbol.iterator]() {
        if (opened++ === 1) throw new Error("no such file");
        return [octets("x")].values();
      },
    };
    const { session, transaction } = begin(content, ["c@d", "e@f"], LIMITS);
    for (const _ of transaction);
    session.takeOutputPieces();
    session.receive(octets(OK));
    expect(() => types(transaction)).toThrow("no such file");
    expect(types(transaction)).toEqual(["recipient", "recipient", "done"]);
    expect(transaction.report?.recipients).toMatchObject([
      { outcome: "accepted" },
      { outcome: "not-accepted", text: "the content cannot be read" },
    ]);
    expect(session.state).toBe("ready");
  });

  it("and cannot be let go of either does not keep the transaction from its end", () => {
    const content = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: true, value: undefined }) as const,
        return: () => {
          throw new Error("stuck");
        },
      }),
    };
    const { session, transaction } = begin(content);
    for (const _ of transaction);
    session.takeOutputPieces();
    session.receive(octets(OK));
    expect(() => types(transaction)).toThrow("stuck");
    expect(types(transaction)).toEqual(["recipient", "done"]);
    expect(session.state).toBe("ready");
  });
});

describe("the report of a transaction that is under way", () => {
  const text = "the transaction is under way";
  const to = ["c@d", "e@f", "g@h"];

  it.each<readonly [string, readonly string[], string[]]>([
    ["nothing was said", [], ["not-accepted", "not-accepted", "not-accepted"]],
    ["a recipient was refused", [`${OK}${OK}550 no\r\n`], ["not-accepted", "permanent", "not-accepted"]],
    ["the content was written", [`${OK}${OK}550 no\r\n354 go\r\n`], ["unknown", "permanent", "not-accepted"]],
    ["a part has its fate", [`${OK}${OK}550 no\r\n354 go\r\n`, OK], ["accepted", "permanent", "not-accepted"]],
  ])("says what is known: %s", (_, replies, outcomes) => {
    for (const content of [octets("x"), [octets("x")]]) {
      const session = ready(["PIPELINING", "LIMITS RCPTMAX=2"]);
      const transaction = new SmtpTransaction(session, { from: "a@b", to, content: "7bit" }, { content });
      for (const reply of replies) {
        session.takeOutputPieces();
        for (const _ of session.receive(octets(reply)) && transaction);
      }
      const { recipients } = transaction.report;
      expect([transaction.isOver, recipients.map(({ outcome }) => outcome)]).toEqual([false, outcomes]);
      expect(recipients.map((recipient) => recipient.to.address)).toEqual(to);
      for (const recipient of recipients) if (recipient.code === null) expect(recipient.text).toBe(text);
    }
  });

  it("is there after an error too", () => {
    const broken = (function* () {
      yield octets("half");
      throw new Error("disk on fire");
    })();
    const session = ready(["PIPELINING", "CHUNKING"]);
    const envelope = { from: "a@b", to: ["c@d"], content: "7bit" } as const;
    const transaction = new SmtpTransaction(session, envelope, { content: broken });
    session.takeOutputPieces();
    session.receive(octets(OK + OK));
    expect(() => types(transaction)).toThrow("disk on fire");
    expect([transaction.isOver, transaction.report.recipients]).toMatchObject([
      false,
      [{ outcome: "not-accepted", text }],
    ]);
  });
});
