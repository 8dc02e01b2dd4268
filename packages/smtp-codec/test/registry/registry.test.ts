import {
  describeEnhancedCode,
  enhancedDetails,
  extension,
  extensions,
  refusals,
  replyCode,
  replyCodes,
} from "smtp-codec/registry";
import { formatReply, isEnhancedCode, isKnownVerb, mailParameterSet, rcptParameterSet } from "smtp-codec/syntax";
import { describe, expect, it } from "vitest";

const range = (subject: number, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${subject}.${from + index}`);

describe("reply codes", () => {
  it("has every code of RFC 5321 §4.2.3 once, in order", () => {
    const codes = replyCodes.map(({ code }) => code);
    const rfc5321 = [
      ...[211, 214, 220, 221, 250, 251, 252, 354, 421, 450, 451, 452, 455, 500, 501, 502, 503, 504],
      ...[550, 551, 552, 553, 554, 555],
    ];
    expect(rfc5321.filter((code) => !codes.includes(code))).toEqual([]);
    expect(codes).toEqual([...new Set(codes)].sort((one, other) => one - other));
  });

  it.each([
    ["[AUTH-6-1]", [235, 334, 432, 454, 530, 534, 535, 538]],
    ["[ETRN-5.1-1]", [253, 458, 459]],
    ["[ATRN-5.2.1-3]", [450, 451, 453]],
    ["[ESC-7504.4-1]", [521, 556]],
  ])("%s knows %j", (_, codes) => {
    expect(codes.map((code) => typeof replyCode(code)?.meaning)).toEqual(codes.map(() => "string"));
  });

  it("tells what a code means, and does not know others", () => {
    expect([replyCode(354)?.meaning, replyCode(299)]).toEqual([
      "send the message, and end it with CRLF.CRLF",
      undefined,
    ]);
  });
});

describe("enhanced codes", () => {
  const known = new Map(enhancedDetails.map((detail) => [detail.code, detail]));

  it.each([
    ["[ESC-3463.3-1]", ["0.0", ...range(1, 0, 8), ...range(2, 0, 4), ...range(3, 0, 5), ...range(4, 0, 7)]],
    ["[ESC-3463.3-1]", [...range(5, 0, 5), ...range(6, 0, 5), ...range(7, 0, 7)]],
    ["[ESC-5248.2.4-1]", ["1.9", "5.6", "6.6", ...range(7, 8, 14)]],
    ["[ESC-7372.3-1]", range(7, 20, 26)],
    ["[UTF8-4.2-1]", range(6, 7, 10)],
    ["[ESC-7505.4.1-1]", ["1.10", "7.27"]],
    ["[RRVS-15.3-1]", range(7, 17, 19)],
    ["[PRIO-4.1-4]", ["3.6", "7.15", "7.16"]],
    ["[REQTLS-4.2.1-1]", ["7.30", "7.10"]],
  ])("%s the table knows %j", (_, codes) => {
    expect(codes.filter((code) => !known.has(code))).toEqual([]);
  });

  it("has each code once, and only codes that can be written", () => {
    expect(known.size).toBe(enhancedDetails.length);
    expect(enhancedDetails.every(({ code }) => isEnhancedCode(`5.${code}`))).toBe(true);
  });

  it.each([
    ["[ESC-5248.2.4-1]", "3.0", [221, 250, 421, 451, 550, 554]],
    ["[ESC-5248.2.4-1]", "7.12", [422, 432]],
    ["[ESC-7372.3-1]", "7.20", [550]],
    ["[ESC-7372.3-1]", "7.24", [451, 550]],
    ["[REQTLS-4.2.1-1]", "7.30", [550]],
    ["[ESC-7504.3-1]", "3.2", [453, 521]],
    ["[ESC-7504.4-1]", "1.10", [556]],
    ["[PRIO-4.1-4]", "7.15", [450, 550]],
    ["[RRVS-15.3-1]", "7.17", [550]],
    ["[ESC-5248.2.4-1]", "1.2", []],
  ] as const)("%s X.%s goes with %j", (_, code, replies) => {
    expect(known.get(code)?.replyCodes).toEqual(replies);
  });

  it("[ESC-5248.2.4-2] X.7.8 means invalid credentials, X.7.14 a missing trust relationship", () => {
    expect(describeEnhancedCode("5.7.8").detail).toMatchObject({ name: "Authentication credentials invalid" });
    expect(known.get("7.8")?.note).toContain("X.7.14");
    expect(describeEnhancedCode("5.7.14").detail?.name).toBe("Trust relationship required");
  });

  it("[ESC-4865.6-1] the second meanings of X.7.16 and X.7.17 are told", () => {
    expect([known.get("7.16")?.source, known.get("7.17")?.source]).toEqual(["RFC 6710", "RFC 7293"]);
    expect([known.get("7.16")?.note, known.get("7.17")?.note]).toEqual([
      ...[expect.stringContaining("RFC 4865"), expect.stringContaining("RFC 4865")],
    ]);
  });

  it.each([
    ["5.7.8", "Permanent Failure", "Security or Policy Status", "Authentication credentials invalid"],
    ["4.7.999", "Persistent Transient Failure", "Security or Policy Status", null],
    ["2.9.1", "Success", null, null],
  ] as const)("[ESC-3463.2-2] %s", (code, klass, subject, name) => {
    const found = describeEnhancedCode(code);
    expect([found.class, found.subject, found.detail?.name ?? null]).toEqual([klass, subject, name]);
  });
});

describe("extensions", () => {
  it("has each keyword once, in order, found in any case", () => {
    const keywords = extensions.map(({ keyword }) => keyword);
    expect(keywords).toEqual([...new Set(keywords)].sort());
    expect([extension("starttls")?.verbs, extension("X-FOO")]).toEqual([["STARTTLS"], undefined]);
  });

  it("agrees with what the parameters need", () => {
    for (const [command, set] of [
      ["mail", mailParameterSet],
      ["rcpt", rcptParameterSet],
    ] as const) {
      for (const { keyword, extensions: needed } of Object.values(set)) {
        for (const name of Object.keys(needed)) expect(extension(name)?.[command]).toContain(keyword);
      }
    }
  });

  it("every implemented verb is known to the parser", () => {
    const verbs = extensions.filter(({ support }) => support === "implemented").flatMap((entry) => entry.verbs);
    expect(verbs.filter((verb) => !isKnownVerb(verb))).toEqual([]);
  });

  it.each([
    ["must not", ["ATRN", "ETRN"]],
    ["only", ["BURL", "FUTURERELEASE"]],
    ["must", ["AUTH"]],
    ["should", ["8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "PIPELINING"]],
  ])("a submission server: %s offer %j", (submission, keywords) => {
    expect(extensions.filter((entry) => entry.submission === submission).map(({ keyword }) => keyword)).toEqual(
      keywords,
    );
  });
});

describe("refusals", () => {
  it.each([
    ["[SMTP-7.9-1]", refusals.policy, 550, "5.7.1"],
    ["[SUB-4.1-1]", refusals.submission, 554, "5.7.1"],
    ["[SUB-4.2-1]", refusals.senderNotQualified, 554, "5.1.8"],
    ["[SUB-4.2-1]", refusals.recipientNotQualified, 554, "5.1.2"],
    ["[SMTP-4.1.1.11-4]", refusals.parameterNotNow, 455, "4.5.0"],
    ["[SIZE-6.1-2]", refusals.noSpaceNow, 452, "4.3.1"],
    ["[SOL-2.4-1]", refusals.solicitation, 550, "5.7.1"],
    ["[ESC-7505.4.1-1]", refusals.nullMxRecipient, 556, "5.1.10"],
    ["[ESC-7505.4.1-1]", refusals.nullMxSender, 550, "5.7.27"],
    ["[UTF8-3.5-1]", refusals.utf8Headers, 554, "5.6.9"],
    ["VRFY and EXPN:", refusals.utf8Reply, 550, "5.6.8"],
    ["[FUT-6-1]", refusals.futureReleaseUserQuota, 552, "5.7.16"],
    ["[FUT-6-1]", refusals.futureReleaseSystemQuota, 552, "5.7.17"],
    ["[PRIO-4.1-4]", refusals.priorityTooLowNow, 450, "4.7.15"],
    ["[PRIO-4.1-4]", refusals.priorityTooLow, 550, "5.7.15"],
    ["[PRIO-4.1-4]", refusals.tooBigForPriority, 552, "5.7.16"],
    ["[RRVS-15.3-1]", refusals.mailboxOwnerChanged, 550, "5.7.17"],
    ["[RRVS-15.3-1]", refusals.domainOwnerChanged, 550, "5.7.18"],
    ["[RRVS-15.3-1]", refusals.ownerNotKnown, 550, "5.7.19"],
    ["[REQTLS-4.2.1-1]", refusals.requireTlsNotSupported, 550, "5.7.30"],
    ["[AUTH-6-1]", refusals.passwordTransition, 432, "4.7.12"],
    ["[AUTH-6-1]", refusals.authenticationNotNow, 454, "4.7.0"],
    ["[AUTH-6-1]", refusals.mechanismTooWeak, 534, "5.7.9"],
    ["[AUTH-6-1]", refusals.credentialsInvalid, 535, "5.7.8"],
    ["[AUTH-6-1]", refusals.authLineTooLong, 500, "5.5.6"],
    ["[AUTH-6-1]", refusals.encryptionRequired, 538, "5.7.11"],
    ["[ETRN-5.1-1]", refusals.etrnNotQueued, 458, "4.5.0"],
    ["[ETRN-5.1-1]", refusals.etrnNotAllowed, 459, "4.5.0"],
    ["[ATRN-5.2.1-3]", refusals.atrnRefused, 450, "4.7.0"],
    ["[ATRN-5.2.1-3]", refusals.atrnNotNow, 451, "4.3.0"],
    ["[ATRN-5.2.1-3]", refusals.atrnNoMail, 453, "4.3.2"],
  ])("%s %j", (_, { code, enhanced, text }, expectedCode, expectedEnhanced) => {
    expect([code, enhanced]).toEqual([expectedCode, expectedEnhanced]);
    expect(formatReply({ code, enhanced, lines: [text] })).toBe(`${code} ${enhanced} ${text}\r\n`);
  });

  it("every one of them stands in the table above", () => {
    expect(Object.keys(refusals)).toHaveLength(31);
  });
});
