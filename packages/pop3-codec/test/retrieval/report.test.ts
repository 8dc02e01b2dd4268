import {
  Pop3Retrieval,
  type RetrievalEvent,
  type RetrievalOptions,
  type RetrievalReport,
  StateError,
} from "pop3-codec";
import { movedBy, octets, text, walkedBy } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import {
  brief,
  known,
  list,
  listings,
  loggedIn,
  message,
  NOTHING,
  OK,
  remove,
  retrieve,
  stat,
  uidl,
} from "./support.ts";

const of = (told: string | null) => {
  const [uniqueId = null, number = "9"] = told?.split(":") ?? [];
  return { number: Number(number), uniqueId, announced: null, size: 3 };
};

/** The report of a retrieval that has lost its connection, its messages by their unique-ids, and numbers perhaps. */
function report(
  told: { [List in "fetched" | "refused" | "missing" | "removed" | "unmarked"]?: readonly (string | null)[] },
  deletions = "none",
) {
  const lists = Object.fromEntries(Object.entries(told).map(([name, ids]) => [name, ids.map(of)]));
  const failure = "connection-lost";
  return { ...NOTHING, complete: false, failure, response: null, ...lists, deletions } as RetrievalReport;
}

describe("a retrieval that resumes another", () => {
  it.each<readonly [string, RetrievalReport, string, RetrievalOptions, string]>([
    [
      "does not fetch again what was fetched",
      report({ fetched: ["a"] }),
      `${listings("a", "b")}${message("b")}${OK}`,
      {},
      "RETR 2|QUIT|",
    ],
    [
      "fetches the third of three that share a unique-id, where two were fetched",
      report({ fetched: ["a", "a"] }),
      `${listings("a", "a", "a")}${message("c")}${OK}`,
      {},
      "RETR 3|QUIT|",
    ],
    [
      "and none of them where the caller knows it, besides",
      report({ fetched: ["b"] }),
      `${listings("a", "b", "a")}${OK}`,
      known("a"),
      "QUIT|",
    ],
    [
      "[POP3-7-5] fetches the second of two that share a unique-id, though the caller knows that of the first by now",
      report({ fetched: ["a"], missing: ["a"] }),
      `${listings("a", "a", "b")}${message("c")}${OK}`,
      known("a", "b"),
      "RETR 2|QUIT|",
    ],
    [
      "fetches what was missing, where another with its unique-id was fetched and is gone",
      report({ fetched: ["a"], removed: ["a"], missing: ["a"] }, "confirmed"),
      `${listings("a")}${message("c")}${OK}`,
      known("a"),
      "RETR 1|QUIT|",
    ],
    [
      "fetches what was refused, where another with its unique-id is gone, and another is not",
      report({ fetched: ["a:1", "a:2"], removed: ["a:1"], refused: ["a:3"] }, "confirmed"),
      `${listings("a", "a")}${message("c")}${OK}`,
      {},
      "RETR 2|QUIT|",
    ],
    [
      "neither skips nor removes what was missing, where another with its unique-id may be gone",
      report({ fetched: ["a"], removed: ["a"], missing: ["a"] }, "unknown"),
      `${listings("a")}${message("c")}${OK}`,
      {},
      "RETR 1|QUIT|",
    ],
    [
      "fetches both again, where it is not known which of them is gone",
      report({ fetched: ["a"], removed: ["a"], missing: ["a"] }, "in-part"),
      `${listings("a", "a")}${message("b")}${message("c")}${OK}`,
      {},
      "RETR 1|RETR 2|QUIT|",
    ],
    [
      "[POP3-7-5] fetches the first of two that share a unique-id, where it was refused and the second was not",
      report({ fetched: ["a:2"], refused: ["a:1"] }),
      `${listings("a", "a")}${message("c")}${OK}`,
      known("a"),
      "RETR 1|QUIT|",
    ],
    [
      "and removes that one which was to be removed",
      report({ fetched: ["a:2"], unmarked: ["a:2"], missing: ["a:1", "a:3"] }),
      `${listings("a", "a", "a")}${OK}${message("c")}${message("d")}${OK}`,
      {},
      "DELE 2|RETR 1|RETR 3|QUIT|",
    ],
    [
      "removes the first and fetches the second, where none was removed",
      report({ fetched: ["a"], removed: ["a"], missing: ["a"] }, "none"),
      `${listings("a", "a")}${OK}${message("c")}${OK}`,
      {},
      "DELE 1|RETR 2|QUIT|",
    ],
    [
      "knows nothing by a unique-id that there was not",
      report({ fetched: [null], unmarked: [null] }),
      `${listings("null")}${message("a")}${OK}`,
      {},
      "RETR 1|QUIT|",
    ],
    [
      "marks again what was marked, and not removed in the end",
      report({ fetched: ["a", "b"], removed: ["a", "b"] }),
      `${listings("a", "b")}${OK}${OK}${OK}`,
      {},
      "DELE 1|DELE 2|QUIT|",
    ],
    [
      "also where that is not known",
      report({ fetched: ["a"], removed: ["a"] }, "unknown"),
      `${listings("a")}${OK}${OK}`,
      {},
      "DELE 1|QUIT|",
    ],
    [
      "and where it was done in part",
      report({ fetched: ["a"], removed: ["a"] }, "in-part"),
      `${listings("a")}${OK}${OK}`,
      {},
      "DELE 1|QUIT|",
    ],
    [
      "marks nothing again whose removal was confirmed",
      report({ fetched: ["a"], removed: ["a"] }, "confirmed"),
      `${listings("a")}${OK}`,
      {},
      "QUIT|",
    ],
    [
      "marks what was to be marked, though all that was marked is gone",
      report({ fetched: ["a", "b"], removed: ["a"], unmarked: ["b"] }, "confirmed"),
      `${listings("a", "b")}${OK}${OK}`,
      {},
      "DELE 2|QUIT|",
    ],
    [
      "marks as many of those that share a unique-id as were to be marked",
      report({ fetched: ["a:1", "a:2", "a:3"], unmarked: ["a:1", "a:2"] }),
      `${listings("a", "a", "a")}${OK}${OK}${OK}`,
      {},
      "DELE 1|DELE 2|QUIT|",
    ],
    [
      "marks what the caller knows, and was to be marked",
      report({ unmarked: ["a"] }),
      `${listings("a", "b")}${OK}${OK}`,
      known("a", "b"),
      "DELE 1|QUIT|",
    ],
    [
      "leaves what it fetches after all, though it was to be marked: the caller says that it is not known any more",
      report({ unmarked: ["a"] }),
      `${listings("a")}${message("a")}${OK}`,
      known(),
      "RETR 1|QUIT|",
    ],
    [
      "marks what the caller knew, and was to be marked, where it says nothing of what it knows",
      report({ unmarked: ["a:1", "b:2"] }),
      `${listings("a", "b")}${OK}${OK}${OK}`,
      {},
      "DELE 1|DELE 2|QUIT|",
    ],
    [
      "and fetches what there is of that unique-id besides",
      report({ unmarked: ["a:1"] }),
      `${listings("a", "a")}${OK}${message("a")}${OK}`,
      {},
      "DELE 1|RETR 2|QUIT|",
    ],
  ])("%s", (_, resume, input, options, output) => {
    const found = retrieve(input, { ...options, resume });
    expect(found.output).toBe(`UIDL|STAT|LIST|${output}`);
    expect(found.report?.complete).toBe(true);
  });

  it("forgets what is gone, where another shares its unique-id: that counts once it is fetched", () => {
    const resume = report({ fetched: ["a", "b"], removed: ["a", "b"], missing: ["a"] }, "confirmed");
    const lost = retrieve(`${listings("a")}+OK\r\n`, { resume });
    expect(brief(lost.report)).toMatchObject({ fetched: [], missing: ["a"] });
    const again = retrieve(`${listings("a")}${message("c")}`, { resume: lost.report! });
    expect(brief(again.report)).toMatchObject({ fetched: ["a"], missing: [] });
    expect(retrieve(`${listings("a")}${OK}`, { resume: again.report! }).output).toBe("UIDL|STAT|LIST|QUIT|");
  });

  it("tells what was missing or refused until it is listed again: known by another's unique-id, it is fetched all the same", () => {
    const resume = report({ fetched: ["a"], removed: ["a"], missing: ["a"], refused: ["b", "c"] }, "confirmed");
    for (const [lost, missing] of [
      ["", ["a", "b", "c"]],
      ["+OK\r\n1 b\r\n", ["a", "b", "c"]],
      [`${listings("b", "a")}`, ["b", "a"]],
    ] as const) {
      const { report: told } = retrieve(lost, { resume, ...known("a") });
      expect(brief(told)).toEqual({ ...NOTHING, missing });
      for (const { number, uniqueId, announced, ...rest } of told!.missing)
        expect(rest).toEqual(uniqueId === "a" ? { shared: true } : {});
      const again = retrieve(`${listings("a")}${message("c")}${OK}`, { resume: told!, ...known("a") });
      expect(again.output).toBe("UIDL|STAT|LIST|RETR 1|QUIT|");
    }
  });

  it.each([
    ["UIDL is refused", `-ERR [SYS/TEMP] later\r\n${stat(1)}${list(1)}${OK}`, "listings-refused", ["b"], ["a"]],
    ["there may be more than UIDL has", `${uidl()}${stat(2)}${list(2)}${OK}`, "contradiction", ["b"], ["a"]],
    [
      "there may be more, but not what is there and comes",
      `${uidl("b", "a")}${stat(3)}${list(3)}${message("b")}${OK}`,
      "contradiction",
      [],
      ["a"],
    ],
  ])("keeps what was missing, and what was to be removed, where %s", (_, input, failure, missing, unmarked) => {
    const resume = report({ fetched: ["a"], missing: ["b"], unmarked: ["a"] });
    const found = retrieve(input, { resume });
    expect(found.report?.failure).toBe(failure);
    expect(brief(found.report)).toMatchObject({
      fetched: missing.length === 0 ? ["a", "b"] : ["a"],
      missing,
      unmarked,
    });
  });

  it("keeps what was missing, and is beyond the limit now", () => {
    const resume = report({ fetched: ["a:2"], missing: ["a:1", "b:3"] });
    const found = retrieve(`${listings("a", "a", "b", "c")}${message("a")}${OK}`, { resume, limit: 1 });
    expect(found.output).toBe("UIDL|STAT|LIST|RETR 1|QUIT|");
    expect(brief(found.report)).toMatchObject({ fetched: ["a", "a"], missing: ["b"] });
    expect(found.report?.fetched.map(({ number }) => number)).toEqual([2, 1]);
  });

  it("numbers what was fetched as it is listed, so that it is told from what shares its unique-id in the session after this", () => {
    const resume = report({ fetched: ["a:7"], missing: ["a:6"] });
    const lost = retrieve(`${listings("x", "a", "a")}+OK\r\n`, { resume, ...known("x") });
    expect(lost.report!.fetched.map(({ number }) => number)).toEqual([3]);
    expect(lost.report!.missing.map(({ number }) => number)).toEqual([2]);
    expect(retrieve(`${listings("a", "a")}${message("a")}${OK}`, { resume: lost.report! }).output).toContain(
      "RETR 1|QUIT",
    );
  });

  it("takes linear time where all of what was to be removed shares one unique-id", () => {
    const count = 10_000;
    const same = Array<string>(count).fill("a");
    const told = same.map((uniqueId, index) => `${uniqueId}:${index + 1}`);
    const resume = report({ fetched: told, unmarked: told });
    const input = `${uidl(...same)}${stat(count)}${list(count)}${OK.repeat(count + 1)}`;
    let walked = 0;
    const moved = movedBy(() => {
      walked = walkedBy(() => {
        expect(retrieve(input, { resume }).report).toMatchObject({
          removed: { length: count },
          deletions: "confirmed",
        });
      });
    });
    // Five thousand would be a copy of all of them for each one. A thousand commands are under way at most, and are
    // moved for each one.
    expect(walked / count).toBeLessThan(100);
    expect(moved / count).toBeLessThan(2000);
  });

  it("tells what was to be removed until it is seen to be gone", () => {
    const resume = report({ fetched: ["a"], removed: ["a"], unmarked: ["b", null] });
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { resume });
    expect(brief(retrieval.report)).toEqual({ ...NOTHING, fetched: ["a"], unmarked: ["a", "b"] });
    session.receive(octets(listings("c")));
    expect([...retrieval].map(({ type }) => type)).toEqual(["listed"]);
    expect(brief(retrieval.report)).toEqual({ ...NOTHING, missing: ["c"] });
    const gone = report({ fetched: ["a"], removed: ["a"], unmarked: ["b"] }, "confirmed");
    expect(brief(new Pop3Retrieval(loggedIn(), { resume: gone }).report)?.unmarked).toEqual(["b"]);
  });
});

