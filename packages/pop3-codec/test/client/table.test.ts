import { type ClientVerb, clientTable } from "pop3-codec";
import { expect, it } from "vitest";

it("the transition table is the one that the RFCs have", () => {
  const login = ["USER", "APOP", "AUTH", "STLS"];
  const mail = ["STAT", "LIST", "UIDL", "RETR", "TOP", "DELE", "NOOP", "RSET"];
  const allowed = (state: "authorization" | "name" | "transaction" | "busy" | "closed") =>
    (Object.keys(clientTable) as ClientVerb[]).filter((verb) => clientTable[verb][state] !== undefined).sort();
  expect(allowed("authorization")).toEqual([...login, "CAPA", "QUIT"].sort());
  expect(allowed("name")).toEqual(["PASS", "QUIT"]);
  expect(allowed("transaction")).toEqual([...mail, "CAPA", "QUIT"].sort());
  expect([...allowed("busy"), ...allowed("closed")]).toEqual([]);
});
