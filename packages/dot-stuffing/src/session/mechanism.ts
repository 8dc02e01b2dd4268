import { checkTexts } from "../check.ts";
import { outOfRange } from "./out-of-range.ts";
import type { SaslClient } from "./sasl.ts";

/** Mechanisms that let whoever listens read a password or token (RFC 4616, the LOGIN draft, RFC 7628). */
const PLAINTEXT: ReadonlySet<string> = new Set(["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]);

/** Whether a mechanism, by its name in upper case, lets whoever listens read a password or token. */
export function revealsSecret(mechanism: string): boolean {
  return PLAINTEXT.has(mechanism);
}

/** Whether a mechanism does, by its name or by what it says of itself. */
export function showsSecret({ name, traits }: Pick<SaslClient, "name" | "traits">): boolean {
  return revealsSecret(name.toUpperCase()) || traits?.revealsPassword === true;
}

/**
 * The mechanisms, by their names in upper case, that a server offers at one moment. Without TLS those that reveal a
 * secret are left out, unless they are wanted all the same; and those that bind themselves to the TLS connection,
 * `-PLUS`, always, because there is none (RFC 5802 §6).
 */
export function offeredMechanisms(
  names: readonly string[],
  tls: boolean,
  plaintextWithoutTls: boolean,
): readonly string[] {
  if (tls) return names;
  return names.filter((name) => !name.endsWith("-PLUS") && (plaintextWithoutTls || !revealsSecret(name)));
}

/** `sasl-mech = 1*20( UPPER-ALPHA / DIGIT / "-" / "_" )` (RFC 4422 §3.1) */
export function isMechanismName(name: string): boolean {
  return /^[A-Z0-9_-]{1,20}$/.test(name);
}

/**
 * The names of mechanisms that an application offers, in upper case.
 *
 * @throws TypeError for anything but an array of strings, RangeError for a name outside RFC 4422 §3.1.
 */
export function mechanismNames(names: readonly string[], option = "mechanisms"): string[] {
  const upper = checkTexts(option, names).map((name) => name.toUpperCase());
  if (upper.every(isMechanismName)) return [...new Set(upper)];
  throw outOfRange(option, "names of 1 to 20 of A-Z, 0-9, - and _");
}
