import * as fc from "fast-check";
import type { Capabilities } from "../syntax/capabilities/capabilities.ts";
import { formatCapabilities } from "../syntax/capabilities/format.ts";
import { parseCapabilities } from "../syntax/capabilities/parse.ts";
import { domains } from "./paths.ts";
import { dateTimes, printableText } from "./text.ts";

const FLAGS = [
  ...["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING", "BINARYMIME", "DSN", "STARTTLS", "ETRN"],
  ...["ATRN", "RRVS", "REQUIRETLS", "CONPERM", "CONNEG", "HELP", "EXPN", "X-UNKNOWN"],
];

/**
 * What EHLO replies say: any extensions together, with their parameters, each in half of all cases; the host is one of
 * {@link domains}.
 */
export function capabilities(): fc.Arbitrary<Capabilities> {
  const limit = fc.option(fc.integer({ min: 1, max: 999_999 }));
  const word = fc.constantFrom("org.example:ADV", "net.example:ADV:ADLT", "x");
  return fc
    .record(
      {
        domain: domains(),
        greeting: printableText(0, 20),
        keywords: fc.subarray(FLAGS).map((flags) => new Map(flags.map((flag): [string, string[]] => [flag, []]))),
        auth: fc.subarray(["PLAIN", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5"]),
        size: fc.record({
          limit: fc.oneof(fc.constantFrom(null, Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 2 ** 40 })),
        }),
        limits: fc.record({
          mailMax: limit,
          rcptMax: limit,
          rcptDomainMax: limit,
          all: fc.constant(new Map([["X_OTHER", "1"]])),
        }),
        deliverBy: fc.record({ minimum: fc.option(fc.nat({ max: 999_999_999 })), tokens: fc.constantFrom([], ["x"]) }),
        futureRelease: fc.record({ maxInterval: fc.integer({ min: 1, max: 999_999_999 }), maxDateTime: dateTimes() }),
        mtPriority: fc.record({ policy: fc.constantFrom(null, "STANAG4406", "NSEP") }),
        noSoliciting: fc.array(word, { maxLength: 3 }),
        burl: fc.constantFrom([], ["imap"], ["imap", "imap://mail.example.com"]),
        xclient: fc.subarray(["NAME", "ADDR", "PORT", "HELO"]),
        xforward: fc.subarray(["NAME", "ADDR", "SOURCE"]),
      },
      { requiredKeys: ["domain"] },
    )
    .map((given) => parseCapabilities({ lines: formatCapabilities(given) }));
}
