import { type EnhancedCode, splitEnhancedCode } from "../syntax/reply/enhanced-code.ts";

/** A subject and detail that IANA's registry has (RFC 5248). */
export interface EnhancedDetail {
  /** `"7.8"`, the code without its class. */
  readonly code: string;
  /** The registered sample text. */
  readonly name: string;
  /** The reply codes that the registry associates with it, as far as it does; others may go with it too. */
  readonly replyCodes: readonly number[];
  /** The document that defines it. */
  readonly source: string;
  /** What else the code is used for, or what became of it. */
  readonly note?: string;
}

/** What an enhanced status code says. */
export interface EnhancedCodeMeaning {
  /** `"Permanent Failure"` */
  readonly class: string;
  /** `"Security or Policy Status"`; null for a subject that is not registered. */
  readonly subject: string | null;
  /** The registered detail; null for one that is not, which then means what its subject means (RFC 3463 §2). */
  readonly detail: EnhancedDetail | null;
}

/** RFC 3463 §3.1 */
const CLASSES: Readonly<Record<number, string>> = {
  2: "Success",
  4: "Persistent Transient Failure",
  5: "Permanent Failure",
};

/** RFC 3463 §3.2 */
const SUBJECTS: readonly string[] = [
  "Other or Undefined Status",
  "Addressing Status",
  "Mailbox Status",
  "Mail System Status",
  "Network and Routing Status",
  "Mail Delivery Protocol Status",
  "Message Content or Media Status",
  "Security or Policy Status",
];

type Row = readonly [code: string, name: string, replyCodes: string, note?: string];

function rows(source: string, entries: readonly Row[]): EnhancedDetail[] {
  return entries.map(([code, name, codes, note]) => ({
    code,
    name,
    replyCodes: codes === "" ? [] : codes.split(" ").map(Number),
    source,
    ...(note !== undefined && { note }),
  }));
}

