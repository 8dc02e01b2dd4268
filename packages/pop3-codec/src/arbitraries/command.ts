import fc from "fast-check";
import type { Command } from "../syntax/command.ts";
import { CROSS, mechanismName, printable, word } from "./text.ts";

/** Every command, with arguments that can be written in 255 octets without `UTF8 USER` (RFC 1939, RFC 2449 §4). */
export function command(): fc.Arbitrary<Command> {
  const lines = fc.oneof(fc.nat(), fc.maxSafeNat());
  const number = lines.map((found) => Math.max(found, 1));
  const numberOrAll = fc.option(number);
  const digest = { minLength: 32, maxLength: 32, unit: fc.constantFrom(..."0123456789abcdef") };
  const language = fc.option(fc.constantFrom("*", "en", "de-CH", "en-boont"));
  const argument = fc.option(printable(1, 40).map((text) => text.replace(/ +$/, "..")));
  return fc.oneof<fc.Arbitrary<Command>[]>(
    CROSS,
    fc.record({ verb: fc.constantFrom("STAT", "RSET", "NOOP", "QUIT", "CAPA", "STLS", "UTF8") }),
    fc.record({ verb: fc.constant("USER"), name: word(40) }),
    fc.record({ verb: fc.constant("PASS"), secret: fc.constant(true), password: printable(1, 80) }),
    fc.record({ verb: fc.constant("APOP"), secret: fc.constant(true), name: word(40), digest: fc.string(digest) }),
    fc.record({ verb: fc.constantFrom("LIST", "UIDL"), number: numberOrAll }),
    fc.record({ verb: fc.constantFrom("RETR", "DELE"), number }),
    fc.record({ verb: fc.constant("TOP"), number, lines }),
    authCommand(),
    fc.record({ verb: fc.constant("LANG"), language }),
    fc.record({
      verb: fc.constant("other"),
      name: fc.constantFrom("LAST", "XTND", "XOIP", "X-1"),
      argument,
    }),
  );
}

function authCommand(): fc.Arbitrary<Command> {
  const octets = fc.uint8Array({ maxLength: 150 }).map((bytes) => Uint8Array.from(bytes));
  return fc
    .record({ mechanism: fc.option(mechanismName()), initialResponse: fc.option(octets) })
    .map(({ mechanism, initialResponse }) => ({
      verb: "AUTH",
      mechanism,
      secret: true,
      initialResponse: mechanism === null ? null : initialResponse,
    }));
}
