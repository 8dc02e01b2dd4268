import { type ClientVerb, clientTable } from "smtp-codec";
import { expect, it } from "vitest";

it("the transition table is the one that the RFCs have", () => {
  const allowed = (state: keyof (typeof clientTable)["QUIT"]) =>
    (Object.keys(clientTable) as ClientVerb[]).filter((verb) => clientTable[verb][state] !== undefined).sort();
  const always = ["EHLO", "HELO", "RSET", "NOOP", "HELP", "VRFY", "EXPN", "QUIT"];
  expect(allowed("greeted")).toEqual([...always].sort());
  expect(allowed("ready")).toEqual(
    [...always, "MAIL", "AUTH", "STARTTLS", "ETRN", "ATRN", "XCLIENT", "XFORWARD"].sort(),
  );
  expect(allowed("mail")).toEqual([...always, "RCPT"].sort());
  expect(allowed("rcpt")).toEqual([...always, "RCPT", "DATA", "BDAT", "BURL"].sort());
  expect(allowed("content")).toEqual(["message"]);
  expect(allowed("failed")).toEqual([...always].sort());
  expect(allowed("refused")).toEqual(["QUIT"]);
  expect([...allowed("busy"), ...allowed("closed")]).toEqual([]);
});
