import * as fc from "fast-check";
import type { Attribute, XclientName, XforwardName } from "../syntax/command/attributes.ts";
import type { Command } from "../syntax/command/command.ts";
import { helloNameKind } from "../syntax/command/hello.ts";
import { mailParameters as writeMail, rcptParameters as writeRcpt } from "../syntax/parameters/typed.ts";
import { mailParameters, rcptParameters } from "./envelopes.ts";
import { addressLiterals, domains, forwardPaths, type PathOptions, reversePaths } from "./paths.ts";
import { CROSS, printableText } from "./text.ts";

/**
 * Commands of every kind, unknown verbs too. With `smtputf8` MAIL has that parameter, and addresses may be beyond
 * ASCII.
 *
 * @example
 * ```ts
 * fc.assert(fc.property(commands(), (command) => {
 *   server.write(formatCommand(command));
 * }));
 * ```
 */
export function commands(options: PathOptions = {}): fc.Arbitrary<Command> {
  const { smtputf8 = false } = options;
  const offered = () => (smtputf8 ? [] : undefined);
  const text = printableText(1, 30);
  const name = fc.oneof(CROSS, domains(), addressLiterals(), fc.constantFrom("my_host", "localhost.", "-"));
  const last = fc.boolean();
  const lookup = fc.constantFrom("VRFY" as const, "EXPN" as const);
  return fc.oneof<fc.Arbitrary<Command>[]>(
    CROSS,
    fc.constantFrom("DATA" as const, "RSET" as const, "QUIT" as const, "STARTTLS" as const).map((verb) => ({ verb })),
    fc
      .tuple(fc.constantFrom("HELO" as const, "EHLO" as const, "LHLO" as const), name, fc.option(text, { freq: 9 }))
      .map(([verb, host, trailing]) => ({
        ...{ verb, name: host, nameKind: helloNameKind(host) },
        ...(trailing !== null && { trailing }),
      })),
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
      .tuple(fc.constantFrom("NOOP" as const, "HELP" as const), fc.option(text))
      .map(([verb, argument]) => ({ verb, argument })),
    fc.tuple(lookup, text, fc.constant(smtputf8)).map(([verb, argument, utf8]) => ({ verb, argument, smtputf8: utf8 })),
    fc
      .tuple(fc.constantFrom("PLAIN", "SCRAM-SHA-256", "X_1"), fc.option(fc.uint8Array({ maxLength: 60 })))
      .map(([mechanism, response]) => ({
        verb: "AUTH",
        mechanism,
        initialResponse: response === null ? null : new Uint8Array(response),
      })),
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
      fc.record({ verb: fc.constant("ETRN" as const), option: fc.constant("#" as const), node: text }),
    ),
    fc
      .option(
        fc.array(
          fc.tuple(domains(), domains()).map((parts) => parts.join(".")),
          { minLength: 1, maxLength: 3 },
        ),
      )
      .map((list) => ({ verb: "ATRN", domains: list })),
    attributes<XclientName>([
      ...PEER,
      attribute("PROTO", fc.constantFrom("SMTP", "ESMTP")),
      attribute("LOGIN", text.filter(hasNoSpace)),
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

/** Attributes that XCLIENT and XFORWARD share. */
const PEER = [
  attribute("NAME", domains()),
  attribute("ADDR", fc.oneof(fc.ipV4(), fc.constant("IPV6:2001:db8::1"))),
  attribute("PORT", fc.integer({ min: 0, max: 65_535 }).map(String)),
  attribute("HELO", domains()),
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

function hasNoSpace(text: string): boolean {
  return !text.includes(" ");
}
