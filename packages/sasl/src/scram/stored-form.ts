import { checkOptions, demand, demandOneOf, demandType, demandWhole } from "../check.ts";
import type { ScramKeys } from "../mechanism.ts";
import { ownOctets } from "../octets.ts";
import { decodeBase64, encodeBase64 } from "../text/base64.ts";
import { readCount } from "./messages.ts";
import { checkCount, MAX_ITERATIONS } from "./options.ts";
import { hideKeys } from "./stored-keys.ts";

/** The hashes of the registered names, and of SCRAM-SHA-512, in octets. */
const LENGTHS: Readonly<Record<string, number>> = { "SCRAM-SHA-1": 20, "SCRAM-SHA-256": 32, "SCRAM-SHA-512": 64 };

/** No hash is near it. */
const MOST_OCTETS = 1024;

/** `"rfc5803"` is PostgreSQL's too, which knows SCRAM-SHA-256 alone. */
export type ScramKeysForm = "rfc5803" | "dovecot";
const FORMS: readonly string[] = ["rfc5803", "dovecot"] satisfies ScramKeysForm[];

/** How many octets the keys of further mechanisms have, by name without `-PLUS`: from 1 to 1024. */
export interface KeyLengths {
  readonly keyLengths?: Readonly<Record<string, number>>;
}

/**
 * Keys as one line of text, to be stored. {@link parseScramKeys} reads it back: with more than 100 000 iterations, or
 * lengths of one's own, where its options say so too.
 *
 * ```text
 * SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d…=:wfPL…=    "rfc5803" (RFC 5803 §2), and PostgreSQL
 * {SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d…=,wfPL…=   "dovecot"
 * ```
 *
 * @throws TypeError, RangeError if they are no keys
 */
export function formatScramKeys(keys: ScramKeys, form: ScramKeysForm = "rfc5803", options: KeyLengths = {}): string {
  demandType("keys", keys, "object");
  const length = keyLength(keys.mechanism, checkOptions(options, ["keyLengths"]));
  const count = checkCount("iterations", keys.iterations);
  const salt = encodeBase64(ownOctets("salt", keys.salt));
  const stored = encodeBase64(ownOctets("storedKey", keys.storedKey, length));
  const server = encodeBase64(ownOctets("serverKey", keys.serverKey, length));
  demandOneOf("form", form, FORMS);
  return form === "dovecot"
    ? `{${keys.mechanism}}${count},${salt},${stored},${server}`
    : `${keys.mechanism}$${count}:${salt}$${stored}:${server}`;
}

/** Options of {@link parseScramKeys}. */
export interface ParseScramKeysOptions extends KeyLengths {
  /** A higher count is refused: a client would have to do the work. Default 100 000. */
  readonly maxIterations?: number;
}

/**
 * Reads either form, which tells itself.
 *
 * ```abnf
 * scram-mech      = "SCRAM-SHA-1" / scram-mech-ext   ; RFC 5803 §2, joined by "$" (RFC 3112)
 * scram-authInfo  = iter-count ":" salt
 * scram-authValue = stored-key ":" server-key
 * iter-count      = %x31-39 *DIGIT
 * ```
 *
 * @throws TypeError, RangeError that names the field, and shows nothing of it
 */
export function parseScramKeys(text: string, options: ParseScramKeysOptions = {}): ScramKeys {
  const { maxIterations = MAX_ITERATIONS } = checkOptions(options, ["maxIterations", "keyLengths"]);
  demandType("text", text);
  const found = RFC_5803.exec(text) ?? DOVECOT.exec(text);
  demand(found !== null, "text", "MECHANISM$COUNT:SALT$KEY:KEY or {MECHANISM}COUNT,SALT,KEY,KEY");
  const [, mechanism, count, ...fields] = found as unknown as readonly [string, string, string, ...string[]];
  const length = keyLength(mechanism, options);
  const iterations = readCount(count);
  const isCount = iterations !== null && iterations <= checkCount("maxIterations", maxIterations);
  demand(isCount, "iterations", `a count without leading zero, at most ${maxIterations}`);
  const [salt, storedKey, serverKey] = ["salt", "storedKey", "serverKey"].map((name, at) => {
    const octets = decodeBase64(fields[at]!);
    demand(octets !== null, name, "canonical base64");
    return ownOctets(name, octets, name === "salt" ? undefined : length);
  });
  return hideKeys({ mechanism, iterations, salt: salt!, storedKey: storedKey!, serverKey: serverKey! });
}

const RFC_5803 = /^([^${}]*)\$([^:$]*):([^:$]*)\$([^:$]*):([^:$]*)$/;
const DOVECOT = /^\{([^${}]*)\}([^,]*),([^,]*),([^,]*),([^,]*)$/;

function keyLength(mechanism: string, { keyLengths = {} }: KeyLengths): number {
  demandType("keyLengths", keyLengths, "object");
  for (const [name, length] of Object.entries(keyLengths)) demandWhole(`keyLengths.${name}`, length, 1, MOST_OCTETS);
  const lengths: Readonly<Record<string, number>> = { ...LENGTHS, ...keyLengths };
  demandType("mechanism", mechanism);
  demandOneOf("mechanism", mechanism, Object.keys(lengths));
  return lengths[mechanism]!;
}
