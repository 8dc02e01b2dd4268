/** What a run covers: the unit of the record and of the tables. */

/** Which side the peer is; ours is the other. A runtime runs ours, both. */
export type Role = "client" | "server" | "runtime";

/** What is spoken; `"own"`: a runtime runs our programs. */
export type Protocol = "SMTP" | "LMTP" | "POP3" | "PostgreSQL" | "own";

const SENDING: readonly Protocol[] = ["SMTP", "LMTP"];
const MAIL: readonly Protocol[] = ["SMTP", "LMTP", "POP3"];
const RETRIEVING: readonly Protocol[] = ["POP3"];
const OWN: readonly Protocol[] = ["own"];

/**
 * What a peer can have beside mechanisms, in which protocols, and what it means to have passed: the rows of the matrix,
 * in order.
 */
export const features = [
  { name: "round trip", protocols: MAIL, means: "an ordinary message arrives octet for octet" },
  { name: "8-bit", protocols: MAIL, means: "UTF-8, and octets that are none, arrive as they are" },
  { name: "dots", protocols: MAIL, means: "lines that begin with dots, the first and the last a dot alone" },
  { name: "bare LF", protocols: SENDING, means: "a message whose lines end in LF arrives with CRLF" },
  {
    name: "no final line end",
    protocols: SENDING,
    means: "a message without one arrives with CRLF after it, and no line more",
  },
  { name: "long lines", protocols: MAIL, means: "lines of 998 octets, one of them with a dot first" },
  {
    name: "longer lines",
    protocols: MAIL,
    means: "lines of 999 to 20,000 octets, more than RFC 5321 §4.5.3.1.6 wants taken",
  },
  { name: "empty", protocols: MAIL, means: "a message of no octets at all" },
  { name: "20 MB", protocols: MAIL, means: "a message of 20,000,000 octets" },
  { name: "STARTTLS", protocols: MAIL, means: "STARTTLS or STLS, with the certificate verified" },
  { name: "implicit TLS", protocols: MAIL, means: "TLS from the first octet, with the certificate verified" },
  { name: "wrong password", protocols: MAIL, means: "nobody gets in with wrong credentials, by any mechanism" },
  {
    name: "unknown mechanism",
    protocols: MAIL,
    means: "the client insists on a mechanism that the server has not: no login",
  },
  { name: "rejected recipient", protocols: SENDING, means: "550 to RCPT is told, and nothing delivered" },
  {
    name: "some recipients",
    protocols: SENDING,
    means: "of two recipients one is rejected, the other gets the message",
  },
  {
    name: "too large",
    protocols: SENDING,
    means: "a message over the server's limit is refused, and nothing delivered",
  },
  {
    name: "cut",
    protocols: MAIL,
    means: "the connection is lost in the middle of a message: nothing is lost, nothing comes twice",
  },
  { name: "PIPELINING", protocols: MAIL, means: "commands sent together" },
  { name: "8BITMIME", protocols: SENDING, means: "BODY=8BITMIME with MAIL" },
  { name: "SIZE", protocols: SENDING, means: "SIZE= with MAIL" },
  { name: "CHUNKING", protocols: SENDING, means: "content by BDAT" },
  { name: "DSN", protocols: SENDING, means: "RET, ENVID, NOTIFY or ORCPT" },
  { name: "SMTPUTF8", protocols: SENDING, means: "addresses in UTF-8" },
  { name: "REQUIRETLS", protocols: SENDING, means: "REQUIRETLS with MAIL" },
  { name: "XCLIENT", protocols: SENDING, means: "XCLIENT" },
  { name: "XFORWARD", protocols: SENDING, means: "XFORWARD" },
  { name: "PRDR", protocols: SENDING, means: "a reply a recipient after the content" },
  { name: "LIST", protocols: RETRIEVING, means: "the numbers and sizes" },
  { name: "UIDL", protocols: RETRIEVING, means: "the unique-ids" },
  { name: "TOP", protocols: RETRIEVING, means: "the header section and some lines" },
  { name: "DELE", protocols: RETRIEVING, means: "what is deleted is gone after QUIT, and nothing else" },
  { name: "RSET", protocols: RETRIEVING, means: "what is deleted is there again" },
  {
    name: "packages",
    protocols: OWN,
    means: "the packed packages, in an empty project: every entry point is imported",
  },
  {
    name: "conformance",
    protocols: OWN,
    means: "vectors, transcripts and generated sessions have the digest that Node has",
  },
  {
    name: "client",
    protocols: OWN,
    means: "submits and retrieves over the runtime's sockets: STARTTLS and STLS, SCRAM",
  },
  { name: "server", protocols: OWN, means: "takes a submission over the runtime's sockets: TLS, SCRAM" },
] as const satisfies readonly {
  readonly name: string;
  readonly protocols: readonly Protocol[];
  readonly means: string;
}[];

export type FeatureName = (typeof features)[number]["name"];

/** Of SMTP, and which most software has few of. */
const extensions = [
  ...(["PIPELINING", "8BITMIME", "SIZE", "CHUNKING", "DSN", "SMTPUTF8"] as const),
  ...(["REQUIRETLS", "XCLIENT", "XFORWARD", "PRDR"] as const),
] satisfies readonly FeatureName[];

/** What a peer lacks that has only these extensions of SMTP. */
export function extensionsBut(...has: readonly FeatureName[]): FeatureName[] {
  return extensions.filter((name) => !has.includes(name));
}

/** The mechanisms, in the order of the tables. APOP is a command of POP3, and stands for itself. */
export const tabled: readonly string[] = [
  "SCRAM-SHA-512-PLUS",
  "SCRAM-SHA-256-PLUS",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-512",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "EXTERNAL",
  "OAUTHBEARER",
  "XOAUTH2",
  "DIGEST-MD5",
  "CRAM-MD5",
  "PLAIN",
  "LOGIN",
  "ANONYMOUS",
  "APOP",
];

/** One thing that a peer did, in one of its roles. */
export interface Feature {
  readonly role: Role;
  readonly protocol: Protocol;
  /** A {@link FeatureName}, or a mechanism's name: see {@link shows}. */
  readonly name: string;
  /** Which of its ways, if it has several: the channel binding's type. */
  readonly variant?: string;
}

/** A role of a peer, and what it has there. */
export interface Part {
  readonly role: Role;
  readonly protocol: Protocol;
  /** Those of the mechanisms in the table that it has. */
  readonly mechanisms: readonly string[];
  /** The features that it has not, and never will show. Default: it could show every one. */
  readonly lacks?: readonly FeatureName[];
}

/** What became of a feature. */
export type CoveredOutcome = "passed" | "failed" | "not covered" | "not supported by the peer";

/** The names of what there is in a protocol, in the order of the tables. */
export function namesIn(protocol: Protocol): string[] {
  return [
    ...features.filter(({ protocols }) => protocols.includes(protocol)).map(({ name }) => name),
    ...tabled.filter((name) => protocol !== "own" && (name !== "APOP" || protocol === "POP3")),
  ];
}

/** What a check shows: those of these features that the protocol has. */
export function shows(
  { role, protocol }: Pick<Part, "role" | "protocol">,
  ...names: readonly FeatureName[]
): Feature[] {
  const has = namesIn(protocol);
  return names.filter((name) => has.includes(name)).map((name) => ({ role, protocol, name }));
}
