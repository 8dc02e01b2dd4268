import type { LineEndings } from "dot-stuffing";
import { checkAtLeast, checkLineEndings, mechanismNames, type SessionOptions } from "dot-stuffing/session";
import { isPrintable } from "../syntax/characters.ts";
import type { CommandLeniencies } from "../syntax/command/options.ts";
import { literalKind } from "../syntax/path/address-literal.ts";
import { isDomain } from "../syntax/path/domain.ts";

/** Named leniencies of a server, each off where it weakens something. */
export interface ServerLeniencies extends CommandLeniencies {
  /** Announces mechanisms in a second line `AUTH=…` too, for clients from before RFC 2554. Default false. */
  readonly authEquals?: boolean;
  /** Takes AUTH commands up to the limit of SASL lines, as mechanisms with long tokens need. Default true. */
  readonly longAuthCommand?: boolean;
}

/** Options of a server session. */
export interface SmtpServerOptions extends SessionOptions {
  /** The server's domain or address literal: in the greeting, the hello replies, 221 and 421 (RFC 5321 §4.2.2). */
  readonly host: string;
  /** The greeting's text behind the host. Default `"ESMTP"`: neither software nor version. */
  readonly greeting?: string;
  /** Whether the connection is under TLS from its beginning (RFC 8314 §3.3). Default false. */
  readonly tls?: boolean;
  /** Offers STARTTLS while TLS is not active (RFC 3207). Default false. */
  readonly starttls?: boolean;
  /** Answers 530 to everything but NOOP, EHLO, STARTTLS and QUIT until TLS is active (RFC 3207 §4). Default false. */
  readonly requireTls?: boolean;
  /** Answers 530 to everything but AUTH, hellos, STARTTLS, NOOP, RSET and QUIT until authenticated (RFC 4954 §6). Default false. */
  readonly requireAuth?: boolean;
  /** The mechanisms offered, in the order announced; none: AUTH is not offered (RFC 4954 §3). Default none. */
  readonly mechanisms?: readonly string[];
  /** Offers PLAIN, LOGIN and other mechanisms that send a password or token without TLS too (RFC 4954 §4 forbids it). Default false. */
  readonly plaintextMechanismsWithoutTls?: boolean;
  /** Offers PIPELINING (RFC 2920); batches are taken in any case. Default true. */
  readonly pipelining?: boolean;
  /** Offers 8BITMIME (RFC 6152). Default true. */
  readonly eightBitMime?: boolean;
  /** Offers ENHANCEDSTATUSCODES, and sends them (RFC 2034). Default true. */
  readonly enhancedStatusCodes?: boolean;
  /** Offers SIZE (RFC 1870). Default true. */
  readonly size?: boolean;
  /** Answers HELP, and lists it (RFC 5321 §4.1.1.8). Default true. */
  readonly help?: boolean;
  /** The largest message taken, in octets of content; at least 65,536. Default 10,240,000, as Postfix has. */
  readonly maxMessageSize?: number;
  /** The recipients of one transaction; at least 100 (RFC 5321 §4.5.3.1.8). Default 1000, as Postfix has. */
  readonly maxRecipients?: number;
  /** The longest SASL line in octets with CRLF. Default 12,288 (RFC 4954 §4). */
  readonly maxSaslLineLength?: number;
  /** Malformed, unknown and out-of-place commands without an accepted MAIL between them, before a 421. Default 20, as Postfix has. */
  readonly maxErrors?: number;
  /** What a bare CR or LF in content does: default `"reject"`, the message is refused at its end. */
  readonly lineEndings?: LineEndings;
  readonly leniencies?: ServerLeniencies;
}

/** The options of a session with every default in place. */
export type ServerSettings = Required<Omit<SmtpServerOptions, keyof SessionOptions | "leniencies">> & {
  readonly leniencies: ServerLeniencies;
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws RangeError naming the option that is outside its range.
 */
export function serverSettings(options: SmtpServerOptions): ServerSettings {
  const host = options.host;
  if (typeof host !== "string") throw new TypeError(`"host" expected a string, got ${typeof host}`);
  if (!isDomain(host) && literalKind(host) === null)
    throw new RangeError('"host" expected a domain or an address literal');
  const greeting = options.greeting ?? "ESMTP";
  if (!isPrintable(greeting) || greeting.length > 200) {
    throw new RangeError('"greeting" expected at most 200 characters of printable ASCII');
  }
  const mechanisms = mechanismNames(options.mechanisms ?? []);
  return {
    host,
    greeting,
    tls: options.tls ?? false,
    starttls: options.starttls ?? false,
    requireTls: options.requireTls ?? false,
    requireAuth: options.requireAuth ?? false,
    mechanisms,
    plaintextMechanismsWithoutTls: options.plaintextMechanismsWithoutTls ?? false,
    pipelining: options.pipelining ?? true,
    eightBitMime: options.eightBitMime ?? true,
    enhancedStatusCodes: options.enhancedStatusCodes ?? true,
    size: options.size ?? true,
    help: options.help ?? true,
    maxMessageSize: checkAtLeast("maxMessageSize", options.maxMessageSize ?? 10_240_000, 65_536),
    maxRecipients: checkAtLeast("maxRecipients", options.maxRecipients ?? 1000, 100),
    maxSaslLineLength: checkAtLeast("maxSaslLineLength", options.maxSaslLineLength ?? 12_288, 512),
    maxErrors: checkAtLeast("maxErrors", options.maxErrors ?? 20, 1),
    lineEndings: checkLineEndings(options.lineEndings ?? "reject"),
    leniencies: options.leniencies ?? {},
  };
}
