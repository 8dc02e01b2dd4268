import type { SmtpServerOptions } from "smtp-codec";
import { describe, expect, it } from "vitest";
import { play } from "../support.ts";

/** A command of each verb; the session's own are behind a hello, which some demands let through alone. */
const LINES = [
  ...["EHLO a", "HELO a", "LHLO a", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "BDAT 0 LAST", "RSET", "NOOP", "QUIT"],
  ...[
    "VRFY a",
    "EXPN a",
    "HELP",
    "STARTTLS",
    "AUTH ECHO eWVz",
    "ETRN a.b",
    "ATRN",
    "XCLIENT NAME=a",
    "XFORWARD NAME=a",
  ],
];
const ALL: Partial<SmtpServerOptions> = {
  ...{ starttls: true, mechanisms: ["ECHO"], chunking: true, expn: true, etrn: true },
  ...{ xclient: ["NAME"], xforward: ["NAME"] },
};

/** The verbs whose commands, right behind a hello, are answered so. */
function answered(by: RegExp, options: Partial<SmtpServerOptions>): string[] {
  const hello = options.protocol === "lmtp" ? "LHLO" : "EHLO";
  return LINES.filter((line) => {
    const before = play(`${hello} x\r\n`, options).output;
    return by.test(play(`${hello} x\r\n${line}\r\n`, options).output.slice(before.length));
  }).map((line) => line.split(" ", 1)[0]!);
}

describe("demands that a command has to meet", () => {
  const TLS = /^530 (?:5\.7\.0 )?must issue a STARTTLS command first/;
  const AUTH = /^530 (?:5\.7\.0 )?authentication required/;

  it.each<[string, RegExp, Partial<SmtpServerOptions>, string]>([
    [
      "[TLS-4-4] TLS",
      TLS,
      { requireTls: true },
      "HELO MAIL RCPT DATA BDAT RSET VRFY EXPN HELP AUTH ETRN XCLIENT XFORWARD",
    ],
    [
      "[TLS-4-4] TLS in LMTP",
      TLS,
      { requireTls: true, protocol: "lmtp", etrn: false },
      "MAIL RCPT DATA BDAT RSET VRFY EXPN HELP AUTH XCLIENT XFORWARD",
    ],
    ["[AUTH-6-3] AUTH", AUTH, { requireAuth: true }, "MAIL RCPT DATA BDAT VRFY EXPN HELP ETRN XFORWARD"],
    [
      "[AUTH-6-3] AUTH in LMTP",
      AUTH,
      { requireAuth: true, protocol: "lmtp", etrn: false },
      "MAIL RCPT DATA BDAT VRFY EXPN HELP XFORWARD",
    ],
  ])("%s: refused without are these alone", (_, by, options, verbs) => {
    expect(answered(by, { ...ALL, ...options }).join(" ")).toBe(verbs);
  });

  it("[ATRN-5.4-1] on-demand mail relay takes these alone", () => {
    const odmr: Partial<SmtpServerOptions> = { protocol: "odmr", mechanisms: ["ECHO"], starttls: true };
    const refused = answered(/^502 5\.5\.1/, odmr);
    const taken = LINES.map((line) => line.split(" ", 1)[0]!).filter((verb) => !refused.includes(verb));
    expect(taken.join(" ")).toBe("EHLO QUIT STARTTLS AUTH ATRN");
  });
});
