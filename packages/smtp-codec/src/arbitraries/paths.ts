import * as fc from "fast-check";
import { type Mailbox, makeMailbox } from "../syntax/path/mailbox.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import { CROSS } from "./text.ts";

/** What the generators of addresses may use. */
export interface PathOptions {
  /** Characters beyond ASCII too (RFC 6531). Default false. */
  readonly smtputf8?: boolean;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ATEXT = `${LETTERS}!#$%&'*+-/=?^_\`{|}~`;
const BEYOND = "éßжא世𐐷";

function textOf(characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...characters), { minLength, maxLength }).map((chars) => chars.join(""));
}

/** Domains of one to four labels. */
export function domains({ smtputf8 = false }: PathOptions = {}): fc.Arbitrary<string> {
  const ends = LETTERS + (smtputf8 ? BEYOND : "");
  const label = fc
    .tuple(textOf(ends, 1, 8), textOf(`${ends}-`, 0, 6), textOf(ends, 1, 2))
    .map((parts) => parts.join(""));
  return fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
}

/** Address literals with their brackets: IPv4, IPv6 in all four forms, and general ones. */
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

/** What local-parts stand for: dot-atoms mostly, and text that has to be quoted. */
export function localParts({ smtputf8 = false }: PathOptions = {}): fc.Arbitrary<string> {
  const beyond = smtputf8 ? BEYOND : "";
  const atom = textOf(ATEXT + beyond, 1, 8);
  const quoted = textOf(`${ATEXT}${beyond} "\\.@<>,;:()[]`, 0, 12);
  return fc.oneof(
    CROSS,
    fc.array(atom, { minLength: 1, maxLength: 3 }).map((atoms) => atoms.join(".")),
    quoted,
  );
}

/** Mailboxes, without source routes. */
export function mailboxes(options: PathOptions = {}): fc.Arbitrary<Mailbox> {
  const host = fc.oneof(CROSS, { weight: 3, arbitrary: domains(options) }, { weight: 1, arbitrary: addressLiterals() });
  return fc.tuple(localParts(options), host).map(([localPart, domain]) => makeMailbox(localPart, domain));
}

/** Mailboxes, and the null path. */
export function reversePaths(options: PathOptions = {}): fc.Arbitrary<ReversePath> {
  const none: ReversePath = { kind: "null", address: "" };
  return fc.oneof({ weight: 4, arbitrary: mailboxes(options) }, { weight: 1, arbitrary: fc.constant(none) });
}

/** Mailboxes, and Postmaster. */
export function forwardPaths(options: PathOptions = {}): fc.Arbitrary<ForwardPath> {
  const postmaster = fc
    .constantFrom("Postmaster", "postmaster", "POSTMASTER")
    .map((address): ForwardPath => ({ kind: "postmaster", address }));
  return fc.oneof(CROSS, { weight: 6, arbitrary: mailboxes(options) }, { weight: 1, arbitrary: postmaster });
}
