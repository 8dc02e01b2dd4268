import { SmtpTransaction } from "smtp-codec";
import { type AsyncBytes, AsyncContent } from "smtp-codec/streams";
import { octets, text } from "tools/testing";
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
async function send(open: () => AsyncBytes, count: number) {
  const session = ready(KEYWORDS);
  const to = Array.from({ length: count }, (_, place) => `u${place}@d`);
  const transaction = new SmtpTransaction(session, { from: "a@b", to, content: "7bit" });
  const content = new AsyncContent(open);
  let output = "";
  for (;;) {
    for (const event of transaction)
      if (event.type === "done") return { output, fates: event.report.recipients.map(fate) };
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
    await content.feed({ write: () => {}, end: () => {}, abort: () => {} });
    await content.cancel();
    expect(closed).toBe(1);
  });

  it("that the sink refuses is given up", async () => {
    let aborted = 0;
    const refusing = {
      write: () => {
        throw new RangeError("no");
      },
      end: () => {},
      abort: () => void aborted++,
    };
    await expect(new AsyncContent(() => make(["x"])).feed(refusing)).rejects.toThrow("no");
    expect(aborted).toBe(1);
  });
});
