import type { AcceptedRecipient } from "smtp-codec";

/** What a report is about. */
export interface Delivery {
  /** The server that delivered. */
  readonly host: string;
  /** The message's sender, who gets the report. */
  readonly sender: string;
  /** Who of its recipients asked to be reported on. */
  readonly recipients: readonly AcceptedRecipient[];
  /** What the sender knows the message by. */
  readonly envid: string | undefined;
  readonly date: Date;
}

/** The recipients whose delivery is to be reported (RFC 3461 §5.2.2: NOTIFY=SUCCESS). */
export function reported(recipients: readonly AcceptedRecipient[]): AcceptedRecipient[] {
  return recipients.filter(({ parameters }) => parameters.notify?.includes("SUCCESS"));
}

/** The report that a message was delivered (RFC 3464), as it goes into the sender's maildrop. */
export function deliveryReport({ host, sender, recipients, envid, date }: Delivery): string {
  const status = recipients.map(({ to }) => [
    `Final-Recipient: rfc822; ${to.address}`,
    "Action: delivered",
    "Status: 2.0.0",
    "",
  ]);
  return [
    `From: <postmaster@${host}>`,
    `To: <${sender}>`,
    `Date: ${date.toUTCString().replace("GMT", "+0000")}`,
    "Subject: Your message was delivered",
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="part"',
    "",
    "--part",
    "",
    `Your message was delivered to ${recipients.map(({ to }) => to.address).join(", ")}.`,
    "",
    "--part",
    "Content-Type: message/delivery-status",
    "",
    `Reporting-MTA: dns; ${host}`,
    ...(envid === undefined ? [] : [`Original-Envelope-Id: ${envid}`]),
    "",
    ...status.flat(),
    "--part--",
    "",
  ].join("\r\n");
}
