import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import { plainClient } from "sasl";
import { type StringprepFailure, type StringUse, saslprep, tracePrep } from "sasl/saslprep";
import { describe, expect, it } from "vitest";
import { runs } from "./support.ts";

interface Row {
  readonly id: string;
  readonly inputs: { readonly input?: string; readonly inputUtf16Hex?: string };
  readonly outputs: Readonly<
    Record<
      StringUse,
      { readonly output?: string; readonly error?: string; readonly table?: string; readonly rule?: string }
    >
  >;
}

const rows: Row[] = JSON.parse(readFileSync(new URL("vectors/saslprep.json", import.meta.url), "utf8"));

const inputOf = ({ inputs: { input, inputUtf16Hex = "" } }: Row): string =>
  input ?? String.fromCharCode(...inputUtf16Hex.split(" ").map((unit) => Number.parseInt(unit, 16)));

const rule = (result: string | StringprepFailure) => (typeof result === "string" ? null : result.rule);
const hex = (codePoint: number) => codePoint.toString(16);

const LAST = 0x10ffff;
const every = (visit: (char: string, codePoint: number) => void) => {
  for (let codePoint = 0; codePoint <= LAST; codePoint++) visit(String.fromCodePoint(codePoint), codePoint);
};

/**
 * The digest of what comes of every code point, to be compared with one that other software over its own tables gave.
 */
function digest(prepare: (char: string) => string | StringprepFailure): string {
  const hash = createHash("sha256");
  every((char) => {
    const result = prepare(char);
    const line =
      typeof result === "string"
        ? `=${Array.from(result, (each) => hex(each.codePointAt(0)!)).join(" ")}`
        : `!${result.type} ${hex(result.codePoint)}`;
    hash.update(`${line}\n`);
  });
  return hash.digest("hex");
}

describe("vectors", () => {
  it("are all run", () => expect(rows).toHaveLength(48));

  it.each(["stored", "query"] as const)("[PREP-4013.2.3-1] [PREP-3454.6-1] every row, as a %s string", (use) => {
    for (const row of rows) {
      const { output, error, table, rule: section } = row.outputs[use];
      const result = saslprep(inputOf(row), use);
      if (output !== undefined) expect(result, row.id).toBe(output);
      else expect(result, row.id).toMatchObject({ type: error, rule: section ?? `RFC 3454 ${table}` });
    }
  });
});

describe("tables", () => {
  // scripts/stringprep-digests.py prints these; Python 3.11 was asked.
  it("[PREP-3454.A-1] [PREP-3454.4-1] mapping, normalization and prohibition agree with Python's Unicode 3.2 on every code point", () => {
    expect(digest((char) => saslprep(char, "stored"))).toBe(
      "c6ae83cc74e9b2a8267b04ae623cb77635cfeb15e007dc53b8105ede1000b109",
    );
  });

  it("[PREP-3454.A-1] [PREP-3454.6-1] the direction of every code point agrees with Python's tables", () => {
    expect(digest((char) => saslprep(`\u0627${char}\u0627`))).toBe(
      "54507ba79722d020057fac46077a14157e58912a6a43f45797c6584c34b4540d",
    );
  });

  it("[PREP-3454.A-1] as many code points as Unicode 3.2 has of each sort, by what Unicode publishes", () => {
    const counts = new Map<string | null, number>();
    every((char) => {
      const found = rule(saslprep(char, "stored"));
      counts.set(found, (counts.get(found) ?? 0) + 1);
    });
    // 95 156 characters and 65 controls; private use, surrogates and noncharacters never change.
    const privateUse = 6400 + 2 * 65_534;
    expect(counts.get("RFC 3454 A.1")).toBe(0x110000 - 95_156 - 65 - privateUse - 2048 - 66);
    expect(counts.get("RFC 3454 C.3")).toBe(privateUse);
    expect(counts.get("RFC 3454 C.4")).toBe(66);
    expect(counts.get("RFC 3454 C.5")).toBe(2048);
    expect(counts.get("RFC 3454 C.2.1")).toBe(33);
  });

  it("[PREP-3454.A-1] private use, surrogates and noncharacters are those of every Unicode version", () => {
    const differ: string[] = [];
    every((char, codePoint) => {
      const expected = /\p{Co}/u.test(char)
        ? "C.3"
        : /\p{NChar}/u.test(char)
          ? "C.4"
          : /\p{Cs}/u.test(char)
            ? "C.5"
            : null;
      const found = rule(saslprep(char))?.replace("RFC 3454 ", "") ?? null;
      const isOne = found === "C.3" || found === "C.4" || found === "C.5";
      if ((isOne || expected !== null) && found !== expected) differ.push(hex(codePoint));
    });
    expect(differ).toEqual([]);
  });
});

