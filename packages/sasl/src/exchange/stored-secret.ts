import type { Credentials } from "../mechanism.ts";
import { ownOctets } from "../octets.ts";

/** What is computed of where there is no password. Nobody logs in with it. */
export const UNKNOWN: Uint8Array = /* @__PURE__ */ Uint8Array.of(0);

/**
 * What a digest is checked with, the callee's own: computed of the password, or as the server has stored it. An unknown
 * user and either form of credentials cost the same.
 *
 * @param form under which name it is stored, and how many octets that are
 * @throws TypeError, RangeError if the credentials are not acceptable
 */
export function storedSecret(
  credentials: Credentials | null,
  form: "contexts" | "hash",
  length: number,
  compute: (password: string | Uint8Array) => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const isPassword = credentials !== null && "password" in credentials;
  const computed = compute(isPassword ? credentials.password : UNKNOWN);
  if (credentials === null || isPassword) return computed;
  // Read as passwords and keys are: of an object of any make, hidden or computed.
  return ownOctets(form, (credentials as Readonly<Record<string, unknown>>)[form], length);
}
