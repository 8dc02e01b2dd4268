import type { SmtpServerEvent } from "smtp-codec";
import { holds, same } from "../../finding.ts";

/**
 * What the events of a server must agree on with one another, whatever the client sent and the application answered:
 * content is of an open transaction, its message has the octets that were handed out, and nobody else's recipients.
 */
export function checkTransactions(events: readonly SmtpServerEvent[]): void {
  let from: string | null = null;
  let rcpts = new Set<string>();
  let content = false;
  let closed = false;
  /** LMTP: recipients of the last message that no event has asked about. */
  let owed: string[] = [];
  for (const event of events) {
    holds(!closed, () => `${event.type} behind closed`);
    if (!["delivery", "closed"].includes(event.type)) holds(owed.length === 0, "a recipient is forgotten");
    switch (event.type) {
      case "mail":
        from = event.from.address;
        rcpts = new Set();
        content = false;
        break;
      case "rcpt":
        holds(from !== null, "rcpt without mail");
        rcpts.add(event.to.address);
        break;
      case "data":
        holds(rcpts.size > 0, "data without a recipient");
        content = true;
        break;
      case "bdat":
        holds(from !== null, "bdat without mail");
        content = true;
        break;
      case "content":
        holds(content, "content without data");
        break;
      case "message": {
        holds(content, "a message without content");
        same(event.from.address, from, "the message's reverse-path");
        holds(event.recipients.length > 0, "a message for nobody");
        owed = event.answer === "none" ? event.recipients.map(({ to }) => to.address) : [];
        for (const { to } of event.recipients) holds(rcpts.has(to.address), "a recipient of another transaction");
        break;
      }
      case "delivery":
        same(event.to.address, owed.shift(), "the recipient that a delivery is about");
        break;
      case "aborted":
        from = null;
        content = false;
        break;
      case "closed":
        closed = true;
    }
  }
}
