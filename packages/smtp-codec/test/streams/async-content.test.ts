import { Readable } from "node:stream";
import { SmtpClientSession, SmtpServerSession, SmtpTransaction, type TransactionReport } from "smtp-codec";
import { type AsyncBytes, AsyncContent } from "smtp-codec/streams";
import { join, octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { fate, OK, ready } from "../transaction/support.ts";

const KEYWORDS = ["PIPELINING", "LIMITS RCPTMAX=1"];

async function* generate(pieces: readonly string[], failure?: Error, closed = () => {}): AsyncGenerator<Uint8Array> {
  try {
    for (const piece of pieces) yield octets(piece);
    if (failure !== undefined) throw failure;
  } finally {
    closed();
  }
}

function stream(pieces: readonly string[], failure?: Error, closed = () => {}): ReadableStream<Uint8Array> {
  const left = [...pieces];
  return new ReadableStream(
    {
      pull(controller) {
        const next = left.shift();
        if (next !== undefined) controller.enqueue(octets(next));
        else if (failure !== undefined) controller.error(failure);
        else controller.close();
      },
      cancel: closed,
    },
    { highWaterMark: 0 },
  );
}

/** Sends to so many recipients, against a server that accepts everything. */
async function send(open: () => AsyncBytes | Promise<AsyncBytes>, count: number) {
  const session = ready(KEYWORDS);
  const to = Array.from({ length: count }, (_, place) => `u${place}@d`);
  const transaction = new SmtpTransaction(session, { from: "a@b", to, content: "7bit" });
  const content = new AsyncContent(open);
  let output = "";
  for (;;) {
    for (const event of transaction)
      if (event.type === "done") {
        const { recipients } = event.report;
        return { output, fates: recipients.map(fate), texts: recipients.map((recipient) => recipient.text) };
      }
    const sent = text(session.takeOutputPieces());
    output += sent;
    if (transaction.waiting === "content") await content.feed(transaction);
    else if (sent.endsWith("DATA\r\n")) session.receive(octets(`${OK}${OK}354 go\r\n`));
    else session.receive(octets(OK));
  }
}

const SOURCES = [
  ["an async iterable", generate],
  ["a stream", stream],
] as const;

describe.each(SOURCES)("content from %s", (_, make) => {
  it("goes piece by piece, and again for each part", async () => {
    const { output, fates } = await send(() => make(["a\r\n", ".b", "\r\n"]), 2);
    expect(output.match(/a\r\n\.\.b\r\n\.\r\n/g)).toHaveLength(2);
    expect(fates).toEqual(["u0@d accepted 250", "u1@d accepted 250"]);
  });

  it("that fails is given up, and nothing passes for the whole", async () => {
    const session = ready(KEYWORDS);
    const transaction = new SmtpTransaction(session, { from: "a@b", to: ["c@d"], content: "7bit" });
    session.takeOutputPieces();
    session.receive(octets(`${OK}${OK}354 go\r\n`));
    for (const _ of transaction);
    const content = new AsyncContent(() => make(["half\r\n"], new Error("disk on fire")));
    await content.feed(transaction);
    await expect(content.feed(transaction)).rejects.toThrow("disk on fire");
    expect([...transaction].map(({ type }) => type)).toEqual(["recipient", "done", "closed"]);
    expect(text(session.takeOutputPieces())).not.toContain("\r\n.\r\n");
    expect(transaction.report?.recipients).toMatchObject([{ outcome: "not-accepted" }]);
  });

  it("that is not wanted any more is let go of", async () => {
    let closed = 0;
    const content = new AsyncContent(() => make(["one", "two"], undefined, () => closed++));
    await content.cancel();
    await content.feed({ contentNumber: 1, write: () => {}, end: () => {}, abort: () => {} });
    await content.cancel();
    expect(closed).toBe(1);
  });

  it.each([
    ["is given up", () => {}],
    [
      "fails with what failed first",
      () => {
        throw new Error("nor that");
      },
    ],
  ])("that the sink refuses %s", async (_, abort) => {
    let [aborted, closed] = [0, 0];
    const refusing = {
      contentNumber: 1,
      write: () => {
        throw new RangeError("no");
      },
      end: () => {},
      abort: () => {
        aborted++;
        abort();
      },
    };
    const content = new AsyncContent(() => make(["x"], undefined, () => closed++));
    await expect(content.feed(refusing)).rejects.toThrow("no");
    expect([aborted, closed]).toEqual([1, 1]);
  });

  it("whose end the sink refuses is given up", async () => {
    const refuse = () => {
      throw new RangeError("no end");
    };
    const sink = { ...listening(), end: refuse };
    await expect(new AsyncContent(() => make([])).feed(sink)).rejects.toThrow("no end");
    expect(sink.written).toEqual(["abort: undefined"]);
  });

  it("whose session ends meanwhile is let go of, and is nobody's fault", async () => {
    let closed = 0;
    const session = ready(KEYWORDS);
    session.mail("a@b", { content: "7bit" }).rcpt("c@d").data().takeOutputPieces();
    for (const _ of session.receive(octets(`${OK}${OK}354 go\r\n`)));
    const content = new AsyncContent(() => make(["late"], undefined, () => closed++));
    const fed = content.feed(session);
    session.timedOut();
    await fed;
    expect([closed, text(session.takeOutputPieces()).includes("late")]).toEqual([1, false]);
  });

  it("begins anew for another sink, whatever number its content has", async () => {
    let [opened, closed] = [0, 0];
    const content = new AsyncContent(() => {
      opened++;
      return make(["one", "two"], undefined, () => closed++);
    });
    const written: string[][] = [];
    for (const into of [[], []] as string[][]) {
      written.push(into);
      const write = (bytes: Uint8Array) => void into.push(text(bytes));
      await content.feed({ contentNumber: 1, write, end: () => {}, abort: () => {} });
    }
    await content.cancel();
    expect([written, opened, closed]).toEqual([[["one"], ["one"]], 2, 2]);
  });

  it("that fails once it is not wanted any more aborts nothing", async () => {
    const sink = { contentNumber: 1 as number | null, aborted: 0, write: () => {}, end: () => {}, abort: () => {} };
    sink.abort = () => void sink.aborted++;
    const fed = new AsyncContent(() => make([], new Error("disk on fire"))).feed(sink);
    sink.contentNumber = 2;
    await expect(fed).rejects.toThrow("disk on fire");
    expect(sink.aborted).toBe(0);
  });

  it("that is fed where none is wanted is refused, and let go of", async () => {
    let closed = 0;
    const content = new AsyncContent(() => make(["early"], undefined, () => closed++));
    await expect(content.feed(ready(KEYWORDS))).rejects.toThrow("while no content is asked for");
    expect(closed).toBe(1);
  });

  it("whose source fails when the session has ended fails with its own error", async () => {
    const session = ready(KEYWORDS);
    session.mail("a@b", { content: "7bit" }).rcpt("c@d").data().takeOutputPieces();
    for (const _ of session.receive(octets(`${OK}${OK}354 go\r\n`)));
    const fed = new AsyncContent(() => make([], new Error("disk on fire"))).feed(session);
    session.timedOut();
    await expect(fed).rejects.toThrow("disk on fire");
  });

  it("begins anew for each message of a session, whatever became of the one before", async () => {
    let [opened, closed] = [0, 0];
    const content = new AsyncContent(() => {
      opened++;
      return make(["one\r\n", "two\r\n"], undefined, () => closed++);
    });
    const session = ready(["PIPELINING", "CHUNKING"]);
    const begin = () => {
      session.mail("a@b", { content: "7bit" }).rcpt("c@d").bdat().takeOutputPieces();
      for (const _ of session.receive(octets(OK + OK)));
    };
    begin();
    await content.feed(session);
    session.flush().takeOutputPieces();
    for (const _ of session.receive(octets("452 no space\r\n")));
    session.rset().takeOutputPieces();
    for (const _ of session.receive(octets(OK)));
    begin();
    for (let piece = 0; piece < 3; piece++) await content.feed(session);
    const chunks = text(session.takeOutputPieces()).replace(/^.*?(?=BDAT)/s, "");
    expect([chunks, opened]).toEqual(["BDAT 10 LAST\r\none\r\ntwo\r\n", 2]);
    expect(closed).toBe(make === stream ? 1 : 2);
  });
});

describe("content that can be read once only is sent once, and is not empty the second time", () => {
  const generator = generate(["a\r\n"]);
  const reader = stream(["a\r\n"]);
  const node = Readable.from([octets("a\r\n")]);
  const wrapped = generate(["a\r\n"]);
  const again = { [Symbol.asyncIterator]: () => generate(["a\r\n"]) };

  it.each<readonly [string, () => AsyncBytes, string]>([
    ["the same generator", () => generator, "the content can be read once only"],
    ["the same stream", () => reader, "the content can be read once only"],
    ["the same stream of Node's", () => node, "the content can be read once only"],
    [
      "a new iterator over what is used up",
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => wrapped.next() }) }),
      "the content is of another size than it was for the recipients before",
    ],
  ])("%s", async (_, open, why) => {
    const { output, fates, texts } = await send(open, 3);
    expect(fates).toEqual(["u0@d accepted 250", "u1@d not-accepted", "u2@d not-accepted"]);
    expect(texts.slice(1)).toEqual([why, why]);
    expect(output.match(/DATA\r\n/g)).toHaveLength(2);
    expect(output.match(/^\.\r\n/gm)).toHaveLength(1);
  });

  it("an object that is iterated from its beginning each time is none", async () => {
    expect((await send(() => again, 2)).fates).toEqual(["u0@d accepted 250", "u1@d accepted 250"]);
  });

  it("where no content is wanted, nothing is given up", async () => {
    const session = ready(KEYWORDS);
    const once = generate(["a"]);
    const content = new AsyncContent(() => once);
    await expect(content.feed(session)).rejects.toThrow("while no content is asked for");
    await expect(content.feed(session)).resolves.toBeUndefined();
    expect(session.state).toBe("ready");
  });
});

