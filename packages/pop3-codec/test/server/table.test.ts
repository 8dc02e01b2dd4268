import { type ServerVerb, serverTable } from "pop3-codec";
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
