import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { planted } from "../src/plants/apply.ts";
import { type Plant, plants } from "../src/plants/plants.ts";
import { targets } from "../src/targets/index.ts";

const packages = fileURLToPath(new URL("../..", import.meta.url));
const sourceOf = ({ file }: Plant) => readFileSync(packages + file, "utf8");

describe("planted bugs", () => {
  it.each(plants.map((plant) => [plant.breaks, plant] as const))("%s", (_, plant) => {
    const source = sourceOf(plant);
    expect(source.split(plant.old)).toHaveLength(2);
    expect(planted(plant, source)).not.toBe(source);
    expect(existsSync(packages + plant.file)).toBe(true);
  });

  it("are in every target, and of one kind each", () => {
    const covered = new Set(plants.map(({ target }) => target));
    expect(targets.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
    expect(new Set(plants.map(({ breaks }) => breaks)).size).toBe(plants.length);
  });

  it("need their text there exactly once", () => {
    const plant: Plant = { target: "x", file: "f.ts", old: "a", planted: "b", breaks: "" };
    expect(planted(plant, "xay")).toBe("xby");
    expect(() => planted(plant, "aa")).toThrow("f.ts has 2 times: a");
    expect(() => planted(plant, "x")).toThrow("f.ts has 0 times: a");
  });
});
