import { conceal, type Line, octetsOf, type SaslServer, unknownVerb } from "dot-stuffing/session";
import type { Attribute } from "../syntax/command/attributes.ts";
import type { BurlCommand, MailCommand, RcptCommand } from "../syntax/command/command.ts";
import { type CommandLine, isKnownVerb, MAX_COMMAND_LINE, splitCommand } from "../syntax/command/line.ts";
import { parseArgument } from "../syntax/command/parse.ts";
import { type Fault, isFault } from "../syntax/fault.ts";
import type { EsmtpParameter } from "../syntax/parameters/esmtp-parameter.ts";
import type { MailParameters, ParameterSet, RcptParameters } from "../syntax/parameters/sets.ts";
import { typeParameters } from "../syntax/parameters/typed.ts";
import { newDomain } from "../syntax/path/mailbox.ts";
import type { ServerViolation, SmtpServerEvent, WithOwn } from "./events.ts";
import { type Chunk, type SmtpServerMemory, skipChunk } from "./memory.ts";
import type { Offer } from "./offer.ts";
import type { ServerSettings } from "./options.ts";
import { type FaultName, faults } from "./replies.ts";
import { afterRefusal, cellOf, isServerVerb, type ServerState, type ServerVerb } from "./table.ts";
import { faulty, violation } from "./violations.ts";

/** What requireTls and requireAuth let through (RFC 3207 §4, RFC 4954 §6); XCLIENT may authenticate as AUTH does. */
const WITHOUT_TLS: ReadonlySet<string> = new Set(["NOOP", "EHLO", "LHLO", "STARTTLS", "QUIT"]);
const WITHOUT_AUTH: ReadonlySet<string> = new Set([
  ...["AUTH", "EHLO", "HELO", "LHLO"],
  ...["STARTTLS", "XCLIENT", "NOOP", "RSET", "QUIT"],
]);

/** All that an on-demand mail relay takes (RFC 2645 §5.4), and STARTTLS. */
const OF_ODMR: ReadonlySet<string> = new Set(["EHLO", "AUTH", "ATRN", "QUIT", "STARTTLS"]);

/** What a command is judged by. */
export interface Situation<Mechanism extends SaslServer> {
  readonly settings: ServerSettings;
  readonly offer: Offer;
  readonly memory: SmtpServerMemory<Mechanism>;
}

/**
 * Judges a command line in a fixed order: length, octets, verb known, verb offered, TLS or authentication demanded,
 * state, arguments, parameters (RFC 5321 §4.3.2 leaves it open). Only the size of a BDAT comes first: without it
 * nothing after it can be read. Null: it was a refused BDAT, whose chunk has to be read over first.
 */
export function judge<Mechanism extends SaslServer>(
  line: Line,
  situation: Situation<Mechanism>,
): SmtpServerEvent<Mechanism> | null {
  const { settings, offer, memory } = situation;
  const { octets, from, to } = line;
  const command = splitCommand(octets, settings.leniencies, from, to);
  const wrong = isFault(command);
  const verb = wrong ? intendedVerb(octetsOf(line)) : command.verb;
  memory.verb = verb;
  const limit = maxLine(wrong ? "" : verb, offer);
  if (to - from + 2 > limit) {
    const text = `a command line of more than ${limit} octets`;
    return violation("line-too-long", null, text, faults.lineTooLong, verb === "BDAT");
  }
  if (wrong) return faulty(command, verb === "BDAT");
  return verb === "BDAT" ? judgeBdat(command, situation) : judgeVerb(command, situation);
}

/** Where no chunk can be told, what follows can be neither: the session ends (RFC 3030 §2). */
function judgeBdat<Mechanism extends SaslServer>(
  command: CommandLine,
  situation: Situation<Mechanism>,
): SmtpServerEvent<Mechanism> | null {
  const parsed = parseArgument(command);
  if (isFault(parsed)) return faulty(parsed, true);
  const { memory } = situation;
  const { size, last } = parsed as { readonly verb: "BDAT" } & Chunk;
  const refused = place("BDAT", situation);
  if (refused === null) return { type: "bdat", size, last, with: memory.transaction!.with, answer: "default" };
  skipChunk(memory, { size, last }, refused);
  return null;
}

/**
 * Verbs that count even where the line cannot be run: for what would have followed it, or for the form of its reply.
 */
const INTENDED = /^(?:BDAT|BURL|EHLO|HELO|LHLO)(?![A-Z])/i;

