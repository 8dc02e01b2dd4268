import fc from "fast-check";
import { serverTable } from "smtp-codec";
import {
  type Command,
  formatCommand,
  isKnownVerb,
  parseCommand,
  parseForwardPath,
  parseReversePath,
} from "smtp-codec/syntax";
import { octets, runs } from "tools/testing";
import { describe, expect, it } from "vitest";
import { located, opened } from "./support.ts";

describe("commands", () => {
  it.each<readonly [string, object]>([
    ["ehlo a.b text", { verb: "EHLO", name: "a.b", nameKind: "domain" }],
    [
      "MAIL from:<a@b> size=1 X-Y",
      {
        verb: "MAIL",
        parameters: [
          { keyword: "SIZE", value: "1" },
          { keyword: "X-Y", value: null },
        ],
      },
    ],
    ["rcpt to:<a@b>", { verb: "RCPT", to: { address: "a@b" }, parameters: [] }],
    ["NOOP", { verb: "NOOP", argument: null }],
    ["HELP  x y ", { verb: "HELP", argument: "x y" }],
    ["BDAT 3", { verb: "BDAT", size: 3, last: false }],
    ["XFOO", { verb: "other", name: "XFOO", argument: null }],
  ])("[SMTP-2.4-1] %j", (line, expected) => {
    expect(parseCommand(octets(line))).toMatchObject(expected);
  });

  it.each([
    ["EHLO", "missing-argument"],
    [`EHLO ${"x_".repeat(128)}`, "invalid-argument"],
    [`EHLO [x-a:${"a".repeat(250)}]`, "invalid-argument"],
    ["MAIL", "invalid-argument"],
    ["MAIL TO:<a@b>", "invalid-argument"],
    ["MAIL FROM :<a@b>", "invalid-argument"],
    ["MAIL FROM:<a@b>x", "invalid-path"],
    ["MAIL FROM:<a@b> KEY=", "invalid-parameter"],
    ["MAIL FROM:<a@b> =v", "invalid-parameter"],
    ["MAIL FROM:<a@b> K=a=b", "invalid-parameter"],
    ["MAIL FROM:<a@b> -K", "invalid-parameter"],
    ["MAIL FROM:<a@b> K=1 k=2", "repeated-parameter"],
    ["NO\tOP", "unknown-verb"],
    ["NOOP \x01", "invalid-octet"],
  ])("[SMTP-4.1.2-9] %j is a fault", (line, fault) => {
    expect(parseCommand(octets(line))).toMatchObject({ fault });
  });

  it("leniencies can be turned on and off", () => {
    const strict = { spaceAfterColon: false, helloName: false, helloTrailing: false };
    expect(parseCommand(octets("MAIL FROM: <a@b>"), strict)).toMatchObject({ fault: "invalid-path" });
    expect(parseCommand(octets("EHLO a_b"), strict)).toMatchObject({ fault: "invalid-argument" });
    expect(parseCommand(octets("EHLO a b"), strict)).toMatchObject({ fault: "invalid-argument" });
    expect(parseCommand(octets("MAIL FROM:a@b SIZE=1"), { pathWithoutBrackets: true })).toMatchObject({
      from: { address: "a@b" },
      parameters: [{ keyword: "SIZE" }],
    });
    expect(parseCommand(octets("MAIL FROM:a@b@c"), { pathWithoutBrackets: true })).toMatchObject({
      fault: "invalid-path",
    });
    expect([isKnownVerb("BDAT"), isKnownVerb("XFOO")]).toEqual([true, false]);
    expect(Object.keys(serverTable).filter((verb) => !isKnownVerb(verb))).toEqual([]);
  });

  const mailbox = fc.constantFrom("a@b", '"a b"@example.com', "x.y@[192.0.2.1]", "z@[IPv6:::1]");
  const parameters = fc.constantFrom(
    [],
    [{ keyword: "SIZE", value: "7" }],
    [
      { keyword: "X", value: null },
      { keyword: "Y-1", value: "!~" },
    ],
  );
  const reverse = fc.oneof(
    fc.constant("<>"),
    mailbox.map((text) => `<${text}>`),
  );
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc.constantFrom("DATA", "RSET", "QUIT", "STARTTLS").map((verb) => ({ verb }) as Command),
    fc
      .tuple(fc.constantFrom("NOOP", "HELP"), fc.option(fc.constantFrom("x", "a b")))
      .map(([verb, argument]) => ({ verb, argument }) as Command),
    fc.constantFrom<Command>(
      { verb: "VRFY", argument: "tim", smtputf8: false },
      { verb: "EHLO", name: "[192.0.2.1]", nameKind: "address-literal" },
      { verb: "HELO", name: "a_b", nameKind: "other" },
      { verb: "other", name: "XFOO", argument: "1 2" },
    ),
    fc.tuple(reverse, parameters).map(
      ([path, found]): Command => ({
        verb: "MAIL",
        from: located(parseReversePath(path)),
        parameters: found,
      }),
    ),
    fc.tuple(mailbox, parameters).map(
      ([path, found]): Command => ({
        verb: "RCPT",
        to: located(parseForwardPath(`<${path}>`)),
        parameters: found,
      }),
    ),
    fc
      .option(fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from(bytes)))
      .map((initialResponse): Command => ({ verb: "AUTH", mechanism: "PLAIN", initialResponse })),
  );

  it("parsing what was formatted gives it back", () => {
    fc.assert(
      fc.property(command, (given) => {
        const line = formatCommand(given);
        expect(line.endsWith("\r\n")).toBe(true);
        expect(opened(parseCommand(octets(line.slice(0, -2))))).toEqual(given);
      }),
      { numRuns: runs(5) },
    );
  });

  it.each<readonly [Command, string]>([
    [{ verb: "EHLO", name: "a\r\nQUIT", nameKind: "other" }, '"name" expected a domain'],
    [{ verb: "RCPT", to: { kind: "null", address: "" } as never, parameters: [] }, '"to" expected a mailbox'],
    [{ verb: "VRFY", argument: " x", smtputf8: false }, '"argument" expected printable ASCII'],
    [{ verb: "AUTH", mechanism: "a b", initialResponse: null }, '"mechanism" expected'],
    [{ verb: "other", name: "X-Y", argument: null }, '"name" expected letters'],
    [{ verb: "other", name: "X", argument: "a\nb" }, '"argument" expected'],
  ])("%j is refused by the formatter", (given, message) => {
    expect(() => formatCommand(given)).toThrow(message);
  });
});
