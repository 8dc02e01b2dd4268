import { formatReply, makeMailbox, parseMailbox, type Reply, ReplyAssembler } from "smtp-codec/syntax";
import {
  changedPriority,
  contentFeatures,
  formatContentFeatures,
  formatLookupLine,
  forwardedPath,
  forwardReply,
  parseLookupLine,
  pendingMessages,
  refusedSolicitation,
} from "smtp-codec/texts";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";

const reply = (code: number, ...lines: readonly string[]): Reply => ({ code, enhanced: null, lines });

describe("what texts say", () => {
  it.each([
    [reply(251, "User not local; will forward to <@a:tim@b.example>"), "tim@b.example"],
    [reply(551, "try", "<Postmaster> instead"), "Postmaster"],
    [reply(551, "try <dömi@b>"), "dömi@b"],
    [reply(551, "<bob> User not local; please try <b@c.d>"), "b@c.d"],
    [reply(251, "ok"), null],
    [reply(251, "see <that"), null],
    [reply(250, "<tim@b.example>"), null],
  ])("[SMTP-3.4-1] %j", (given, address) => {
    expect(forwardedPath(given)?.address ?? null).toBe(address);
  });

  it.each<readonly [Reply, number | null]>([
    [{ code: 250, enhanced: "2.3.6", lines: ["-3 is the new priority"] }, -3],
    [{ code: 250, enhanced: "2.3.6", lines: ["4"] }, 4],
    [{ code: 250, enhanced: "2.3.6", lines: ["priority 4"] }, null],
    [{ code: 250, enhanced: "2.3.6", lines: ["44 is it"] }, null],
    [{ code: 250, enhanced: "2.1.0", lines: ["3 is it"] }, null],
    [{ code: 250, enhanced: null, lines: ["3 is it"] }, null],
  ])("[PRIO-4.1-3] %j", (given, priority) => {
    expect(changedPriority(given)).toBe(priority);
  });

  it.each([
    [reply(550, "SOLICIT=net.example:ADV refused"), ["net.example:ADV"]],
    [reply(550, "no", "solicit=a,b"), ["a", "b"]],
    [reply(550, "SOLICIT=1"), null],
    [reply(550, "no"), null],
  ])("[SOL-2.4-1] %j", (given, classes) => {
    expect(refusedSolicitation(given)).toEqual(classes);
  });

  it.each([
    [reply(253, "OK, 12 pending messages for node x started"), 12],
    [reply(253, "7 messages"), 7],
    [reply(253, "OK, messages"), null],
    [reply(250, "OK, 12 pending"), null],
  ])("[ETRN-5.1-2] %j", (given, count) => {
    expect(pendingMessages(given)).toBe(count);
  });

  it("[CON-5.2-1] features stand on lines of their own after the first", () => {
    const features = ["(& (color=Binary)", "  (image-file-structure=TIFF-minimal))"];
    const given: Reply = { code: 250, enhanced: "2.1.5", lines: formatContentFeatures("recipient ok", features) };
    const assembler = new ReplyAssembler();
    const found = formatReply(given)
      .split("\r\n")
      .slice(0, -1)
      .map((line) => assembler.add(octets(line), true))
      .at(-1) as Reply;
    expect(contentFeatures(found)).toEqual(features);
    expect(contentFeatures(reply(250, "CONNEG x", "other", "conneg y"))).toEqual(["y"]);
  });
});

describe("where a recipient has gone", () => {
  const tim = parseMailbox("tim@example.com")!;
  const dömi = parseMailbox("dömi@example.com", { smtputf8: true })!;

  it.each([
    [251, tim, false, "251 2.1.5 user not local; will forward to <tim@example.com>"],
    [551, tim, false, "551 5.7.1 user not local; please try <tim@example.com>"],
    [251, dömi, true, "251 2.1.5 user not local; will forward to <dömi@example.com>"],
    [251, dömi, false, "250 2.1.5 recipient ok, will be forwarded"],
    [551, dömi, false, "550 5.1.6 the mailbox has moved"],
  ] as const)("[UTF8-3.7.4.1-2] %i to %j, SMTPUTF8: %s", (code, to, smtputf8, line) => {
    const given = forwardReply(code, to, smtputf8);
    expect(formatReply(given, { smtputf8 })).toBe(`${line}\r\n`);
    expect(forwardedPath(given)?.address ?? null).toBe(given.code === code ? to.address : null);
  });
});

describe("lines of VRFY and EXPN", () => {
  it.each([
    ["tim@example.com", null, "tim@example.com"],
    ["Tim Tester <tim@example.com>", "Tim Tester", "tim@example.com"],
    ["  <tim@example.com>", null, "tim@example.com"],
    [" Tim <tim@example.com>", "Tim", "tim@example.com"],
    ["dömi@b", null, "dömi@b"],
  ])("[SMTP-3.5.1-2] %j", (line, name, address) => {
    expect(parseLookupLine(line)).toMatchObject({ kind: "mailbox", name, mailbox: { address } });
  });

  it.each(["tim", "Tim <tim>", "Tim <tim@b> x", "<>", "<tim@b", ""])("[SMTP-3.5.1-2] %j is text", (line) => {
    expect(parseLookupLine(line)).toEqual({ kind: "text", text: line });
  });

  it("[SMTP-3.5.1-2] are written in the same two forms", () => {
    const tim = makeMailbox("tim", "example.com");
    expect([formatLookupLine(tim), formatLookupLine(tim, "Tim T.")]).toEqual([
      "tim@example.com",
      "Tim T. <tim@example.com>",
    ]);
    expect(formatLookupLine(makeMailbox("dömi", "b"), "Dömi", true)).toBe("Dömi <dömi@b>");
    for (const name of ["", " x", "a<b", "a\r\n", "ö"])
      expect(() => formatLookupLine(tim, name)).toThrow('"name" expected');
    expect(() => formatLookupLine(makeMailbox("dömi", "b"))).toThrow("SMTPUTF8");
  });

  it("[SMTP-3.5.2-1] neither a source route nor a mailbox without a domain is written", () => {
    expect(() => formatLookupLine({ ...makeMailbox("tim", "b"), route: ["a"] })).toThrow("without a source route");
    expect(() => formatLookupLine(parseMailbox("tim", { unqualifiedMailbox: true })!)).toThrow(
      '"address" expected a mailbox',
    );
  });
});