/** Which of them a line, wrong as it is or known by its beginning alone, was to have; "": none. */
export function intendedVerb(line: Uint8Array): string {
  return INTENDED.exec(String.fromCharCode(...line.subarray(0, 5)))?.[0].toUpperCase() ?? "";
}

/**
 * What a command that was refused, `memory.verb`, does to the transaction: content that it would have brought is
 * missing from the message, and what comes after must not be taken for the whole. Null: nothing.
 *
 * @param line of the command, or its beginning, if it could not be read: a URL may be refused unread, and only the end
 *   of its line says then whether it was the last
 */
export function afterLoss<Mechanism extends SaslServer>(
  line: Uint8Array,
  { code }: ServerViolation,
  { offer, memory }: Situation<Mechanism>,
): ServerState | null {
  if (memory.transaction === null) return null;
  if (code === "bad-sequence" && needsChunks(memory)) return afterRefusal.binaryData;
  if (memory.verb !== "BURL" || offer.parametersOf("BURL") === undefined) return null;
  const last = / LAST *$/i.test(String.fromCharCode(...line.subarray(-16)));
  return last ? afterRefusal.lastChunk : afterRefusal.chunk;
}

function maxLine(verb: string, { maxMailLine, maxRcptLine, maxAuthLine, maxBurlLine }: Offer): number {
  if (verb === "MAIL") return maxMailLine;
  if (verb === "RCPT") return maxRcptLine;
  if (verb === "AUTH") return maxAuthLine;
  return verb === "BURL" ? maxBurlLine : MAX_COMMAND_LINE;
}

function judgeVerb<Mechanism extends SaslServer>(
  command: CommandLine,
  situation: Situation<Mechanism>,
): SmtpServerEvent<Mechanism> {
  const { settings, offer, memory } = situation;
  const { verb } = command;
  if (settings.protocol === "odmr" && !OF_ODMR.has(verb) && memory.state !== "refused") {
    memory.verb = ""; // HELO is no hello here, and its reply like any other's
    return notOffered();
  }
  if (isServerVerb(verb)) {
    if (!isForeignHello(verb, settings)) return place(verb, situation) ?? eventFor(command, situation);
    memory.verb = "";
    return memory.state === "refused" ? outOfPlace(503, memory) : unknownHello();
  }
  if (memory.state === "refused") return outOfPlace(503, memory);
  // A verb of another document that the application has announced is the application's (RFC 5321 §4.2.4).
  if (isKnownVerb(verb) && offer.parametersOf(verb) === undefined) return notOffered();
  return demanded(verb, situation) ?? unknownVerb(command);
}

/**
 * Whether a verb is out of place here: not offered, before TLS or authentication, or against the order. Null: it is
 * not.
 */
function place<Mechanism extends SaslServer>(
  verb: ServerVerb,
  situation: Situation<Mechanism>,
): ServerViolation | null {
  const { settings, memory } = situation;
  const { state } = memory;
  if (state === "refused" && verb !== "QUIT") return outOfPlace(503, memory);
  if (!isOffered(verb, situation)) return notOffered();
  const first = demanded(verb, situation);
  if (first !== null) return first;
  const next = cellOf(verb, state, settings);
  if (typeof next === "number") {
    return verb === "BURL" && state !== "failed" ? urlOutOfPlace(next) : outOfPlace(next, memory);
  }
  const again = (verb === "AUTH" && memory.authenticated) || (verb === "STARTTLS" && memory.tls);
  return again || needsChunks(memory) ? outOfPlace(503, memory) : null;
}

/** Whether the command is DATA, in its place but for what it would bring: octets that may be anything (RFC 3030 §3). */
function needsChunks<Mechanism extends SaslServer>(memory: SmtpServerMemory<Mechanism>): boolean {
  const { verb, state, transaction } = memory;
  return verb === "DATA" && state === "rcpt" && transaction!.parameters.body === "BINARYMIME";
}

/** Whether TLS or authentication has to come before a verb. Null: it has not. */
function demanded<Mechanism extends SaslServer>(
  verb: string,
  { settings, memory }: Situation<Mechanism>,
): ServerViolation | null {
  if (settings.requireTls && !memory.tls && !WITHOUT_TLS.has(verb)) {
    return violation("tls-required", null, "a command before TLS", faults.tlsRequired);
  }
  // ATRN is for those alone who say who they are (RFC 2645 §5.2.1).
  if ((settings.requireAuth || verb === "ATRN") && !memory.authenticated && !WITHOUT_AUTH.has(verb)) {
    return violation("authentication-required", null, "a command before AUTH", faults.authenticationRequired);
  }
  return null;
}

