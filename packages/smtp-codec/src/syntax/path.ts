import { type LiteralKind, literalKind } from "./address-literal.ts";
import { isAtext, isLetDig } from "./characters.ts";
import { type Fault, fault } from "./fault.ts";

/** A mailbox with its domain or address literal (RFC 5321 §4.1.2). */
export interface Mailbox {
  readonly kind: "mailbox";
  /** As it was written, without brackets and source route: `"Joe Doe"@example.com`. */
  readonly address: string;
  /** What the local-part stands for: quotes and backslashes removed. Case is kept. */
  readonly localPart: string;
  /** As it was written; an address literal with its brackets. */
  readonly domain: string;
  readonly domainKind: "domain" | LiteralKind;
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

export type ReversePath = Mailbox | NullPath;
export type ForwardPath = Mailbox | Postmaster;

/** The longest domain in octets (RFC 5321 §4.5.3.1.2). */
const MAX_DOMAIN = 255;
/** The longest path in octets, brackets and route included (RFC 5321 §4.5.3.1.3). */
const MAX_PATH = 256;

const NULL_PATH: NullPath = { kind: "null", address: "" };

/** A path and the index of the first character behind it. */
interface Located<Found> {
  readonly path: Found;
  readonly end: number;
}

/**
 * Parses the path of a MAIL command at the start of the text (RFC 5321 §4.1.2).
 *
 * ```abnf
 * Reverse-path = Path / "<>"
 * ```
 */
export function parseReversePath(text: string): Located<ReversePath> | Fault {
  if (text.startsWith("<>")) return { path: NULL_PATH, end: 2 };
  return parsePath(text) ?? invalid("reverse-path", "5.1.7");
}

/**
 * Parses the path of a RCPT command at the start of the text (RFC 5321 §4.1.1.3).
 *
 * ```abnf
 * rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) …
 * ```
 */
export function parseForwardPath(text: string): Located<ForwardPath> | Fault {
  const postmaster = /^<(postmaster)>/i.exec(text)?.[1];
  if (postmaster !== undefined)
    return { path: { kind: "postmaster", address: postmaster }, end: postmaster.length + 2 };
  return parsePath(text) ?? invalid("forward-path", "5.1.3");
}

/**
 * Parses a whole text as a Mailbox; null if it is none (RFC 5321 §4.1.2).
 *
 * ```abnf
 * Mailbox    = Local-part "@" ( Domain / address-literal )
 * Local-part = Dot-string / Quoted-string
 * ```
 */
export function parseMailbox(text: string, route: readonly string[] = []): Mailbox | null {
  const local = parseLocalPart(text);
  if (local === null || text[local.end] !== "@") return null;
  const domain = text.slice(local.end + 1);
  const domainKind = isDomain(domain) ? "domain" : literalKind(domain);
  if (domainKind === null || domain.length > MAX_DOMAIN) return null;
  return { kind: "mailbox", address: text, localPart: local.text, domain, domainKind, route };
}

/**
 * Writes a path with its brackets, without the source route (RFC 5321 §4.1.1.3).
 *
 * @throws RangeError if the address is none that the grammar allows.
 */
export function formatPath(path: ReversePath | ForwardPath): string {
  if (path.kind === "null") return "<>";
  const known = path.kind === "postmaster" ? /^postmaster$/i.test(path.address) : parseMailbox(path.address) !== null;
  if (!known || path.address.length + 2 > MAX_PATH) {
    throw new RangeError('"address" expected a mailbox (RFC 5321 §4.1.2) of at most 254 octets');
  }
  return `<${path.address}>`;
}

/** Whether two local-parts and domains name the same mailbox: local-parts by case, domains without (RFC 5321 §2.4). */
export function sameMailbox(one: Mailbox, other: Mailbox): boolean {
  return one.localPart === other.localPart && one.domain.toLowerCase() === other.domain.toLowerCase();
}

/**
 * ```abnf
 * Domain     = sub-domain *("." sub-domain)
 * sub-domain = Let-dig [Ldh-str]              ; at most 63 octets
 * ```
 */
export function isDomain(text: string): boolean {
  if (text.length === 0 || text.length > MAX_DOMAIN) return false;
  let label = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = text.charCodeAt(at);
    if (at === text.length || code === 0x2e) {
      if (label === 0 || label > 63 || text[at - 1] === "-") return false;
      label = 0;
    } else if (isLetDig(code) || (code === 0x2d && label > 0)) label++;
    else return false;
  }
  return true;
}

/**
 * ```abnf
 * Path   = "<" [ A-d-l ":" ] Mailbox ">"
 * A-d-l  = At-domain *( "," At-domain )
 * At-domain = "@" Domain
 * ```
 */
function parsePath(text: string): Located<Mailbox> | null {
  if (!text.startsWith("<")) return null;
  const close = endOfPath(text);
  if (close < 0 || close + 1 > MAX_PATH) return null;
  let route: string[] = [];
  let start = 1;
  if (text[1] === "@") {
    const colon = text.indexOf(":");
    if (colon < 0 || colon > close) return null;
    const items = text.slice(1, colon).split(",");
    if (!items.every((item) => item.startsWith("@") && isDomain(item.slice(1)))) return null;
    route = items.map((item) => item.slice(1));
    start = colon + 1;
  }
  const path = parseMailbox(text.slice(start, close), route);
  return path === null ? null : { path, end: close + 1 };
}

/** The index of the `>` that closes the path: the first one outside quotes. */
function endOfPath(text: string): number {
  let quoted = false;
  for (let at = 1; at < text.length; at++) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (quoted && char === "\\") at++;
    else if (!quoted && char === ">") return at;
  }
  return -1;
}

/**
 * ```abnf
 * Dot-string    = Atom *("." Atom)
 * Quoted-string = DQUOTE *( qtextSMTP / quoted-pairSMTP ) DQUOTE
 * qtextSMTP     = %d32-33 / %d35-91 / %d93-126
 * quoted-pairSMTP = %d92 %d32-126
 * ```
 */
function parseLocalPart(text: string): { readonly text: string; readonly end: number } | null {
  if (text[0] === '"') return parseQuotedString(text);
  let at = 0;
  for (let atom = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isAtext(code)) atom++;
    else if (code === 0x2e && atom > 0) atom = 0;
    else break;
  }
  return at === 0 || text[at - 1] === "." ? null : { text: text.slice(0, at), end: at };
}

function parseQuotedString(text: string): { readonly text: string; readonly end: number } | null {
  let unquoted = "";
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '"') return { text: unquoted, end: at + 1 };
    if (text[at] === "\\") at++;
    const code = text.charCodeAt(at);
    if (!(code >= 0x20 && code <= 0x7e)) return null;
    unquoted += text[at];
  }
  return null;
}

function invalid(field: string, enhanced: "5.1.3" | "5.1.7"): Fault {
  const text = "expected a path in angle brackets of at most 256 octets (RFC 5321 section 4.1.2)";
  return fault("invalid-path", field, text, { code: 501, enhanced });
}
