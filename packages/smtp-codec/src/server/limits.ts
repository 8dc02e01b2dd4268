import type { SaslServer } from "dot-stuffing/session";
import type { Reply } from "../syntax/reply/reply.ts";
import type { SmtpServerEvent } from "./events.ts";
import type { SmtpServerMemory } from "./memory.ts";
import type { ServerSettings } from "./options.ts";
import { faults } from "./replies.ts";
import { unanswered, violation } from "./violations.ts";

/** Beyond a limit, and not faulty: they may not cost a client the recipients that were accepted. */
const BEYOND: ReadonlySet<string> = new Set(["too-many-recipients", "too-many-domains"]);

/**
 * Commands that are bound to be refused after one before them in their group was, with these codes: the client had sent
 * them before it could know (RFC 2920 §3.1, RFC 3030 §2).
 */
const FOLLOWERS: ReadonlySet<string> = new Set(["RCPT", "DATA", "BDAT", "BURL"]);
const FOLLOWING: ReadonlySet<string> = new Set(["bad-sequence", "tls-required", "authentication-required"]);

/** How many refusals that are no fault are borne, as by Postfix's `smtpd_recipient_overshoot_limit`. */
const MAX_FAULTLESS = 1000;

/** Events whose refusal takes what follows in the group with it. */
const LEADERS: ReadonlySet<string> = new Set(["mail", "rcpt", "chunk", "burl", "refused"]);

/** Part of a message was refused: what the client has sent after it is refused with it. */
export function breakGroup<Mechanism extends SaslServer>(
  event: SmtpServerEvent<Mechanism>,
  memory: SmtpServerMemory<Mechanism>,
): void {
  if (LEADERS.has(event.type)) memory.groupBroken = true;
}

/** Commands that count where the application refuses them. Messages do not: their MAIL was accepted. */
const REFUSABLE: ReadonlySet<string> = new Set([
  ...["mail", "rcpt", "data", "vrfy", "expn", "etrn", "atrn", "xclient", "xforward"],
]);

/** Commands that bring no message on its way, as those of Postfix's `smtpd_junk_command_limit`. */
const IDLE: ReadonlySet<string> = new Set([
  ...["helo", "ehlo", "lhlo", "rset", "noop", "help", "vrfy", "expn", "etrn", "starttls"],
]);

/** An idle command was answered. Beyond their limit each counts as a faulty one. */
export function countIdle<Mechanism extends SaslServer>(
  event: SmtpServerEvent<Mechanism>,
  memory: SmtpServerMemory<Mechanism>,
  settings: ServerSettings,
): void {
  if (IDLE.has(event.type) && ++memory.idle > settings.maxIdleCommands) countError(event, memory, settings);
}

/**
 * The application has refused a command, for good: who is to come back later has done nothing wrong. In LMTP it knows
 * its clients.
 */
export function countRefusal<Mechanism extends SaslServer>(
  event: SmtpServerEvent<Mechanism>,
  { code }: Reply,
  memory: SmtpServerMemory<Mechanism>,
  settings: ServerSettings,
): void {
  if (code >= 500 && REFUSABLE.has(event.type) && settings.protocol !== "lmtp") countError(event, memory, settings);
  else countIdle(event, memory, settings);
}

/**
 * A faulty command was answered: too many of them end the session. Recipients beyond a limit are none: the transaction
 * goes on (RFC 5321 §4.5.3.1.10); nor is what follows from a refusal. But neither may go on for ever.
 */
export function countError<Mechanism extends SaslServer>(
  event: SmtpServerEvent<Mechanism>,
  memory: SmtpServerMemory<Mechanism>,
  { maxErrors }: ServerSettings,
): void {
  if (event.type === "violation") {
    const { verb, groupBroken } = memory;
    const follows = FOLLOWERS.has(verb) && FOLLOWING.has(event.code);
    if (verb === "MAIL" || (FOLLOWERS.has(verb) && !follows)) memory.groupBroken = true;
    const isFaultless = BEYOND.has(event.code) || (follows && groupBroken);
    if (isFaultless && ++memory.faultless <= MAX_FAULTLESS) return;
  }
  memory.errors++;
  if (memory.errors < maxErrors) return;
  const text = `${memory.errors} faulty, refused or idle commands without an accepted message between them`;
  memory.events.push(violation("too-many-errors", null, text, faults.tooManyErrors, true));
}

/**
 * An AUTH command failed, whatever failed in it: too many of them end the session (RFC 4954 §9). One that the client
 * cancelled, or whose response cannot be read, has failed too: it is rejected with 501 (RFC 4954 §4).
 */
export function countAuthFailure<Mechanism extends SaslServer>(
  memory: SmtpServerMemory<Mechanism>,
  { maxAuthFailures }: ServerSettings,
): void {
  memory.authFailures++;
  if (memory.authFailures < maxAuthFailures) return;
  const text = `${memory.authFailures} failed authentications`;
  memory.events.push(violation("too-many-auth-failures", null, text, faults.tooManyAuthFailures, true));
}

/**
 * Events after which a client waits for the reply before it sends more (RFC 5321 §4.3.1, RFC 2920 §3.1, RFC 4954 §4).
 */
const GROUP_ENDS: ReadonlySet<string> = new Set(["connect", "helo", "ehlo", "lhlo", "data", "auth"]);

export function endsGroup({ type }: { readonly type: string }): boolean {
  return GROUP_ENDS.has(type);
}

/** Octets came before they were asked for. Where that matters the event comes after the report of it, or never. */
export function early<Mechanism extends SaslServer>(
  event: SmtpServerEvent<Mechanism>,
  memory: SmtpServerMemory<Mechanism>,
  { earlyTalker }: ServerSettings,
): SmtpServerEvent<Mechanism> {
  const text = "octets before the greeting, or after a command that must be answered first";
  if (earlyTalker === "refuse") {
    // A connection is opened by 220 or 554, and by nothing else (RFC 5321 §4.3.2).
    const template = event.type === "connect" ? { ...faults.earlyTalker, code: 554 } : faults.earlyTalker;
    return violation("early-talker", null, text, template, true);
  }
  memory.events.push(event);
  return unanswered("early-talker", null, text);
}
