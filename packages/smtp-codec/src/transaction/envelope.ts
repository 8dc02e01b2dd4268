import { Stuffer } from "dot-stuffing";
import { checkType } from "dot-stuffing/session";
import { toForwardPath, toReversePath } from "../client/commands.ts";
import {
  checkMailOptions,
  checkRcptOptions,
  type MailOptions,
  offeredHere,
  type RcptOptions,
} from "../client/envelope.ts";
import { domainOf, type Remaining } from "../client/session.ts";
import { type Capabilities, offers } from "../syntax/capabilities/capabilities.ts";
import { mailParameterSet, type ParameterSet, rcptParameterSet } from "../syntax/parameters/sets.ts";
import { needsSmtputf8 } from "../syntax/path/mailbox.ts";
import type { ForwardPath, ReversePath } from "../syntax/path/path.ts";

/** Who sends a message to whom, and how: what goes with MAIL stands beside. */
export interface Envelope extends Omit<MailOptions, "force"> {
  /** The reverse-path; `""` is the null path. */
  readonly from: ReversePath | string;
  readonly to: readonly (ForwardPath | string | EnvelopeRecipient)[];
}

/** A recipient with what goes with its RCPT. */
export interface EnvelopeRecipient extends Omit<RcptOptions, "force"> {
  readonly to: ForwardPath | string;
}

/** Why an envelope cannot be sent to a server. */
export interface EnvelopeProblem {
  /**
   * - `"not-offered"`: it needs an extension that the server does not offer.
   * - `"too-big"`: it is larger than SIZE allows.
   * - `"too-many-messages"`: LIMITS allows no more messages on this connection: another one will do.
   */
  readonly code: "not-offered" | "too-big" | "too-many-messages";
  /** The keyword of the extension. */
  readonly extension: string;
  readonly text: string;
}

/** A recipient in its typed form. */
export interface PreparedRecipient {
  readonly path: ForwardPath;
  readonly options: RcptOptions;
}

/** @throws TypeError unless it is a list, and for what goes with one and is none of its parameters; RangeError unless each is a mailbox or Postmaster, and there is one at least */
export function prepareRecipients({ to }: Envelope): PreparedRecipient[] {
  checkType("to", "array", to);
  if (to.length === 0) throw new RangeError('"to" expected at least one recipient');
  return to.map((recipient: Envelope["to"][number]) => {
    if (typeof recipient !== "object" || recipient === null || "kind" in recipient) {
      return { path: toForwardPath(recipient), options: {} };
    }
    const { to: path, ...options } = recipient;
    checkRcptOptions("to", options);
    return { path: toForwardPath(path), options };
  });
}

/** What goes with MAIL for all of an envelope: SMTPUTF8 where one of its paths needs it. @throws as {@link checkMailOptions} does */
export function mailOptions(
  { from: _, to: __, ...options }: Envelope,
  from: ReversePath,
  recipients: readonly PreparedRecipient[],
): MailOptions {
  checkMailOptions("envelope", options);
  const international = needsSmtputf8(from) || recipients.some(({ path }) => needsSmtputf8(path));
  return international ? { ...options, smtputf8: true } : options;
}

/**
 * What keeps an envelope from being sent, before anything is. Empty: nothing that the server has told of.
 *
 * @param tls whether TLS is active
 * @param messages how many messages LIMITS still allows
 * @throws RangeError for paths that are none
 */
export function envelopeProblems(
  envelope: Envelope,
  capabilities: Capabilities,
  tls: boolean,
  messages: number = Number.POSITIVE_INFINITY,
): EnvelopeProblem[] {
  const recipients = prepareRecipients(envelope);
  const options = mailOptions(envelope, toReversePath(envelope.from), recipients);
  return problemsOf(options, recipients, capabilities, tls, messages);
}

/** The same, of what was prepared. */
export function problemsOf(
  options: MailOptions,
  recipients: readonly PreparedRecipient[],
  capabilities: Capabilities,
  tls: boolean,
  messages: number,
): EnvelopeProblem[] {
  const { content = "8bit", size } = options;
  const needed = new Set<string>();
  if (content === "8bit") needed.add("8BITMIME");
  if (content === "binary") needed.add("BINARYMIME");
  if (options.smtputf8) needed.add("SMTPUTF8");
  addExtensions(needed, mailParameterSet, options);
  for (const recipient of recipients) addExtensions(needed, rcptParameterSet, recipient.options);
  const offered = offeredHere(capabilities, tls);
  const problems: EnvelopeProblem[] = [...needed]
    .filter((extension) => offered(extension) === undefined)
    .map((extension) => ({ code: "not-offered", extension, text: `the server does not offer ${extension}` }));
  const limit = capabilities.size?.limit ?? Number.POSITIVE_INFINITY;
  if (size !== undefined && size > limit) {
    problems.push({
      code: "too-big",
      extension: "SIZE",
      text: `the message has ${size} octets, the limit is ${limit}`,
    });
  }
  if (messages === 0) {
    problems.push({ code: "too-many-messages", extension: "LIMITS", text: "no more messages on this connection" });
  }
  return problems;
}

/** Adds the extensions that bring the parameters given; SIZE is left out where it is not offered, and the body is the content's. */
function addExtensions(needed: Set<string>, set: ParameterSet, given: MailOptions | RcptOptions): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || name === "size" || name === "smtputf8") continue;
    for (const extension in set[name]?.extensions) needed.add(extension);
  }
}

/** Recipients that go in transactions of their own, by their places; and those for whom LIMITS leaves no room. */
export interface Batches {
  readonly batches: readonly (readonly number[])[];
  readonly beyond: readonly number[];
}

/**
 * Splits recipients by what LIMITS allows (RFC 9422 §4).
 *
 * @param rcptMax the most recipients of a transaction; null: no limit
 * @param left the messages and the domains that the connection may still have
 */
export function splitRecipients(
  recipients: readonly PreparedRecipient[],
  rcptMax: number | null,
  left: Pick<Remaining, "mails" | "domains" | "countedDomains">,
): Batches {
  const domains = new Set(left.countedDomains);
  const most = domains.size + left.domains;
  const batches: number[][] = [];
  const beyond: number[] = [];
  for (const [place, { path }] of recipients.entries()) {
    const domain = domainOf(path);
    const last = batches.at(-1);
    const full = last === undefined || last.length === rcptMax;
    if ((!domains.has(domain) && domains.size >= most) || (full && batches.length >= left.mails)) {
      beyond.push(place);
      continue;
    }
    domains.add(domain);
    if (full) batches.push([place]);
    else last.push(place);
  }
  return { batches, beyond };
}

/**
 * The size that a message will have: its line ends made CRLF, a last one added where it is missing, without stuffed dots and the
 * final dot (RFC 1870 §5). In octets.
 */
export function messageSize(content: Uint8Array | Iterable<Uint8Array>): number {
  const stuffer = new Stuffer();
  for (const bytes of content instanceof Uint8Array ? [content] : content) stuffer.push(bytes);
  stuffer.end();
  return stuffer.size;
}

/** Whether content goes by BDAT. */
export function usesChunks(capabilities: Capabilities, wanted: boolean, content: Envelope["content"]): boolean {
  return content === "binary" || (wanted && offers(capabilities, "CHUNKING"));
}
