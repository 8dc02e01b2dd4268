import type { SaslClient } from "dot-stuffing/session";
import type { MessageEvent, SmtpClientEvent } from "../client/events.ts";
import type { ForwardPath } from "../syntax/path/path.ts";
import type { EnhancedCode } from "../syntax/reply/enhanced-code.ts";
import type { EnvelopeProblem } from "./problems.ts";

/** What became of a message for one recipient. */
export interface RecipientReport {
  readonly to: ForwardPath;
  /**
   * `"accepted"`; `"transient"` or `"permanent"`: refused by the reply; `"not-accepted"`: certainly not sent to its
   * end; `"unknown"`: sent to its end, and the connection ended before the reply came: sending again may deliver it
   * twice.
   */
  readonly outcome: MessageEvent["outcome"];
  /** Of the reply that decided it; null: none did. */
  readonly code: number | null;
  readonly enhanced: EnhancedCode | null;
  /** The reply's text, or in our words why there is none. */
  readonly text: string;
}

/** What became of a transaction. */
export interface TransactionReport {
  /** Why nothing was sent; empty if something was. */
  readonly problems: readonly EnvelopeProblem[];
  /** In the envelope's order. */
  readonly recipients: readonly RecipientReport[];
  /** Octets of content as sent, the last time if it was split, without stuffed dots and the final dot (RFC 1870 §5). */
  readonly size: number;
  /** How many lines were stuffed. */
  readonly stuffedLines: number;
}

/** What happens in a transaction; what the session says besides passes through. */
export type TransactionEvent<Mechanism extends SaslClient = SaslClient> =
  /** A recipient's fate, as soon as it is known. */
  | (RecipientReport & { readonly type: "recipient"; readonly answer: "none" })
  /**
   * Content is wanted, from its beginning: write it while `waiting` is `"content"`. Only where none was handed in; once
   * for each part that the recipients were split into.
   */
  | { readonly type: "content"; readonly part: number; readonly parts: number; readonly answer: "none" }
  /**
   * The transaction is over. The session is ready for the next one, unless it is closed, or the server has refused
   * RSET.
   */
  | { readonly type: "done"; readonly report: TransactionReport; readonly answer: "none" }
  | Exclude<SmtpClientEvent<Mechanism>, { readonly type: OwnEventType }>;

/** The session's events that a transaction takes for itself. */
type OwnEventType = "mail" | "rcpt" | "data" | "bdat" | "delivery" | "message" | "rset";
