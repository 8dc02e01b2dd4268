import { plainClient } from "sasl";
import { SmtpClientSession } from "smtp-codec";
import type { Connection } from "./connection.ts";

export async function send(connection: Connection, user: string, password: string, to: string, content: Uint8Array) {
  const session = new SmtpClientSession({ requireTls: true });
  let outcome = "not accepted";
  for (;;) {
    for (const event of session) {
      if (event.type === "message") outcome = event.outcome;
      else if (!("ok" in event) || !event.ok) continue;
      else if (event.type === "greeting") session.ehlo("client.example.com");
      else if (event.type === "ehlo" && !session.tls) session.starttls();
      else if (event.type === "ehlo") session.auth(plainClient({ authenticationIdentity: user, password }));
      else if (event.type === "auth") session.mail(user).rcpt(to).data();
      else if (event.type === "data") session.content(content);
    }
    for (let bytes: Uint8Array | null; (bytes = session.takeOutput()); ) await connection.write(bytes).catch(() => {});
    switch (session.waiting) {
      case "bytes": {
        const chunk = await connection.read().catch(() => null); // a reset is an end
        chunk ? session.receive(chunk) : session.receiveEnd();
        break;
      }
      case "tls": await connection.startTls(); session.tlsEstablished(); session.ehlo("client.example.com"); break;
      case "decision": session.quit(); break; // nothing is under way: the message has met its fate, or a step was refused
      case "closed": return outcome;
    }
  }
}
