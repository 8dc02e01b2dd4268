import { outOfRange } from "dot-stuffing/session";
import { AT, COLON, COMMA, GREATER, hasNonAscii, isLonger, LESS } from "../characters.ts";
import { type Fault, type FaultReply, fault } from "../fault.ts";
import { scanDomain } from "./domain.ts";
import { type Mailbox, type MailboxRules, type NullPath, type Postmaster, scanMailbox } from "./mailbox.ts";

/** Who sends, for notifications to come back to: the path of MAIL (RFC 5321 §4.1.1.2). */
export type ReversePath = Mailbox | NullPath;
/** Who receives: the path of RCPT (RFC 5321 §4.1.1.3). */
export type ForwardPath = Mailbox | Postmaster;

/** How paths are read. */
export interface PathRules extends MailboxRules {
  /** The longest path in octets, brackets and route included. Default 256 (RFC 5321 §4.5.3.1.3). */
  readonly maxPath?: number;
}

/** How paths are written: by default strictly, else as what a lenient server has taken is read. */
export interface PathFormat extends PathRules {
  /** Keeps the source route. Default false (RFC 5321 §4.1.1.3 would have it left out). */
  readonly keepRoute?: boolean;
}

/** The longest path in octets, brackets and route included (RFC 5321 §4.5.3.1.3). */
export const MAX_PATH = 256;

// Shared by all commands, so nobody may change it.
const NULL_PATH: NullPath = Object.freeze({ kind: "null", address: "" });

/** Rules by which whatever any server may have taken can be written down where it goes to no other: in trace fields. */
export const LENIENT: PathRules = {
  ...{ unqualifiedMailbox: true, ipv6WithoutTag: true, underscoreInDomain: true, trailingDotInDomain: true },
  maxPath: Number.POSITIVE_INFINITY,
};

/** A path and the index of the first character after it. */
export interface Located<Path> {
  readonly path: Path;
  readonly end: number;
}

/**
 * Parses the path of a MAIL command at a place in a text, by default its start (RFC 5321 §4.1.2).
 *
 * ```abnf
 * Reverse-path = Path / "<>"
 * ```
 */
export function parseReversePath(text: string, rules: PathRules = {}, from = 0): Located<ReversePath> | Fault {
  if (text.startsWith("<>", from)) return { path: NULL_PATH, end: from + 2 };
  return parsePath(text, from, rules) ?? invalidPath("reverse-path", "5.1.7", rules);
}

/**
 * Parses the path of a RCPT command at a place in a text, by default its start (RFC 5321 §4.1.1.3).
 *
 * ```abnf
 * rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) …
 * ```
 */
export function parseForwardPath(text: string, rules: PathRules = {}, from = 0): Located<ForwardPath> | Fault {
  const end = from + POSTMASTER.length;
  if (text.charCodeAt(end - 1) === GREATER && text.slice(from, end).toLowerCase() === POSTMASTER) {
    return { path: { kind: "postmaster", address: text.slice(from + 1, end - 1) }, end };
  }
  return parsePath(text, from, rules) ?? invalidPath("forward-path", "5.1.3", rules);
}

const POSTMASTER = "<postmaster>";

/**
 * Writes a path with its brackets (RFC 5321 §4.1.1.3).
 *
 * @throws RangeError if the address is none that the grammar and the format's rules allow, is longer than these with
 *   its route, or has characters beyond ASCII without `smtputf8`.
 */
export function formatPath(path: ReversePath | ForwardPath, format: PathFormat = {}): string {
  if (path.kind === "null") return "<>";
  const { smtputf8 = false, keepRoute = false, maxPath = MAX_PATH } = format;
  const route = path.kind === "mailbox" && keepRoute ? path.route : [];
  const text = `<${route.length === 0 ? "" : `@${route.join(",@")}:`}${path.address}>`;
  const found = path.kind === "postmaster" ? parseForwardPath(text) : parsePath(text, 0, format);
  if (found === null || !("path" in found) || found.path.kind !== path.kind || found.end !== text.length) {
    if (!smtputf8 && hasNonAscii(text)) throw new RangeError('"address" has characters that need SMTPUTF8');
    throw outOfRange("address", `a mailbox (RFC 5321 §4.1.2) of at most ${maxPath - 2} octets`);
  }
  return text;
}

/**
 * ```abnf
 * Path      = "<" [ A-d-l ":" ] Mailbox ">"
 * A-d-l     = At-domain *( "," At-domain )
 * At-domain = "@" Domain
 * ```
 */
function parsePath(text: string, from: number, rules: PathRules): Located<Mailbox> | null {
  if (text.charCodeAt(from) !== LESS) return null;
  let start = from + 1;
  let route: string[] | undefined;
  if (text.charCodeAt(start) === AT) {
    route = [];
    let end: number;
    do {
      end = text.charCodeAt(start) === AT ? scanDomain(text, start + 1, rules) : -1;
      if (end < 0) return null;
      route.push(text.slice(start + 1, end));
      start = end + 1;
    } while (text.charCodeAt(end) === COMMA);
    if (text.charCodeAt(end) !== COLON) return null;
  }
  const path = scanMailbox(text, start, rules, route);
  if (path === null) return null;
  const end = start + path.address.length + 1;
  if (text.charCodeAt(end - 1) !== GREATER || isLonger(text, from, end, rules.maxPath ?? MAX_PATH)) return null;
  return { path, end };
}

function invalidPath(field: string, enhanced: FaultReply["enhanced"], { maxPath = MAX_PATH }: PathRules): Fault {
  const text = `expected a path in angle brackets of at most ${maxPath} octets (RFC 5321 section 4.1.2)`;
  return fault("invalid-path", field, text, { code: 501, enhanced });
}
