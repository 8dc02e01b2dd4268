import { checkType, outOfRange, sizeAsSent } from "dot-stuffing/session";
import { checkMailOptions, checkRcptOptions, type MailOptions, type RcptOptions } from "../client/envelope.ts";
import { toForwardPath, toReversePath } from "../client/paths.ts";
import { isSevenBit } from "../client/seven-bit.ts";
import { type Capabilities, offers } from "../syntax/capabilities/capabilities.ts";
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

/** A recipient in its typed form. */
export interface PreparedRecipient {
  readonly path: ForwardPath;
  readonly options: RcptOptions;
  /** Why the path cannot be sent; null: it can. */
  readonly fault: string | null;
}

/** An envelope in its typed form. */
export interface PreparedEnvelope {
  readonly from: ReversePath;
  /** Why the reverse-path cannot be sent; null: it can. */
  readonly fault: string | null;
  readonly options: MailOptions;
  /** Whether SMTPUTF8 is needed, whoever the recipients are. */
  readonly smtputf8: boolean;
  readonly recipients: readonly PreparedRecipient[];
}

/**
 * Gives an envelope its typed form. Of a path that was parsed, as by a server with its leniencies, it is said why it
 * cannot be sent; a text that is no path is the caller's mistake.
 *
 * @param content where all of it is at hand: its size is declared, and that it is ASCII, where the envelope does not
 *   say what it is
 * @throws TypeError for recipients that are no list, and for what goes with them or with MAIL and is none of their
 *   parameters
 * @throws RangeError for a text that is no path, where there is no recipient, and for another kind of content
 */
export function prepareEnvelope(
  envelope: Envelope,
  capabilities: Capabilities,
  content: Uint8Array | null = null,
): PreparedEnvelope {
  const { from: sender, to, ...given } = envelope;
  const [from, fault] = strictPath(sender, toReversePath);
  checkType("to", "array", to);
  if (to.length === 0) throw outOfRange("to", "at least one recipient");
  const recipients = to.map((recipient, place) => prepareRecipient(recipient, `to[${place}]`));
  checkMailOptions("envelope", given);
  const smtputf8 = given.smtputf8 === true || needsSmtputf8(from);
  const international = smtputf8 || recipients.some(({ path }) => needsSmtputf8(path));
  const { size, content: kind } = given;
  const options: MailOptions = {
    ...given,
    ...(size === undefined && content !== null && offers(capabilities, "SIZE") && { size: sizeOf(content, kind) }),
    ...(content !== null && isPlain(content, kind, capabilities) && { content: "7bit" }),
    ...(international && { smtputf8: true }),
  };
  return { from, fault, options, smtputf8, recipients };
}

/**
 * @param name what it is called where it is wrong. A path that was parsed is a problem: those of several are one text
 */
function prepareRecipient(recipient: Envelope["to"][number], name: string): PreparedRecipient {
  const toPath = (path: ForwardPath | string) => toForwardPath(path, Object(path).kind === undefined ? name : "to");
  if (typeof recipient !== "object" || recipient === null || "kind" in recipient) {
    const [path, fault] = strictPath(recipient, toPath);
    return { path, options: {}, fault };
  }
  const { to, ...options } = recipient;
  checkRcptOptions(name, options);
  const [path, fault] = strictPath(to, toPath);
  return { path, options, fault };
}

/** The path, and why it cannot be sent. @throws TypeError for what is no path, RangeError for a text that is none */
function strictPath<Path extends ReversePath | ForwardPath>(
  path: Path | string,
  toPath: (path: Path | string) => Path,
): [path: Path, fault: string | null] {
  if (typeof path === "string") return [toPath(path), null];
  try {
    return [toPath(path), null];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [path, error.message];
  }
}

/**
 * Whether content is ASCII, and goes as that: of which nothing was said, or which needs no 8BITMIME though it was said
 * to, as by a client that labels all that it sends (RFC 6152 §3). Where it is offered, what was said is passed on.
 */
function isPlain(content: Uint8Array, kind: Envelope["content"], capabilities: Capabilities): boolean {
  const isOpen = kind === undefined || (kind === "8bit" && !offers(capabilities, "8BITMIME"));
  return isOpen && isSevenBit(content);
}

function sizeOf(content: Uint8Array, kind: Envelope["content"]): number {
  return kind === "binary" ? content.length : sizeAsSent(content);
}

/** Whether content goes by BDAT. */
export function usesChunks(capabilities: Capabilities, wanted: boolean, content: Envelope["content"]): boolean {
  return content === "binary" || (wanted && offers(capabilities, "CHUNKING"));
}
