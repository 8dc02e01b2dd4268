import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { CHash } from "@noble/hashes/utils.js";
import { checkOptions, demandType } from "../check.ts";

/** One of the family (RFC 5802 §4). A further one is an object like these. */
export interface ScramHash {
  /** The mechanism's name without `-PLUS`, in upper case. */
  readonly mechanism: string;
  /** The hash function as Web Crypto names it. */
  readonly hash: string;
  /** A hash function of `@noble/hashes`; it says how long the keys are. */
  readonly compute: CHash;
}

/** SCRAM-SHA-1 (RFC 5802): 20 octets. */
export const scramSha1: ScramHash = { mechanism: "SCRAM-SHA-1", hash: "SHA-1", compute: sha1 };

/** SCRAM-SHA-256 (RFC 7677): 32 octets. */
export const scramSha256: ScramHash = { mechanism: "SCRAM-SHA-256", hash: "SHA-256", compute: sha256 };

/** SCRAM-SHA-512, as deployed: RFC 5802 with SHA-512, 64 octets. */
export const scramSha512: ScramHash = { mechanism: "SCRAM-SHA-512", hash: "SHA-512", compute: sha512 };

/**
 * Options beside a hash, as {@link checkOptions} gives them.
 *
 * @throws TypeError as that does, and unless it is a hash
 */
export function checkScram<Options extends object>(
  hash: ScramHash,
  options: Options,
  names: readonly (keyof NoInfer<Options> & string)[],
): Options {
  demandType("hash", hash, "object");
  demandType("hash.compute", hash.compute, "function");
  return checkOptions(options, names);
}
