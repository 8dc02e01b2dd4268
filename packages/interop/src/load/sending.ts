/** Our SMTP client, as fast as it goes: no TLS, no login. */
import { behind } from "dot-stuffing/streams";
import { drive } from "examples/src/transport/drive.ts";
import { open, tlsClient } from "examples/src/transport/node.ts";
import { type SmtpClientEvent, SmtpClientSession, SmtpTransaction, type TransactionEvent } from "smtp-codec";
import { ALICE, BOB } from "../world.ts";
import { message } from "./message.ts";

export interface Sending {
  readonly port: number;
  readonly connections: number;
  /** Over all connections. */
  readonly messages: number;
  /** In octets. */
  readonly size: number;
  /** Sends no message before every connection is open. Default false. */
  readonly hold?: boolean;
}

/**
 * Sends messages, each connection one after the other.
 *
 * @param sent is called after each that was accepted, with their number so far
 * @throws Error unless every one was accepted
 */
export async function sendMessages(
  { port, connections, messages, size, hold = false }: Sending,
  sent: (count: number) => void = () => {},
): Promise<void> {
  const content = message(size);
  const envelope = { from: ALICE, to: [BOB], content: "7bit" } as const;
  let left = messages;
  let accepted = 0;
  let ready = 0;
  let allReady = (): void => {};
  const everybody = new Promise<void>((resolve) => (allReady = resolve));

  async function send(): Promise<void> {
    const connection = await open("127.0.0.1", port, tlsClient("127.0.0.1"));
    const session = new SmtpClientSession();
    let transaction: SmtpTransaction | null = null;
    const decide = async (): Promise<void> => {
      transaction = null;
      if (session.capabilities === null) session.ehlo("client.example.org");
      else {
        if (hold && ++ready === connections) allReady();
        if (hold) await everybody;
        if (left-- > 0) transaction = new SmtpTransaction(session, envelope, { content });
        else session.quit();
      }
    };
    const on = (event: { readonly type: string }): void => {
      if (event.type === "recipient" && "outcome" in event && event.outcome === "accepted") sent(++accepted);
    };
    await drive(
      behind<SmtpClientEvent | TransactionEvent>(session, () => transaction),
      connection,
      { on, decide },
    );
  }

  await Promise.all(Array.from({ length: connections }, send));
  if (accepted !== messages) throw new Error(`${accepted} of ${messages} messages were accepted`);
}
