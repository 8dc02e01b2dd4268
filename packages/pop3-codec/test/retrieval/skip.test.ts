/** What the caller leaves by its number, its unique-id or its size, for another time. */
import { type ListedMessage, Pop3Retrieval, type RetrievalOptions } from "pop3-codec";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import {
  brief,
  ids,
  known,
  list,
  listings,
  loggedIn,
  message,
  messageOf,
  OK,
  remove,
  retrieve,
  run,
  stat,
  uidl,
} from "./support.ts";

const sized = (...all: readonly (readonly [string, number])[]) =>
  `${uidl(...all.map(([id]) => id))}${stat(all.length)}+OK\r\n${all.map(([, size], n) => `${n + 1} ${size}\r\n`).join("")}.\r\n`;
const long = { skip: ({ announced }: ListedMessage) => (announced ?? 0) > 3 };
const THREE = sized(["a", 3], ["b", 9], ["c", 3]);
const listed = (number: number, uniqueId: string | null, announced: number | null) => ({ number, uniqueId, announced });

describe("what skip leaves", () => {
  it("is neither asked for nor removed, and is fetched by the next retrieval without it", () => {
    const [output, report] = run(`${THREE}${message("a")}${OK}${message("c")}${OK}${OK}`, {
      ...remove,
      ...long,
      ahead: 1,
    });
    expect(output).toBe("RETR 1|DELE 1|RETR 3|DELE 3|QUIT|");
    expect(report).toMatchObject({ complete: false, failure: "skipped", missing: [], skipped: [listed(2, "b", 9)] });
    expect(ids(report.fetched)).toEqual(["a", "c"]);
    const rest = `${sized(["b", 9])}+OK\r\n1234567\r\n.\r\n${OK}${OK}`;
    for (const resume of [report, undefined]) {
      const [next, done] = run(rest, { ...remove, ...known("a", "c"), resume });
      expect(next).toBe("RETR 1|DELE 1|QUIT|");
      expect([done.complete, done.skipped]).toEqual([true, []]);
    }
  });

  it.each<readonly [string, string, RetrievalOptions, string, readonly object[]]>([
    ["by its number", THREE, { skip: ({ number }) => number < 3 }, "RETR 3|", [listed(1, "a", 3), listed(2, "b", 9)]],
    ["by its unique-id", THREE, { skip: ({ uniqueId }) => uniqueId === "a" }, "RETR 2|", [listed(1, "a", 3)]],
    ["does not count for the limit", THREE, { skip: ({ number }) => number < 3, limit: 1 }, "RETR 3|", [{}, {}]],
    ["is not asked about where it is known", THREE, { ...known("b"), ...long }, "RETR 1|", []],
    [
      "has no size where LIST is refused",
      `${uidl("a")}${stat(1)}-ERR\r\n`,
      { skip: ({ announced: n }) => n === null },
      "QUIT|",
      [{}],
    ],
    [
      "has no unique-id where there are none",
      `-ERR\r\n${stat(2)}+OK\r\n1 3\r\n2 9\r\n.\r\n`,
      { ...long, withoutUniqueIds: true },
      "RETR 1|",
      [listed(2, null, 9)],
    ],
    [
      "has no unique-id where its line cannot be read",
      `+OK\r\n1 a\r\n2 \0\r\n.\r\n${stat(2)}+OK\r\n1 3\r\n2 9\r\n.\r\n`,
      { ...long, withoutUniqueIds: true },
      "RETR 1|",
      [listed(2, null, 9)],
    ],
  ])("%s", (_, input, options, output, skipped) => {
    const [sent, report] = run(input, { ahead: 1, ...options });
    expect(sent).toBe(output);
    expect(report.skipped).toMatchObject(skipped);
    expect(report.skipped).toHaveLength(skipped.length);
  });

  it("is told from what shares its unique-id, and was fetched", () => {
    const [, resume] = run(`${sized(["a", 3], ["a", 9])}${message("a")}${OK}`, long);
    expect(brief(resume)).toMatchObject({ fetched: ["a"], missing: [] });
    const again = run(`${sized(["a", 3], ["a", 9])}+OK\r\n`, { ...known("a"), resume });
    expect(again[0]).toBe("RETR 2|");
    const [, lost] = run("+OK\r\n", { ...known("a"), ...long, resume });
    expect(lost).toMatchObject({ missing: [{ uniqueId: "a", shared: true }], skipped: [] });
    const gone = { ...lost, fetched: [] };
    const [, kept] = run(`${sized(["a", 9])}${OK}`, { ...known("a"), ...long, resume: gone });
    expect(kept.skipped).toEqual([{ ...listed(1, "a", 9), shared: true }]);
    expect(run(sized(["a", 9]), { ...known("a"), resume: kept })[0]).toBe("RETR 1|");
  });

  it("is no failure above another", () => {
    expect(run(`${THREE}${message("a")}${message("c")}-ERR\r\n`, long)[1].failure).toBe("in-part");
    expect(run(`${THREE}${message("a")}${OK}`, { ...long, limit: 1 })[1].failure).toBe("more-than-limit");
  });

  it("is all that shares a unique-id beyond 100,000: no size of it is kept", () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `${index + 1} u${index + 1}\r\n`).join("");
    const input = `+OK\r\n${lines}100001 u1\r\n100002 x\r\n.\r\n${stat(100_002)}${list(100_002)}${message("a")}${OK}`;
    const { report, output } = retrieve(input, { skip: ({ number }) => number > 1 });
    expect(output).toBe("UIDL|STAT|LIST|RETR 1|QUIT|");
    expect(report).toMatchObject({ failure: "more-than-limit", skipped: { length: 100_000 } });
    expect(report!.skipped.at(-1)).toEqual(listed(100_001, "u1", null));
  });

  it.each<[unknown, string]>([
    [Promise.resolve(true), "object"],
    [undefined, "undefined"],
  ])("is said by true or false alone: %j", (answer, got) => {
    const error = `"skip" expected a boolean, got ${got}`;
    expect(() => run(listings("a"), { skip: () => answer as boolean })).toThrow(new TypeError(error));
  });

  it("is asked again where that has thrown, by a retrieval that was restored, too", () => {
    const session = loggedIn();
    let fails = true;
    const options: RetrievalOptions = {
      skip: ({ number }) => {
        if (number === 2 && fails) throw new Error("not read");
        return number === 2;
      },
    };
    const retrieval = new Pop3Retrieval(session, options);
    session.receive(octets(`${uidl("a", "b")}${stat(3)}${list(3)}${message("a")}${OK}`));
    const shown: string[] = [];
    const pull = (from: Pop3Retrieval) => {
      for (const event of from) shown.push(messageOf(event));
    };
    expect(() => pull(retrieval)).toThrow("not read");
    expect(() => pull(retrieval)).toThrow("not read");
    fails = false;
    pull(new Pop3Retrieval(session, options, structuredClone(retrieval.snapshot())));
    expect(shown).toEqual([
      ...["violation contradicts-stat", "listed 1", "content 1 a\r\n", "fetched 1 a", "done contradiction"],
    ]);
  });
});
