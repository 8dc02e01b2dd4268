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

it("the transition table leads to where the RFCs have it", () => {
  const to = (state: keyof (typeof clientTable)["QUIT"]) =>
    Object.entries(clientTable).flatMap(([verb, row]) =>
      Object.entries(row).flatMap(([from, next]) => (next === state ? [`${verb} in ${from}`] : [])),
    );
  const from = (verb: string, ...states: readonly string[]) => states.map((state) => `${verb} in ${state}`);
  const staying = ["NOOP", "HELP", "VRFY", "EXPN"];
  const everywhere = ["greeted", "ready", "mail", "rcpt", "failed"];
  expect(to("greeted").sort()).toEqual([...staying, "RSET"].map((verb) => `${verb} in greeted`).sort());
  expect(to("ready").sort()).toEqual(
    [
      ...staying.flatMap((verb) => from(verb, "ready")),
      ...from("RSET", "ready", "mail", "rcpt", "failed"),
      ...[...from("message", "content"), ...from("ETRN", "ready"), ...from("XFORWARD", "ready")],
    ].sort(),
  );
  expect(to("mail").sort()).toEqual(
    [...from("MAIL", "ready"), ...staying.flatMap((verb) => from(verb, "mail"))].sort(),
  );
  expect(to("rcpt").sort()).toEqual(
    [...from("RCPT", "mail", "rcpt"), ...staying.flatMap((verb) => from(verb, "rcpt"))].sort(),
  );
  expect(to("failed").sort()).toEqual(staying.flatMap((verb) => from(verb, "failed")).sort());
  expect(to("content").sort()).toEqual(["BDAT", "BURL", "DATA"].flatMap((verb) => from(verb, "rcpt")));
  expect(to("busy").sort()).toEqual(
    [
      ...["EHLO", "HELO"].flatMap((verb) => from(verb, ...everywhere)),
      ...["AUTH", "STARTTLS", "ATRN", "XCLIENT"].flatMap((verb) => from(verb, "ready")),
    ].sort(),
  );
  expect(Object.values(clientTable.QUIT)).toEqual(Object.keys(clientTable.QUIT).map(() => "closed"));
});
