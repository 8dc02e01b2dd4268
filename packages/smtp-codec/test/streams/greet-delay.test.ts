/** Octets before the greeting: a server that waits for them a while sees who is too early. */
import { driveStreams } from "dot-stuffing/streams";
import { type SmtpServerEvent, type SmtpServerOptions, SmtpServerSession } from "smtp-codec";
import { describe, expect, it } from "vitest";
import { clock, peer, settled } from "./support.ts";

const EARLY = "EHLO spammer.example\r\n";

function serve(
  far: ReturnType<typeof peer>,
  earlyTalker: NonNullable<SmtpServerOptions["earlyTalker"]>,
  delay?: number,
) {
  const time = clock();
  const events: string[] = [];
  const stop = new AbortController();
  const session = new SmtpServerSession({ host: "mx.example.com", earlyTalker });
  const driven = driveStreams(session, far.connection, {
    on: (event: SmtpServerEvent) => void events.push(event.type),
    timer: time.timer,
    signal: stop.signal,
    ...(delay !== undefined && { greetDelay: delay }),
  });
  return { time, events, driven, stop };
}

async function over({ time, driven }: ReturnType<typeof serve>): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await settled();
    time.late();
  }
  await driven;
}

describe("a server that waits before it greets", () => {
  it("[PIPE-3.2-9] sees a client that does not", async () => {
    for (const earlyTalker of ["report", "refuse"] as const) {
      const far = peer([EARLY], "ends");
      const served = serve(far, earlyTalker, 6);
      await over(served);
      expect(served.time.asked[0]).toBe(6);
      expect(far.written[0]).toMatch(earlyTalker === "refuse" ? /^554 / : /^220 /);
      expect(served.events.slice(0, 2)).toEqual(["violation", earlyTalker === "refuse" ? "closed" : "connect"]);
    }
  });

  it("does not wait where the signal was given before", async () => {
    const far = peer([], "is silent");
    const time = clock();
    const session = new SmtpServerSession({ host: "mx.example.com" });
    const { timer } = time;
    const driven = driveStreams(session, far.connection, {
      on() {},
      timer,
      signal: AbortSignal.abort(),
      greetDelay: 6,
    });
    await settled();
    time.late();
    await driven;
    expect(time.asked).not.toContain(6);
  });

  it("greets when the time is over, and then at once", async () => {
    const far = peer([], "is silent");
    const served = serve(far, "refuse", 6);
    await settled();
    expect([served.events, far.written]).toEqual([[], []]);
    served.time.late();
    await settled();
    await settled();
    expect([served.events, far.written[0]?.slice(0, 4)]).toEqual([["connect"], "220 "]);
    served.stop.abort();
    await over(served);
  });

  it("does not greet a client that has gone, nor once the signal is given", async () => {
    const gone = serve(peer([], "ends"), "refuse", 6);
    await over(gone);
    expect(gone.events).toEqual(["connect", "closed"]);
    const far = peer([], "is silent");
    const stopped = serve(far, "refuse", 6);
    await settled();
    stopped.stop.abort();
    await over(stopped);
    expect(far.written.join("")).toMatch(/^421 /);
  });

  it("does not wait by default", async () => {
    const far = peer([EARLY], "ends");
    const served = serve(far, "refuse");
    await over(served);
    expect(far.written[0]).toMatch(/^220 /);
  });
});

it.each<[object, string]>([
  [{ greetDelay: -1, timer: () => () => {} }, '"greetDelay" expected seconds, at least 0, got -1'],
  [{ greetDelay: Number.NaN, timer: () => () => {} }, '"greetDelay" expected seconds, at least 0, got NaN'],
  [{ greetDelay: 6 }, '"timer" expected a function beside "greetDelay"'],
])("a delay that cannot be is refused, and the streams are left alone: %j", async (options, problem) => {
  const { connection, ends } = peer([], "ends");
  const session = new SmtpServerSession({ host: "mx.example.com" });
  await expect(driveStreams(session, connection, { on: () => {}, ...options })).rejects.toThrow(problem);
  expect([connection.readable.locked, connection.writable.locked, ends]).toEqual([false, false, []]);
});