describe("mapping", () => {
  it.each([
    ["\u00a0", " "],
    ["\u1680\u2000\u200a\u202f\u205f\u3000", "      "],
    ["a\u00ad\u034f\u1806\u180b\u200c\u200d\u2060\ufe00\ufe0f\ufeffb", "ab"],
  ])("[PREP-4013.2.1-1] %j becomes %j", (input, output) => {
    expect(saslprep(input, "stored")).toBe(output);
  });

  it("[PREP-4013.2.1-2] U+200B, which both tables list, becomes a space", () => {
    expect(saslprep("\u200b")).toBe(" ");
  });

  it.each([
    ["a\u00a0b", "a b"],
    ["a\u200db", "ab"],
    ["a\u2060b", "ab"],
    ["a\u0340", "\u00e0"],
  ])("[PREP-4013.2.3-2] [PREP-3454.2-1] %j, prohibited in the output, is not there any more", (input, output) => {
    expect(saslprep(input, "stored")).toBe(output);
  });
});

describe("normalization", () => {
  it.each([
    ["\uff35\uff53\uff25\uff52", "UsEr"],
    ["e\u0301", "\u00e9"],
    ["q\u0307\u0323", "q\u0323\u0307"],
    ["\u01c4\u01c5\u01c6", "D\u017dD\u017ed\u017e"],
  ])("[PREP-4013.2.2-1] %j is %j: form KC, and case is kept", (input, output) => {
    expect(saslprep(input, "stored")).toBe(output);
  });

  it.each([
    ["\ua7f8", "decomposes since Unicode 6.1"],
    ["e\u1dc4\u0301", "a mark of Unicode 4.1 between a letter and its accent"],
    ["\u1b05\u1b35", "composes since Unicode 5.0"],
    ["\u{1f130}\u{1f131}", "decompose since Unicode 5.2 and 6.0"],
  ])("[PREP-3454.4-1] %j stays as it is in a query: %s", (input) => {
    expect(saslprep(input)).toBe(input);
    expect(saslprep(input, "stored")).toMatchObject({ type: "unassigned" });
  });

  it("[PREP-3454.4-1] unassigned code points separate what is normalized around them", () => {
    expect(saslprep("\u2168\ua7f8e\u0301\ua7f8\u00ad\u2168")).toBe("IX\ua7f8\u00e9\ua7f8IX");
  });

  it.each([
    ["\u{2f868}", "\u{2136a}"],
    ["\u{2f874}", "\u5f33"],
    ["\u{2f91f}", "\u43ab"],
    ["\u{2f95f}", "\u7aae"],
    ["\u{2f9bf}", "\u4d57"],
  ])("[PREP-3454.4-1] %j decomposes as it did before Corrigendum 4", (input, output) => {
    expect(saslprep(input, "stored")).toBe(output);
  });
});

describe("prohibition", () => {
  it.each([
    ["a\u0007b", 0x7, 1, "C.2.1"],
    ["\u0100\u007f", 0x7f, 1, "C.2.1"],
    ["\u{10400}\u0085", 0x85, 2, "C.2.2"],
    ["\u06dd", 0x6dd, 0, "C.2.2"],
    ["\u{1d173}", 0x1d173, 0, "C.2.2"],
    ["\u206a", 0x206a, 0, "C.2.2"],
    ["\ue000", 0xe000, 0, "C.3"],
    ["\ufdd0", 0xfdd0, 0, "C.4"],
    ["\u{10ffff}", 0x10ffff, 0, "C.4"],
    ["\ufffd", 0xfffd, 0, "C.6"],
    ["\u2ff0", 0x2ff0, 0, "C.7"],
    ["\u0627\u200f\u0627", 0x200f, 1, "C.8"],
    ["\u{e0001}", 0xe0001, 0, "C.9"],
  ])("[PREP-4013.2.3-1] [PREP-4013.2-1] %j is prohibited", (input, codePoint, index, table) => {
    for (const use of ["query", "stored"] as const) {
      expect(saslprep(input, use)).toEqual({ type: "prohibited", codePoint, index, rule: `RFC 3454 ${table}` });
    }
  });

  it.each(["\ud800", "\udc00", "a\udfffb", "\udc00\ud800", "\ud83d"])(
    "[PREP-4013.2.3-3] the unpaired surrogate in %j is prohibited",
    (input) => expect(saslprep(input)).toMatchObject({ type: "prohibited", rule: "RFC 3454 C.5" }),
  );

  it("[PREP-3454.2-1] prohibition comes before the direction is looked at, and looks at the whole of the output", () => {
    expect(saslprep("\u0627a\u0007")).toMatchObject({ type: "prohibited", codePoint: 0x7, index: 2 });
    expect(saslprep("\u00ad\ufb01\u0007")).toMatchObject({ type: "prohibited", codePoint: 0x7, index: 2 });
  });
});

