import { checkNames, checkObject, checkTexts, checkType, outOfRange } from "dot-stuffing/session";
import type { EnhancedCode } from "../syntax/reply/enhanced-code.ts";
import { classOf, type Reply } from "../syntax/reply/reply.ts";

/** A reply as an application gives it; what is left out comes from the default for the event. */
export interface ReplyParts {
  readonly code?: number;
  readonly enhanced?: EnhancedCode;
  /** One line or several; printable ASCII. */
  readonly text?: string | readonly string[];
}

/**
 * A reply: its text alone, some of its parts, or a whole one, such as a client's session got or a helper made. A whole
 * one without an enhanced code gets what parts without it get.
 */
export type ReplyInput = ReplyParts | Reply | string;

/** A default: what is sent when nobody says otherwise. */
export interface ReplyTemplate {
  readonly code: number;
  readonly enhanced: EnhancedCode | null;
  readonly text: string;
}

function says(code: number, enhanced: EnhancedCode | null, text: string): ReplyTemplate {
  return { code, enhanced, text };
}

/** What an event's answers say by default. */
interface Answers {
  /** Null: the event has nothing to accept. */
  readonly accept: ReplyTemplate | null;
  /** Null: the command cannot be refused but by 421 (RFC 5321 §4.1.1.5, §4.1.1.10, §4.2.2). */
  readonly reject: ReplyTemplate | null;
}

/** The events that can be accepted or rejected. */
export type Answerable =
  | "connect"
  | "helo"
  | "ehlo"
  | "lhlo"
  | "mail"
  | "rcpt"
  | "data"
  | "bdat"
  | "chunk"
  | "burl"
  | "message"
  | "delivery"
  | "rset"
  | "noop"
  | "help"
  | "vrfy"
  | "expn"
  | "etrn"
  | "atrn"
  | "xclient"
  | "xforward"
  | "quit"
  | "starttls"
  | "auth"
  | "authenticated";

const defaultRefusal: ReplyTemplate = says(550, "5.7.1", "refused");
const messageRefused: ReplyTemplate = says(554, "5.7.1", "message refused");
const hello: Answers = {
  accept: says(250, null, ""),
  reject: says(550, null, "refused"),
};

/** The default replies to the events that an application may accept or reject (RFC 5321 §4.3.2). */
export const answers: { readonly [Event in Answerable]: Answers } = {
  connect: {
    accept: says(220, null, ""),
    reject: says(554, null, "no service here"),
  },
  helo: hello,
  ehlo: hello,
  lhlo: hello,
  mail: { accept: says(250, "2.1.0", "sender ok"), reject: defaultRefusal },
  rcpt: { accept: says(250, "2.1.5", "recipient ok"), reject: defaultRefusal },
  data: {
    accept: says(354, null, "go ahead, end with a line of a single dot"),
    reject: says(554, "5.7.1", "refused"),
  },
  // Accepted, it is answered after its octets.
  bdat: { accept: null, reject: messageRefused },
  chunk: { accept: says(250, "2.0.0", "chunk received"), reject: messageRefused },
  // With LAST it is answered as the message.
  burl: {
    accept: says(250, "2.5.0", "waiting for more"),
    reject: says(554, "5.6.6", "the URL cannot be resolved"),
  },
  message: { accept: says(250, "2.0.0", "message accepted"), reject: messageRefused },
  delivery: { accept: says(250, "2.0.0", "delivered"), reject: messageRefused },
  rset: { accept: says(250, "2.0.0", "ok"), reject: null },
  noop: { accept: says(250, "2.0.0", "ok"), reject: null },
  help: {
    accept: says(214, "2.0.0", "see RFC 5321"),
    reject: says(504, "5.5.4", "no help on that"),
  },
  vrfy: {
    accept: says(252, "2.5.0", "cannot verify, send some mail and see"),
    reject: says(550, "5.1.1", "no such user"),
  },
  expn: {
    accept: says(250, "2.1.5", "the list has no members"),
    reject: says(550, "5.1.1", "no such list"),
  },
  etrn: {
    accept: says(250, "2.0.0", "queuing started"),
    reject: says(459, "4.7.1", "not allowed"),
  },
  atrn: {
    accept: says(250, "2.0.0", "now reversing the connection"),
    reject: says(450, "4.7.0", "ATRN request refused"),
  },
  xclient: {
    accept: says(220, null, ""),
    reject: says(550, "5.7.0", "not allowed"),
  },
  xforward: {
    accept: says(250, "2.0.0", "ok"),
    reject: says(550, "5.7.0", "not allowed"),
  },
  quit: { accept: says(221, "2.0.0", "closing connection"), reject: null },
  starttls: {
    accept: says(220, "2.0.0", "ready to start TLS"),
    reject: says(454, "4.7.0", "TLS not available now"),
  },
  auth: { accept: null, reject: says(535, "5.7.8", "authentication failed") },
  authenticated: {
    accept: says(235, "2.7.0", "authentication succeeded"),
    reject: says(535, "5.7.8", "authentication failed"),
  },
};

