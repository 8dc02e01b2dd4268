import { checkNames, checkObject, checkTexts, checkType } from "dot-stuffing/session";
import { refusal as fieldRefusal } from "../syntax/characters.ts";
import type { EnhancedCode } from "../syntax/reply/enhanced-code.ts";
import { formatReply } from "../syntax/reply/format.ts";
import type { Reply } from "../syntax/reply/reply.ts";

/** A reply as an application gives it; what is left out comes from the default for the event. */
export interface ReplyParts {
  readonly code?: number;
  readonly enhanced?: EnhancedCode;
  /** One line or several; printable ASCII. */
  readonly text?: string | readonly string[];
}

/**
 * A reply: its text alone, some of its parts, or a whole one, such as a client's session got or a helper made. A whole one without an enhanced
 * code gets what parts without it get.
 */
export type ReplyInput = ReplyParts | Reply | string;

/** A default: what is sent when nobody says otherwise. */
export interface ReplyTemplate {
  readonly code: number;
  readonly enhanced: EnhancedCode | null;
  readonly text: string;
}

/** What an event's answers say by default. */
interface Answers {
  /** Null: the event has nothing to accept. */
  readonly accept: ReplyTemplate | null;
  /** Null: the command cannot be refused (RFC 5321 §4.1.1.5, §4.1.1.10). */
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

const refusal: ReplyTemplate = { code: 550, enhanced: "5.7.1", text: "refused" };
const messageRefused: ReplyTemplate = { code: 554, enhanced: "5.7.1", text: "message refused" };
const hello: Answers = {
  accept: { code: 250, enhanced: null, text: "" },
  reject: { code: 550, enhanced: null, text: "refused" },
};

/** The default replies to the events that an application may accept or reject (RFC 5321 §4.3.2). */
export const answers: { readonly [Event in Answerable]: Answers } = {
  connect: {
    accept: { code: 220, enhanced: null, text: "" },
    reject: { code: 554, enhanced: null, text: "no service here" },
  },
  helo: hello,
  ehlo: hello,
  lhlo: hello,
  mail: { accept: { code: 250, enhanced: "2.1.0", text: "sender ok" }, reject: refusal },
  rcpt: { accept: { code: 250, enhanced: "2.1.5", text: "recipient ok" }, reject: refusal },
  data: {
    accept: { code: 354, enhanced: null, text: "go ahead, end with a line of a single dot" },
    reject: { code: 554, enhanced: "5.7.1", text: "refused" },
  },
  // Accepted, it is answered after its octets.
  bdat: { accept: null, reject: messageRefused },
  chunk: { accept: { code: 250, enhanced: "2.0.0", text: "chunk received" }, reject: messageRefused },
  // With LAST it is answered as the message.
  burl: {
    accept: { code: 250, enhanced: "2.5.0", text: "waiting for more" },
    reject: { code: 554, enhanced: "5.6.6", text: "the URL cannot be resolved" },
  },
  message: { accept: { code: 250, enhanced: "2.0.0", text: "message accepted" }, reject: messageRefused },
  delivery: { accept: { code: 250, enhanced: "2.0.0", text: "delivered" }, reject: messageRefused },
  rset: { accept: { code: 250, enhanced: "2.0.0", text: "ok" }, reject: null },
  noop: { accept: { code: 250, enhanced: "2.0.0", text: "ok" }, reject: null },
  help: {
    accept: { code: 214, enhanced: "2.0.0", text: "see RFC 5321" },
    reject: { code: 504, enhanced: "5.5.4", text: "no help on that" },
  },
  vrfy: {
    accept: { code: 252, enhanced: "2.5.0", text: "cannot verify, send some mail and see" },
    reject: { code: 550, enhanced: "5.1.1", text: "no such user" },
  },
  expn: {
    accept: { code: 250, enhanced: "2.1.5", text: "the list has no members" },
    reject: { code: 550, enhanced: "5.1.1", text: "no such list" },
  },
  etrn: {
    accept: { code: 250, enhanced: "2.0.0", text: "queuing started" },
    reject: { code: 459, enhanced: "4.7.1", text: "not allowed" },
  },
  atrn: {
    accept: { code: 250, enhanced: "2.0.0", text: "now reversing the connection" },
    reject: { code: 450, enhanced: "4.7.0", text: "ATRN request refused" },
  },
  xclient: {
    accept: { code: 220, enhanced: null, text: "" },
    reject: { code: 550, enhanced: "5.7.0", text: "not allowed" },
  },
  xforward: {
    accept: { code: 250, enhanced: "2.0.0", text: "ok" },
    reject: { code: 550, enhanced: "5.7.0", text: "not allowed" },
  },
  quit: { accept: { code: 221, enhanced: "2.0.0", text: "closing connection" }, reject: null },
  starttls: {
    accept: { code: 220, enhanced: "2.0.0", text: "ready to start TLS" },
    reject: { code: 454, enhanced: "4.7.0", text: "TLS not available now" },
  },
  auth: { accept: null, reject: { code: 535, enhanced: "5.7.8", text: "authentication failed" } },
  authenticated: {
    accept: { code: 235, enhanced: "2.7.0", text: "authentication succeeded" },
    reject: { code: 535, enhanced: "5.7.8", text: "authentication failed" },
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
  if (checkTexts(name, text as readonly string[]).length === 0) throw fieldRefusal(name, "at least one line");
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
  return answers[type as Answerable].reject === null ? "accept()" : "accept(), reject() and reply()";
}

/** The first digit of a reply code. */
export function classOf(code: number): number {
  return Math.floor(code / 100);
}

/** The reply, if it refuses this event. @throws RangeError if it does not: 521 is for connections alone (RFC 7504 §3) */
export function refusalOf(reply: Reply, to: string): Reply {
  if (reply.code < 400) {
    throw new RangeError(`"code" expected 4yz or 5yz to refuse, got ${reply.code}`);
  }
  if (reply.code === 521 && to !== "connect")
    throw new RangeError('"code" expected another than 521 to refuse a command');
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
  line: { code: 500, enhanced: "5.5.2", text: "line not understood" },
  lineTooLong: { code: 500, enhanced: "5.5.2", text: "line too long" },
  unknown: { code: 500, enhanced: "5.5.2", text: "command not recognized" },
  notOffered: { code: 502, enhanced: "5.5.1", text: "command not offered" },
  outOfPlace: { code: 503, enhanced: "5.5.1", text: "bad sequence of commands" },
  noRecipients: { code: 554, enhanced: "5.5.1", text: "no valid recipients" },
  noUrl: { code: 503, enhanced: "5.5.0", text: "valid RCPT TO required before BURL" },
  noUrlRecipients: { code: 554, enhanced: "5.5.0", text: "no recipients have been specified" },
  noService: { code: 521, enhanced: "5.3.2", text: "no mail is taken here" },
  notAnAttribute: { code: 501, enhanced: "5.5.4", text: "an attribute is not offered" },
  weakTls: { code: 554, enhanced: "5.7.0", text: "TLS is not secure enough" },
  tlsRequired: { code: 530, enhanced: "5.7.0", text: "must issue a STARTTLS command first" },
  authenticationRequired: { code: 530, enhanced: "5.7.0", text: "authentication required" },
  tooBig: { code: 552, enhanced: "5.3.4", text: "message too big" },
  malformedContent: { code: 554, enhanced: "5.6.0", text: "message has a CR or LF that is not part of a line end" },
  tooManyTransactions: { code: 421, enhanced: "4.7.0", text: "too many transactions" },
  tooManyRecipients: { code: 452, enhanced: "4.5.3", text: "too many recipients" },
  tooManyDomains: { code: 452, enhanced: "4.5.3", text: "too many recipient domains" },
  unknownMechanism: { code: 504, enhanced: "5.5.4", text: "mechanism not offered" },
  serverFirst: { code: 501, enhanced: "5.7.0", text: "the mechanism begins with a challenge" },
  tooManyErrors: { code: 421, enhanced: "4.7.0", text: "too many errors" },
  tooManyAuthFailures: { code: 421, enhanced: "4.7.0", text: "too many failed authentications" },
  earlyTalker: { code: 503, enhanced: "5.5.1", text: "octets came before they were asked for" },
  timedOut: { code: 421, enhanced: "4.4.2", text: "timed out" },
  shutdown: { code: 421, enhanced: "4.3.2", text: "shutting down" },
  saslRefused: { code: 535, enhanced: "5.7.8", text: "authentication failed" },
  saslCancelled: { code: 501, enhanced: "5.7.0", text: "authentication cancelled" },
  saslMalformed: { code: 501, enhanced: "5.5.2", text: "response is not base64" },
  saslError: { code: 454, enhanced: "4.7.0", text: "temporary authentication failure" },
  internalError: { code: 451, enhanced: "4.3.0", text: "internal error" },
  saslLineTooLong: { code: 500, enhanced: "5.5.6", text: "response too long" },
};

/** What a reply's wire form depends on besides the reply. */
export interface ReplyContext {
  /** The event that it answers. */
  readonly to: string;
  readonly host: string;
  /** Whether enhanced codes are sent: ENHANCEDSTATUSCODES is offered and the command is no hello (RFC 2034 §4). */
  readonly enhanced: boolean;
  /** The keyword lines of an EHLO reply. */
  readonly keywordLines: readonly string[];
  /** Whether the text may hold UTF-8 (RFC 6531 §3.7.4). */
  readonly smtputf8: boolean;
  readonly anySecondDigit: boolean;
}

/** Whether an event is a hello, whose replies are like no others. */
export function isHello(type: string): boolean {
  return type === "ehlo" || type === "helo" || type === "lhlo";
}

/** Whether accepting an event greets: the connection, or the client that XCLIENT speaks of. */
export function isGreeting(type: string): boolean {
  return type === "connect" || type === "xclient";
}

/**
 * Writes a reply. The greeting, an accepted hello, 221 and 421 begin with the host (RFC 5321 §4.2.2).
 *
 * @throws RangeError if it cannot be written.
 */
export function writeReply(reply: Reply, context: ReplyContext): string {
  const { to, host, enhanced, keywordLines } = context;
  const accepted = reply.code < 300;
  const hello = isHello(to) && accepted;
  const greeting = isGreeting(to) && accepted;
  const named = hello || greeting || reply.code === 221 || reply.code === 421;
  if (hello && reply.lines.length > 1) throw new RangeError(`"text" expected one line to accept ${to}`);
  const [first, ...rest] = reply.lines;
  const lines = named ? [first === "" ? host : `${host} ${first}`, ...rest] : [...reply.lines];
  if (hello && to !== "helo") lines.push(...keywordLines);
  const plain = !enhanced || to === "connect" || greeting || isHello(to) || classOf(reply.code) === 3;
  return formatReply({ code: reply.code, enhanced: plain ? null : reply.enhanced, lines }, context);
}
