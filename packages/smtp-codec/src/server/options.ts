import type { LineEndings } from "dot-stuffing";
import type { Prepare, SessionOptions } from "dot-stuffing/session";
import type {
  DeliverByCapability,
  FutureReleaseCapability,
  MtPriorityCapability,
} from "../syntax/capabilities/capabilities.ts";
import type { XclientName, XforwardName } from "../syntax/command/attributes.ts";
import type { CommandLeniencies } from "../syntax/command/options.ts";
import type { ParameterSet } from "../syntax/parameters/sets.ts";

/** Named leniencies of a server, each off where it weakens something. */
export interface ServerLeniencies extends CommandLeniencies {
  /** Announces mechanisms in a second line `AUTH=…` too, for clients from before RFC 2554. Default false. */
  readonly authEquals?: boolean;
  /** Takes AUTH commands up to the limit of SASL lines, as mechanisms with long tokens need. Default true. */
  readonly longAuthCommand?: boolean;
  /** Takes what EHLO would have announced after HELO too: AUTH from old devices. Default false. */
  readonly extensionsAfterHelo?: boolean;
  /** Takes MAIL without a hello before it: old scripts. Default false. */
  readonly mailWithoutHello?: boolean;
  /** Sends replies whose second digit is 6 to 9 too: proxies, which pass on what another server said. Default false. */
  readonly anySecondDigit?: boolean;
}

/**
 * What a server speaks: SMTP (RFC 5321), message submission (RFC 6409), LMTP (RFC 2033), or on-demand mail relay, where
 * clients fetch their mail by ATRN and do nothing else (RFC 2645 §5.4).
 */
export type ServerProtocol = "smtp" | "submission" | "lmtp" | "odmr";

/**
 * The extensions that a server can offer. Each is announced, and what it brings is taken, only where its option says
 * so.
 */
export interface ServerExtensions {
  /** Offers STARTTLS while TLS is not active (RFC 3207). Default false. */
  readonly starttls?: boolean;
  /**
   * The mechanisms offered, in the order announced, each once; none: AUTH is not offered (RFC 4954 §3). Default none.
   */
  readonly mechanisms?: readonly string[];
  /** Offers PIPELINING (RFC 2920); batches are taken in any case. Default true. */
  readonly pipelining?: boolean;
  /** Offers 8BITMIME (RFC 6152). Default true. */
  readonly eightBitMime?: boolean;
  /** Offers ENHANCEDSTATUSCODES, and sends them (RFC 2034). Default true. */
  readonly enhancedStatusCodes?: boolean;
  /** Offers SIZE (RFC 1870). Default true. */
  readonly size?: boolean;
  /** Offers CHUNKING (RFC 3030): content comes by BDAT too. Default false. */
  readonly chunking?: boolean;
  /**
   * Offers BINARYMIME (RFC 3030 §3), which needs `chunking`: such content is any octets, whatever `lineEndings` says.
   * Default false.
   */
  readonly binaryMime?: boolean;
  /** Offers SMTPUTF8 (RFC 6531), which needs `eightBitMime`. Default false. */
  readonly smtputf8?: boolean;
  /** Offers DSN (RFC 3461). Default: true for submission, else false. */
  readonly dsn?: boolean;
  /**
   * Offers DELIVERBY, with the least seconds taken with mode R (RFC 2852). Default: not offered; `{}`: without a
   * minimum.
   */
  readonly deliverBy?: Partial<DeliverByCapability>;
  /** Offers FUTURERELEASE up to these limits (RFC 4865), to submitting clients alone. Default: not offered. */
  readonly futureRelease?: FutureReleaseCapability;
  /** Offers MT-PRIORITY, with the name of a policy (RFC 6710). Default: not offered; `{}`: without a name. */
  readonly mtPriority?: Partial<MtPriorityCapability>;
  /** Offers NO-SOLICITING with the classes not wanted (RFC 3865). Default: not offered; `[]`: without classes. */
  readonly noSoliciting?: readonly string[];
  /** Offers RRVS (RFC 7293). Default false. */
  readonly rrvs?: boolean;
  /** Offers REQUIRETLS while TLS is active (RFC 8689): a message may demand TLS on its whole way. Default false. */
  readonly requireTlsParameter?: boolean;
  /** Offers CONPERM (RFC 4141). Default false. */
  readonly conPerm?: boolean;
  /** Offers CONNEG (RFC 4141). Default false. */
  readonly conNeg?: boolean;
  /**
   * Offers LIMITS (RFC 9422): `maxTransactions`, `maxRecipients` and `maxRecipientDomains`, as far as they are finite.
   * Default false.
   */
  readonly limits?: boolean;
  /**
   * Offers BURL (RFC 4468), to submitting clients alone, with what URLs may be: `"imap"`, `"imap://mail.example.com"`.
   * It needs `eightBitMime`. Default: not offered; `[]`: without parameters.
   */
  readonly burl?: readonly string[];
  /** Offers EXPN (RFC 5321 §3.5.2). Default false. */
  readonly expn?: boolean;
  /** Offers ETRN (RFC 1985). Default false. */
  readonly etrn?: boolean;
  /**
   * Offers ATRN (RFC 2645): an authenticated client takes its mail over this connection. Default: true for `"odmr"`,
   * else false.
   */
  readonly atrn?: boolean;
  /**
   * Offers Postfix's XCLIENT with these attributes: for proxies that you trust, and nobody else. Default none: not
   * offered.
   */
  readonly xclient?: readonly XclientName[];
  /**
   * Offers Postfix's XFORWARD with these attributes: for filters that you trust, and nobody else. Default none: not
   * offered.
   */
  readonly xforward?: readonly XforwardName[];
  /** Answers HELP, and lists it (RFC 5321 §4.1.1.8). Default true. */
  readonly help?: boolean;
  /**
   * Extensions of your own: EHLO keywords in upper case with their parameters. Their verbs come as `"unknown"` events,
   * their parameters by `mailParameters` and `rcptParameters`. Default none.
   */
  readonly extensions?: Readonly<Record<string, readonly string[]>>;
  /**
   * Parameters of MAIL beside those known here: taken where one of their extensions is offered. What their functions
   * throw comes out of `nextEvent()`, and the client gets 451: also where `parse` gives undefined or a promise, and
   * `refuse` what cannot be sent. Texts are printable ASCII, at most 200 characters. Default none.
   */
  readonly mailParameters?: ParameterSet;
  /** Parameters of RCPT beside those known here. Default none. */
  readonly rcptParameters?: ParameterSet;
}

