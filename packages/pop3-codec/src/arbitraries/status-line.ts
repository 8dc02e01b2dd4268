import fc from "fast-check";
import type { StatusLine } from "../syntax/response.ts";
import { printable } from "./text.ts";

/** Status lines, with and without response codes, that can be written in 512 octets (RFC 1939 §3, RFC 2449 §8). */
export function statusLine(): fc.Arbitrary<StatusLine> {
  const level = fc.string({ unit: fc.constantFrom(..."AZ09-.[\\^~"), minLength: 1, maxLength: 8 });
  const code = fc.oneof(
    fc.constantFrom("IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM", "AUTH", "UTF8", "SYS/TEMP/DISK", "X/Y"),
    fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/")),
  );
  return fc
    .record({ ok: fc.boolean(), code: fc.option(code), text: printable(0, 80) })
    .map(({ ok, code: found, text }) => ({ ok, code: found, text: found === null ? text.replace(/^\[/, "(") : text }));
}