describe("a retrieval", () => {
  it("is complete no sooner than it is done", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session);
    session.receive(octets(listings()));
    expect([...retrieval].map(({ type }) => type)).toEqual(["listed"]);
    expect([retrieval.report.complete, retrieval.report.failure]).toEqual([false, null]);
  });

  it("restored goes on, and asks for nothing again", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, remove);
    session.receive(octets(listings("a")));
    for (const _ of retrieval);
    expect(text(session.takeOutputPieces())).toBe("UIDL\r\nSTAT\r\nLIST\r\nRETR 1\r\n");
    const again = PromptClient.restore(session.snapshot(), { tls: true });
    const restored = new Pop3Retrieval(again, remove, retrieval.snapshot());
    expect(again.takeOutput()).toBe(null);
    again.receive(octets(`${message("a")}${OK}${OK}`));
    expect([...restored].map(({ type }) => type)).toEqual(["content", "fetched", "done"]);
    expect(text(again.takeOutputPieces())).toBe("DELE 1\r\nQUIT\r\n");
  });

  it.each(["remove", "leave"] as const)("%s() says what it answers", (call) => {
    const retrieval = new Pop3Retrieval(loggedIn());
    const text = `${call}() is not possible unless the last event is "known" or "fetched"; legal now: nextEvent()`;
    expect(() => retrieval[call]()).toThrow(StateError);
    expect(() => retrieval[call]()).toThrow(text);
  });

  it("owes an answer to what is known or fetched, and to nothing else", () => {
    const answers = new Map<string, string>();
    const tell = ({ type, answer }: RetrievalEvent) => answers.set(type, answer);
    const input = `${uidl("a", "b", "c")}${stat(4)}${list(3)}${message("b")}-ERR\r\n`;
    retrieve(input, known("a"), tell);
    expect(Object.fromEntries(answers)).toEqual({
      ...{ known: "default", fetched: "default" },
      ...{ violation: "none", listed: "none", content: "none", refused: "none", done: "none" },
    });
  });

  it("tells in figures what the listings contradict", () => {
    const texts: string[] = [];
    const note = (event: RetrievalEvent) => event.type === "violation" && texts.push(`${event.code}: ${event.text}`);
    retrieve(`${uidl("a", "b")}${stat(3)}${list(2)}`, {}, note);
    expect(texts[0]).toBe("contradicts-stat: 2 unique-ids: STAT has 3 messages");
  });

  it.each<[unknown, string]>([
    [null, '"snapshot" expected an object at snapshot, got null'],
    [{}, '"snapshot" expected a number at snapshot.version, got undefined'],
    [{ version: 2 }, '"snapshot" expected an object at snapshot.data, got undefined'],
    [{ version: 2, data: {} }, '"snapshot" expected a boolean at snapshot.data.done, got undefined'],
  ])("is not restored from %j", (snapshot, message) => {
    expect(() => new Pop3Retrieval(loggedIn(), {}, snapshot as never)).toThrow(new TypeError(message));
  });
});