/** Each protocol has hellos of its own (RFC 2033 §4.1). */
function isForeignHello(verb: string, { protocol }: ServerSettings): boolean {
  return protocol === "lmtp" ? verb === "EHLO" || verb === "HELO" : verb === "LHLO";
}

function unknownHello(): ServerViolation {
  return violation("unknown-verb", "verb", "a hello of another protocol", faults.unknown);
}

function notOffered(): ServerViolation {
  return violation("not-offered", "verb", "a command that is not offered", faults.notOffered);
}

function outOfPlace(
  code: number,
  { state, refusedWith }: { readonly state: ServerState; readonly refusedWith: FaultName },
): ServerViolation {
  const template = code === 554 ? faults.noRecipients : faults[refusedWith];
  return violation("bad-sequence", null, `a command out of place in state "${state}"`, template);
}

/** RFC 4468 §3.5 has replies of its own. */
function urlOutOfPlace(code: number): ServerViolation {
  const template = code === 554 ? faults.noUrlRecipients : faults.noUrl;
  return violation("bad-sequence", null, "BURL without recipients", template);
}

/** After HELO no extension is offered; STARTTLS counts as offered while TLS is active, for the 503 (RFC 3207 §4.2). */
function isOffered<Mechanism extends SaslServer>(
  verb: ServerVerb,
  { settings, offer, memory }: Situation<Mechanism>,
): boolean {
  switch (verb) {
    case "STARTTLS":
      return offer.parametersOf(verb) !== undefined || (memory.tls && memory.hello !== "HELO");
    case "BDAT":
      return offer.parametersOf("CHUNKING") !== undefined;
    case "HELP":
      return settings.help;
    case "EXPN":
      return settings.expn;
    case "AUTH":
    case "BURL":
    case "ETRN":
    case "ATRN":
    case "XCLIENT":
    case "XFORWARD":
      return offer.parametersOf(verb) !== undefined;
    default:
      return true;
  }
}

function eventFor<Mechanism extends SaslServer>(
  line: CommandLine,
  situation: Situation<Mechanism>,
): SmtpServerEvent<Mechanism> {
  const { settings, offer, memory } = situation;
  const { commandOptions, commandOptionsInSmtputf8 } = offer;
  const inForce = memory.transaction?.parameters.smtputf8 === true;
  const command = parseArgument(line, inForce ? commandOptionsInSmtputf8 : commandOptions);
  if (isFault(command)) return faulty(command);
  switch (command.verb) {
    case "HELO":
    case "EHLO":
    case "LHLO": {
      const { verb, ...said } = command;
      return { type: verb.toLowerCase() as Lowercase<typeof verb>, ...said, answer: "default" };
    }
    case "MAIL":
      return mailEvent(command, situation);
    case "RCPT":
      return rcptEvent(command, situation);
    case "DATA":
      return { type: "data", with: memory.transaction!.with, answer: "default" };
    case "AUTH": {
      const { mechanism, initialResponse } = command;
      if (!offer.mechanisms.includes(mechanism)) {
        return violation("unknown-mechanism", "mechanism", "a mechanism not offered", faults.unknownMechanism);
      }
      if (initialResponse !== null && settings.serverFirstMechanisms.includes(mechanism)) {
        const text = "an initial response to a mechanism in which the server speaks first";
        return violation("unexpected-argument", "initialResponse", text, faults.serverFirst);
      }
      return conceal({ type: "auth", mechanism, secret: true, answer: "needed" }, { initialResponse });
    }
    case "VRFY":
      return { type: "vrfy", argument: command.argument, smtputf8: command.smtputf8, answer: "default" };
    case "EXPN":
      return { type: "expn", argument: command.argument, smtputf8: command.smtputf8, answer: "needed" };
    case "BURL":
      return urlEvent(command, situation);
    case "ATRN":
      return { type: "atrn", domains: command.domains, answer: "needed" };
    case "ETRN":
      return { type: "etrn", option: command.option, node: command.node, answer: "needed" };
    case "XCLIENT":
      return attributesEvent("xclient", command, memory.xclient, offer);
    case "XFORWARD":
      return attributesEvent("xforward", command, memory.forwarded, offer);
    case "NOOP":
      return { type: "noop", argument: command.argument, answer: "default" };
    case "HELP":
      return { type: "help", argument: command.argument, answer: "default" };
    case "RSET":
      return { type: "rset", answer: "default" };
    case "STARTTLS":
      return { type: "starttls", answer: "default" };
    default:
      return { type: "quit", answer: "default" };
  }
}

