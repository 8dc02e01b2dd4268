import { isPrintable, outOfRange } from "dot-stuffing/session";
import { isAtom, quotedString } from "../syntax/characters.ts";
import { literalKind } from "../syntax/path/address-literal.ts";
import { isDomain } from "../syntax/path/domain.ts";
import { type ForwardPath, formatPath, LENIENT } from "../syntax/path/path.ts";
import { type DateTimeInput, formatDateTime } from "./date-time.ts";
import { foldField } from "./fold.ts";

/** What the server knows of a peer from the connection, not from its hello (RFC 5321 §4.4). */
export interface TcpInfo {
  /** An address literal, as `addressLiteral` of `smtp-codec/syntax` makes it. */
  readonly literal: string;
  /** The domain that the address resolves to. */
  readonly domain?: string;
}

/** A host: its domain, or an address literal, which needs what is known of the connection beside it. */
export interface ExtendedDomain {
  readonly domain: string;
  readonly tcp?: TcpInfo;
  /** Free text that goes into a comment of its own. */
  readonly comment?: string;
}

/** What a Received field says. */
export interface Received {
  /**
   * The client: its name as it said hello, and what is known of the connection; {@link helloDomain} makes one of both.
   */
  readonly from: ExtendedDomain;
  /** The server. */
  readonly by: ExtendedDomain;
  /** A registered link, such as `TCP`; rarely given. */
  readonly via?: string;
  /** A registered protocol, as `withProtocol` gives it. */
  readonly with?: string;
  /** The solicitation classes of the message (RFC 3865 §2.6), in a comment after the protocol. */
  readonly solicit?: readonly string[];
  /** An atom, or a message identifier with its brackets. */
  readonly id?: string;
  /** The one recipient; left out where there are several, so as not to show them to one another (RFC 5321 §7.2). */
  readonly for?: ForwardPath;
  /** Registered clauses: `["PRIORITY", "3"]` (RFC 6710 §7), `["state", "spam/high"]` (RFC 6729 §3). */
  readonly clauses?: readonly (readonly [name: string, value: string])[];
  /** Now, from the caller's clock. */
  readonly date: DateTimeInput;
  /** Whether characters beyond ASCII may be written (RFC 6531 §3.7.3). Default false. */
  readonly smtputf8?: boolean;
}

/**
 * Writes the Received field that a server puts above a message, folded, with its CRLF (RFC 5321 §4.4). It is text to be
 * written as UTF-8. Nothing that is given can end the field.
 *
 * ```abnf
 * Time-stamp-line = "Received:" FWS Stamp <CRLF>
 * Stamp           = From-domain By-domain Opt-info [CFWS] ";" FWS date-time
 * From-domain     = "FROM" FWS Extended-Domain
 * By-domain       = CFWS "BY" FWS Extended-Domain
 * Opt-info        = [Via] [With] [ID] [For] [Additional-Registered-Clauses]
 * ```
 *
 * @example
 * ```ts
 * formatReceived({
 *   from: helloDomain("client.example.com", addressLiteral("192.0.2.1")),
 *   by: { domain: "mx.example.org" },
 *   with: withProtocol({ hello: "EHLO", tls: true }),
 *   id: "4XyZ12",
 *   date: { date: new Date(), offset: 60 },
 * });
 * // Received: from client.example.com ([192.0.2.1]) by mx.example.org with ESMTPS
 * //  id 4XyZ12; Sat, 28 Nov 2026 23:12:05 +0100
 * ```
 *
 * @throws RangeError naming the part that the grammar does not allow.
 */
export function formatReceived(received: Received): string {
  const { via, id, with: protocol, for: path, solicit = [], clauses = [], smtputf8 = false } = received;
  const words = ["from", ...hostWords("from", received.from), "by", ...hostWords("by", received.by)];
  if (via !== undefined) words.push("via", atom("via", via));
  if (protocol !== undefined) words.push("with", atom("with", protocol));
  if (solicit.length > 0) words.push(...commaPieces(comment(`SOLICIT=${solicit.join(",")}`)));
  if (id !== undefined) words.push("id", identifier(id));
  if (path !== undefined) words.push("for", formatPath(path, { ...LENIENT, smtputf8 }));
  for (const [name, value] of clauses) words.push(clauseName(name), isAtom(value) ? value : quoted(name, value));
  words.push(`${words.pop()};`, ...formatDateTime(received.date).split(" "));
  return foldField("Received", words);
}

