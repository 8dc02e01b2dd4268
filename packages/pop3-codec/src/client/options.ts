import {
  checkAtLeast,
  checkChoice,
  checkFunction,
  type Prepare,
  type SessionOptions,
  sessionDefaults,
  withDefaults,
} from "dot-stuffing/session";
import type { CapabilityLeniencies } from "../syntax/capabilities.ts";
import type { ChallengeLeniencies } from "../syntax/challenge.ts";
import type { ListingLeniencies } from "../syntax/listing.ts";
import type { ResponseLeniencies } from "../syntax/response.ts";

/** Named leniencies of a client. */
export interface ClientLeniencies
  extends CapabilityLeniencies,
    ChallengeLeniencies,
    ListingLeniencies,
    ResponseLeniencies {
  /** A first challenge that is not base64, to a mechanism that speaks first, counts as empty. Default true. */
  readonly textAsEmptyChallenge?: boolean;
  /**
   * TOP and UIDL are sent though a known list lacks them, since some servers list them only after the login. Default
   * true.
   */
  readonly unlistedCommands?: boolean;
  /** LF or CR alone ends a status line or challenge too, and never a listing or message. Default false. */
  readonly bareLineFeed?: boolean;
}

/** Options of a client session. */
export interface Pop3ClientOptions extends SessionOptions {
  /** Whether the connection is under TLS from its beginning (RFC 8314 §3). Default false. */
  readonly tls?: boolean;
  /** Refuses every login until TLS is active, whatever the server offers or answers (RFC 2595 §2.2). Default false. */
  readonly requireTls?: boolean;
  /**
   * Sends passwords and tokens without TLS too: USER, and mechanisms that show them (RFC 2595 §2.3 forbids it); by
   * `user()`, by `auth()`, and by a `login()` whose `method` names one of these, and whose `stls` leaves TLS out.
   * Default false.
   */
  readonly plaintextWithoutTls?: boolean;
  /** Sends commands in groups where the server offers PIPELINING (RFC 2449 §6.6). Default true. */
  readonly pipelining?: boolean;
  /** Sends PASS in one group with USER, before it is known whether the name is taken. Default false. */
  readonly eagerPass?: boolean;
  /** Keeps the greeting's timestamp for APOP once TLS has begun: it came in the clear (RFC 2595 §4). Default false. */
  readonly keepTimestampAfterTls?: boolean;
  /** Applied to names and passwords of USER, PASS and APOP. Default: none. */
  readonly prepare?: Prepare;
  /** The longest status, capability or listing line in octets with CRLF. Default 512 (RFC 2449 §4). */
  readonly maxResponseLength?: number;
  /** The longest challenge line in octets with CRLF. Default 12,288 (RFC 5034 §4). */
  readonly maxSaslLineLength?: number;
  /** How many lines of a capability list are kept; servers send about fifteen. Default 256. */
  readonly maxCapabilityLines?: number;
  /** What a CR or LF outside a CRLF in a message does: default `"preserve"`, so that stored mail stays fetchable. */
  readonly lineEndings?: "preserve" | "normalize";
  readonly leniencies?: ClientLeniencies;
}

/** The options of a session with every default in place. */
export type ClientSettings = Required<Omit<Pop3ClientOptions, "prepare" | "leniencies">> & {
  readonly prepare: Prepare | undefined;
  readonly leniencies: Required<ClientLeniencies>;
};

const DEFAULTS: ClientSettings = {
  ...sessionDefaults,
  ...{ tls: false, requireTls: false, plaintextWithoutTls: false, pipelining: true, eagerPass: false },
  ...{ keepTimestampAfterTls: false, prepare: undefined },
  ...{ maxResponseLength: 512, maxSaslLineLength: 12_288, maxCapabilityLines: 256, lineEndings: "preserve" },
  leniencies: {
    ...{ leadingLineEnds: true, statusIgnoresCase: false, blankCapabilityLines: true, plusWithoutSpace: true },
    ...{ spacesInListings: true, uidlWithoutNumber: true, longUniqueIds: true },
    ...{ textAsEmptyChallenge: true, unlistedCommands: true, bareLineFeed: false },
  },
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws TypeError for an option that there is not, or of another type; RangeError naming the one that is outside its
 *   range
 */
export function clientSettings(options: Pop3ClientOptions): ClientSettings {
  const settings = withDefaults("options", options, DEFAULTS);
  checkAtLeast("maxResponseLength", settings.maxResponseLength, 3);
  checkAtLeast("maxSaslLineLength", settings.maxSaslLineLength, 3);
  checkAtLeast("maxCapabilityLines", settings.maxCapabilityLines);
  checkChoice("lineEndings", settings.lineEndings, ["preserve", "normalize"]);
  if (settings.prepare !== undefined) checkFunction("prepare", settings.prepare);
  return { ...settings, leniencies: withDefaults("leniencies", settings.leniencies, DEFAULTS.leniencies) };
}
