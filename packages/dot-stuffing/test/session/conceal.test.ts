import { format, inspect } from "node:util";
import { conceal } from "dot-stuffing/session";
import { expect, it } from "vitest";

it("what is concealed is there for who asks by name, and in no log", () => {
  const event = conceal({ type: "pass", size: 6 }, { password: "pencil" });
  expect(event.password).toBe("pencil");
  expect(JSON.stringify(event)).toBe('{"type":"pass","size":6}');
  expect(format("%o", event)).not.toContain("pencil");
  expect(inspect(event, { showHidden: true })).not.toContain("pencil");
  expect({ ...event }).toEqual({ type: "pass", size: 6 });
  expect(Object.keys(event)).toEqual(["type", "size"]);
});
