import * as fc from "fast-check";
import type { Attribute, XclientName, XforwardName } from "../syntax/command/attributes.ts";
import type { Command, HelloCommand } from "../syntax/command/command.ts";
import { helloNameKind } from "../syntax/command/hello.ts";
import { MAX_COMMAND_LINE } from "../syntax/command/line.ts";
import { mailParameters as writeMail, rcptParameters as writeRcpt } from "../syntax/parameters/typed.ts";
import { mailParameters, rcptParameters } from "./envelopes.ts";
import {
  addressLiterals,
  domains,
  forwardPaths,
  type PathOptions,
  reversePaths,
  shortDomains,
  strings,
} from "./paths.ts";
import { CROSS, octets, printableText, upTo } from "./text.ts";

/** What {@link commands} may make. */
export interface CommandConstraints extends PathOptions {
  /**
   * Hellos and arguments outside RFC 5321's grammar too, such as deployed clients send and our parser takes by default:
   * names like `my_host`, text after the name, and free text in VRFY, EXPN, NOOP and HELP. About half of each.
   * Default false.
   */
  readonly lenient?: boolean;
}

/** How long the argument of a verb of four letters may be, in a line of 512 octets. */
export const MAX_ARGUMENT: number = MAX_COMMAND_LINE - "VERB \r\n".length;

/**
 * Commands of every kind, each of which its RFC's grammar allows, and unknown verbs. With `smtputf8` MAIL has that
 * parameter, and addresses and the arguments of VRFY and EXPN may be beyond ASCII.
 *
 * Arguments are short mostly; one in twenty is longer, and half of these are at their limit: what the line of 512
 * octets holds, or {@link domains} and {@link mailboxes} have.
 *
 * @example
 * ```ts
 * fc.assert(fc.property(commands(), (command) => {
 *   server.write(formatCommand(command));
 * }));
 * ```
 */
export function commands(constraints: CommandConstraints = {}): fc.Arbitrary<Command> {
  const { smtputf8 = false, lenient = false } = constraints;
  const options = { smtputf8 };
  const offered = () => (smtputf8 ? [] : undefined);
  const text = printableText(1, MAX_ARGUMENT);
  const argument = (limit: number, within?: PathOptions) =>
    lenient ? fc.oneof(CROSS, strings(limit, within), printableText(1, limit)) : strings(limit, within);
  const last = fc.boolean();
  const lookup = fc.constantFrom("VRFY" as const, "EXPN" as const);
  return fc.oneof<fc.Arbitrary<Command>[]>(
    CROSS,
    fc.constantFrom("DATA" as const, "RSET" as const, "QUIT" as const, "STARTTLS" as const).map((verb) => ({ verb })),
    hellos(lenient),
    fc.tuple(reversePaths(options), mailParameters()).map(([from, parameters]) => ({
      verb: "MAIL",
      from,
      parameters: writeMail(smtputf8 ? { ...parameters, smtputf8 } : parameters),
    })),
    fc.tuple(forwardPaths(options), rcptParameters(options)).map(([to, parameters]) => ({
      verb: "RCPT",
      to,
      parameters: writeRcpt(parameters, offered),
    })),
    fc
      .tuple(fc.constantFrom("NOOP" as const, "HELP" as const), fc.option(argument(MAX_ARGUMENT)))
      .map(([verb, found]) => ({ verb, argument: found })),
    fc
      .tuple(lookup, argument(MAX_ARGUMENT - (smtputf8 ? " SMTPUTF8".length : 0), options))
      .map(([verb, found]) => ({ verb, argument: found, smtputf8 })),
    fc
      .tuple(fc.constantFrom("PLAIN", "SCRAM-SHA-256", "X_1"), fc.option(responses()))
      .map(([mechanism, initialResponse]) => ({ verb: "AUTH", mechanism, initialResponse })),
    fc.record({ verb: fc.constant("BDAT" as const), size: fc.maxSafeNat(), last }),
    fc.record({
      verb: fc.constant("BURL" as const),
      url: fc
        .tuple(domains(), fc.nat())
        .map(([host, uid]) => `imap://user@${host}/INBOX;uid=${uid};urlauth=submit+user:internal`),
      last,
    }),
    fc.oneof(
      fc.record({ verb: fc.constant("ETRN" as const), option: fc.constantFrom("@" as const, null), node: domains() }),
      fc.record({
        verb: fc.constant("ETRN" as const),
        option: fc.constant("#" as const),
        node: printableText(1, MAX_ARGUMENT - 1),
      }),
    ),
    fc
      .option(
        fc.array(
          fc.tuple(shortDomains(), shortDomains()).map((parts) => parts.join(".")),
          { minLength: 1, maxLength: 3 },
        ),
      )
      .map((list) => ({ verb: "ATRN", domains: list })),
    attributes<XclientName>([
      ...PEER,
      attribute("PROTO", fc.constantFrom("SMTP", "ESMTP")),
      attribute(
        "LOGIN",
        printableText(1, 20).filter((login) => !login.includes(" ")),
      ),
    ]).map((list) => ({ verb: "XCLIENT", attributes: list })),
    attributes<XforwardName>([
      ...PEER,
      attribute("IDENT", fc.constant("4XyZ12")),
      attribute("SOURCE", fc.constantFrom("LOCAL", "REMOTE")),
    ]).map((list) => ({ verb: "XFORWARD", attributes: list })),
    fc
      .tuple(fc.constantFrom("XFOO", "TURN", "SEND"), fc.option(text))
      .map(([verb, argument]) => ({ verb: "other", name: verb, argument })),
  );
}

