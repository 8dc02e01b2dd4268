import type { ReversePath } from "../path/path.ts";
import { auth } from "./auth.ts";
import { type Body, body } from "./body.ts";
import { by, type DeliverBy } from "./deliver-by.ts";
import { envid, type Notify, notify, type OriginalRecipient, orcpt, type Return, ret } from "./dsn.ts";
import { conNeg, conPerm, requireTls, smtputf8 } from "./flags.ts";
import { holdFor, holdUntil } from "./future-release.ts";
import { mtPriority } from "./mt-priority.ts";
import { solicit } from "./no-soliciting.ts";
import type { Parameter } from "./parameter.ts";
import { type RequireRecipientValidSince, rrvs } from "./rrvs.ts";
import { size } from "./size.ts";

/** The parameters of MAIL by their typed values; absent ones are absent. */
export interface MailParameters {
  /** The declared message size in octets; a figure above 2^53−1 is Infinity (RFC 1870 §6). */
  readonly size?: number;
  /** The declared form of the content (RFC 6152 §2, RFC 3030 §3). */
  readonly body?: Body;
  /** The transaction may hold characters beyond ASCII (RFC 6531 §3.4). */
  readonly smtputf8?: true;
  /** Who submitted the message, as an authenticated peer vouches: a mailbox, or `<>` for "unknown" (RFC 4954 §5). */
  readonly auth?: ReversePath;
  /** How much of the message a notification returns (RFC 3461 §4.3). */
  readonly ret?: Return;
  /** What the sender knows the message by, decoded (RFC 3461 §4.4). */
  readonly envid?: string;
  /** When the message is to be delivered by (RFC 2852 §4). */
  readonly by?: DeliverBy;
  /** How long to hold the message back, in seconds (RFC 4865 §3). */
  readonly holdFor?: number;
  /** Until when to hold the message back: a date-time of RFC 3339 in UTC (RFC 4865 §3). */
  readonly holdUntil?: string;
  /** The message's priority, −9 to 9 (RFC 6710 §3). */
  readonly mtPriority?: number;
  /** The message may go over TLS alone (RFC 8689 §2). */
  readonly requireTls?: true;
  /** The solicitation classes that the message is of (RFC 3865 §2.3). */
  readonly solicit?: readonly string[];
  /** The content may be converted on its way (RFC 4141 §4.2). */
  readonly conPerm?: true;
}

/** The parameters of RCPT by their typed values; absent ones are absent. */
export interface RcptParameters {
  /** When the recipient's fate is to be reported (RFC 3461 §4.1). */
  readonly notify?: Notify;
  /** The recipient that the sender named (RFC 3461 §4.2). */
  readonly orcpt?: OriginalRecipient;
  /** Since when the recipient must have owned the mailbox (RFC 7293 §3.1). */
  readonly rrvs?: RequireRecipientValidSince;
  /** Asks for the recipient's capabilities (RFC 4141 §5.2). */
  readonly conNeg?: true;
}

/** Parameters of one command by the names of their typed values. */
export type ParameterSet = Readonly<Record<string, Parameter<unknown>>>;

/** The typed values that a set gives. */
export type ParametersOf<Set extends ParameterSet> = {
  readonly [Name in keyof Set]?: Set[Name] extends Parameter<infer Value> ? Value : never;
};

/** The set of definitions for typed values. */
type SetOf<Typed> = { readonly [Name in keyof Typed]-?: Parameter<NonNullable<Typed[Name]>> };

/** The parameters of MAIL that are known here. */
export const mailParameterSet: SetOf<MailParameters> = {
  ...{ size, body, smtputf8, auth, ret, envid, by },
  ...{ holdFor, holdUntil, mtPriority, requireTls, solicit, conPerm },
};

/** The parameters of RCPT that are known here. */
export const rcptParameterSet: SetOf<RcptParameters> = { notify, orcpt, rrvs, conNeg };
