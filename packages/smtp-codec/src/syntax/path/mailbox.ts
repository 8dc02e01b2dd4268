import { outOfRange } from "dot-stuffing/session";
import { AT, asciiLowerCase, hasNonAscii, isLonger, OPEN_BRACKET } from "../characters.ts";
import { type LiteralKind, type LiteralLeniencies, literalKind } from "./address-literal.ts";
import { type DomainRules, MAX_DOMAIN, scanDomain } from "./domain.ts";
import { formatLocalPart, scanLocalPart, unquote } from "./local-part.ts";

/** A mailbox with its domain or address literal (RFC 5321 §4.1.2). */
export interface Mailbox {
  readonly kind: "mailbox";
  /** As it was written, without brackets and source route: `"Joe Doe"@example.com`. */
  readonly address: string;
  /** What the local-part stands for: quotes and backslashes removed. Case is kept. */
  readonly localPart: string;
  /** As it was written; an address literal with its brackets; empty where a leniency lets it be left out. */
  readonly domain: string;
  readonly domainKind: "domain" | LiteralKind | "none";
  /** The domains of a source route, which is accepted and otherwise ignored (RFC 5321 §4.1.1.3). */
  readonly route: readonly string[];
}

/** The null reverse-path `<>` (RFC 5321 §4.5.5). */
export interface NullPath {
  readonly kind: "null";
  readonly address: "";
}

/** `<Postmaster>` without a domain, in any case (RFC 5321 §4.1.1.3). */
export interface Postmaster {
  readonly kind: "postmaster";
  /** As it was written. */
  readonly address: string;
}

/** How mailboxes are read: the leniencies, the limits, and whether SMTPUTF8 holds. */
export interface MailboxRules extends DomainRules, LiteralLeniencies {
  /** `<tim>`, a local-part without a domain: old scripts, and cron on some hosts. Default false. */
  readonly unqualifiedMailbox?: boolean;
  /**
   * The longest local-part in octets, at least 64 (RFC 5321 §4.5.3.1.1). By default the limit of the path is its only
   * one.
   */
  readonly maxLocalPart?: number;
}

// Shared by all mailboxes, so nobody may change it.
const NO_ROUTE: readonly string[] = Object.freeze([]);

/**
 * The Mailbox that begins at a place in a text, or null. Where it ends is where it and its place say.
 *
 * ```abnf
 * Mailbox = Local-part "@" ( Domain / address-literal )
 * ```
 */
export function scanMailbox(
  text: string,
  from: number,
  rules: MailboxRules,
  route: readonly string[] = NO_ROUTE,
): Mailbox | null {
  const { maxLocalPart = Number.POSITIVE_INFINITY } = rules;
  const end = scanLocalPart(text, from, rules.smtputf8 ?? false);
  if (end < 0 || isLonger(text, from, end, maxLocalPart)) return null;
  const localPart = unquote(text.slice(from, end));
  const start = end + 1;
  if (text.charCodeAt(end) !== AT) {
    if (!rules.unqualifiedMailbox) return null;
    return { kind: "mailbox", address: text.slice(from, end), localPart, domain: "", domainKind: "none", route };
  }
  const literal = text.charCodeAt(start) === OPEN_BRACKET;
  const stop = literal ? text.indexOf("]", start) + 1 : scanDomain(text, start, rules);
  if (stop <= 0 || stop - start > MAX_DOMAIN) return null;
  const domain = text.slice(start, stop);
  const domainKind = literal ? literalKind(domain, rules) : "domain";
  if (domainKind === null) return null;
  return { kind: "mailbox", address: text.slice(from, stop), localPart, domain, domainKind, route };
}

/**
 * Parses a whole text as a Mailbox; null if it is none (RFC 5321 §4.1.2).
 *
 * @example
 * ```ts
 * parseMailbox('"Joe Doe"@example.com')?.localPart; // Joe Doe
 * ```
 */
export function parseMailbox(text: string, rules: MailboxRules = {}): Mailbox | null {
  const mailbox = scanMailbox(text, 0, rules);
  return mailbox !== null && mailbox.address.length === text.length ? mailbox : null;
}

/**
 * Makes a mailbox from a local-part as plain text, which is quoted where it has to be, and a domain or address literal.
 * Characters beyond ASCII make it a mailbox for SMTPUTF8.
 *
 * @throws RangeError for a text that neither form of local-part can hold, or what is no domain or literal.
 */
export function makeMailbox(localPart: string, domain: string): Mailbox {
  const mailbox = parseMailbox(`${formatLocalPart(localPart)}@${domain}`, { smtputf8: true });
  if (mailbox === null) throw outOfRange("domain", "a domain or an address literal");
  return mailbox;
}

/**
 * The one way to write a mailbox that all ways to write it come to: its local-part quoted only where it has to be, its
 * domain in lower case. For keys of a map; to relay, use the address as it came.
 */
export function canonicalAddress({ localPart, domain }: Mailbox): string {
  return domain === "" ? formatLocalPart(localPart) : `${formatLocalPart(localPart)}@${asciiLowerCase(domain)}`;
}

/**
 * The domain that a recipient adds to those that count already, as LIMITS counts them: without the case of ASCII (RFC
 * 9422 §4.3); null where it is one of these, and for whoever has no domain.
 */
export function newDomain(to: Mailbox | Postmaster, counted: ReadonlySet<string>): string | null {
  if (to.kind === "postmaster" || to.domain === "") return null;
  const domain = asciiLowerCase(to.domain);
  return counted.has(domain) ? null : domain;
}

/**
 * Whether two paths name the same mailbox: local-parts by case, unquoted, domains without (RFC 5321 §2.4). A postmaster
 * compares without case, and only with a domain or only without one (§4.1.1.3).
 */
export function sameMailbox(one: Mailbox | Postmaster, other: Mailbox | Postmaster): boolean {
  return comparable(one) === comparable(other);
}

function comparable(path: Mailbox | Postmaster): string {
  const { localPart, domain } = path.kind === "mailbox" ? path : { localPart: path.address, domain: "" };
  const name = localPart.length === 10 && asciiLowerCase(localPart) === "postmaster" ? "postmaster" : localPart;
  // An address literal's tag and hexadecimal digits have no case either.
  return `${name}@${asciiLowerCase(domain)}`;
}

/** Whether the domain is a literal or has two labels or more, as submission servers may demand (RFC 6409 §4.2). */
export function isFullyQualified({ domain, domainKind }: Mailbox): boolean {
  const dot = domain.indexOf(".");
  return domainKind === "domain" ? dot >= 0 && dot < domain.length - 1 : domainKind !== "none";
}

/** Whether a path needs SMTPUTF8: its address has characters beyond ASCII (RFC 6531 §3.2). */
export function needsSmtputf8({ address }: Mailbox | Postmaster | NullPath): boolean {
  return hasNonAscii(address);
}

/**
 * Whom a notification about a message goes to: its reverse-path without the source route; null for the null path, to
 * which none is sent (RFC 5321 §6.1).
 */
export function notificationRecipient(from: Mailbox | NullPath): Mailbox | null {
  return from.kind === "null" ? null : { ...from, route: NO_ROUTE };
}