/** The limits of a server. Infinity has to be written out. */
export interface ServerLimits {
  /** The largest message taken, in octets of content; at least 65,536. Default 10,240,000, as Postfix has. */
  readonly maxMessageSize?: number;
  /**
   * The recipients of one transaction; at least 100 (RFC 5321 §4.5.3.1.8), or 1 with `limits`. Default 1000, as Postfix
   * has.
   */
  readonly maxRecipients?: number;
  /**
   * The different domains of a session's recipients. Default Infinity: it is bounded by the limits of transactions and
   * recipients.
   */
  readonly maxRecipientDomains?: number;
  /** Accepted MAILs before a 421. Default 1000, as Exim has. */
  readonly maxTransactions?: number;
  /** The longest SASL line in octets with CRLF. Default 12,288 (RFC 4954 §4). */
  readonly maxSaslLineLength?: number;
  /**
   * AUTH commands that failed before a 421: refused by you or the mechanism, cancelled by the client, or with a
   * response that cannot be read. Those that are malformed or out of place count towards `maxErrors` instead. At least
   * 3 (RFC 4954 §9). Default 10, as Exim's commands without mail.
   */
  readonly maxAuthFailures?: number;
  /**
   * The longest path in octets, brackets and route included, at least 256, the default (RFC 5321 §4.5.3.1.3). The lines
   * of MAIL and RCPT may be longer by as much.
   */
  readonly maxPath?: number;
  /**
   * The longest local-part in octets, at least 64 (RFC 5321 §4.5.3.1.1). Default Infinity: the path's limit is its only
   * one.
   */
  readonly maxLocalPart?: number;
  /**
   * Malformed, unknown and out-of-place commands, and those that you refuse by a 5yz, without a message that you accept
   * between them (in LMTP for one recipient), before a 421: whoever tries names gets no further. Recipients beyond a
   * limit do not count, nor what follows from a refused MAIL, RCPT or chunk (RFC 3030 §2), up to 1000 of both, as
   * Postfix has; nor messages, nor verbs of your own that you answer with 2yz; in LMTP, whose clients are yours,
   * nothing that you refuse does. Default 20, as Postfix has.
   */
  readonly maxErrors?: number;
  /**
   * Hellos, RSET, NOOP, HELP, VRFY, EXPN, ETRN, and STARTTLS that you refuse, without a message that you accept between
   * them. Beyond it each counts towards `maxErrors` too. Default 100, as Postfix's `smtpd_junk_command_limit`.
   */
  readonly maxIdleCommands?: number;
}