/** A server that takes so many recipients a message, and has no space for the first chunk that it gets. */
function shortOfSpace(refusals: number) {
  const session = new SmtpServerSession({ host: "mx.example.com", chunking: true, limits: true, maxRecipients: 2 });
  const stored: [recipients: number, content: string][] = [];
  let content = "";
  let left = refusals;
  const serve = (bytes: Uint8Array): Uint8Array => {
    for (const event of session.receive(bytes)) {
      if (event.type === "content") content += text(event.bytes);
      else if (event.type === "message") stored.push([event.recipients.length, content]);
      if (event.type === "chunk" && left-- > 0) session.reject({ code: 452, enhanced: "4.3.1" });
      else if (event.answer === "needed") session.accept();
      if (event.type === "mail") content = "";
    }
    return join(session.takeOutputPieces());
  };
  return { serve, stored };
}

it.each([0, 1, 2])("a part that is broken off leaves nothing of itself to the next: %i of three", async (refusals) => {
  const { serve, stored } = shortOfSpace(refusals);
  const session = new SmtpClientSession();
  const inbox = [serve(octets(""))];
  let [opened, closed] = [0, 0];
  // Each is a chunk of its own.
  const lines = Array.from({ length: 30 }, (_, line) => `line ${line}${"x".repeat(20_000)}\r\n`);
  const content = new AsyncContent(() => {
    opened++;
    return generate(lines, undefined, () => closed++);
  });
  let transaction: SmtpTransaction | null = null;
  let report: TransactionReport | null = null;
  while (report === null) {
    const next = () => (transaction ?? session).nextEvent();
    for (let event = next(); event !== null; event = next()) {
      if (event.type === "greeting") session.ehlo("client.example.com");
      if (event.type === "ehlo")
        transaction = new SmtpTransaction(session, { from: "a@b", to: ["a@d", "b@d", "c@d", "e@d", "f@d"] });
      if (event.type === "done") report = event.report;
    }
    for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput()) inbox.push(serve(bytes));
    const { waiting } = transaction ?? session;
    if (waiting === "content") await content.feed(transaction!);
    else if (waiting === "bytes") session.receive(inbox.shift()!);
  }
  await content.cancel();
  expect(stored).toEqual([2, 2, 1].slice(refusals).map((recipients) => [recipients, lines.join("")]));
  expect(report.recipients.map(({ outcome }) => outcome)).toEqual([
    ...Array(refusals * 2).fill("transient"),
    ...Array(5 - refusals * 2).fill("accepted"),
  ]);
  expect([opened, closed]).toEqual([3, 3]);
});

