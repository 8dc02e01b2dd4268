import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corpusOf } from "../src/run/corpus.ts";
import { targets } from "../src/targets/index.ts";

const corpus = fileURLToPath(new URL("../corpus", import.meta.url));

describe("targets", () => {
  it("have names of their own, and so has every folder of the corpus", () => {
    const names = targets.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(readdirSync(corpus).filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(targets.map((target) => [target.name, target] as const))(
    "%s holds for the corpus and some others",
    (_, target) => {
      const files = corpusOf(corpus, target.name);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        expect(file).toMatchObject({ target: target.name, showed: expect.stringMatching(/^.{10,}$/) });
        target.run(file);
      }
      for (const input of fc.sample(target.inputs, { numRuns: 3, seed: 1 })) target.run(input);
    },
  );
});