/**
 * The from clause of a client by its hello and its address. A name that is neither domain nor literal, which the clause
 * must not have, goes into a comment, and the address takes its place.
 *
 * @param hello the name that came with HELO or EHLO
 * @param literal the client's address as an address literal
 * @param domain what the address resolves to
 * @example
 * ```ts
 * helloDomain("my_pc", "[192.0.2.1]"); // writes: from [192.0.2.1] ([192.0.2.1]) (HELO my_pc)
 * ```
 */
export function helloDomain(hello: string, literal: string, domain?: string): ExtendedDomain {
  const tcp: TcpInfo = domain === undefined ? { literal } : { literal, domain };
  if (isDomain(hello) || literalKind(hello) !== null) return { domain: hello, tcp };
  return { domain: literal, tcp, comment: `HELO ${hello}` };
}

/**
 * ```abnf
 * Extended-Domain = Domain / ( Domain FWS "(" TCP-info ")" ) / ( address-literal FWS "(" TCP-info ")" )
 * TCP-info        = address-literal / ( Domain FWS address-literal )
 * ```
 */
function hostWords(clause: string, { domain, tcp, comment: text }: ExtendedDomain): string[] {
  const literal = literalKind(domain) !== null;
  if (!literal && !isDomain(domain)) throw outOfRange(clause, "a domain or an address literal");
  if (literal && tcp === undefined) throw outOfRange(clause, '"tcp" beside an address literal');
  const words = [domain];
  if (tcp !== undefined) {
    if (literalKind(tcp.literal) === null || (tcp.domain !== undefined && !isDomain(tcp.domain))) {
      throw outOfRange(clause, '"tcp" to be an address literal, and perhaps a domain');
    }
    if (tcp.domain === undefined) words.push(`(${tcp.literal})`);
    else words.push(`(${tcp.domain}`, `${tcp.literal})`);
  }
  if (text !== undefined) words.push(comment(text));
  return words;
}

/**
 * `comment = "(" *([FWS] ccontent) [FWS] ")"`, on one line; what is special in it becomes quoted-pairs (RFC 5322
 * §3.2.2).
 */
function comment(text: string): string {
  if (!isPrintable(text)) throw outOfRange("comment", "printable ASCII");
  return `(${text.replace(/[()\\]/g, "\\$&")})`;
}

/** A list may be longer than a line: it is cut after commas, where white space does no harm. */
function commaPieces(list: string): string[] {
  return list.match(/.{1,900}(?:,|$)|[^,]+(?:,|$)/g)!;
}

function atom(clause: string, text: string): string {
  if (!isAtom(text)) throw outOfRange(clause, "an atom");
  return text;
}

/**
 * ``ID = CFWS "ID" FWS ( Atom / msg-id )``, where
 * `msg-id = "<" dot-atom-text "@" ( dot-atom-text / no-fold-literal ) ">"`.
 */
function identifier(id: string): string {
  const [, left, right] = /^<([^@<>]+)@([^@<>]+)>$/.exec(id) ?? [];
  const isDotAtom = (text: string) => text.split(".").every(isAtom);
  if (isAtom(id) || (left && right && isDotAtom(left) && (isDotAtom(right) || /^\[[!-Z^-~]*\]$/.test(right))))
    return id;
  throw outOfRange("id", "an atom or a message identifier in angle brackets");
}

/** The clauses that have their own place may not come again. */
const OWN: ReadonlySet<string> = new Set(["from", "by", "via", "with", "id", "for"]);

function clauseName(name: string): string {
  if (!isAtom(name) || OWN.has(name.toLowerCase())) throw outOfRange("clauses", "names of registered clauses");
  return name;
}

function quoted(clause: string, value: string): string {
  if (!isPrintable(value)) throw outOfRange(clause, "printable ASCII");
  return quotedString(value);
}
