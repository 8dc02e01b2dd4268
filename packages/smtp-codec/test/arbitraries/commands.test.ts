import fc from "fast-check";
import { commands, sessions } from "smtp-codec/arbitraries";
import { formatCommand } from "smtp-codec/syntax";
import { runs, text } from "tools/testing";
import { expect, it } from "vitest";

/** RFC 5321 §4.1.1 to §4.1.3, as far as it can be said of a text. */
const ATOM = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~]+";
const QUOTED = '"(?:[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\x20-\\x7e])*"';
const STRING = `(?:${ATOM}|${QUOTED})`;
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const DOMAIN = `${LABEL}(?:\\.${LABEL})*`;
const LITERAL = "\\[(?:\\d+(?:\\.\\d+){3}|IPv6:[0-9a-f:.]+|[A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+)\\]";
const PATH = `<(?:(?:${ATOM}(?:\\.${ATOM})*|${QUOTED})@(?:${DOMAIN}|${LITERAL}))?>`;
const PARAMETERS = "(?: [A-Z][A-Z0-9-]*(?:=[!-<>-~]+)?)*";

/** The commands of RFC 5321, without their CRLF. */
const COMMANDS = new RegExp(
  `^(?:HELO ${DOMAIN}|(?:EHLO|LHLO) (?:${DOMAIN}|${LITERAL})|(?:VRFY|EXPN) ${STRING}|(?:NOOP|HELP)(?: ${STRING})?|` +
    `MAIL FROM:${PATH}${PARAMETERS}|RCPT TO:(?:<Postmaster>|${PATH})${PARAMETERS}|DATA|RSET|QUIT)$`,
  "i",
);
const OWN = ["HELO", "EHLO", "LHLO", "VRFY", "EXPN", "NOOP", "HELP", "MAIL", "RCPT", "DATA", "RSET", "QUIT"];

it("commands of RFC 5321 keep to its grammar", () => {
  fc.assert(
    fc.property(commands(), (command) => {
      if (OWN.includes(command.verb)) expect(formatCommand(command).slice(0, -2)).toMatch(COMMANDS);
    }),
    { numRuns: runs(20) },
  );
});

it("commands that SMTPUTF8 extends have characters beyond ASCII", () => {
  const found = fc.sample(commands({ smtputf8: true }), { numRuns: 2000, seed: 1 });
  const verbs = new Set(
    found.map((command) => (/[^ -~\r\n]/.test(formatCommand(command, { smtputf8: true })) ? command.verb : "")),
  );
  expect([...verbs].filter((verb) => verb !== "").sort()).toEqual(["EXPN", "MAIL", "RCPT", "VRFY"]);
});

it.each(["HELO", "EHLO", "LHLO", "VRFY", "EXPN", "NOOP", "HELP"])(
  "%s may be what lenient servers take, if that is asked for",
  (verb) => {
    const found = fc
      .sample(commands({ lenient: true }), { numRuns: 4000, seed: 1 })
      .filter((command) => command.verb === verb);
    const within = found.filter((command) => COMMANDS.test(formatCommand(command).slice(0, -2)));
    expect(within.length).toBeGreaterThan(found.length * 0.2);
    expect(within.length).toBeLessThan(found.length * 0.8);
  },
);

it("sessions keep to it too, in all their commands", () => {
  fc.assert(
    fc.property(sessions({ pipelining: false }), ({ flights }) => {
      const lines = flights.map(({ bytes }) => text(bytes));
      for (const [index, line] of lines.entries()) {
        if (lines[index - 1] !== "DATA\r\n") expect(line.slice(0, -2)).toMatch(COMMANDS);
      }
    }),
    { numRuns: runs() },
  );
});
