/** What a server's EHLO reply says (RFC 5321 §4.1.1.1). */
export interface Capabilities {
  /** The server's name: the first word of the first line. */
  readonly domain: string;
  /** The rest of the first line, which is no keyword, whatever it says. */
  readonly greeting: string;
  /**
   * Every keyword in upper case with its parameters, in order; of one listed twice the first line counts. AUTH has the
   * mechanisms of all its lines and of `AUTH=`.
   */
  readonly keywords: ReadonlyMap<string, readonly string[]>;
  /** Lines that are no keyword by the grammar, as they came. */
  readonly otherLines: readonly string[];
  /**
   * The names of SASL mechanisms in upper case, from AUTH and the older `AUTH=`, in order and without repeats (RFC 4954
   * §3).
   */
  readonly auth: readonly string[];
  /** What SIZE says: null when it is not offered. */
  readonly size: SizeCapability | null;
  /** What LIMITS says (RFC 9422); null when it is not offered, or its line is malformed. */
  readonly limits: LimitsCapability | null;
  /** What DELIVERBY says (RFC 2852 §2); null when it is not offered. */
  readonly deliverBy: DeliverByCapability | null;
  /** What FUTURERELEASE says (RFC 4865 §3); null when it is not offered, or malformed. */
  readonly futureRelease: FutureReleaseCapability | null;
  /** What MT-PRIORITY says (RFC 6710 §3); null when it is not offered. */
  readonly mtPriority: MtPriorityCapability | null;
  /** The solicitation classes that NO-SOLICITING refuses, perhaps none (RFC 3865 §2); null when it is not offered. */
  readonly noSoliciting: readonly string[] | null;
  /** What BURL can fetch: `imap`, `imap://…`; none before AUTH (RFC 4468 §3.1). Null when it is not offered. */
  readonly burl: readonly string[] | null;
  /** The attributes that XCLIENT takes, in upper case; null when it is not offered. */
  readonly xclient: readonly string[] | null;
  /** The attributes that XFORWARD takes, in upper case; null when it is not offered. */
  readonly xforward: readonly string[] | null;
}

/** What SIZE says (RFC 1870 §3). */
export interface SizeCapability {
  /** The largest message in octets. Infinity: there is no fixed limit (`SIZE 0`). Null: nothing is known. */
  readonly limit: number | null;
}

/** What LIMITS says (RFC 9422 §4): null for a limit that is not given, or malformed. */
export interface LimitsCapability {
  /** The most MAIL commands of a session. */
  readonly mailMax: number | null;
  /** The most RCPT commands of a transaction. */
  readonly rcptMax: number | null;
  /** The most domains of the recipients of a session. */
  readonly rcptDomainMax: number | null;
  /** Every limit as it was written, its name in upper case; null: it has no value. */
  readonly all: ReadonlyMap<string, string | null>;
}

/** What DELIVERBY says (RFC 2852 §2). */
export interface DeliverByCapability {
  /** The least seconds with mode R; null if there is no minimum. */
  readonly minimum: number | null;
  /** Tokens that no document defines. */
  readonly tokens: readonly string[];
}

/** What FUTURERELEASE says (RFC 4865 §3). */
export interface FutureReleaseCapability {
  /** The most seconds of HOLDFOR. */
  readonly maxInterval: number;
  /** The latest HOLDUNTIL, a date-time of RFC 3339. */
  readonly maxDateTime: string;
}

/** What MT-PRIORITY says (RFC 6710 §3). */
export interface MtPriorityCapability {
  /** The name of the policy by which priorities are assigned (RFC 6710 §9.2); null if none is given. */
  readonly policy: string | null;
}

/** The parameters of an extension that counts as offered, by its keyword in upper case; undefined if it does not. */
export function offeredParameters(capabilities: Capabilities, keyword: string): readonly string[] | undefined {
  return offers(capabilities, keyword) ? capabilities.keywords.get(keyword) : undefined;
}

/**
 * Whether a server offers an extension, by its keyword in upper case. BINARYMIME without CHUNKING (RFC 3030 §3), and
 * LIMITS and FUTURERELEASE with malformed parameters, count as not offered.
 */
export function offers(capabilities: Capabilities, keyword: string): boolean {
  if (!capabilities.keywords.has(keyword)) return false;
  switch (keyword) {
    case "BINARYMIME":
      return capabilities.keywords.has("CHUNKING");
    case "LIMITS":
      return capabilities.limits !== null;
    case "FUTURERELEASE":
      return capabilities.futureRelease !== null;
    default:
      return true;
  }
}