/**
 * A hello, as RFC 5321 §4.1.1.1 and RFC 2033 §4.1 have it, and leniently with any name, and text after it, beside a
 * domain of 255 octets at most.
 */
function hellos(lenient: boolean): fc.Arbitrary<HelloCommand> {
  const hello = (
    verbs: readonly HelloCommand["verb"][],
    names: fc.Arbitrary<string>,
    trailings: fc.Arbitrary<string | null>,
  ) =>
    fc.tuple(fc.constantFrom(...verbs), names, trailings).map(([verb, name, trailing]) => ({
      ...{ verb, name, nameKind: helloNameKind(name) },
      ...(trailing !== null && { trailing }),
    }));
  const none = fc.constant(null);
  const names = fc.oneof(CROSS, domains(), addressLiterals());
  const strict = fc.oneof(
    CROSS,
    { weight: 1, arbitrary: hello(["HELO"], domains(), none) },
    { weight: 2, arbitrary: hello(["EHLO", "LHLO"], names, none) },
  );
  if (!lenient) return strict;
  const odd = fc.oneof(CROSS, names, fc.constantFrom("my_host", "localhost.", "-"));
  return fc.oneof(CROSS, strict, hello(["HELO", "EHLO", "LHLO"], odd, fc.option(printableText(1, MAX_ARGUMENT - 256))));
}

/** Initial responses, up to what a line holds beside the longest of the names above. */
function responses(): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const digits = MAX_ARGUMENT - "SCRAM-SHA-256 ".length;
  const unit = fc.nat({ max: 255 }).map((octet) => String.fromCharCode(octet));
  return upTo(3 * Math.floor(digits / 4), fc.string({ unit, maxLength: 10 })).map(octets);
}

/** Attributes that XCLIENT and XFORWARD share. */
const PEER = [
  attribute("NAME", shortDomains()),
  attribute("ADDR", fc.oneof(fc.ipV4(), fc.constant("IPV6:2001:db8::1"))),
  attribute("PORT", fc.integer({ min: 0, max: 65_535 }).map(String)),
  attribute("HELO", shortDomains()),
  fc.constant<Attribute<"NAME">>({ name: "NAME", value: null, unavailable: "permanent" }),
];

function attribute<Name extends string>(name: Name, values: fc.Arbitrary<string>): fc.Arbitrary<Attribute<Name>> {
  return values.map((value) => ({ name, value }));
}

/** Some of these attributes, each once. */
function attributes<Name extends string>(
  all: readonly fc.Arbitrary<Attribute<Name>>[],
): fc.Arbitrary<Attribute<Name>[]> {
  return fc.uniqueArray(fc.oneof(...all), { selector: ({ name }) => name, minLength: 1, maxLength: 6 });
}
