/** A service extension by its EHLO keyword. */
export interface Extension {
  readonly keyword: string;
  readonly name: string;
  /** The document that defines it. */
  readonly source: string;
  /** What may stand after the keyword in an EHLO reply, in words; null: nothing. */
  readonly announced: string | null;
  /** The verbs that it adds. */
  readonly verbs: readonly string[];
  /** The parameters that it adds to MAIL and to RCPT. */
  readonly mail: readonly string[];
  readonly rcpt: readonly string[];
  /**
   * Whether a submission server may offer it (RFC 6409 §7): it must, it should, it may, it must not; or it alone does.
   */
  readonly submission: "must" | "should" | "may" | "must not" | "only";
  /** `"implemented"`: with its syntax in this package; `"known"`: by its name alone. */
  readonly support: "implemented" | "known";
}

type Row = readonly [
  keyword: string,
  name: string,
  source: string,
  submission: Extension["submission"],
  added?: Partial<Pick<Extension, "announced" | "verbs" | "mail" | "rcpt" | "support">>,
];

const KNOWN = { support: "known" } as const;

const rows: readonly Row[] = [
  ["8BITMIME", "8-bit content", "RFC 6152", "should", { mail: ["BODY"] }],
  ["ATRN", "authenticated turn", "RFC 2645", "must not", { verbs: ["ATRN"] }],
  ["AUTH", "authentication", "RFC 4954", "must", { announced: "mechanisms", verbs: ["AUTH"], mail: ["AUTH"] }],
  ["BINARYMIME", "binary content", "RFC 3030", "may", { mail: ["BODY"] }],
  ["BURL", "content by URL", "RFC 4468", "only", { announced: "kinds of URL", verbs: ["BURL"] }],
  ["CHECKPOINT", "checkpoint and restart", "RFC 1845", "may", { mail: ["TRANSID"], ...KNOWN }],
  ["CHUNKING", "content in chunks", "RFC 3030", "may", { verbs: ["BDAT"] }],
  ["CONNEG", "content negotiation", "RFC 4141", "may", { rcpt: ["CONNEG"] }],
  ["CONPERM", "permission to convert content", "RFC 4141", "may", { mail: ["CONPERM"] }],
  ["DELIVERBY", "delivery within a time", "RFC 2852", "may", { announced: "least seconds", mail: ["BY"] }],
  ["DSN", "delivery status notifications", "RFC 3461", "should", { mail: ["RET", "ENVID"], rcpt: ["NOTIFY", "ORCPT"] }],
  ["ENHANCEDSTATUSCODES", "enhanced status codes", "RFC 2034", "should"],
  ["ETRN", "remote queue start", "RFC 1985", "must not", { verbs: ["ETRN"] }],
  ["EXPN", "expansion of lists", "RFC 5321", "may", { verbs: ["EXPN"] }],
  [
    "FUTURERELEASE",
    "release at a later time",
    "RFC 4865",
    "only",
    { announced: "most seconds, latest date-time", mail: ["HOLDFOR", "HOLDUNTIL"] },
  ],
  ["HELP", "help", "RFC 5321", "may", { verbs: ["HELP"] }],
  ["LIMITS", "limits of the server", "RFC 9422", "may", { announced: "limits with their values" }],
  ["MT-PRIORITY", "priority of messages", "RFC 6710", "may", { announced: "policy", mail: ["MT-PRIORITY"] }],
  ["MTRK", "message tracking", "RFC 3885", "may", { mail: ["MTRK"], ...KNOWN }],
  ["NO-SOLICITING", "refusal of solicitations", "RFC 3865", "may", { announced: "classes", mail: ["SOLICIT"] }],
  ["ONEX", "one message a session", "IANA", "may", { verbs: ["ONEX"], ...KNOWN }],
  ["PIPELINING", "commands in groups", "RFC 2920", "should"],
  ["REQUIRETLS", "TLS on the whole way", "RFC 8689", "may", { mail: ["REQUIRETLS"] }],
  ["RRVS", "recipients valid since a time", "RFC 7293", "may", { rcpt: ["RRVS"] }],
  ["SAML", "send and mail", "RFC 821", "may", { verbs: ["SAML"], ...KNOWN }],
  ["SEND", "send to a terminal", "RFC 821", "may", { verbs: ["SEND"], ...KNOWN }],
  ["SIZE", "declaration of size", "RFC 1870", "may", { announced: "most octets", mail: ["SIZE"] }],
  ["SMTPUTF8", "internationalised mail", "RFC 6531", "may", { mail: ["SMTPUTF8"] }],
  ["SOML", "send or mail", "RFC 821", "may", { verbs: ["SOML"], ...KNOWN }],
  ["STARTTLS", "start of TLS", "RFC 3207", "may", { verbs: ["STARTTLS"] }],
  ["SUBMITTER", "responsible submitter", "RFC 4405", "may", { mail: ["SUBMITTER"], ...KNOWN }],
  ["TURN", "change of roles", "RFC 821", "may", { verbs: ["TURN"], ...KNOWN }],
  [
    "UTF8SMTP",
    "internationalised mail, the experiment",
    "RFC 5336",
    "may",
    { mail: ["ALT-ADDRESS"], rcpt: ["ALT-ADDRESS"], ...KNOWN },
  ],
  ["VERB", "verbose replies", "IANA", "may", { verbs: ["VERB"], ...KNOWN }],
  ["XCLIENT", "what a proxy knows of the client", "Postfix", "may", { announced: "attributes", verbs: ["XCLIENT"] }],
  ["XFORWARD", "what a filter knows of the client", "Postfix", "may", { announced: "attributes", verbs: ["XFORWARD"] }],
];

/** The extensions of IANA's registry and two of Postfix's, by keyword. */
export const extensions: readonly Extension[] = rows.map(([keyword, name, source, submission, added]) => ({
  ...{ keyword, name, source, submission },
  ...{ announced: null, verbs: [], mail: [], rcpt: [], support: "implemented" as const },
  ...added,
}));

/** The entry of a keyword, in any case, or undefined for one that is not registered. */
export function extension(keyword: string): Extension | undefined {
  const upper = keyword.toUpperCase();
  return extensions.find((entry) => entry.keyword === upper);
}
