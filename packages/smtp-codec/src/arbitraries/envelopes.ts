import * as fc from "fast-check";
import type { MailParameters, RcptParameters } from "../syntax/parameters/sets.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";
import { encodeUnitext } from "../syntax/unitext.ts";
import { encodeXtext } from "../syntax/xtext.ts";
import { domains, forwardPaths, mailboxes, type PathOptions, reversePaths } from "./paths.ts";
import { CROSS, dateTimes, printableText } from "./text.ts";

/** What a message travels in: its sender and recipients, each with its parameters. */
export interface Envelope {
  readonly from: ReversePath;
  readonly parameters: MailParameters;
  readonly recipients: readonly { readonly to: ForwardPath; readonly parameters: RcptParameters }[];
}

/** Whether each key is there is left to chance. */
const ANY = { requiredKeys: [] };

/**
 * The parameters of MAIL, any of them together that may stand together, each in half of all cases. An ENVID is of at
 * most 20 characters mostly; one in twenty is longer, up to its limit of 100 octets as xtext (RFC 3461 §4.4).
 */
export function mailParameters(): fc.Arbitrary<MailParameters> {
  const yes = fc.constant(true as const);
  const word = fc.constantFrom("org.example:ADV:ADLT", "net.example:ADV", "x");
  const parameters = fc.record(
    {
      size: fc.nat(),
      body: fc.constantFrom("7BIT", "8BITMIME", "BINARYMIME"),
      smtputf8: yes,
      auth: reversePaths(),
      ret: fc.constantFrom("FULL", "HDRS"),
      envid: printableText(1, 100, (text) => encodeXtext(text).length),
      by: fc.oneof(
        CROSS,
        fc.record({
          seconds: fc.integer({ min: 1, max: 999_999_999 }),
          mode: fc.constant("R" as const),
          trace: fc.boolean(),
        }),
        fc.record({
          seconds: fc.integer({ min: -999_999_999, max: 999_999_999 }),
          mode: fc.constant("N" as const),
          trace: fc.boolean(),
        }),
      ),
      mtPriority: fc.integer({ min: -9, max: 9 }),
      requireTls: yes,
      solicit: fc.array(word, { minLength: 1, maxLength: 3 }),
      conPerm: yes,
    },
    ANY,
  );
  const hold = fc.oneof(
    CROSS,
    fc.constant({}),
    fc.record({ holdFor: fc.integer({ min: 1, max: 999_999_999 }) }),
    fc.record({ holdUntil: dateTimes() }),
  );
  // A message is not held back for longer than it may take (RFC 4865 §5.2).
  return fc.tuple(parameters, hold).map(([given, held]: [MailParameters, MailParameters]) => {
    const late = held.holdFor !== undefined && given.by !== undefined && held.holdFor > given.by.seconds;
    return late ? given : { ...given, ...held };
  });
}

/**
 * The parameters of RCPT, any of them together, each in half of all cases. Addresses are those of {@link mailboxes}.
 */
export function rcptParameters(options: PathOptions = {}): fc.Arbitrary<RcptParameters> {
  const occasions = fc.subarray(["SUCCESS", "FAILURE", "DELAY"] as const, { minLength: 1 });
  return fc.record(
    {
      notify: fc.oneof(CROSS, fc.constant("NEVER" as const), occasions),
      orcpt: fc.oneof(
        CROSS,
        mailboxes().map(({ address }) => ({ type: "rfc822", address })),
        mailboxes(options)
          // At most 500 octets (RFC 3461 §4.2).
          .filter(({ address }) => `utf-8;${encodeUnitext(address, false)}`.length <= 500)
          .map(({ address }) => ({ type: "utf-8", address })),
        domains().map((address) => ({ type: "x-unknown", address })),
      ),
      rrvs: fc.record({ since: dateTimes(), action: fc.constantFrom("C", "R", null) }),
      conNeg: fc.constant(true as const),
    },
    ANY,
  );
}

/**
 * Envelopes with one to five recipients, of {@link reversePaths}, {@link forwardPaths}, {@link mailParameters} and
 * {@link rcptParameters}; addresses beyond ASCII only if they are asked for, and then with the parameter.
 */
export function envelopes(options: PathOptions = {}): fc.Arbitrary<Envelope> {
  const recipient = fc.record({ to: forwardPaths(options), parameters: rcptParameters(options) });
  return fc
    .record({
      from: reversePaths(options),
      parameters: mailParameters(),
      recipients: fc.array(recipient, { minLength: 1, maxLength: 5 }),
    })
    .map((envelope) =>
      options.smtputf8 ? { ...envelope, parameters: { ...envelope.parameters, smtputf8: true } } : envelope,
    );
}
