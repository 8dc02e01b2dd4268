import type { SmtpClientOptions, SmtpServerOptions } from "smtp-codec";
import { byteByByte, cutAt } from "tools/testing";
import type { Choices } from "../../../input/choices.ts";
import { possible } from "../possible.ts";

/** What both sides offer, demand and bear, and how octets get from one to the other. */
export interface Policies {
  readonly server: SmtpServerOptions;
  readonly client: SmtpClientOptions;
  /** Whether the server's application takes connections, and does TLS when it is asked. */
  readonly takesConnections: boolean;
  readonly doesTls: boolean;
  readonly cut: "whole" | "byte by byte" | "in two";
  /** So many times in one the sessions are replaced by ones restored from snapshots; 0: never. */
  readonly restores: number;
}

const host = "mx.example.com";

/** Limits that are announced, and some that are not. */
const LIMITS: readonly SmtpServerOptions[] = [
  { host, limits: true, maxRecipients: 2, maxTransactions: 3, maxRecipientDomains: 1 },
  { host, maxTransactions: 2, maxRecipientDomains: 1 },
];

export function policiesOf(choices: Choices): Policies {
  const protocol = choices.pick("smtp", "lmtp", "submission");
  const lmtp = protocol === "lmtp";
  const eightBitMime = choices.pick(true, false);
  const chunks = choices.pick("binary", "lines", "none");
  const server = possible({
    ...choices.pick({ host }, ...LIMITS),
    protocol,
    eightBitMime,
    chunking: chunks !== "none",
    binaryMime: chunks === "binary",
    // LMTP has both (RFC 2033 §5).
    pipelining: choices.pick(true, false) || lmtp,
    enhancedStatusCodes: choices.pick(true, false) || lmtp,
    smtputf8: choices.pick(true, false) && eightBitMime,
    size: choices.pick(true, false),
    dsn: choices.pick(true, false),
    expn: choices.pick(true, false),
    help: choices.pick(true, false),
    etrn: choices.pick(true, false) && protocol === "smtp",
    atrn: choices.pick(true, false) && protocol === "smtp",
    ...choices.pick<Partial<SmtpServerOptions>>({ xforward: ["NAME"], xclient: ["NAME", "LOGIN"] }, {}),
    ...choices.pick<Partial<SmtpServerOptions>>({ mtPriority: {}, requireTlsParameter: true }, {}),
    starttls: choices.pick(true, false),
    mechanisms: choices.pick(["PLAIN", "CRAM-MD5"], [], ["CRAM-MD5"]),
    plaintextMechanismsWithoutTls: choices.pick(true, false),
    requireTls: choices.rarely(8),
    requireAuth: choices.rarely(8),
    lineEndings: choices.pick("reject", "normalize", "preserve"),
    maxMessageSize: 65_536,
    maxAuthFailures: choices.pick(10, 3),
    maxErrors: choices.rarely(8) ? 3 : Number.POSITIVE_INFINITY,
    highWaterMark: choices.pick(65_536, 0, 100),
  });
  const client: SmtpClientOptions = {
    protocol: lmtp ? "lmtp" : "smtp",
    pipelining: choices.pick(true, false),
    lineEndings: choices.pick("normalize", "reject"),
    requireTls: choices.rarely(8),
    tlsWhenOffered: choices.rarely(8),
    plaintextMechanismsWithoutTls: true,
    highWaterMark: choices.pick(65_536, 0, 100),
    leniencies: { heloAfterAny5yz: choices.pick(false, true) },
  };
  return {
    server,
    client,
    takesConnections: !choices.rarely(16),
    doesTls: !choices.rarely(),
    cut: choices.pick("whole", "byte by byte", "in two"),
    restores: choices.pick(0, 1, 3),
  };
}

/** The keywords that the server offers after EHLO, as its options say. */
export function offered({ server }: Policies, tls: boolean): ReadonlySet<string> {
  const mechanisms = mechanismsOf(server, tls);
  const rows: readonly [string, unknown][] = [
    ["PIPELINING", server.pipelining],
    ["8BITMIME", server.eightBitMime],
    ["SIZE", server.size],
    ["ENHANCEDSTATUSCODES", server.enhancedStatusCodes],
    ["CHUNKING", server.chunking],
    ["BINARYMIME", server.binaryMime],
    ["SMTPUTF8", server.smtputf8],
    ["DSN", server.dsn],
    ["EXPN", server.expn],
    ["HELP", server.help],
    ["ETRN", server.etrn],
    ["ATRN", server.atrn],
    ["XCLIENT", server.xclient],
    ["XFORWARD", server.xforward],
    ["LIMITS", server.limits],
    ["MT-PRIORITY", server.mtPriority],
    ["REQUIRETLS", server.requireTlsParameter === true && tls],
    ["STARTTLS", server.starttls === true && !tls],
    ["AUTH", mechanisms.length > 0],
    ...mechanisms.map((name): [string, boolean] => [`AUTH ${name}`, true]),
  ];
  return new Set(rows.flatMap(([keyword, is]) => (is ? [keyword] : [])));
}

/** Passwords go in plain text under TLS alone, unless the server would have it so (RFC 4954 §4). */
function mechanismsOf({ mechanisms = [], plaintextMechanismsWithoutTls }: SmtpServerOptions, tls: boolean) {
  return mechanisms.filter((name) => name !== "PLAIN" || tls || plaintextMechanismsWithoutTls === true);
}

/** How octets are cut on their way. Long ones are not cut into single octets, which would take for ever. */
export function cutting(cut: Policies["cut"]): (bytes: Uint8Array) => Uint8Array[] {
  const halves = (bytes: Uint8Array) => cutAt(bytes, [bytes.length >> 1]);
  if (cut === "whole") return (bytes) => [bytes];
  return cut === "in two" ? halves : (bytes) => (bytes.length > 1000 ? halves(bytes) : byteByByte(bytes));
}
