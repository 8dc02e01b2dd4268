import assert from "node:assert/strict";
import { type LineEndings, Unstuffer } from "dot-stuffing";
import {
  chunkings,
  content,
  cutAt,
  framing,
  type HostileWireForm,
  hostileWireForm,
  type SmugglingFamily,
  smugglingFamilies,
  wireForm,
} from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { octets, runs, text } from "tools/testing";
import { describe, expect, it } from "vitest";

/** Where RFC 5321 §4.1.1.4 ends it, to the letter; content begins as after a CRLF. */
const trueEnd = (wire: string) => `\r\n${wire}`.indexOf("\r\n.\r\n") + 3;

describe("chunkings", () => {
  it("cut octets without changing them, into copies", () => {
    fc.assert(
      fc.property(
        framing().chain((bytes) => fc.tuple(fc.constant(bytes), chunkings(bytes))),
        ([bytes, chunks]) => {
          assert.equal(text(chunks), text(bytes));
          for (const chunk of chunks) chunk.fill(0x58);
          assert.ok(chunks.every((chunk) => chunk.length === 0 || chunk.buffer !== bytes.buffer));
        },
      ),
      { numRuns: runs() },
    );
  });

  it("cut a Buffer too, into plain copies", () => {
    const bytes = Buffer.from("abc");
    const chunks = cutAt(bytes, [2, 1, 9, 1]);
    expect(chunks.map(text)).toEqual(["a", "", "b", "c", ""]);
    expect(chunks.every((chunk) => chunk.constructor === Uint8Array && chunk.buffer !== bytes.buffer)).toBe(true);
  });

  it.each(["", "a", "a\r\n.\r\n"])("cut %j at every place and at none", (input) => {
    const places = new Set<number>();
    for (const chunks of fc.sample(chunkings(octets(input)), { numRuns: 500, seed: 1 })) {
      let at = 0;
      for (const chunk of chunks.slice(0, -1)) places.add((at += chunk.length));
      if (chunks.length === 1) places.add(-1);
    }
    expect(places.size).toBe(input.length + 2);
  });

  it("cut a long input beside what framing looks at", () => {
    const input = octets(`${"a".repeat(100_000)}\r\n.\r\n`);
    const beside = fc.sample(chunkings(input), { numRuns: 100, seed: 1 }).flatMap((chunks) => {
      let at = 0;
      return chunks.map((chunk) => (at += chunk.length)).filter((place) => place >= 100_000 && place < input.length);
    });
    expect(new Set(beside).size).toBe(5);
  });

  it("cut a message of many lines at its end too", () => {
    const input = octets(`${"A line of prose.\r\n".repeat(2000)}.\r\n`);
    const atEnd = fc.sample(chunkings(input), { numRuns: 500, seed: 1 }).filter((chunks) => {
      let at = 0;
      return chunks.some((chunk) => (at += chunk.length) > input.length - 5 && at < input.length);
    });
    expect(atEnd.length).toBeGreaterThan(25);
  });

  it.each([-1, 0.5, Number.NaN, "1" as never])("are at no place %j", (place) => {
    expect(() => cutAt(octets("abc"), [1, place])).toThrow(
      new RangeError(`"places" expected a whole number of at least 0, or Infinity, got ${place}`),
    );
  });
});

it("content is empty, or lines that end in CRLF without a bare CR or LF", () => {
  fc.assert(
    fc.property(content({ maxLines: 3 }), (bytes) => {
      const found = text(bytes);
      assert.match(found, /^(?:[^\r\n]*\r\n){0,3}$/);
    }),
    { numRuns: runs() },
  );
});

it("framing is as long as it was asked to be", () => {
  expect(fc.sample(framing({ maxParts: 0 }), { numRuns: 20, seed: 1 }).every((bytes) => bytes.length === 0)).toBe(true);
});

it("a maximum that is given is a maximum that comes: as many lines, parts", () => {
  const most = (values: fc.Arbitrary<Uint8Array>) =>
    Math.max(...fc.sample(values, { numRuns: 200, seed: 1 }).map((bytes) => text(bytes).split("\r\n").length));
  const maxLines = 300;
  expect(most(content({ maxLines }))).toBeGreaterThan(270);
  expect(most(wireForm({ maxLines }).map(({ wire }) => wire))).toBeGreaterThan(270);
  expect(most(hostileWireForm({ maxLines }).map(({ wire }) => wire))).toBeGreaterThan(400);
  const parts = fc.sample(framing({ maxParts: 300 }), { numRuns: 200, seed: 1 }).map(({ length }) => length);
  // A part has two octets in the mean.
  expect(Math.max(...parts)).toBeGreaterThan(500);
});

