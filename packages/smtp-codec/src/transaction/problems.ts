import { plainChunk } from "dot-stuffing/session";
import {
  type ContentKind,
  type MailOptions,
  offeredHere,
  type PreparedMail,
  type PreparedRcpt,
  prepareMail,
  prepareRcpt,
  type RcptOptions,
} from "../client/envelope.ts";
import { unsendable } from "../client/sendable.ts";
import { isSevenBit } from "../client/seven-bit.ts";
import type { Capabilities } from "../syntax/capabilities/capabilities.ts";
import type { Offered } from "../syntax/parameters/parameter.ts";
import { mailParameterSet, type ParameterSet, rcptParameterSet } from "../syntax/parameters/sets.ts";
import { needsSmtputf8 } from "../syntax/path/mailbox.ts";
import { type Envelope, type PreparedEnvelope, prepareEnvelope } from "./envelope.ts";

/** Why an envelope cannot be sent to a server. */
export interface EnvelopeProblem {
  /**
   * - `"not-offered"`: it needs an extension that the server does not offer.
   * - `"not-taken"`: a value is beyond what the server has announced: BY, HOLDFOR, HOLDUNTIL.
   * - `"not-sendable"`: a path or a value that a lenient server may have taken, and that no client may send.
   * - `"not-7bit"`: the content is declared to be 7-bit, and is not.
   * - `"too-big"`: it is larger than SIZE allows.
   * - `"too-many-messages"`: LIMITS allows no more messages on this connection: another one will do.
   */
  readonly code: "not-offered" | "not-taken" | "not-sendable" | "not-7bit" | "too-big" | "too-many-messages";
  /** The keyword of the extension; null: it is a matter of none. */
  readonly extension: string | null;
  /**
   * The place of the recipient that it is about: without them there is one problem less. What several recipients need
   * is a problem of each. Absent: it is the whole envelope's, and leaving one out would not help.
   */
  readonly recipient?: number;
  readonly text: string;
}

/**
 * What keeps an envelope from being sent, before anything is. Empty: nothing that the server has told of. What a server
 * session has accepted is never thrown at, whatever the next hop offers.
 *
 * @param tls whether TLS is active
 * @param messages how many messages LIMITS still allows
 * @param content where all of it is at hand: it is looked at, as `SmtpTransaction` does
 * @throws TypeError for what is of another type, RangeError for a text that is no path, and for values outside their
 *   range
 */
export function envelopeProblems(
  envelope: Envelope,
  capabilities: Capabilities,
  tls: boolean,
  messages: number = Number.POSITIVE_INFINITY,
  content: Uint8Array | null = null,
): readonly EnvelopeProblem[] {
  if (content !== null) plainChunk("content", content);
  return commandsOf(prepareEnvelope(envelope, capabilities, content), { capabilities, tls, messages }, content)
    .problems;
}

/** What a server takes at the moment. */
export interface NextHop {
  readonly capabilities: Capabilities;
  readonly tls: boolean;
  /** How many messages LIMITS still allows. */
  readonly messages: number;
}

/** An envelope's commands, which are all there where nothing keeps them from being sent. */
export interface EnvelopeCommands {
  readonly problems: readonly EnvelopeProblem[];
  readonly mail: PreparedMail | null;
  /** In the order of the recipients. */
  readonly recipients: readonly PreparedRcpt[];
}

/** The same, of what was prepared, with the commands. @param content where all of it is at hand */
export function commandsOf(prepared: PreparedEnvelope, hop: NextHop, content: Uint8Array | null): EnvelopeCommands {
  const problems = problemsOf(prepared, hop, content);
  return problems.length > 0 ? { problems, mail: null, recipients: [] } : written(prepared, hop);
}

