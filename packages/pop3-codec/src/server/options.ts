import { checkAtLeast, mechanismNames, type SessionOptions } from "dot-stuffing/session";
import type { CommandLeniencies } from "../syntax/parse-command.ts";
import { isPrintable, isVisible } from "../syntax/text.ts";
import { findTimestamp } from "../syntax/timestamp.ts";
import { randomBytes } from "../web.ts";

/** Named leniencies of a server. */
export interface ServerLeniencies extends CommandLeniencies {
  /** AUTH alone is answered with the list of mechanisms, as Outlook expects. Default true. */
  readonly authLists?: boolean;
}

/** Options of a server session. */
export interface Pop3ServerOptions extends SessionOptions {
  /** The greeting's text. Default `"ready"`. */
  readonly greeting?: string;
  /** Whether the connection is under TLS from its beginning (RFC 8314 §3). Default false. */
  readonly tls?: boolean;
  /** Offers STLS while TLS is not active (RFC 2595). Default false. */
  readonly stls?: boolean;
  /** Takes USER and PASS. Default true. */
  readonly user?: boolean;
  /**
   * Takes APOP, with a timestamp in the greeting: `{ host }` makes one of 128 random bits, `{ timestamp }` is one of the caller's
   * own, which must be different for every session. Default: no APOP.
   */
  readonly apop?: { readonly host: string } | { readonly timestamp: string } | null;
  /** The SASL mechanisms offered (RFC 5034 §3). Default none. */
  readonly mechanisms?: readonly string[];
  /** Takes USER, PASS and the mechanisms that send a password or token without TLS too (RFC 2595 §2.3 forbids it). Default false. */
  readonly plaintextWithoutTls?: boolean;
  /** Offers TOP. Default true. */
  readonly top?: boolean;
  /** Offers UIDL; maildrops then have unique-ids. Default true. */
  readonly uidl?: boolean;
  /** The longest command in octets with CRLF; at least 255 (RFC 2449 §4), the default. */
  readonly maxCommandLength?: number;
  /** The longest SASL line in octets with CRLF. Default 12,288 (RFC 5034 §4). */
  readonly maxSaslLineLength?: number;
  /** Failed logins before the session closes. Default 10. */
  readonly maxFailedLogins?: number;
  /** Malformed, unknown and out-of-place commands before the session closes. Default 100. */
  readonly maxErrors?: number;
  readonly leniencies?: ServerLeniencies;
}

/** The options of a session with every default in place. */
export interface ServerSettings {
  readonly greeting: string;
  readonly timestamp: string | null;
  readonly tls: boolean;
  readonly stls: boolean;
  readonly user: boolean;
  readonly mechanisms: readonly string[];
  readonly plaintextWithoutTls: boolean;
  readonly top: boolean;
  readonly uidl: boolean;
  readonly maxCommandLength: number;
  readonly maxSaslLineLength: number;
  readonly maxFailedLogins: number;
  readonly maxErrors: number;
  readonly leniencies: ServerLeniencies;
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws RangeError naming the option that is outside its range, and for a session without any way to log in.
 */
export function serverSettings(options: Pop3ServerOptions): ServerSettings {
  const greeting = options.greeting ?? "ready";
  if (!isPrintable(greeting) || greeting.length > 200 || greeting.includes("<")) {
    throw new RangeError('"greeting" expected at most 200 characters of printable ASCII without "<"');
  }
  const mechanisms = mechanismNames(options.mechanisms ?? []);
  const user = options.user ?? true;
  const timestamp = makeTimestamp(options.apop ?? null);
  if (!user && timestamp === null && mechanisms.length === 0) {
    throw new RangeError('expected a way to log in: "user", "apop" or "mechanisms"');
  }
  return {
    greeting,
    timestamp,
    tls: options.tls ?? false,
    stls: options.stls ?? false,
    user,
    mechanisms,
    plaintextWithoutTls: options.plaintextWithoutTls ?? false,
    top: options.top ?? true,
    uidl: options.uidl ?? true,
    maxCommandLength: checkAtLeast("maxCommandLength", options.maxCommandLength ?? 255, 255),
    maxSaslLineLength: checkAtLeast("maxSaslLineLength", options.maxSaslLineLength ?? 12_288, 255),
    maxFailedLogins: checkAtLeast("maxFailedLogins", options.maxFailedLogins ?? 10, 1),
    maxErrors: checkAtLeast("maxErrors", options.maxErrors ?? 100, 1),
    leniencies: options.leniencies ?? {},
  };
}

function makeTimestamp(apop: (Pop3ServerOptions["apop"] & {}) | null): string | null {
  if (apop === null) return null;
  if ("timestamp" in apop) {
    if (findTimestamp(apop.timestamp) !== apop.timestamp) throw new RangeError('"timestamp" expected the form <…@…>');
    return apop.timestamp;
  }
  if (!isVisible(apop.host) || /[<>@]/.test(apop.host)) throw new RangeError('"host" expected a domain');
  const random = Array.from(randomBytes(16), (octet) => octet.toString(16).padStart(2, "0")).join("");
  return `<${random}@${apop.host}>`;
}