/** More URLs or chunks than one need CHUNKING (RFC 4468 §3.2). */
function urlEvent<Mechanism extends SaslServer>(
  { url, last }: BurlCommand,
  { offer, memory }: Situation<Mechanism>,
): SmtpServerEvent<Mechanism> {
  if (!last && offer.parametersOf("CHUNKING") === undefined) return outOfPlace(503, memory);
  return conceal({ type: "burl", last, with: memory.transaction!.with, secret: true, answer: "needed" }, { url });
}

function mailEvent<Mechanism extends SaslServer>(
  { from, parameters: rawParameters }: MailCommand,
  situation: Situation<Mechanism>,
): SmtpServerEvent<Mechanism> {
  const { settings, offer, memory } = situation;
  const parameters = typed<MailParameters>(offer.mailParameters, rawParameters, offer);
  if (isFault(parameters)) return faulty(parameters);
  if ((parameters.size ?? 0) > settings.maxMessageSize) {
    const text = `a declared size above ${settings.maxMessageSize} octets`;
    return violation("message-too-big", "SIZE", text, faults.tooBig);
  }
  if (memory.transactions >= settings.maxTransactions) {
    const text = `more than ${settings.maxTransactions} transactions`;
    return violation("too-many-transactions", null, text, faults.tooManyTransactions, true);
  }
  // A message that may go over TLS alone must not come back whole without it (RFC 8689 §5).
  const effective = parameters.requireTls && parameters.ret ? { ...parameters, ret: "HDRS" as const } : parameters;
  const { forwarded } = memory;
  return { type: "mail", from, parameters: effective, rawParameters, forwarded, answer: "needed" };
}

/** The attributes of a command over those said before it. */
function attributesEvent<Type extends "xclient" | "xforward", Name extends string>(
  type: Type,
  { verb, attributes }: { readonly verb: string; readonly attributes: readonly Attribute<Name>[] },
  before: readonly Attribute<Name>[],
  offer: Offer,
): { readonly type: Type; readonly attributes: Attribute<Name>[]; readonly answer: "needed" } | ServerViolation {
  const names = attributes.map(({ name }) => name);
  if (!names.every((name) => offer.parametersOf(verb)!.includes(name))) {
    return violation("invalid-argument", "attributes", "an attribute that is not offered", faults.notAnAttribute);
  }
  const kept = before.filter(({ name }) => !names.includes(name));
  return { type, attributes: [...kept, ...attributes], answer: "needed" };
}

function rcptEvent<Mechanism extends SaslServer>(
  { to, parameters: rawParameters }: RcptCommand,
  situation: Situation<Mechanism>,
): SmtpServerEvent<Mechanism> {
  const { settings, offer, memory } = situation;
  const { maxRecipients, maxRecipientDomains } = settings;
  const parameters = typed<RcptParameters>(offer.rcptParameters, rawParameters, offer);
  if (isFault(parameters)) return faulty(parameters);
  if (memory.transaction!.recipients.length >= maxRecipients) {
    const text = `more than ${maxRecipients} recipients`;
    return violation("too-many-recipients", null, text, faults.tooManyRecipients);
  }
  const { domains } = memory;
  if (domains.size >= maxRecipientDomains && newDomain(to, domains) !== null) {
    const text = `more than ${maxRecipientDomains} recipient domains`;
    return violation("too-many-domains", null, text, faults.tooManyDomains);
  }
  return { type: "rcpt", to, parameters, rawParameters, answer: "needed" };
}

// Shared by all commands without parameters, so nobody may change it.
const NO_PARAMETERS = Object.freeze({});

/** The parameters, with their types: those known here, and the application's. */
function typed<Known>(set: ParameterSet, parameters: readonly EsmtpParameter[], offer: Offer): WithOwn<Known> | Fault {
  if (parameters.length === 0) return NO_PARAMETERS as WithOwn<Known>;
  return typeParameters(set, parameters, offer.parametersOf) as WithOwn<Known> | Fault;
}