describe("direction", () => {
  it.each(["\u0627", "\u06271\u0628", "\u05d0 \u05d1", "1 2", "1\u0301"])("[PREP-3454.6-1] %j may be", (input) => {
    expect(saslprep(input, "stored")).toBe(input);
  });

  it.each([
    ["\u0627a\u0628", 0x61, 1, "2"],
    ["\u0627\u{1d400}\u0628", 0x41, 1, "2"],
    ["a\u0627", 0x61, 0, "2"],
    ["1\u0627", 0x31, 0, "3"],
    ["\u06271", 0x31, 1, "3"],
    ["\u05d0\u05b4", 0x5b4, 1, "3"],
    ["\ufb1d", 0x5b4, 1, "3"],
  ])("[PREP-3454.6-1] %j may not be", (input, codePoint, index, number) => {
    expect(saslprep(input)).toEqual({ type: "bidi", codePoint, index, rule: `RFC 3454 §6 rule ${number}` });
  });
});

describe("unassigned code points", () => {
  it.each(["\u0221", "\u{1f600}", "a\u0378b"])(
    "[PREP-3454.7-1] %j passes as a query and fails as a stored string",
    (input) => {
      const codePoint = Array.from(input, (char) => char.codePointAt(0)!).find((each) => each > 0x7f)!;
      expect(saslprep(input)).toBe(input);
      expect(saslprep(input, "query")).toBe(input);
      const index = input.indexOf(String.fromCodePoint(codePoint));
      expect(saslprep(input, "stored")).toEqual({ type: "unassigned", codePoint, index, rule: "RFC 3454 A.1" });
    },
  );
});

describe("results", () => {
  it("[PREP-4013.2-2] an empty result is a result", () => {
    expect(saslprep("")).toBe("");
    expect(saslprep("\u00ad\ufeff", "stored")).toBe("");
  });

  it("[PREP-4013.2-3] printable ASCII comes back as it is", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]*$/), fc.constantFrom<StringUse>("query", "stored"), (text, use) => {
        expect(saslprep(text, use)).toBe(text);
        expect(tracePrep(text)).toBe(text);
      }),
      runs,
    );
  });

  it("[PREP-4013.2-4] what comes of a stored string comes back as it is", () => {
    const dense = fc.constantFrom(
      ..."\u0627\u0628\u05d01a \u0301\u0323e\u00ad\u2168\u00a0\u1112\u1161\u11ab\ufb1d\u0340\u3099",
    );
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: dense }));
    fc.assert(
      fc.property(text, (input) => {
        const once = saslprep(input, "stored");
        if (typeof once !== "string") return;
        expect(saslprep(once, "stored")).toBe(once);
        expect(saslprep(input)).toBe(once);
      }),
      { numRuns: 5 * runs.numRuns },
    );
  });

  it("[PREP-4013.2-1] a failure tells one code point and nothing else of the text", () => {
    const failure = saslprep("Geheim\u0007nis");
    expect(failure).toEqual({ type: "prohibited", codePoint: 7, index: 6, rule: "RFC 3454 C.2.1" });
    expect(inspect(failure) + JSON.stringify(failure)).not.toMatch(/Geheim|nis/);
    const refuse = () => plainClient({ authenticationIdentity: "tim", password: "Geheim\u0007nis", prepare: saslprep });
    expect(refuse).toThrow(new RangeError('"password" cannot be prepared: RFC 3454 C.2.1'));
  });

  it("what is no text, or no use, is refused", () => {
    // @ts-expect-error no string
    expect(() => saslprep(5)).toThrow(new TypeError('"text" expected a string, got number'));
    // @ts-expect-error no string
    expect(() => tracePrep(null)).toThrow(new TypeError('"text" expected a string, got null'));
    // @ts-expect-error no use, but what `map` would hand over
    expect(() => saslprep("a", 0)).toThrow(new RangeError('"use" expected one of query, stored'));
  });
});

describe("the trace profile", () => {
  it("[ANON-3-1] [PREP-3454.A-1] its prohibited characters and directions agree with Python's tables on every code point", () => {
    expect(digest(tracePrep)).toBe("e54fe56fc02ad2b18ec69f1387d63cfd3e1e9f8cca1065caa323a916c2ee15b3");
  });

  it.each(["\u00ad", "\u2168", "\u00a0", "e\u0301", "\u2ff0", "\u0221", "\u{1f600}", "\u0627 \u0628"])(
    "[ANON-3-1] %j passes as it is",
    (input) => expect(tracePrep(input)).toBe(input),
  );

  it.each([
    ["a\u0007", "C.2.1"],
    ["\u0085", "C.2.2"],
    ["\u200d", "C.2.2"],
    ["\ue000", "C.3"],
    ["\ufffe", "C.4"],
    ["\ud800", "C.5"],
    ["\ufffd", "C.6"],
    ["\u0340", "C.8"],
    ["\u{e0020}", "C.9"],
    ["\u0627a", "§6 rule 2"],
    ["\u06271", "§6 rule 3"],
  ])("[ANON-3-1] %j must not be sent", (input, table) => {
    expect(rule(tracePrep(input))).toBe(`RFC 3454 ${table}`);
  });
});