/** What a server waits for. `"command"`: a response of AUTH too. */
export type ServerAwaited = "command" | "content";

/** Options of a server session. One object for many sessions is read once, and what was read is shared by them. */
export interface SmtpServerOptions extends SessionOptions, ServerExtensions, ServerLimits {
  /** The server's domain or address literal: in the greeting, the hello replies, 221 and 421 (RFC 5321 §4.2.2). */
  readonly host: string;
  /** Default `"smtp"`. */
  readonly protocol?: ServerProtocol;
  /** The greeting's text after the host. Default `"ESMTP"`, or `"LMTP"`: neither software nor version. */
  readonly greeting?: string;
  /** Whether the connection is under TLS from its beginning (RFC 8314 §3.3). Default false. */
  readonly tls?: boolean;
  /**
   * Answers 530 to everything but NOOP, EHLO, LHLO, STARTTLS and QUIT until TLS is active (RFC 3207 §4), verbs of your
   * own among it. Default false.
   */
  readonly requireTls?: boolean;
  /**
   * Answers 530 to everything but AUTH, hellos, STARTTLS, XCLIENT where it is offered, NOOP, RSET and QUIT until
   * authenticated (RFC 4954 §6), verbs of your own among it. There must be a way to authenticate. Default: true for
   * submission (RFC 6409 §4.3; false says that clients are known by other means), else false.
   */
  readonly requireAuth?: boolean;
  /**
   * Mechanisms in which the server speaks first: with them an initial response is refused (RFC 4954 §4). Default
   * CRAM-MD5.
   */
  readonly serverFirstMechanisms?: readonly string[];
  /**
   * Offers PLAIN, LOGIN and other mechanisms that send a password or token without TLS too (RFC 4954 §4 forbids it).
   * Default false.
   */
  readonly plaintextMechanismsWithoutTls?: boolean;
  /**
   * Applied to the authorization identity of AUTH, e.g. `saslprep` of `sasl/saslprep`: what it makes of it stands in
   * `authenticated`, and one that it refuses, or makes empty, fails the authentication (RFC 4954 §4). Default: none.
   */
  readonly prepare?: Prepare;
  /** What a bare CR or LF in content does: default `"reject"`, the message is refused at its end. */
  readonly lineEndings?: LineEndings;
  /**
   * What octets do that came too early: before the greeting, or after EHLO, DATA or AUTH before these were answered
   * (RFC 2920 §3.1). It depends on timing: a driver that wants to know has to read before it pulls events (`greetDelay`
   * of `driveStreams`).
   *
   * - `"ignore"` (default): nothing.
   * - `"report"`: a violation `"early-talker"` in front of the event.
   * - `"refuse"`: that violation in place of the event, which ends the session with 503, before the greeting with 554
   *   (RFC 5321 §4.3.2).
   */
  readonly earlyTalker?: "ignore" | "report" | "refuse";
  /**
   * Seconds to wait for a command, or for more content, where RFC 5321 §4.5.3.2.7's 300 do not suit: what
   * `session.timeout` says. Default 300 each.
   */
  readonly timeouts?: { readonly [For in ServerAwaited]?: number };
  readonly leniencies?: ServerLeniencies;
}

type OptionalSettings = "burl" | "deliverBy" | "futureRelease" | "mtPriority" | "noSoliciting" | "prepare";

/**
 * The options of a session with every default in place; of extensions with parameters, undefined where they are not
 * offered.
 */
export type ServerSettings = Required<Omit<SmtpServerOptions, OptionalSettings | "leniencies" | "timeouts">> & {
  readonly [Name in OptionalSettings]: SmtpServerOptions[Name] | undefined;
} & {
  readonly leniencies: Required<ServerLeniencies>;
  readonly timeouts: { readonly [For in ServerAwaited]: number };
};
