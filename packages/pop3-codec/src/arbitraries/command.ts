import fc from "fast-check";
import { type Command, MAX_COMMAND_LENGTH } from "../syntax/command.ts";
import { CROSS, mechanismName, octets, printable, upTo, word } from "./text.ts";

/** How many octets the arguments of a verb may have. */
const room = (verb: string) => MAX_COMMAND_LENGTH - `${verb} \r\n`.length;

/**
 * Every command, and some of no document, with arguments that can be written without `UTF8 USER`. Names, passwords and
 * initial responses are of at most 12 octets mostly; one in twenty is longer, and half of these make the command as
 * long as it may be, 255 octets (RFC 2449 §4); with an initial response it is as near as base64 comes.
 */
export function command(): fc.Arbitrary<Command> {
  const lines = fc.oneof(fc.nat(), fc.maxSafeNat());
  const number = lines.map((found) => Math.max(found, 1));
  const numberOrAll = fc.option(number);
  const digest = { minLength: 32, maxLength: 32, unit: fc.constantFrom(..."0123456789abcdef") };
  const language = fc.option(fc.constantFrom("*", "en", "de-CH", "en-boont"));
  const argument = fc.option(printable(1, room("XTND")).map((text) => text.replace(/ +$/, ".")));
  return fc.oneof<fc.Arbitrary<Command>[]>(
    CROSS,
    fc.record({ verb: fc.constantFrom("STAT", "RSET", "NOOP", "QUIT", "CAPA", "STLS", "UTF8") }),
    fc.record({ verb: fc.constant("USER"), name: word(room("USER")) }),
    fc.record({ verb: fc.constant("PASS"), secret: fc.constant(true), password: printable(1, room("PASS")) }),
    fc.record({
      verb: fc.constant("APOP"),
      secret: fc.constant(true),
      name: word(room("APOP") - " ".length - digest.maxLength),
      digest: fc.string(digest),
    }),
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
  const unit = fc.nat({ max: 255 }).map((octet) => String.fromCharCode(octet));
  const response = (mechanism: string) =>
    upTo(3 * Math.floor(room(`AUTH ${mechanism}`) / 4), fc.string({ unit, maxLength: 12 })).map(octets);
  return fc
    .option(mechanismName())
    .chain((mechanism) =>
      fc.record({ mechanism: fc.constant(mechanism), initialResponse: fc.option(response(mechanism ?? "")) }),
    )
    .map(({ mechanism, initialResponse }) => ({
      verb: "AUTH",
      mechanism,
      secret: true,
      initialResponse: mechanism === null ? null : initialResponse,
    }));
}
