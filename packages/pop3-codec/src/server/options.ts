import type { Prepare, SessionOptions } from "dot-stuffing/session";
import type { Capability } from "../syntax/capabilities.ts";
import type { LanguageListing } from "../syntax/language-listing.ts";
import type { CommandLeniencies } from "../syntax/parse-command.ts";

/** Named leniencies of a server. */
export interface ServerLeniencies extends CommandLeniencies {
  /** AUTH alone is answered with the list of mechanisms, as Outlook expects. Default true. */
  readonly authLists?: boolean;
  /** A name given by USER outlives other commands, and another USER replaces it, as in Dovecot. Default false. */
  readonly keepName?: boolean;
  /** LF or CR alone ends a line too, as some old clients send it. Default false. */
  readonly bareLineFeed?: boolean;
}

/**
 * Options of a server session. One object for many sessions is read once, unless `apop` has a timestamp. There has to
 * be a way to log in: USER and PASS, and mechanisms that send a password or token, are for TLS alone, so that they need
 * `tls`, `stls` or `plaintextWithoutTls`.
 */
export interface Pop3ServerOptions extends SessionOptions {
  /**
   * The greeting's text: at most 200 characters of printable ASCII, without `<`, and without `[` at its start. Default
   * `"ready"`.
   */
  readonly greeting?: string;
  /** Whether the connection is under TLS from its beginning (RFC 8314 §3). Default false. */
  readonly tls?: boolean;
  /** Offers STLS while TLS is not active (RFC 2595). Default false. */
  readonly stls?: boolean;
  /** Takes USER and PASS. Default true. */
  readonly user?: boolean;
  /**
   * Takes APOP, with a timestamp in the greeting: `{ host }` makes one of 128 bits drawn from `crypto.getRandomValues`
   * for each session, `{ timestamp }` is one of the caller's own, of at most 300 octets, which must be different for
   * every session. Default: no APOP.
   */
  readonly apop?: { readonly host: string } | { readonly timestamp: string } | null;
  /** The SASL mechanisms offered (RFC 5034 §3). Default none. */
  readonly mechanisms?: readonly string[];
  /**
   * Takes USER, PASS and the mechanisms that send a password or token without TLS too (RFC 2595 §2.3 forbids it).
   * Default false.
   */
  readonly plaintextWithoutTls?: boolean;
  /** Offers TOP. Default true. */
  readonly top?: boolean;
  /** Offers UIDL; maildrops then have unique-ids. Default true. */
  readonly uidl?: boolean;
  /** Offers UTF8 (RFC 6856 §2); `"user"`: names and passwords can be UTF-8 too. Default false. */
  readonly utf8?: boolean | "user";
  /** Offers LANG, if there are any (RFC 6856 §3); the first is the server's choice. Default none. */
  readonly languages?: readonly LanguageListing[];
  /**
   * Gives a default text of the session's in a language of `languages`, once LANG was given. Where it throws, or gives
   * what is no string or cannot be written, the text goes out in English, and what was thrown comes out of
   * `nextEvent()`. Default: all are English.
   */
  readonly translate?: (text: string, language: string) => string;
  /**
   * Applied to the names of USER, PASS and APOP, to PASS's password (RFC 6856 §2.2), and to AUTH's authorization
   * identity (RFC 5034 §4). Default: none.
   */
  readonly prepare?: Prepare;
  /** Sends response codes, and announces RESP-CODES and AUTH-RESP-CODE (RFC 2449 §6.4, RFC 3206 §6). Default true. */
  readonly responseCodes?: boolean;
  /**
   * Lets AUTH and LOGIN-DELAY stand on -ERR to USER, where they can tell which names there are (RFC 2449 §8.1.1).
   * Default false.
   */
  readonly codesOnUser?: boolean;
  /**
   * Announces the least time between logins; `user`: a maildrop may have a shorter one (RFC 2449 §6.5). Default none.
   */
  readonly loginDelay?: { readonly seconds: number; readonly user?: boolean } | null;
  /**
   * Announces how many days messages are kept, Infinity: NEVER removed; `user`: a maildrop may have more (RFC 2449
   * §6.7). Under 0 `quit` also names what was retrieved. Default none.
   */
  readonly expire?: { readonly days: number; readonly user?: boolean } | null;
  /** Announces the server's software, to those who have logged in, or to all (RFC 2449 §6.9). Default none. */
  readonly implementation?: { readonly text: string; readonly toAll?: boolean } | null;
  /** More lines for CAPA, e.g. an experiment's (RFC 2449 §9): none that other options announce. Default none. */
  readonly capabilities?: readonly (Capability & { readonly tag: "other" })[];
  /** The longest command in octets with CRLF; at least 255 (RFC 2449 §4), the default. */
  readonly maxCommandLength?: number;
  /** The longest SASL line in octets with CRLF. Default 12,288 (RFC 5034 §4). */
  readonly maxSaslLineLength?: number;
  /**
   * Failed logins before the session closes; one that is refused with IN-USE, LOGIN-DELAY or a code of SYS is none.
   * Default 10.
   */
  readonly maxFailedLogins?: number;
  /**
   * The delay that the first `login-failed` names, in seconds; each one doubles it, up to 15. Default 2, as Dovecot has
   * it.
   */
  readonly failureDelay?: number;
  /**
   * Malformed, unknown and out-of-place commands, those for messages that are not there, and logins refused without
   * being failed ones, before the session closes. Default 100.
   */
  readonly maxErrors?: number;
  /**
   * What `timeout` says, in seconds; at least 600 (RFC 1939 §3), the default. Infinity: there is no limit, and
   * `timeout` is null.
   */
  readonly idleLimit?: number;
  /** What a CR or LF alone in a message does: it is sent as CRLF, or `write` throws. Default `"normalize"`. */
  readonly lineEndings?: "normalize" | "reject";
  readonly leniencies?: ServerLeniencies;
}

/** A figure that CAPA announces, which may be another for a user. */
export interface Policy {
  readonly value: number;
  readonly user: boolean;
}

/** The options of a session with every default in place. */
export interface ServerSettings extends Required<Omit<Pop3ServerOptions, Differing | keyof SessionOptions>> {
  readonly apop: { readonly host: string } | { readonly timestamp: string } | null;
  readonly utf8User: boolean;
  readonly loginDelay: Policy | null;
  readonly expire: Policy | null;
  readonly implementation: { readonly text: string; readonly toAll: boolean } | null;
  readonly translate: ((text: string, language: string) => string) | undefined;
  readonly prepare: Prepare | undefined;
  readonly leniencies: Required<ServerLeniencies>;
}

type Differing = "apop" | "loginDelay" | "expire" | "implementation" | "translate" | "prepare" | "leniencies";
