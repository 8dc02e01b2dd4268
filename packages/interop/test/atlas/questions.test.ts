import { smugglingFamilies } from "dot-stuffing/arbitraries";
import { hostileResponseFamilies, hostileFamilies as pop3Families } from "pop3-codec/arbitraries";
import { hostileFamilies, hostileReplyFamilies } from "smtp-codec/arbitraries";
import { describe, expect, it } from "vitest";
import { FALSE_ENDS } from "../../src/atlas/questions/false-ends.ts";
import { groups, rows } from "../../src/atlas/questions/index.ts";

const familiesOf = (all: (typeof groups)[keyof typeof groups]) => [
  ...new Set(all.flatMap(({ questions }) => questions.map(({ family }) => family))),
];

/** A connection that the client ends is no question. */
const asked = (families: readonly string[]) => families.filter((family) => family !== "cut-off");

describe("the questions", () => {
  it("have ids that differ, and inputs", () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    for (const { id, input } of rows) expect(input.length, id).toBeGreaterThan(0);
  });

  it("have one of every family of the generators, and of no others", () => {
    expect(familiesOf(groups.smtpServers)).toEqual(expect.arrayContaining(asked(hostileFamilies)));
    expect(familiesOf(groups.pop3Servers)).toEqual(expect.arrayContaining(asked(pop3Families)));
    expect(familiesOf(groups.smtpClients)).toEqual(expect.arrayContaining([...hostileReplyFamilies]));
    expect(familiesOf(groups.pop3Clients)).toEqual(expect.arrayContaining([...hostileResponseFamilies]));
    const all = new Set<string>([
      ...hostileFamilies,
      ...pop3Families,
      ...hostileReplyFamilies,
      ...hostileResponseFamilies,
    ]);
    for (const { id, family } of rows) expect(family === null || all.has(family), `${id}: ${family}`).toBe(true);
  });

  it("know the false ends by their names", () => {
    expect(FALSE_ENDS.map(([name]) => name)).toEqual([...smugglingFamilies]);
  });

  it("end every session to a server, so that it is known when nothing more comes", () => {
    for (const { questions } of groups.smtpServers)
      for (const { id, flights, kind } of questions)
        expect(/QUIT\r?\n/.test(flights.join("")) || /(tls-argument)$/.test(id), `${id} ${kind}`).toBe(true);
  });
});