/** What can be said before anything is written. */
function problemsOf(
  prepared: PreparedEnvelope,
  { capabilities, tls, messages }: NextHop,
  content: Uint8Array | null,
): EnvelopeProblem[] {
  const { options } = prepared;
  const { content: kind = "8bit", size = 0 } = options;
  const problems = extensionProblems(prepared, kind, offeredHere(capabilities, tls));
  const limit = capabilities.size?.limit ?? Number.POSITIVE_INFINITY;
  // A server reads a figure beyond all figures as Infinity (RFC 1870 §6), which cannot be declared.
  if (size > limit || size === Number.POSITIVE_INFINITY) {
    const text = `the message has ${size} octets, the limit is ${limit}`;
    problems.push({ code: "too-big", extension: "SIZE", text });
  }
  if (messages === 0) {
    problems.push({ code: "too-many-messages", extension: "LIMITS", text: "no more messages on this connection" });
  }
  if (kind === "7bit" && content !== null && !isSevenBit(content)) {
    problems.push({ code: "not-7bit", extension: "8BITMIME", text: NOT_7BIT });
  }
  problems.push(...pathProblems(prepared));
  return problems;
}

/** What is needed and not offered: by the message, or by some of its recipients, where leaving these out helps. */
function extensionProblems(
  { options, smtputf8, recipients }: PreparedEnvelope,
  kind: ContentKind,
  offered: Offered,
): EnvelopeProblem[] {
  const missing = (needed: Iterable<string>) => [...needed].filter((extension) => offered(extension) === undefined);
  const problem = (extension: string) =>
    ({ code: "not-offered", extension, text: `the server does not offer ${extension}` }) as const;
  const needed = new Set<string>();
  if (kind === "8bit") needed.add("8BITMIME");
  if (kind === "binary") needed.add("BINARYMIME");
  if (smtputf8) needed.add("SMTPUTF8");
  addExtensions(needed, mailParameterSet, options);
  const ofAll = missing(needed);
  const ofEach = recipients.flatMap(({ path, options: each }, recipient) => {
    const own = new Set<string>();
    if (options.smtputf8 && needsSmtputf8(path)) own.add("SMTPUTF8");
    addExtensions(own, rcptParameterSet, each);
    return missing(own).flatMap((extension) => (needed.has(extension) ? [] : [{ ...problem(extension), recipient }]));
  });
  return [...ofAll.map(problem), ...ofEach];
}

/** Why content that was declared to be 7-bit is not sent. */
export const NOT_7BIT = "the content is declared to be 7-bit, and has octets above 127";

function pathProblems({ fault, recipients }: PreparedEnvelope): EnvelopeProblem[] {
  const problem = (text: string) => ({ code: "not-sendable", extension: null, text }) as const;
  return [
    ...(fault === null ? [] : [problem(fault)]),
    ...recipients.flatMap((each, recipient) => (each.fault === null ? [] : [{ ...problem(each.fault), recipient }])),
  ];
}

/** The commands, and values that are refused though everything that they need is offered. */
function written({ from, options, recipients }: PreparedEnvelope, { capabilities, tls }: NextHop): EnvelopeCommands {
  const problems: EnvelopeProblem[] = [];
  const smtputf8 = options.smtputf8 === true;
  const mail = attempt(problems, {}, () => prepareMail(from, options, capabilities, tls));
  const rcpts = recipients.map(({ path, options: each }, recipient) =>
    attempt(problems, { recipient }, () => prepareRcpt(path, each, capabilities, smtputf8)),
  );
  return { problems, mail, recipients: rcpts.filter((rcpt) => rcpt !== null) };
}

/** What can be written, or null, and why. @throws what is no matter of the server */
function attempt<Prepared>(
  problems: EnvelopeProblem[],
  about: Pick<EnvelopeProblem, "recipient">,
  prepare: () => Prepared,
): Prepared | null {
  try {
    return prepare();
  } catch (error) {
    const reason = unsendable(error);
    if (reason === undefined) throw error;
    problems.push({ ...reason, ...about, text: (error as Error).message });
    return null;
  }
}

/**
 * Adds the extensions that bring the parameters given; SIZE is left out where it is not offered, and the body is the
 * content's.
 */
function addExtensions(needed: Set<string>, set: ParameterSet, given: MailOptions | RcptOptions): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || name === "size" || name === "smtputf8") continue;
    for (const extension in set[name]?.extensions) needed.add(extension);
  }
}
