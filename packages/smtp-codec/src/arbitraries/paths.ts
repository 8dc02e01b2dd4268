import * as fc from "fast-check";
import { octetLength, quotedString } from "../syntax/characters.ts";
import { formatLocalPart } from "../syntax/path/local-part.ts";
import { type Mailbox, makeMailbox } from "../syntax/path/mailbox.ts";
import { type ForwardPath, MAX_PATH, type ReversePath } from "../syntax/path/path.ts";
import { CROSS, long, upTo } from "./text.ts";

/** What the generators of addresses may use. */
export interface PathOptions {
  /** Characters beyond ASCII too (RFC 6531). Default false. */
  readonly smtputf8?: boolean;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ATEXT = `${LETTERS}!#$%&'*+-/=?^_\`{|}~`;
const BEYOND = "éßжא世𐐷";
/** What only a Quoted-string may hold. */
const SPECIALS = ' "\\.@<>,;:()[]';
/** The longest local-part in octets, as it is written (RFC 5321 §4.5.3.1.1). */
const MAX_LOCAL_PART = 64;

function textOf(characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...characters), { minLength, maxLength }).map((chars) => chars.join(""));
}

/**
 * Domains of one to four labels (RFC 5321 §4.1.2). Labels are of 2 to 16 characters mostly; one domain in twenty has
 * long ones, of up to 63 octets, and half of these have 255 octets, the limit (§4.5.3.1.2). Long ones are ASCII.
 */
export function domains(options: PathOptions = {}): fc.Arbitrary<string> {
  const longer = long(252, textOf(LETTERS, 1, 8)).map((letters) => letters.replace(/.{63}(?=.)/g, "$&."));
  return fc.oneof(CROSS, { weight: 19, arbitrary: shortDomains(options) }, { weight: 1, arbitrary: longer });
}

/** Domains of at most 67 characters. */
export function shortDomains({ smtputf8 = false }: PathOptions = {}): fc.Arbitrary<string> {
  const ends = LETTERS + (smtputf8 ? BEYOND : "");
  const label = fc
    .tuple(textOf(ends, 1, 8), textOf(`${ends}-`, 0, 6), textOf(ends, 1, 2))
    .map((parts) => parts.join(""));
  return fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
}

/** Address literals with their brackets: IPv4, IPv6 in all four forms, and general ones (RFC 5321 §4.1.3). */
export function addressLiterals(): fc.Arbitrary<string> {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const groups = (count: number) => fc.array(group, { minLength: count, maxLength: count }).map((all) => all.join(":"));
  const upTo = (most: number) => fc.integer({ min: 0, max: most }).chain(groups);
  const ipv6 = fc.oneof(
    CROSS,
    fc.tuple(upTo(3), upTo(3)).map(([before, after]) => `${before}::${after}`),
    groups(8),
    fc.tuple(groups(6), fc.ipV4()).map((parts) => parts.join(":")),
    fc
      .tuple(upTo(2), upTo(2), fc.ipV4())
      .map(([before, after, last]) => `${before}::${after === "" ? "" : `${after}:`}${last}`),
  );
  const general = fc
    .tuple(textOf(LETTERS, 1, 4), textOf(`${LETTERS}.:!^~`, 1, 12))
    .map(([tag, content]) => `x-${tag}:${content}`);
  return fc
    .oneof(
      CROSS,
      fc.ipV4(),
      ipv6.map((address) => `IPv6:${address}`),
      general,
    )
    .map((inside) => `[${inside}]`);
}

/**
 * What local-parts stand for: dot-atoms, and text that has to be quoted (RFC 5321 §4.1.2). Of at most 26 characters
 * mostly; one in twenty is longer, and half of these take 64 octets, the limit (§4.5.3.1.1), as they are written.
 */
export function localParts({ smtputf8 = false }: PathOptions = {}): fc.Arbitrary<string> {
  const beyond = smtputf8 ? BEYOND : "";
  const atom = textOf(ATEXT + beyond, 1, 8);
  const quoted = textOf(ATEXT + beyond + SPECIALS, 0, 12);
  const atoms = fc.array(atom, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("."));
  return upTo(MAX_LOCAL_PART, fc.oneof(CROSS, atoms, quoted), (text) => octetLength(formatLocalPart(text)));
}

/**
 * Arguments of VRFY, EXPN, NOOP and HELP, up to a limit in octets.
 *
 * ```abnf
 * String = Atom / Quoted-string   ; RFC 5321 §4.1.2
 * ```
 */
export function strings(limit: number, { smtputf8 = false }: PathOptions = {}): fc.Arbitrary<string> {
  const beyond = smtputf8 ? BEYOND : "";
  const inside = textOf(ATEXT + beyond + SPECIALS, 0, 10);
  return fc.oneof(
    CROSS,
    upTo(limit, textOf(ATEXT + beyond, 1, 10), octetLength),
    upTo(limit, inside, (text) => octetLength(quotedString(text))).map(quotedString),
  );
}

/**
 * Mailboxes, without source routes: of {@link localParts} with {@link domains}, or, one in four, with
 * {@link addressLiterals}. A path of the longest ones has 256 octets, the limit (RFC 5321 §4.5.3.1.3).
 */
export function mailboxes(options: PathOptions = {}): fc.Arbitrary<Mailbox> {
  const host = fc.oneof(CROSS, { weight: 3, arbitrary: domains(options) }, { weight: 1, arbitrary: addressLiterals() });
  return fc.tuple(localParts(options), host).map(([localPart, domain]) => {
    const room = MAX_PATH - "<@>".length - octetLength(formatLocalPart(localPart));
    return makeMailbox(localPart, domain.slice(-room).replace(/^\./, ""));
  });
}

/** The paths of MAIL: {@link mailboxes}, and, one in five, the null path. */
export function reversePaths(options: PathOptions = {}): fc.Arbitrary<ReversePath> {
  const none: ReversePath = { kind: "null", address: "" };
  return fc.oneof({ weight: 4, arbitrary: mailboxes(options) }, { weight: 1, arbitrary: fc.constant(none) });
}

/** The paths of RCPT: {@link mailboxes}, and, one in seven, Postmaster without a domain. */
export function forwardPaths(options: PathOptions = {}): fc.Arbitrary<ForwardPath> {
  const postmaster = fc
    .constantFrom("Postmaster", "postmaster", "POSTMASTER")
    .map((address): ForwardPath => ({ kind: "postmaster", address }));
  return fc.oneof(CROSS, { weight: 6, arbitrary: mailboxes(options) }, { weight: 1, arbitrary: postmaster });
}
