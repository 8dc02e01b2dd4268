/** What the caller says is known: asked in the middle of a listing, and newer than a report perhaps. */
import { Pop3Retrieval, type RetrievalOptions, type RetrievalReport } from "pop3-codec";
import { byteByByte, octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { brief, known, listings, loggedIn, message, messageOf, OK, remove, retrieve, stat, uidl } from "./support.ts";

/** The events of a retrieval of two messages, and what it throws: the loop is begun twice. */
function shownBy(has: (uniqueId: string) => unknown): string[] {
  const session = loggedIn();
  const known = { has: has as () => boolean };
  let retrieval = new Pop3Retrieval(session, { known });
  session.receive(octets(`${listings("a", "b")}${message("b")}${OK}`));
  const shown: string[] = [];
  for (let tries = 0; tries < 2; tries++) {
    try {
      for (const event of retrieval) shown.push(messageOf(event));
    } catch (error) {
      shown.push(`${error}`);
    }
    retrieval = new Pop3Retrieval(session, { known }, retrieval.snapshot());
  }
  return shown;
}

describe("known.has", () => {
  it("is asked again where it has thrown: no message is passed over", () => {
    const fails = new Set(["b"]);
    const has = (uniqueId: string) => {
      if (fails.delete(uniqueId)) throw new Error("not read");
      return uniqueId === "a";
    };
    expect(shownBy(has)).toEqual([
      ...["known 1 a", "Error: not read", "listed 1", "content 2 b\r\n", "fetched 2 b", "done complete"],
    ]);
  });

  it.each<[unknown, string]>([
    [Promise.resolve(false), "object"],
    [undefined, "undefined"],
  ])("says true or false, and nothing that may be taken for it: %j", (answer, got) => {
    const error = `TypeError: "known.has" expected a boolean, got ${got}`;
    expect(shownBy(() => answer)).toEqual([error, error]);
  });
});

describe("what is known, and is removed", () => {
  const removing = (options: RetrievalOptions) => {
    const session = loggedIn();
    const retrieval = new Pop3Retrieval(session, { ...known("a"), ...options });
    return (input: string) => {
      session.receive(octets(input));
      for (const event of retrieval) if (event.type === "known") retrieval.remove();
      return retrieval.report;
    };
  };
  const lines = Array.from({ length: 100_002 }, (_, index) => `${index + 1} a\r\n`).join("");

  it("is no more in one retrieval than 100,000, so that an endless listing fills no memory: the others are the next one's", () => {
    const go = removing({ limit: 1 });
    const told = go(`+OK\r\n${lines}.\r\n-ERR\r\n-ERR\r\n`);
    expect([told.unmarked.length, told.failure]).toEqual([100_000, "more-than-limit"]);
    const { removed, complete } = go(`${OK.repeat(100_001)}`);
    expect([removed.length, complete]).toEqual([100_000, false]);
    const next = removing({ resume: go("") })(`${listings("a", "a")}${OK}${OK}${OK}`);
    expect(next).toMatchObject({ removed: { length: 2 }, complete: true });
  });

  it("is as many as the limit, if that is more", () => {
    const told = removing({ limit: 100_001 })(`+OK\r\n${lines}`);
    expect([told.unmarked.length, told.failure]).toEqual([100_001, "more-than-limit"]);
  });
});

describe("what was missing, and the caller knows by now", () => {
  /** The report of a retrieval whose connection was lost. */
  const lost = (input: string, resume?: RetrievalReport): RetrievalReport =>
    JSON.parse(JSON.stringify(retrieve(byteByByte(octets(input)), { ...remove, resume }).retrieval.report));
  const sized = (size: number) => `${uidl("b")}${stat(1)}+OK\r\n1 ${size}\r\n.\r\n`;
  const one = lost(listings("b"));
  const two = lost(listings("b", "b"));
  const unsized = lost(`${uidl("b")}${stat(1)}-ERR\r\n`);
  const refused = lost(`${listings("b")}-ERR [SYS/TEMP] x\r\n${OK}`);
  const afterAnother = lost(`${listings("b", "b")}${message("a")}${OK}+OK\r\n`);
  const longAfterAnother = lost("+OK\r\n", afterAnother);

  it.each<readonly [string, RetrievalReport, string, string, string]>([
    ["is not fetched again: a run whose report was lost has stored it", one, listings("a", "b"), "known 2 b", "RETR 1"],
    ["nor where it was refused", refused, listings("b"), "known 1 b", ""],
    ["nor where LIST is refused", one, `${uidl("b")}${stat(1)}-ERR\r\n`, "known 1 b", ""],
    ["nor where LIST was refused", unsized, sized(9), "known 1 b", ""],
    ["and has another size may be another: that is fetched", one, sized(9), "", "RETR 1"],
    ["and shares its unique-id with another is fetched", two, listings("b", "b"), "", "RETR 1"],
    ["and shares its unique-id with another, which is gone perhaps, is fetched", two, listings("b"), "", "RETR 1"],
    ["and shares its unique-id with another by now is fetched, as that is", one, listings("b", "b"), "", "RETR 1"],
    ["by one that was fetched, is fetched", afterAnother, `${listings("b", "b")}${OK}`, "known 1 b", "DELE 1|RETR 2"],
    [
      "by one that was fetched long ago, is fetched",
      { ...longAfterAnother, unmarked: [] },
      listings("b"),
      "",
      "RETR 1",
    ],
    ["is not decided on where listings contradict one another", one, `${uidl("b")}${stat(2)}${sized(3)}`, "", ""],
  ])("%s", (_, resume, input, shown, output) => {
    const found = retrieve(byteByByte(octets(`${input}`)), { ...known("b"), resume });
    expect(found.shown.filter((each) => each.startsWith("known")).join()).toBe(shown);
    expect(found.output.replace(/^UIDL\|(?:STAT\|LIST\|)?|(?:\|)?(?:QUIT\|)?$/g, "")).toBe(output);
  });

  it("stays in the report until that can be told, and is in none afterwards", () => {
    const told = retrieve(`${uidl("b")}${stat(2)}+OK\r\n1 3\r\n.\r\n${OK}`, { ...known("b"), resume: one });
    expect(told.report).toMatchObject({ failure: "contradiction", missing: [{ uniqueId: "b" }] });
    const { report } = retrieve(`${listings("b")}${OK}`, { ...known("b"), resume: told.report! });
    expect([report!.complete, brief(report)!.missing]).toEqual([true, []]);
  });

  it("is told apart in every report after the one that has another with its unique-id", () => {
    const { missing } = lost("+OK\r\n", longAfterAnother);
    expect(missing).toEqual([{ number: 2, uniqueId: "b", announced: 3, shared: true }]);
    const confirmed = { ...afterAnother, deletions: "confirmed" } as const;
    const { report } = retrieve(`${listings("b")}-ERR [SYS/TEMP] x\r\n${OK}`, { ...known("b"), resume: confirmed });
    expect(report!.refused).toMatchObject([{ uniqueId: "b", shared: true }]);
  });
});
