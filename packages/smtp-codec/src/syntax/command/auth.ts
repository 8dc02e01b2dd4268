import { conceal, decodeBase64, encodeBase64, isMechanismName, outOfRange, plainChunk } from "dot-stuffing/session";
import { type Fault, fault, SYNTAX_ERROR } from "../fault.ts";
import type { AuthCommand } from "./command.ts";

/** The service name under which SASL knows SMTP and submission (RFC 4954 §4). */
export const saslService = "smtp";

/**
 * The first line of an AUTH command; the others are the exchange's (RFC 4954 §4, §8).
 *
 * ```abnf
 * auth-command     = "AUTH" SP sasl-mech [SP initial-response]
 *                    *(CRLF [base64]) [CRLF cancel-response] CRLF
 * initial-response = base64 / "="
 * sasl-mech        = 1*20( UPPER-ALPHA / DIGIT / "-" / "_" )
 * ```
 */
export function parseAuth(argument: string | null): AuthCommand | Fault {
  if (argument === null) return fault("missing-argument", "mechanism", "AUTH expected a mechanism");
  const [name = "", initial, ...more] = argument.split(" ");
  const mechanism = name.toUpperCase();
  if (!isMechanismName(mechanism) || more.length > 0) {
    return fault("invalid-argument", "mechanism", "expected the name of a mechanism and at most one initial response");
  }
  if (initial === undefined) return conceal({ verb: "AUTH", mechanism }, { initialResponse: null });
  const initialResponse = initial === "=" ? new Uint8Array(0) : decodeBase64(initial);
  if (initialResponse === null || initial === "") {
    return fault("invalid-argument", "initial response", "expected base64 or =", SYNTAX_ERROR);
  }
  return conceal({ verb: "AUTH", mechanism }, { initialResponse });
}

/**
 * @throws TypeError for an initial response that is neither octets nor null, RangeError for a mechanism's name outside
 *   the grammar.
 */
export function formatAuth({ mechanism, initialResponse }: AuthCommand): string {
  if (!isMechanismName(mechanism)) throw outOfRange("mechanism", "1 to 20 of A-Z, 0-9, - and _");
  if (initialResponse === null) return `AUTH ${mechanism}`;
  const octets = plainChunk("initialResponse", initialResponse);
  return `AUTH ${mechanism} ${octets.length === 0 ? "=" : encodeBase64(octets)}`;
}
