import { clientTable } from "pop3-codec";
import { expect, it } from "vitest";
import { LEGAL_ORDER } from "./legal-order.ts";

it("the transition table is the one that the RFCs have", () => {
  expect(clientTable).toEqual(LEGAL_ORDER);
});