it("generators make long lines too, and lines of 998 octets", () => {
  const lengths = (inputs: Uint8Array[]) =>
    inputs.flatMap((input) => text(input).split("\r\n")).map((line) => line.length);
  const found = lengths(fc.sample(content(), { numRuns: 2000, seed: 1 }));
  expect([0, 1, 255, 256, 257, 998, 999, 1000].filter((length) => !found.includes(length))).toEqual([]);
  expect(Math.max(...lengths(fc.sample(framing(), { numRuns: 1000, seed: 1 })))).toBeGreaterThan(900);
});

it("a wire form ends at its last octet, and stands for its content", () => {
  fc.assert(
    fc.property(wireForm({ maxLines: 5 }), ({ wire, content }) => {
      assert.equal(trueEnd(text(wire)), wire.length);
      assert.equal(
        text(wire)
          .slice(0, -3)
          .replace(/(^|\r\n)\./g, "$1"),
        text(content),
      );
    }),
    { numRuns: runs() },
  );
});

it("some wire forms have a dot that no sender had to put in", () => {
  const forms = fc.sample(wireForm(), { numRuns: 100, seed: 1 });
  expect(forms.some(({ wire }) => /(?:^|\r\n)\.[^.\r]/.test(text(wire)))).toBe(true);
});

describe("[DOT-4.5.2-6] a hostile wire form ends at its last octet, not at its false end, under every policy and in any chunks", () => {
  const holds = ({ wire, falseEnd, content }: HostileWireForm, chunks: readonly Uint8Array[]) => {
    assert.equal(trueEnd(text(wire)), wire.length);
    assert.match(text(wire).slice(falseEnd), /^MAIL FROM:<smuggled@example.com>\r\n/);
    for (const lineEndings of ["reject", "normalize", "preserve"] satisfies LineEndings[]) {
      const unstuffer = new Unstuffer({ lineEndings });
      let found = "";
      let consumed = 0;
      for (const chunk of chunks) {
        if (unstuffer.done) break;
        const step = unstuffer.push(chunk);
        found += text(step.content);
        consumed += step.consumed;
      }
      assert.equal(unstuffer.done, true);
      assert.equal(consumed, wire.length);
      if (lineEndings === "preserve") assert.equal(found, text(content));
    }
  };
  const cut = (forms: fc.Arbitrary<HostileWireForm>) =>
    forms.chain((form) => fc.tuple(fc.constant(form), chunkings(form.wire)));

  it.each(smugglingFamilies)("%s", (family) => {
    fc.assert(
      fc.property(cut(hostileWireForm({ families: [family] })), ([form, chunks]) => {
        assert.equal(form.family, family);
        holds(form, chunks);
      }),
    );
  });

  const OCTETS: Record<string, string> = { CR: "\r", LF: "\n", CRLF: "\r\n", NUL: "\0", SP: " ", ".": "." };

  it.each(smugglingFamilies)("%s is those octets", (family) => {
    const named = family.match(/CRLF|CR|LF|NUL|SP|\./g)!;
    expect(named.join("")).toBe(family.replaceAll(" ", ""));
    const end = named.map((name) => OCTETS[name]).join("");
    for (const { wire, falseEnd } of fc.sample(hostileWireForm({ families: [family] }), { numRuns: 100, seed: 1 })) {
      // Directly after DATA a line begins already.
      expect(`\r\n${text(wire)}`.slice(0, falseEnd + 2).endsWith(end)).toBe(true);
    }
  });

  it("any of them", () => {
    fc.assert(
      fc.property(cut(hostileWireForm()), ([form, chunks]) => holds(form, chunks)),
      { numRuns: runs() },
    );
  });

  it("all families are made, at the content's very start too", () => {
    const forms = fc.sample(hostileWireForm(), { numRuns: 1000, seed: 1 });
    expect(new Set(forms.map(({ family }) => family)).size).toBe(smugglingFamilies.length);
    expect(forms.some(({ family, falseEnd }) => family === "CRLF.LF" && falseEnd === 2)).toBe(true);
  });
});

it("a parser that takes LF for a line end is found out", () => {
  const endOf = (wire: string) => /(?:^|\n)\.\r?\n/.exec(wire);
  const fooled = smugglingFamilies.filter((family) => {
    const forms = hostileWireForm({ families: [family] });
    return fc.check(
      fc.property(forms, ({ wire }) => {
        const end = endOf(text(wire));
        return end !== null && end.index + end[0].length === wire.length;
      }),
    ).failed;
  });
  expect(fooled).toEqual(["LF.LF", "LF.CRLF", "CRLF.LF"] satisfies SmugglingFamily[]);
});
