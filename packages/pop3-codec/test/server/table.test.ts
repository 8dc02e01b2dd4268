import { clientTable, type ServerVerb, serverTable } from "pop3-codec";
import { expect, it } from "vitest";
import { rows } from "./fixture.ts";

it("the transition table is the one that the RFCs have", () => {
  const table = rows.map(([verb]) => {
    const { authorization, name, transaction } = serverTable[verb as ServerVerb];
    return [verb, authorization ?? "-", name ?? "-", transaction ?? "-"];
  });
  expect(table).toEqual(rows);
  expect(Object.keys(serverTable)).toHaveLength(rows.length);
});

it.each([
  ["server", serverTable],
  ["client", clientTable],
])("the %s's table cannot be changed", (_, table) => {
  for (const part of [table, ...Object.values(table)]) expect(Object.isFrozen(part)).toBe(true);
});
