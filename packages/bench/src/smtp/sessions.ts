import { type SmtpClientEvent, SmtpClientSession, SmtpServerSession } from "smtp-codec";

export const OURS = "smtp-codec";

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

export const EHLO = "EHLO client.example.com\r\n";

/** One connection stands for many here. */
const OPTIONS = {
  host: "mx.example.com",
  chunking: true,
  maxTransactions: Number.POSITIVE_INFINITY,
  maxIdleCommands: Number.POSITIVE_INFINITY,
  maxMessageSize: Number.POSITIVE_INFINITY,
};
const WITHOUT_CHUNKING = { ...OPTIONS, chunking: false };

/** Accepts everything in a chunk, and hands over what is to be sent. */
export function serve(session: SmtpServerSession, chunk: Uint8Array, sink: (piece: Uint8Array) => void): void {
  session.receive(chunk);
  do {
    for (const event of session) if (event.answer === "needed") session.accept();
    for (const piece of session.takeOutputPieces()) sink(piece);
  } while (session.waiting === "output");
}

/** A server session that has greeted. */
export function server(chunking = true): SmtpServerSession {
  const session = new SmtpServerSession(chunking ? OPTIONS : WITHOUT_CHUNKING);
  serve(session, encode(EHLO), () => {});
  return session;
}

/** Both sides of a connection, past their hellos. */
export interface Pair {
  readonly client: SmtpClientSession;
  readonly server: SmtpServerSession;
}

export function pair(chunking: boolean): Pair {
  const sides = {
    client: new SmtpClientSession(),
    server: new SmtpServerSession(chunking ? OPTIONS : WITHOUT_CHUNKING),
  };
  const { client, server: other } = sides;
  for (const event of other) if (event.answer === "needed") other.accept();
  for (const piece of other.takeOutputPieces()) client.receive(piece);
  exchange(sides, client, (event) => event.type === "greeting" && client.ehlo("client.example.com"));
  return sides;
}

/**
 * Carries octets to and fro until neither side has any, and accepts everything on the server.
 *
 * @param events the client's, or those of what stands in front of it
 */
export function exchange<Event extends { readonly type: string }>(
  { client, server: other }: Pair,
  events: Iterable<Event>,
  tell: (event: Event) => unknown,
): void {
  for (;;) {
    for (const event of events) tell(event);
    const pieces = client.takeOutputPieces();
    if (pieces.length === 0) return;
    for (const piece of pieces) serve(other, piece, (reply) => client.receive(reply));
  }
}

/** A client that waits for the replies to so many commands. */
export function waitingClient(commands: number): SmtpClientSession {
  const session = new SmtpClientSession();
  const read = (text: string, tell: (event: SmtpClientEvent) => unknown) => {
    for (const event of session.receive(encode(text))) tell(event);
    session.takeOutputPieces(); // a reply that comes before its command has left is none
  };
  read("220 mx\r\n", ({ type }) => type === "greeting" && session.ehlo("x.example.com"));
  read("250-mx\r\n250 PIPELINING\r\n", () => {});
  for (let command = 0; command < commands; command++) session.rset();
  session.takeOutputPieces();
  return session;
}
