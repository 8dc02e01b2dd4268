import fc from "fast-check";
import {
  commands,
  domains,
  envelopes,
  forwardPaths,
  localParts,
  mailboxes,
  replies,
  sessions,
} from "smtp-codec/arbitraries";
import { type Command, formatCommand, formatPath, formatReply, makeMailbox } from "smtp-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";

const utf8 = (text: string) => new TextEncoder().encode(text).length;
const longestLine = (reply: string) => Math.max(...reply.split("\r\n").map((line) => line.length + 2));
const isOf =
  (...verbs: readonly Command["verb"][]) =>
  ({ verb }: Command) =>
    verbs.includes(verb);
const lines = (...verbs: readonly Command["verb"][]) => lengthsOf(commands(), verbs);
const lengthsOf = (all: fc.Arbitrary<Command>, verbs: readonly Command["verb"][]) =>
  all.filter(isOf(...verbs)).map((command) => formatCommand(command).length);

describe("lengths are short mostly, reach their limit now and then, and never exceed it", () => {
  it.each<[string, fc.Arbitrary<number>, number]>([
    ["a local-part", localParts().map((local) => utf8(makeMailbox(local, "a").address) - "@a".length), 64],
    [
      "a local-part beyond ASCII",
      localParts({ smtputf8: true }).map((local) => utf8(makeMailbox(local, "a").address) - "@a".length),
      64,
    ],
    ["a domain", domains().map(({ length }) => length), 255],
    ["a label", domains().map((domain) => Math.max(...domain.split(".").map(({ length }) => length))), 63],
    ["a mailbox's local-part", mailboxes().map(({ address, domain }) => address.length - domain.length - 1), 64],
    ["a path", mailboxes().map((mailbox) => formatPath(mailbox).length), 256],
    [
      "a path beyond ASCII",
      forwardPaths({ smtputf8: true }).map((path) => utf8(formatPath(path, { smtputf8: true }))),
      256,
    ],
    ["NOOP and HELP", lines("NOOP", "HELP"), 512],
    ["VRFY and EXPN", lines("VRFY", "EXPN"), 512],
    ["an unknown command", lines("other"), 512],
    ["ETRN", lines("ETRN"), 512],
    ["a hello", lines("HELO", "EHLO", "LHLO"), "EHLO \r\n".length + 255],
    // Base64 has no line of 510 to 512 octets for the longest of its mechanisms.
    ["AUTH", lines("AUTH"), 509],
    ["a reply's line", replies().map((reply) => longestLine(formatReply(reply))), 512],
    ["ENVID", envelopes().map(({ parameters: { envid = "" } }) => formatted(envid)), 100],
  ])("%s", (_, lengths, limit) => {
    const found = fc.sample(lengths, { numRuns: 3000, seed: 5 });
    expect(Math.max(...found)).toBe(limit);
    const short = found.filter((length) => length < limit / 2);
    expect(short.length).toBeGreaterThan(found.length * 0.8);
  });
});

it("no command is longer than its line may be, whatever it is", () => {
  const kinds = [commands({ lenient: true }), commands({ lenient: true, smtputf8: true })];
  for (const all of kinds) {
    const found = fc.sample(all, { numRuns: 30_000, seed: 6 });
    const long = found.filter((command) => utf8(formatCommand(command, { smtputf8: true })) > 512);
    // With the parameters of all extensions MAIL and RCPT may be longer (RFC 5321 §2.2.2), and BURL by its own (RFC
    // 4468).
    expect(long.filter(({ verb }) => !["MAIL", "RCPT", "BURL"].includes(verb))).toEqual([]);
  }
});

/** How long an ENVID is, as it is written (RFC 3461 §4.4); 0: there is none. */
function formatted(envid: string): number {
  if (envid === "") return 0;
  const from = { kind: "null", address: "" } as const;
  const written = envid.replace(/[^!-*,-<>-~]/g, "+XX");
  expect(formatCommand({ verb: "MAIL", from, parameters: [{ keyword: "ENVID", value: written }] })).toContain(written);
  return written.length;
}

it("sessions have as many transactions as they may have, those that are given up among them, and no more", () => {
  for (const [most, share] of [
    [2, 0.2],
    [30, 0.05],
  ] as const) {
    const counts = fc.sample(sessions({ maxTransactions: most }), { numRuns: 400, seed: 2 }).map(({ flights }) => {
      const mails = flights.filter(({ bytes }) => octets("MAIL").every((one, at) => bytes[at] === one));
      return mails.length;
    });
    expect(Math.max(...counts)).toBe(most);
    expect(counts.filter((count) => count === most).length).toBeGreaterThan(counts.length * share);
  }
});