it("a stream that has failed between two pieces can be let go of", async () => {
  let fail = () => {};
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(octets("one"));
      fail = () => controller.error(new Error("disk on fire"));
    },
  });
  const content = new AsyncContent(() => source);
  await content.feed({ contentNumber: 1, write: () => {}, end: () => {}, abort: () => {} });
  fail();
  await expect(content.cancel()).resolves.toBeUndefined();
});

/** What its octets are awaited from, each piece until the test gives it; what was opened, and what was told to end. */
function held(withReturn: "told" | "never told" | "fails") {
  const pieces: ((piece: string | null) => void)[] = [];
  const failures: ((error: Error) => void)[] = [];
  const told: number[] = [];
  let count = 0;
  const open = (): AsyncIterable<Uint8Array> => ({
    [Symbol.asyncIterator]() {
      const number = ++count;
      return {
        next: () =>
          new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
            pieces.push((piece) =>
              resolve(piece === null ? { done: true, value: undefined } : { done: false, value: octets(piece) }),
            );
            failures.push(reject);
          }),
        ...(withReturn !== "never told" && {
          return: async () => {
            told.push(number);
            if (withReturn === "fails") throw new Error("cannot be closed");
            return { done: true as const, value: undefined };
          },
        }),
      };
    },
  });
  return { open, pieces, failures, told, opened: () => count };
}