/** The registered details by document, with the reply codes of RFC 5248 §2.4 and of the documents themselves. */
export const enhancedDetails: readonly EnhancedDetail[] = [
  ...rows("RFC 3463", [
    ["0.0", "Other undefined Status", "", "goes with any reply code"],
    ["1.0", "Other address status", ""],
    ["1.1", "Bad destination mailbox address", "451 550"],
    ["1.2", "Bad destination system address", ""],
    ["1.3", "Bad destination mailbox address syntax", "501"],
    ["1.4", "Destination mailbox address ambiguous", ""],
    ["1.5", "Destination address valid", "250"],
    ["1.6", "Destination mailbox has moved, No forwarding address", ""],
    ["1.7", "Bad sender's mailbox address syntax", ""],
    ["1.8", "Bad sender's system address", "451 501"],
    ["2.0", "Other or undefined mailbox status", ""],
    ["2.1", "Mailbox disabled, not accepting messages", ""],
    ["2.2", "Mailbox full", "552"],
    ["2.3", "Message length exceeds administrative limit", "552"],
    ["2.4", "Mailing list expansion problem", "450 452"],
    ["3.0", "Other or undefined mail system status", "221 250 421 451 550 554"],
    ["3.1", "Mail system full", "452"],
    ["3.2", "System not accepting network messages", "453 521", "521 by RFC 7504"],
    ["3.3", "System not capable of selected features", ""],
    ["3.4", "Message too big for system", "552 554"],
    ["3.5", "System incorrectly configured", ""],
    ["4.0", "Other or undefined network or routing status", ""],
    ["4.1", "No answer from host", "451"],
    ["4.2", "Bad connection", "421"],
    ["4.3", "Directory server failure", "451 550"],
    ["4.4", "Unable to route", ""],
    ["4.5", "Mail system congestion", "451"],
    ["4.6", "Routing loop detected", ""],
    ["4.7", "Delivery time expired", ""],
    ["5.0", "Other or undefined protocol status", "220 250 251 252 253 451 452 454 458 459 501 502 503 554"],
    ["5.1", "Invalid command", "430 500 501 503 530 550 554 555"],
    ["5.2", "Syntax error", "500 501 502 550 555"],
    ["5.3", "Too many recipients", "451"],
    ["5.4", "Invalid command arguments", "451 501 502 503 504 550 555"],
    ["5.5", "Wrong protocol version", ""],
    ["6.0", "Other or undefined media error", ""],
    ["6.1", "Media not supported", ""],
    ["6.2", "Conversion required and prohibited", ""],
    ["6.3", "Conversion required but not supported", "554"],
    ["6.4", "Conversion with loss performed", "250"],
    ["6.5", "Conversion Failed", ""],
    ["7.0", "Other or undefined security status", "220 235 450 454 500 501 503 504 530 535 550"],
    ["7.1", "Delivery not authorized, message refused", "451 454 502 503 533 550 551"],
    ["7.2", "Mailing list expansion prohibited", "550"],
    ["7.3", "Security conversion required but not possible", ""],
    ["7.4", "Security features not supported", "504"],
    ["7.5", "Cryptographic failure", ""],
    ["7.6", "Cryptographic algorithm not supported", ""],
    ["7.7", "Message integrity failure", ""],
  ]),
  ...rows("RFC 3886", [["1.9", "Message relayed to non-compliant mailer", ""]]),
  ...rows("RFC 4468", [["6.6", "Message content not available", "554"]]),
  ...rows("RFC 4954", [
    ["5.6", "Authentication Exchange line is too long", "500"],
    [
      "7.8",
      "Authentication credentials invalid",
      "535 554",
      "RFC 4468's use for a missing trust relationship is X.7.14 now",
    ],
    ["7.9", "Authentication mechanism is too weak", "534"],
    ["7.11", "Encryption required for requested authentication mechanism", "524 538"],
    ["7.12", "A password transition is needed", "422 432"],
  ]),
  ...rows("RFC 5248", [
    ["7.10", "Encryption Needed", "523", "also for a message that needs TLS and comes without (RFC 8689 §4.2.1)"],
    ["7.13", "User Account Disabled", "525"],
    ["7.14", "Trust relationship required", "535 554"],
  ]),
  ...rows("RFC 6531", [
    ["6.7", "Non-ASCII addresses not permitted for that sender/recipient", "550 553"],
    ["6.8", "UTF-8 string reply is required, but not permitted by the SMTP client", "252 550 553"],
    [
      "6.9",
      "UTF-8 header message cannot be transferred to one or more recipients, so the message must be rejected",
      "550",
    ],
    [
      "6.10",
      "UTF-8 string reply is required, but not permitted by the SMTP client",
      "",
      "deprecated: a duplicate of X.6.8, without a sample text of its own",
    ],
  ]),
  ...rows("RFC 6710", [
    ["3.6", "Requested priority was changed", "250 251"],
    ["7.15", "Priority Level is too low", "450 550", "any other 4yz and 5yz too"],
    [
      "7.16",
      "Message is too big for the specified priority",
      "552",
      "any other 4yz and 5yz too; RFC 4865 has it for a user's quota of future releases",
    ],
  ]),
  ...rows("RFC 7293", [
    [
      "7.17",
      "Mailbox owner has changed",
      "550",
      "any other 5yz too; RFC 4865 has it for the system's quota of future releases",
    ],
    ["7.18", "Domain owner has changed", "550", "any other 5yz too"],
    ["7.19", "RRVS test cannot be completed", "550", "any other 5yz too"],
  ]),
  ...rows("RFC 7372", [
    ["7.20", "No passing DKIM signature found", "550"],
    ["7.21", "No acceptable DKIM signature found", "550"],
    ["7.22", "No valid author-matched DKIM signature found", "550"],
    ["7.23", "SPF validation failed", "550"],
    ["7.24", "SPF validation error", "451 550"],
    ["7.25", "Reverse DNS validation failed", "550"],
    ["7.26", "Multiple authentication checks failed", "550"],
  ]),
  ...rows("RFC 7505", [
    ["1.10", "Recipient address has null MX", "556"],
    ["7.27", "Sender address has null MX", "550"],
  ]),
  ...rows("IANA", [["7.28", "Mail flood detected", ""]]),
  ...rows("RFC 8617", [["7.29", "ARC validation failure", "550"]]),
  ...rows("RFC 8689", [["7.30", "REQUIRETLS support required", "550"]]),
];

/**
 * What an enhanced status code says, by the registry.
 *
 * @example
 * ```ts
 * describeEnhancedCode("5.7.8").detail?.name; // Authentication credentials invalid
 * ```
 */
export function describeEnhancedCode(code: EnhancedCode): EnhancedCodeMeaning {
  const { class: klass, subject, detail } = splitEnhancedCode(code);
  return {
    class: CLASSES[klass]!,
    subject: SUBJECTS[subject] ?? null,
    detail: enhancedDetails.find((entry) => entry.code === `${subject}.${detail}`) ?? null,
  };
}
