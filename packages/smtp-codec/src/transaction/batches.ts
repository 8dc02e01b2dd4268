import type { Remaining } from "../client/session.ts";
import { newDomain } from "../syntax/path/mailbox.ts";
import type { PreparedRecipient } from "./envelope.ts";

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
    const domain = newDomain(path, domains);
    const last = batches.at(-1);
    const full = last === undefined || last.length === rcptMax;
    if ((domain !== null && domains.size >= most) || (full && batches.length >= left.mails)) {
      beyond.push(place);
      continue;
    }
    if (domain !== null) domains.add(domain);
    if (full) batches.push([place]);
    else last.push(place);
  }
  return { batches, beyond };
}
