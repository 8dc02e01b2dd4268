import { ContentError, type CutOff, StuffStream, UnstuffStream } from "dot-stuffing/streams";
import { Pop3ClientSession } from "pop3-codec";
import { driveStreams } from "pop3-codec/streams";
import type { SmtpTransaction } from "smtp-codec";
import { AsyncContent, type StreamConnection } from "smtp-codec/streams";

export function receive(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const message = new UnstuffStream({ lineEndings: "normalize" });
  return source.pipeThrough(message);
}

export async function send(
  content: ReadableStream<Uint8Array>,
  connection: WritableStream<Uint8Array>,
): Promise<number> {
  const message = new StuffStream({ finalLineEnd: "add" });
  await content.pipeThrough(message).pipeTo(connection, { preventClose: true });
  return message.size;
}

export const codeOf = (error: unknown): CutOff["code"] | "bare-lf" | null =>
  error instanceof ContentError && (error.violation.code === "cut-off" || error.violation.code === "bare-lf")
    ? error.violation.code
    : null;

export async function feed(transaction: SmtpTransaction, file: ReadableStream<Uint8Array>): Promise<void> {
  const content = new AsyncContent(() => file);
  while (transaction.waiting === "content") await content.feed(transaction);
}

export async function count(plain: StreamConnection, secure: () => Promise<StreamConnection>): Promise<number> {
  const session = new Pop3ClientSession({ requireTls: true });
  let found = 0;
  await driveStreams(session, plain, {
    on: (event) => {
      if (event.type === "stat") found = event.count;
    },
    decide: () => (session.tls ? session.quit() : session.stls()),
    startTls: secure,
  });
  return found;
}
