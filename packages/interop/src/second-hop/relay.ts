/** Our server and our client as a relay: what one hostile connection makes of it, and what it sends on. */

import { type LineEndings, SmtpClientSession, SmtpServerSession, SmtpTransaction } from "smtp-codec";
import type { Flight } from "smtp-codec/arbitraries";

/** A message that our server has accepted. */
export interface Accepted {
  readonly from: string;
  readonly to: readonly string[];
  readonly content: Uint8Array;
}

/**
 * What our server has accepted of a client, flight by flight. STARTTLS is not followed by a handshake: nothing comes
 * after it.
 */
export function receive(flights: readonly Flight[], lineEndings: LineEndings): Accepted[] {
  const session = new SmtpServerSession({ host: "relay.example.com", lineEndings, chunking: true, starttls: true });
  const accepted: Accepted[] = [];
  let pieces: Uint8Array[] = [];
  const pull = (): void => {
    for (const event of session) {
      if (event.type === "content") pieces.push(event.bytes.slice());
      else if (event.type === "message") {
        const to = event.recipients.map((recipient) => recipient.to.address);
        accepted.push({ from: event.from.address, to, content: Buffer.concat(pieces) });
      }
      if (event.type === "message" || event.type === "refused" || event.type === "aborted") pieces = [];
      if (event.answer === "needed") session.accept();
    }
    session.takeOutputPieces();
  };
  pull();
  for (const { bytes } of flights) {
    if (session.waiting !== "bytes") break;
    session.receive(bytes);
    pull();
  }
  return accepted;
}

/** How octets go to a server and come back. */
export interface Line {
  write(bytes: Uint8Array): void;
  read(): Promise<Uint8Array | null>;
}

/** Sends messages on, by DATA, over one connection. @throws Error for a server that does not take one */
export async function send(messages: readonly Accepted[], line: Line): Promise<void> {
  const session = new SmtpClientSession();
  const left = [...messages];
  /** What events are pulled from: the transaction that is under way, or the session. */
  let source: SmtpTransaction | SmtpClientSession = session;
  const begin = (): void => {
    const message = left.shift();
    source = session;
    if (message === undefined) session.quit();
    else {
      const { from, to, content } = message;
      source = new SmtpTransaction(session, { from, to }, { content, chunking: false });
    }
  };
  const next = () => source.nextEvent();
  for (;;) {
    for (let event = next(); event !== null; event = next()) {
      if (event.type === "greeting") session.ehlo("relay.example.com");
      else if (event.type === "ehlo") begin();
      else if (event.type === "done") {
        const [refused] = event.report.recipients.filter(({ outcome }) => outcome !== "accepted");
        if (refused !== undefined)
          throw new Error(`${refused.to.address} was refused: ${refused.code} ${refused.text}`);
        begin();
      } else if (event.type === "closed") return;
    }
    for (const bytes of session.takeOutputPieces()) line.write(bytes);
    const chunk = await line.read();
    if (chunk === null) session.receiveEnd();
    else session.receive(chunk);
  }
}