/**
 * Completes what the application gave. A code without an enhanced one gets its class followed by `.0.0` (RFC 2034 §4).
 *
 * @throws TypeError for what is no reply
 */
export function completeReply(input: ReplyInput | undefined, template: ReplyTemplate): Reply {
  const parts: Parts = input === undefined ? {} : typeof input === "string" ? { text: input } : partsOf(input);
  const code = parts.code ?? template.code;
  const text = parts.text ?? template.text;
  return {
    code,
    enhanced: parts.enhanced ?? defaultEnhanced(parts, template),
    lines: typeof text === "string" ? [text] : text,
  };
}

/** What was given of a reply. */
interface Parts {
  readonly code?: number | undefined;
  readonly enhanced?: EnhancedCode | null | undefined;
  readonly text?: string | readonly string[] | undefined;
}

const PARTS: readonly string[] = ["code", "enhanced", "text"] satisfies readonly (keyof ReplyParts)[];
const WHOLE: readonly string[] = ["code", "enhanced", "lines", "octets"] satisfies readonly (keyof Reply)[];

/** @throws TypeError for what is no reply, a part that there is not, and one of another type */
function partsOf(input: ReplyParts | Reply): Parts {
  checkObject("input", input);
  const whole = "lines" in input;
  checkNames("input", input, whole ? WHOLE : PARTS);
  const { code, enhanced } = input;
  if (whole || code !== undefined) checkType("code", "number", code);
  if (enhanced !== (whole ? null : undefined)) checkType("enhanced", "string", enhanced);
  const text = whole ? input.lines : input.text;
  if (!whole && (text === undefined || typeof text === "string")) return { code, enhanced, text };
  const name = whole ? "lines" : "text";
  if (checkTexts(name, text as readonly string[]).length === 0) throw outOfRange(name, "at least one line");
  return { code, enhanced, text };
}

/** Where code and text are the application's, the enhanced code of the session's refusal does not say why. */
function defaultEnhanced({ code, text }: Parts, template: ReplyTemplate): EnhancedCode | null {
  if (code === undefined || (code === template.code && (code < 400 || text === undefined))) return template.enhanced;
  // What is no class is of a code that is written without one, or that cannot be written.
  return `${classOf(code)}.0.0` as EnhancedCode;
}

/** Whether an event can be accepted or rejected. */
export function isAnswerable<Event extends { readonly type: string }>(
  event: Event,
): event is Extract<Event, { readonly type: Answerable }> {
  return answers[event.type as Answerable] !== undefined;
}

/** The calls that answer an event, for a StateError. */
export function legalAnswers(type: string): string {
  if (type === "auth") return "authenticate() and reject()";
  if (type === "sasl") return "proceed()";
  if (!isAnswerable({ type })) return "reply()";
  return answers[type as Answerable].reject === null
    ? "accept(), and reject() by 421"
    : "accept(), reject() and reply()";
}

/**
 * The reply, if it refuses this event.
 *
 * @throws RangeError if it does not: 521 is for connections alone (RFC 7504 §3)
 */
