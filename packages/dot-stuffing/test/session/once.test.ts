import { once } from "dot-stuffing/session";
import { expect, it } from "vitest";

it("what is made of an object is made once, and what failed is tried again", () => {
  const made = new WeakMap<object, object>();
  const [one, other] = [{}, {}];
  const fail = () => {
    throw new RangeError("no");
  };
  expect(() => once(made, one, fail)).toThrow("no");
  const found = once(made, one, (key) => ({ key }));
  expect(found).toEqual({ key: one });
  expect(once(made, one, fail)).toBe(found);
  expect(once(made, other, (key) => ({ key }))).toEqual({ key: other });
});
