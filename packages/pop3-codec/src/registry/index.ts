/**
 * What commands, capabilities and response codes mean, for logs and tools: no session needs it.
 *
 * @module
 */

/** A command and its meaning in our own words. */
export interface CommandEntry {
  readonly verb: string;
  /** Its arguments, those in brackets optional. */
  readonly arguments: string;
  /** The states in which it is legal, as RFC 1939 §3 names them; none for one that is no longer in use. */
  readonly states: readonly ("AUTHORIZATION" | "TRANSACTION")[];
  readonly meaning: string;
  /** The document that defines it. */
  readonly source: string;
}

const BEFORE = ["AUTHORIZATION"] as const;
const AFTER = ["TRANSACTION"] as const;
const BOTH = ["AUTHORIZATION", "TRANSACTION"] as const;

/** The commands, obsolete ones after those in force. */
export const commands: readonly CommandEntry[] = [
  { verb: "USER", arguments: "name", states: BEFORE, meaning: "names the mailbox to open", source: "RFC 1939 §7" },
  { verb: "PASS", arguments: "password", states: BEFORE, meaning: "opens it by a password", source: "RFC 1939 §7" },
  { verb: "APOP", arguments: "name digest", states: BEFORE, meaning: "opens it by a digest", source: "RFC 1939 §7" },
  {
    verb: "AUTH",
    arguments: "[mechanism [initial-response]]",
    states: BEFORE,
    meaning: "opens it by a SASL mechanism; alone, asks for the mechanisms, in no document",
    source: "RFC 5034 §4",
  },
  { verb: "STLS", arguments: "", states: BEFORE, meaning: "begins TLS", source: "RFC 2595 §4" },
  { verb: "UTF8", arguments: "", states: BEFORE, meaning: "allows UTF-8 in messages and texts", source: "RFC 6856 §2" },
  { verb: "CAPA", arguments: "", states: BOTH, meaning: "asks for the capabilities", source: "RFC 2449 §5" },
  { verb: "LANG", arguments: "[range]", states: BOTH, meaning: "asks for or sets the language", source: "RFC 6856 §3" },
  { verb: "QUIT", arguments: "", states: BOTH, meaning: "removes what is marked, and ends", source: "RFC 1939 §4, §6" },
  {
    verb: "STAT",
    arguments: "",
    states: AFTER,
    meaning: "asks for the number of messages and octets",
    source: "RFC 1939 §5",
  },
  { verb: "LIST", arguments: "[number]", states: AFTER, meaning: "asks for sizes", source: "RFC 1939 §5" },
  { verb: "UIDL", arguments: "[number]", states: AFTER, meaning: "asks for unique-ids", source: "RFC 1939 §7" },
  { verb: "RETR", arguments: "number", states: AFTER, meaning: "asks for a message", source: "RFC 1939 §5" },
  {
    verb: "TOP",
    arguments: "number lines",
    states: AFTER,
    meaning: "asks for its header and first lines",
    source: "RFC 1939 §7",
  },
  { verb: "DELE", arguments: "number", states: AFTER, meaning: "marks a message as deleted", source: "RFC 1939 §5" },
  { verb: "RSET", arguments: "", states: AFTER, meaning: "unmarks all messages", source: "RFC 1939 §5" },
  { verb: "NOOP", arguments: "", states: AFTER, meaning: "does nothing", source: "RFC 1939 §5" },
  {
    verb: "LAST",
    arguments: "",
    states: [],
    meaning: "asked for the highest message accessed",
    source: "RFC 1460, dropped by RFC 1725",
  },
  { verb: "XTND", arguments: "XMIT", states: [], meaning: "sent a message", source: "RFC 1082, dropped by RFC 1725" },
];

/** A capability and its meaning in our own words. */
export interface CapabilityEntry {
  readonly tag: string;
  /** Its arguments, those in brackets optional. */
  readonly arguments: string;
  readonly meaning: string;
  readonly source: string;
}

/** The capabilities of CAPA. APOP has none: the greeting's timestamp announces it (RFC 2449 §6). */
export const capabilityTags: readonly CapabilityEntry[] = [
  { tag: "TOP", arguments: "", meaning: "takes TOP", source: "RFC 2449 §6.1" },
  { tag: "USER", arguments: "", meaning: "takes USER and PASS", source: "RFC 2449 §6.2" },
  { tag: "SASL", arguments: "[mechanism …]", meaning: "takes AUTH by these mechanisms", source: "RFC 5034 §3" },
  { tag: "RESP-CODES", arguments: "", meaning: "text in brackets is a response code", source: "RFC 2449 §6.4" },
  {
    tag: "LOGIN-DELAY",
    arguments: "seconds [USER]",
    meaning: "the least time between logins",
    source: "RFC 2449 §6.5",
  },
  { tag: "PIPELINING", arguments: "", meaning: "takes commands before the last is answered", source: "RFC 2449 §6.6" },
  { tag: "EXPIRE", arguments: "days|NEVER [USER]", meaning: "how long messages are kept", source: "RFC 2449 §6.7" },
  { tag: "UIDL", arguments: "", meaning: "takes UIDL", source: "RFC 2449 §6.8" },
  { tag: "IMPLEMENTATION", arguments: "token …", meaning: "names the server's software", source: "RFC 2449 §6.9" },
  { tag: "AUTH-RESP-CODE", arguments: "", meaning: "marks refused credentials with AUTH", source: "RFC 3206 §6" },
  { tag: "STLS", arguments: "", meaning: "takes STLS", source: "RFC 2595 §4" },
  { tag: "UTF8", arguments: "[USER]", meaning: "takes UTF8, and UTF-8 in names and passwords", source: "RFC 6856 §2" },
  { tag: "LANG", arguments: "", meaning: "takes LANG", source: "RFC 6856 §3" },
];

/** A response code and its meaning in our own words. */
export interface ResponseCodeEntry {
  readonly code: string;
  readonly meaning: string;
  readonly source: string;
}

/** The response codes. */
export const responseCodes: readonly ResponseCodeEntry[] = [
  { code: "LOGIN-DELAY", meaning: "the last login was too short a time ago", source: "RFC 2449 §8.1.1" },
  {
    code: "IN-USE",
    meaning: "the credentials are right, and another session has the mailbox",
    source: "RFC 2449 §8.1.2",
  },
  { code: "SYS", meaning: "the server has a problem; the credentials are not the cause", source: "RFC 3206 §4" },
  { code: "SYS/TEMP", meaning: "as SYS, and it may pass", source: "RFC 3206 §4" },
  { code: "SYS/PERM", meaning: "as SYS, and somebody has to mend it", source: "RFC 3206 §4" },
  { code: "AUTH", meaning: "the credentials are refused", source: "RFC 3206 §5" },
  { code: "UTF8", meaning: "the message needs UTF8, which was not given before the login", source: "RFC 6856 §5" },
];
