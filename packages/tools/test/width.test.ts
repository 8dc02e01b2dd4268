import { expect, it } from "vitest";
import { wideComments } from "../src/width.ts";

const wide = "x".repeat(118);

it.each([
  [`// ${wide}`, [1]],
  [`//${wide}`, []],
  [`/** ${wide} */`, [1]],
  [`/**\n * ${wide}\n * y\n */`, [2]],
  [`   * ${"§".repeat(115)}`, []],
  [`   * ${"§".repeat(116)}`, [1]],
  [`const text = "// ${wide}";`, []],
])("%j: wide comments in the lines %j", (text, lines) => {
  expect(wideComments(text)).toEqual(lines);
});
