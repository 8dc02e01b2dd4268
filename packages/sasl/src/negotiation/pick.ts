import { checkOptions, demand, demandList, demandType } from "../check.ts";
import type { MechanismTraits } from "../mechanism.ts";
import { mechanismName } from "./name.ts";

/** Strongest first: what hides the password, proves the server and binds the channel before what does not. */
const STRENGTH: readonly string[] = [
  "SCRAM-SHA-512-PLUS",
  "SCRAM-SHA-256-PLUS",
  "SCRAM-SHA-1-PLUS",
  "GSSAPI",
  "SCRAM-SHA-512",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "EXTERNAL",
  "OAUTHBEARER",
  "XOAUTH2",
  "DIGEST-MD5",
  "CRAM-MD5",
  "PLAIN",
  "ANONYMOUS",
];

/** Smaller is stronger. A mechanism that is not known here comes after those that are, and LOGIN after everything. */
function rank(name: string): number {
  const at = STRENGTH.indexOf(name);
  if (at >= 0) return at;
  return name === "LOGIN" ? STRENGTH.length + 1 : STRENGTH.length;
}

/** Negotiation mechanisms of their own: never picked (RFC 5801 §14.3). */
const NEVER: readonly string[] = ["SPNEGO", "SPNEGO-PLUS"];

/** What is looked at to pick: a mechanism, or what will make one. */
export interface Candidate {
  readonly name: string;
  readonly traits: Pick<MechanismTraits, "revealsPassword">;
}

/** What the caller permits. */
export interface PickPolicy {
  /** Whether the connection is protected by TLS. */
  readonly tls: boolean;
  /** Mechanisms that may reveal the password or token without TLS, by name. Default: none. */
  readonly allow?: readonly string[];
}

/** A mechanism that was not picked, and why, in English. */
export interface Refusal {
  readonly name: string;
  readonly reason: string;
}

/** What {@link pickMechanism} came to. */
export interface Picked<Mechanism> {
  readonly mechanism: Mechanism | null;
  /** What the server offered and what the caller has that could not be used. Weaker ones are not among them. */
  readonly refused: readonly Refusal[];
}

/**
 * Picks the strongest mechanism of those that the server offers, the caller has and the policy permits (RFC 4422
 * §6.1.2, §6.2). The server's order means nothing, nor does the caller's. No mechanism is used that is not among the
 * candidates: to make one a candidate is to ask for it, CRAM-MD5 and LOGIN included.
 *
 * @param offered names as the server listed them, in any case
 * @throws TypeError if an argument, or a part of it, is of another type; RangeError if the name of a candidate or of an
 *   allowed mechanism cannot be one (RFC 4422 §3.1)
 */
export function pickMechanism<Mechanism extends Candidate>(
  offered: readonly string[],
  candidates: readonly Mechanism[],
  policy: PickPolicy,
): Picked<Mechanism> {
  checkOffer(offered, policy, ["tls", "allow"]);
  checkMechanisms("candidates", candidates);
  return pick(offered, candidates, new Map(), policy);
}

/** @throws TypeError unless they are what a pick needs */
export function checkOffer<Policy extends PickPolicy>(
  offered: readonly string[],
  policy: Policy,
  names: readonly (keyof NoInfer<Policy> & string)[],
): void {
  demandList("offered", offered);
  const { tls, allow } = checkOptions(policy, names, "policy");
  // What is merely truthy, as "no" is, might show a password to whoever listens.
  demandType("tls", tls, "boolean");
  if (allow !== undefined) demandList("allow", allow);
}

/** @throws TypeError unless all of them say what they are */
export function checkMechanisms(argument: string, mechanisms: readonly Candidate[]): void {
  demandList(argument, mechanisms, "object");
  for (const { name, traits } of mechanisms) {
    demandType(`${argument}.name`, name);
    demandType(`${argument}.traits`, traits, "object");
    demandType(`${argument}.traits.revealsPassword`, traits.revealsPassword, "boolean");
  }
}

/** @param reasons why mechanisms that the server may offer are not among the candidates, by name */
export function pick<Mechanism extends Candidate>(
  offered: readonly string[],
  candidates: readonly Mechanism[],
  reasons: ReadonlyMap<string, string>,
  { tls, allow = [] }: PickPolicy,
): Picked<Mechanism> {
  const allowed = new Set(allow.map((name) => checkName("allow", name)));
  const available = new Set(offered.map(mechanismName));
  const names = new Set<string | null>();
  const refused: Refusal[] = [];
  const refuse = (name: string, reason: string) => void refused.push({ name, reason });
  let best: Mechanism | null = null;
  let bestRank = Infinity;
  for (const mechanism of candidates) {
    const name = checkName("candidates", mechanism.name);
    names.add(name);
    if (!available.has(name)) refuse(name, "not offered by the server");
    else if (NEVER.includes(name)) refuse(name, "ruled out by RFC 5801");
    else if (mechanism.traits.revealsPassword && !tls && !allowed.has(name))
      refuse(name, "reveals the password or token, and there is no TLS");
    else if (rank(name) < bestRank) {
      best = mechanism;
      bestRank = rank(name);
    }
  }
  for (const name of offered) {
    const known = mechanismName(name);
    if (known === null) refuse(name, "not a mechanism name");
    else if (!names.has(known)) refuse(name, reasons.get(known) ?? "not among the candidates");
  }
  return { mechanism: best, refused };
}

/**
 * What an honest server may offer under TLS alone: it binds to TLS, reveals a password or token, or believes a
 * certificate.
 */
const NEEDS_TLS = /-PLUS$|OAUTH|^(?:PLAIN|LOGIN|EXTERNAL)$/;

/**
 * Compares the mechanisms offered before TLS and under it: which of those that need no TLS are stronger than all that
 * were offered before? If there are any, somebody may have taken them out of the first list (RFC 4422 §6.1.2). An empty
 * first list shows nothing: many servers let nobody log in before TLS.
 *
 * @returns names in upper case, strongest first
 * @throws TypeError unless both are lists of names
 */
export function strongerThanBefore(before: readonly string[], after: readonly string[]): string[] {
  demandList("before", before);
  demandList("after", after);
  const [strongest] = byStrength(before);
  if (strongest === undefined) return [];
  return byStrength(after).filter((name) => rank(name) < rank(strongest) && !NEEDS_TLS.test(name));
}

/** Each name once; what is no name is left out. */
function byStrength(names: readonly string[]): string[] {
  const known = names.map(mechanismName).filter((name) => name !== null);
  return [...new Set(known)].sort((one, other) => rank(one) - rank(other));
}

export function checkName(argument: string, text: string): string {
  const name = mechanismName(text);
  demand(name !== null, argument, 'mechanism names of 1 to 20 of A to Z, 0 to 9, "-", "_"');
  return name;
}
