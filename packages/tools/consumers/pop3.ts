import { type MaildropSource, Pop3ClientSession, type Pop3ServerEvent, Pop3ServerSession } from "pop3-codec";
import { assertClientDriver } from "pop3-codec/driver-test";
import { recordClient, replayClient } from "pop3-codec/recording";
import { parseCommand } from "pop3-codec/syntax";
import { plainClient, plainServer, type SaslClient, type SaslServer, verifyApop } from "sasl";

export function serve(chunk: Uint8Array, passwords: Map<string, string>): (Uint8Array | null)[] {
  const session = new Pop3ServerSession<SaslServer>({
    tls: true,
    apop: { host: "mx.example.com" },
    mechanisms: ["PLAIN"],
  });
  for (const event of session.receive(chunk)) answer(session, event, passwords);
  return [session.takeOutput(), ...session.takeOutputPieces()];
}

/** A session that goes on elsewhere, with a maildrop that is no data. */
export function move(session: Pop3ServerSession<SaslServer>, maildrop: MaildropSource): Pop3ServerSession<SaslServer> {
  return Pop3ServerSession.restore<SaslServer>(session.snapshot(), { tls: true }, null, maildrop);
}

function answer(
  session: Pop3ServerSession<SaslServer>,
  event: Pop3ServerEvent<SaslServer>,
  passwords: Map<string, string>,
): void {
  const maildrop = { sizes: [2], uniqueIds: ["1"] };
  switch (event.type) {
    case "pass":
      passwords.get(event.name) === event.password ? session.accept(maildrop) : session.reject();
      break;
    case "apop": {
      const password = passwords.get(event.name) ?? null;
      verifyApop({ timestamp: event.timestamp, digest: event.digest, password })
        ? session.accept(maildrop)
        : session.reject();
      break;
    }
    case "auth":
      session.authenticate(plainServer());
      break;
    case "sasl":
      // The mechanism's own steps are narrowed without a cast.
      if (event.step.type === "verify") session.proceed(event.mechanism.accept());
      else session.proceed(event.mechanism.provide({ password: "x" }));
      break;
    case "authenticated":
      session.accept(maildrop);
      break;
    case "retr":
    case "top":
      session.accept().content(new Uint8Array([13, 10]));
      break;
    case "quit":
      session.accept();
  }
}

export function fetch(chunk: Uint8Array): Uint8Array[] {
  const session = new Pop3ClientSession<SaslClient>({ requireTls: true });
  const pieces: Uint8Array[] = [];
  for (const event of session.receive(chunk)) {
    if (event.type === "capa" && event.capabilities?.sasl.includes("PLAIN")) {
      session.auth(plainClient({ authenticationIdentity: "tim", password: "x" }));
    } else if (event.type === "content") pieces.push(event.bytes);
  }
  return pieces;
}

export const parsed = parseCommand(new Uint8Array());

/** A recorded session is typed as the session itself. */
export function recorded(chunk: Uint8Array): string | null {
  const lines: string[] = [];
  const session: Pop3ClientSession<SaslClient> = recordClient<SaslClient>({}, (line) => lines.push(line));
  session.receive(chunk);
  return replayClient(lines).run();
}

export async function played(): Promise<number> {
  const report = await assertClientDriver(async (transport, { createSession, on, decide }) => {
    for (const event of createSession()) await on(event);
    await decide();
    transport.close();
  });
  return report.played;
}