export function checkRefusal(reply: Reply, to: string): Reply {
  if (reply.code < 400) {
    throw outOfRange("code", `4yz or 5yz to refuse, got ${reply.code}`);
  }
  if (reply.code === 521 && to !== "connect") throw outOfRange("code", "another than 521 to refuse a command");
  return reply;
}

/** The names of {@link faults}. */
export type FaultName =
  | "line"
  | "lineTooLong"
  | "unknown"
  | "notOffered"
  | "outOfPlace"
  | "noRecipients"
  | "noUrl"
  | "noUrlRecipients"
  | "noService"
  | "weakTls"
  | "notAnAttribute"
  | "tlsRequired"
  | "authenticationRequired"
  | "tooBig"
  | "malformedContent"
  | "tooManyTransactions"
  | "tooManyRecipients"
  | "tooManyDomains"
  | "unknownMechanism"
  | "serverFirst"
  | "tooManyErrors"
  | "tooManyAuthFailures"
  | "earlyTalker"
  | "timedOut"
  | "shutdown"
  | "saslRefused"
  | "saslCancelled"
  | "saslMalformed"
  | "saslError"
  | "internalError"
  | "saslLineTooLong";

/** The reply to a fault, with what the session says by default. */
export const faults: { readonly [Fault in FaultName]: ReplyTemplate } = {
  line: says(500, "5.5.2", "line not understood"),
  lineTooLong: says(500, "5.5.2", "line too long"),
  unknown: says(500, "5.5.2", "command not recognized"),
  notOffered: says(502, "5.5.1", "command not offered"),
  outOfPlace: says(503, "5.5.1", "bad sequence of commands"),
  noRecipients: says(554, "5.5.1", "no valid recipients"),
  noUrl: says(503, "5.5.0", "valid RCPT TO required before BURL"),
  noUrlRecipients: says(554, "5.5.0", "no recipients have been specified"),
  noService: says(521, "5.3.2", "no mail is taken here"),
  notAnAttribute: says(501, "5.5.4", "an attribute is not offered"),
  weakTls: says(554, "5.7.0", "TLS is not secure enough"),
  tlsRequired: says(530, "5.7.0", "must issue a STARTTLS command first"),
  authenticationRequired: says(530, "5.7.0", "authentication required"),
  tooBig: says(552, "5.3.4", "message too big"),
  malformedContent: says(554, "5.6.0", "message has a CR or LF that is not part of a line end"),
  tooManyTransactions: says(421, "4.7.0", "too many transactions"),
  tooManyRecipients: says(452, "4.5.3", "too many recipients"),
  tooManyDomains: says(452, "4.5.3", "too many recipient domains"),
  unknownMechanism: says(504, "5.5.4", "mechanism not offered"),
  serverFirst: says(501, "5.7.0", "the mechanism begins with a challenge"),
  tooManyErrors: says(421, "4.7.0", "too many errors"),
  tooManyAuthFailures: says(421, "4.7.0", "too many failed authentications"),
  earlyTalker: says(503, "5.5.1", "octets came before they were asked for"),
  timedOut: says(421, "4.4.2", "timed out"),
  shutdown: says(421, "4.3.2", "shutting down"),
  saslRefused: says(535, "5.7.8", "authentication failed"),
  saslCancelled: says(501, "5.7.0", "authentication cancelled"),
  saslMalformed: says(501, "5.5.2", "response is not base64"),
  saslError: says(454, "4.7.0", "temporary authentication failure"),
  internalError: says(451, "4.3.0", "internal error"),
  saslLineTooLong: says(500, "5.5.6", "response too long"),
};

/** Whether an event is a hello, whose replies are like no others. */
export function isHello(type: string): boolean {
  return type === "ehlo" || type === "helo" || type === "lhlo";
}

/** Whether accepting an event greets: the connection, or the client that XCLIENT speaks of. */
export function isGreeting(type: string): boolean {
  return type === "connect" || type === "xclient";
}
