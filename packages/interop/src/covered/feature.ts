/** What a run covers: the unit of the record and of the table. */
export type Role = "client" | "server";
export type Protocol = "SMTP" | "POP3" | "PostgreSQL";

/** One thing that a peer did, in one of its roles. */
export interface Feature {
  /** The peer's; ours is the other. */
  readonly role: Role;
  readonly protocol: Protocol;
  /** A mechanism's name. */
  readonly name: string;
  /** Which of its ways, if it has several: the channel binding's type. */
  readonly variant?: string;
}

/** A role of a peer, and which of the mechanisms in the table it has there. */
export interface Part {
  readonly role: Role;
  readonly protocol: Protocol;
  readonly mechanisms: readonly string[];
}

/** The rows of the table. APOP is a command of POP3, and stands for itself. */
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

/** What became of a feature. */
export type CoveredOutcome = "passed" | "failed" | "not covered" | "not supported by the peer";