/** A sink that wants its first content until the test says otherwise. */
function listening() {
  const written: string[] = [];
  return {
    contentNumber: 1 as number | null,
    written,
    write: (bytes: Uint8Array) => void written.push(text(bytes)),
    end: () => void written.push("end"),
    abort: (why?: string) => void written.push(`abort: ${why}`),
  };
}

/** Until everything that needs nobody else is done. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

const RETURNS = [
  ["is told of its end", "told"],
  ["cannot be told", "never told"],
  ["fails when it is told", "fails"],
] as const;

describe.each(RETURNS)("a source that %s", (_, withReturn) => {
  it.each<readonly [string, (source: ReturnType<typeof held>) => void]>([
    ["comes", ({ pieces }) => pieces[0]!("stale")],
    ["is the end", ({ pieces }) => pieces[0]!(null)],
    ["fails", ({ failures }) => failures[0]!(new Error("stale"))],
  ])("whose piece for a lost connection %s leaves alone what another is fed", async (_, stale) => {
    const source = held(withReturn);
    const content = new AsyncContent(source.open);
    const [lost, other] = [listening(), listening()];
    const first = content.feed(lost);
    await settled();
    lost.contentNumber = null;
    const second = content.feed(other);
    await settled();
    source.pieces[1]!("one");
    await second;
    const third = content.feed(other);
    await settled();
    stale(source);
    await first;
    source.pieces[2]!("two");
    await third;
    const fourth = content.feed(other);
    await settled();
    source.pieces[3]!(null);
    await fourth;
    expect([lost.written, other.written]).toEqual([[], ["one", "two", "end"]]);
    expect(source.opened()).toBe(2);
    expect(source.told).toEqual(withReturn === "never told" ? [] : [1]);
  });

  it("is not waited for while its piece is awaited, and what comes is nobody's", async () => {
    const source = held(withReturn);
    const content = new AsyncContent(source.open);
    const sink = listening();
    const fed = content.feed(sink);
    await settled();
    await content.cancel();
    source.pieces[0]!("late");
    await fed;
    expect(sink.written).toEqual([]);
    expect(source.told).toEqual(withReturn === "never told" ? [] : [1]);
  });
});

describe("content whose source is silent for ever is let go of at once", () => {
  async function* stalled(): AsyncGenerator<Uint8Array> {
    yield octets("one");
    await new Promise(() => {});
  }
  const stream = () => new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(octets("one")) });
  const node = () => {
    const readable = new Readable({ read() {} });
    readable.push(octets("one"));
    return readable;
  };

  it.each<readonly [string, () => AsyncBytes]>([
    ["a generator", stalled],
    ["a stream", stream],
    ["a stream of Node's", node],
  ])("%s", async (_, open) => {
    const content = new AsyncContent(open);
    const sink = listening();
    await content.feed(sink);
    void content.feed(sink);
    await settled();
    await content.cancel();
    await content.cancel();
    expect(sink.written).toEqual(["one"]);
  });

  it("and an error of closing it is told where it is waited for", async () => {
    const source = held("fails");
    const content = new AsyncContent(source.open);
    const fed = content.feed(listening());
    await settled();
    source.pieces[0]!("one");
    await fed;
    await expect(content.cancel()).rejects.toThrow("cannot be closed");
  });
});

it.each<readonly [string, (content: AsyncContent) => Promise<void>]>([
  ["by cancel()", (content) => content.cancel()],
  ["for another sink", (content) => content.feed(listening())],
])("content that was let go of in its midst %s does not begin again in the same message", async (_, letGo) => {
  let opened = 0;
  const content = new AsyncContent(() => {
    opened++;
    return generate(["one", "two"]);
  });
  const sink = listening();
  await content.feed(sink);
  await letGo(content);
  const before = opened;
  await content.feed(sink);
  expect(sink.written).toEqual(["one", "abort: the content was let go of in its midst"]);
  expect(opened).toBe(before);
});

describe("what has to be awaited to be opened", () => {
  it("is awaited", async () => {
    const { output, fates } = await send(async () => generate(["a\r\n"]), 2);
    expect(output.match(/a\r\n\.\r\n/g)).toHaveLength(2);
    expect(fates).toEqual(["u0@d accepted 250", "u1@d accepted 250"]);
  });

  it("is sent once where it is the same again", async () => {
    const once = stream(["a\r\n"]);
    expect((await send(async () => once, 2)).fates).toEqual(["u0@d accepted 250", "u1@d not-accepted"]);
  });

  it.each<readonly [string, number]>([
    ["opens", 1],
    ["fails", 0],
  ])("and %s once it is not wanted any more is let go of", async (how, count) => {
    let closed = 0;
    let opens = (_: AsyncBytes) => {};
    let fails = (_: Error) => {};
    const opening = new Promise<AsyncBytes>((resolve, reject) => {
      opens = resolve;
      fails = reject;
    });
    const content = new AsyncContent(() => opening);
    const sink = listening();
    const fed = content.feed(sink);
    await settled();
    await content.cancel();
    if (how === "opens") opens(stream(["late"], undefined, () => closed++));
    else fails(new Error("no such file"));
    await fed;
    expect([sink.written, closed]).toEqual([[], count]);
  });
});

describe("what is no content is named", () => {
  it.each([stream([]), generate([]), null, "text"])("in the place of a function: %o", (given) => {
    expect(() => new AsyncContent(given as never)).toThrow(/^"open" expected a function, got /);
  });

  it.each<readonly [unknown, string]>([
    [null, "null"],
    [undefined, "undefined"],
    ["text", "string"],
    [[octets("a")], "object"],
  ])("where it is opened: %o", async (given, got) => {
    const sink = listening();
    await expect(new AsyncContent(() => given as never).feed(sink)).rejects.toThrow(
      new TypeError(`"open" expected to give a ReadableStream or an AsyncIterable, got ${got}`),
    );
    expect(sink.written).toEqual(["abort: undefined"]);
  });
});
