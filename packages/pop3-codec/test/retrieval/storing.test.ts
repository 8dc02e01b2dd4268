/** A message counts as fetched once the application has it: not before, whatever happens while it is stored. */
import { Pop3Retrieval, type RetrievalOptions, type RetrievalReport, StateError } from "pop3-codec";
import { octets, text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { PromptClient } from "../prompt-client.ts";
import { brief, known, listings, loggedIn, message, messageOf, NOTHING, OK, remove, retrieve } from "./support.ts";

const TWO = `${listings("a", "b")}${message("a")}${message("b")}`;

/** Plays the listings and messages of two, and stops at the first event of a type as a `throw` does. */
function leftAt(type: "fetched" | "known", options: RetrievalOptions = {}): Pop3Retrieval {
  const session = loggedIn();
  const retrieval = new Pop3Retrieval(session, options);
  session.receive(octets(TWO));
  expect(() => {
    for (const event of retrieval) if (event.type === type) throw new Error("no space left");
  }).toThrow("no space left");
  return retrieval;
}

const again = `${TWO}${OK}${OK}${OK}`;

describe("a message that could not be stored", () => {
  it.each([{}, remove])("is missing where the loop was left at its event: %j", (options) => {
    const { report } = leftAt("fetched", options);
    expect(brief(report)).toEqual({ ...NOTHING, missing: ["a", "b"] });
    expect([report.complete, report.failure]).toEqual([false, null]);
    const resumed = retrieve(again, { ...options, resume: JSON.parse(JSON.stringify(report)) });
    expect(brief(resumed.report)?.fetched).toEqual(["a", "b"]);
    expect(resumed.report?.complete).toBe(true);
  });

  it.each([
    ["a snapshot has it", (retrieval: Pop3Retrieval) => retrieval.snapshot()],
    ["the report was looked at", (retrieval: Pop3Retrieval) => retrieval.report],
  ])("is not stored because %s, and is so once the next event is pulled", (_, look) => {
    const retrieval = leftAt("fetched");
    look(retrieval);
    expect(brief(retrieval.report)?.fetched).toEqual([]);
    retrieval.nextEvent();
    expect(brief(retrieval.report)).toMatchObject({ fetched: ["a"], missing: ["b"] });
  });

  it.each(["remove", "leave"] as const)("is so at once where %s() says so", (call) => {
    const retrieval = leftAt("fetched");
    retrieval[call]();
    expect(brief(retrieval.report)).toMatchObject({ fetched: ["a"], missing: ["b"] });
  });

  it("is so no more by a retrieval that was restored", () => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, remove);
    session.receive(octets(TWO));
    for (const event of retrieval) if (event.type === "fetched") break;
    const restored = new Pop3Retrieval(
      PromptClient.restore(session.snapshot(), { tls: true }),
      remove,
      retrieval.snapshot(),
    );
    expect(brief(restored.report)).toEqual({ ...NOTHING, missing: ["a", "b"] });
    restored.notStored();
    expect(brief(restored.report)).toEqual({ ...NOTHING, missing: ["a", "b"] });
    expect(restored.report.failure).toBe("not-stored");
  });

  it.each([{}, remove])("is missing where notStored() says so, and the others come: %j", (options) => {
    const found = retrieve(again, { ahead: 2, ...options }, (event, retrieval) => {
      if (event.type === "fetched" && event.message.number === 1) retrieval.notStored();
    });
    expect(found.output).toBe(`UIDL|STAT|LIST|RETR 1|RETR 2|${"afterFetching" in options ? "DELE 2|" : ""}QUIT|`);
    const removed = "afterFetching" in options ? ["b"] : [];
    const told = { ...NOTHING, fetched: ["b"], missing: ["a"], removed, deletions: "confirmed" };
    expect(brief(found.report)).toEqual(told);
    expect(found.report).toMatchObject({ complete: false, failure: "not-stored" });
    expect(found.report!.missing).toEqual([{ number: 1, uniqueId: "a", announced: 3 }]);
    const resumed = retrieve(`${listings("a")}${message("a")}${OK}${OK}`, { ...options, resume: found.report! });
    expect(brief(resumed.report)).toMatchObject({ fetched: ["a"], missing: [] });
  });

  it("is missing in front of those that have not come", () => {
    const retrieval = leftAt("fetched");
    retrieval.notStored();
    retrieval.stop();
    expect(brief(retrieval.report)?.missing).toEqual(["a", "b"]);
  });

  it("notStored() answers a message that has come, and nothing else", () => {
    const why = 'notStored() is not possible unless the last event is "fetched"; legal now: ';
    const seen: string[] = [];
    retrieve(`${listings("old", "b")}${message("b")}${OK}`, known("old"), (event, retrieval) => {
      seen.push(messageOf(event));
      if (event.type === "fetched") retrieval.notStored();
      expect(() => retrieval.notStored()).toThrow(StateError);
      expect(() => retrieval.notStored()).toThrow(why);
    });
    expect(seen).toEqual(["known 1 old", "listed 1", "content 2 b\r\n", "fetched 2 b", "done not-stored"]);
    expect(() => new Pop3Retrieval(loggedIn()).notStored()).toThrow(why);
  });
});

describe("a known message that was to be removed", () => {
  const resume: RetrievalReport = {
    ...{ refused: [], missing: [], skipped: [], removed: [], complete: false },
    ...{ deletions: "none", failure: "connection-lost", response: null },
    ...{ fetched: [{ number: 1, uniqueId: "a", announced: 3, size: 3, doubtful: false }] },
    unmarked: [{ number: 1, uniqueId: "a", announced: 3, mayBeMarked: false }],
  };

  it("is still to be removed where the loop was left at its event", () => {
    const { report } = leftAt("known", { resume });
    expect(brief(report)).toEqual({ ...NOTHING, fetched: ["a"], missing: ["b"], unmarked: ["a"] });
    const resumed = retrieve(`${listings("a")}${OK}${OK}`, { resume: report });
    expect(resumed.output).toBe("UIDL|STAT|LIST|DELE 1|QUIT|");
  });

  it("is left where leave() says so", () => {
    const retrieval = leftAt("known", { resume });
    retrieval.leave();
    expect(brief(retrieval.report)).toEqual({ ...NOTHING, fetched: ["a"], missing: ["b"] });
  });

  it("is not to be removed where it was to be left", () => {
    expect(brief(leftAt("known", known("a")).report)).toEqual(NOTHING);
  });
});

it("what was stored before the connection is lost is fetched, though the next event tells of the loss", () => {
  const session = loggedIn();
  const retrieval = new Pop3Retrieval(session, remove);
  session.receive(octets(`${listings("a", "b")}${message("a")}`)).receiveEnd();
  const stored: string[] = [];
  for (const event of retrieval) if (event.type === "content") stored.push(text(event.bytes));
  expect(stored).toEqual(["a\r\n"]);
  expect(brief(retrieval.report)).toEqual({ ...NOTHING, fetched: ["a"], missing: ["b"], unmarked: ["a"] });
});
