/**
 * The refusals that documents name for what only an application can know.
 *
 * @module
 */
import type { EnhancedCode } from "../syntax/reply/enhanced-code.ts";

/** A refusal as `reject` and `reply` of a session take it. */
export interface Refusal {
  readonly code: number;
  readonly enhanced: EnhancedCode;
  readonly text: string;
}

function says(code: number, enhanced: EnhancedCode, text: string): Refusal {
  return { code, enhanced, text };
}

/** EHLO, MAIL, RCPT: by policy (RFC 5321 §7.9). */
export const policy: Refusal = says(550, "5.7.1", "refused by policy");

/** MAIL, RCPT, DATA on a submission server (RFC 6409 §4.1). */
export const submission: Refusal = says(554, "5.7.1", "refused");

/** MAIL on a submission server: a sender without a full domain (RFC 6409 §4.2). */
export const senderNotQualified: Refusal = says(554, "5.1.8", "the sender's domain is not complete");

/** RCPT on a submission server: a recipient without a full domain (RFC 6409 §4.2). */
export const recipientNotQualified: Refusal = says(554, "5.1.2", "the recipient's domain is not complete");

/** A parameter that cannot be honoured now (RFC 5321 §4.1.1.11). */
export const parameterNotNow: Refusal = says(455, "4.5.0", "a parameter cannot be honoured now");

/** MAIL, RCPT, DATA, message: no space now (RFC 1870 §6.1). */
export const noSpaceNow: Refusal = says(452, "4.3.1", "not enough space now");

/** RCPT, message: a solicitation class that is not wanted goes into the text as `SOLICIT=` (RFC 3865 §2.4). */
export const solicitation: Refusal = says(550, "5.7.1", "solicitations are not wanted");

/** RCPT: the domain takes no mail (RFC 7505 §4.1). */
export const nullMxRecipient: Refusal = says(556, "5.1.10", "the recipient's domain takes no mail");

/** MAIL: the sender's domain takes no mail (RFC 7505 §4.1). */
export const nullMxSender: Refusal = says(550, "5.7.27", "the sender's domain takes no mail");

/** Message: a recipient cannot take UTF-8 headers (RFC 6531 §3.5). */
export const utf8Headers: Refusal = says(554, "5.6.9", "a recipient cannot take UTF-8 headers");

/** VRFY, EXPN: the reply would need UTF-8 (RFC 6531 §3.7.4.2). */
export const utf8Reply: Refusal = says(550, "5.6.8", "the reply needs SMTPUTF8");

/** MAIL: the user holds back too many messages (RFC 4865 §6). */
export const futureReleaseUserQuota: Refusal = says(552, "5.7.16", "too many messages held back for the user");

/** MAIL: too many messages are held back (RFC 4865 §6). */
export const futureReleaseSystemQuota: Refusal = says(552, "5.7.17", "too many messages held back");

/** MAIL: the priority is too low now (RFC 6710 §4.1). */
export const priorityTooLowNow: Refusal = says(450, "4.7.15", "the priority is too low now");

/** MAIL: the priority is too low (RFC 6710 §4.1). */
export const priorityTooLow: Refusal = says(550, "5.7.15", "the priority is too low");

/** MAIL, message: too big at this priority (RFC 6710 §4.1). */
export const tooBigForPriority: Refusal = says(552, "5.7.16", "the message is too big for its priority");

/** RCPT: the mailbox has had another owner (RFC 7293 §15.3). */
export const mailboxOwnerChanged: Refusal = says(550, "5.7.17", "the mailbox's owner has changed");

/** RCPT: the domain has had another owner (RFC 7293 §15.3). */
export const domainOwnerChanged: Refusal = says(550, "5.7.18", "the domain's owner has changed");

/** RCPT: since when is not known (RFC 7293 §15.3). */
export const ownerNotKnown: Refusal = says(550, "5.7.19", "the RRVS test cannot be completed");

/** Message: REQUIRETLS cannot be kept up (RFC 8689 §4.2.1). */
export const requireTlsNotSupported: Refusal = says(550, "5.7.30", "REQUIRETLS support required");

/** AUTH: the password has to be changed to another mechanism first (RFC 4954 §6). */
export const passwordTransition: Refusal = says(432, "4.7.12", "a password transition is needed");

/** AUTH: failed for reasons of the server's (RFC 4954 §6). */
export const authenticationNotNow: Refusal = says(454, "4.7.0", "authentication is not available now");

/** AUTH: the mechanism is too weak for the user (RFC 4954 §6). */
export const mechanismTooWeak: Refusal = says(534, "5.7.9", "the mechanism is too weak");

/** AUTH: wrong credentials (RFC 4954 §6). */
export const credentialsInvalid: Refusal = says(535, "5.7.8", "authentication credentials invalid");

/** AUTH: a response longer than the server takes (RFC 4954 §6). */
export const authLineTooLong: Refusal = says(500, "5.5.6", "authentication exchange line is too long");

/** AUTH: the mechanism needs TLS (RFC 4954 §6). */
export const encryptionRequired: Refusal = says(538, "5.7.11", "encryption required for the mechanism");

/** ETRN: the messages cannot be queued (RFC 1985 §5.1). */
export const etrnNotQueued: Refusal = says(458, "4.5.0", "unable to queue messages");

/** ETRN: the host is not allowed (RFC 1985 §5.1). */
export const etrnNotAllowed: Refusal = says(459, "4.5.0", "host not allowed");

/** ATRN: not these domains, or not so often (RFC 2645 §5.2.1). */
export const atrnRefused: Refusal = says(450, "4.7.0", "ATRN request refused");

/** ATRN: whose domains they are cannot be told now (RFC 2645 §5.2.1). */
export const atrnNotNow: Refusal = says(451, "4.3.0", "unable to process ATRN request now");

/** ATRN: nothing is there (RFC 2645 §5.2.1). */
export const atrnNoMail: Refusal = says(453, "4.3.2", "you have no mail");
