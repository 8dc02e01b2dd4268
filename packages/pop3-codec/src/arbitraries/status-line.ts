import fc from "fast-check";
import { MAX_RESPONSE_LENGTH, type StatusLine } from "../syntax/response.ts";
import { printable } from "./text.ts";

/**
 * Status lines, with and without response codes (RFC 1939 §3, RFC 2449 §8). Texts are of at most 12 octets mostly; one
 * in twenty is longer, and half of these make the line of `-ERR` as long as it may be, 512 octets.
 */
export function statusLine(): fc.Arbitrary<StatusLine> {
  const room = MAX_RESPONSE_LENGTH - "-ERR \r\n".length;
  const level = fc.string({ unit: fc.constantFrom(..."AZ09-.[\\^~"), minLength: 1, maxLength: 8 });
  const code = fc.oneof(
    fc.constantFrom("IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM", "AUTH", "UTF8", "SYS/TEMP/DISK", "X/Y"),
    fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/")),
  );
  return fc
    .record({ ok: fc.boolean(), code: fc.option(code), text: printable(0, room) })
    .map(({ ok, code: found, text }) => ({
      ...{ ok, code: found },
      text: found === null ? text.replace(/^\[/, "(") : text.slice(0, room - `[${found}] `.length),
    }));
}
