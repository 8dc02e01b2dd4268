import { SmtpServerSession } from "smtp-codec";
import type { Connection } from "./connection.ts";

export async function serve(connection: Connection, users: Set<string>, store: (message: Uint8Array[]) => Promise<void>) {
  const session = new SmtpServerSession({ host: "mx.example.com", starttls: true });
  let message: Uint8Array[] = [];
  for (;;) {
    for (const event of session) {
      switch (event.type) {
        case "mail": session.accept(); break;
        case "rcpt": users.has(event.to.address) ? session.accept() : session.reject({ code: 550, enhanced: "5.1.1" }); break;
        case "content": message.push(event.bytes.slice()); break;
        case "message": await store(message); message = []; session.accept(); break;
        case "refused": case "aborted": message = []; break;
      }
    }
    for (let bytes: Uint8Array | null; (bytes = session.takeOutput()); ) await connection.write(bytes).catch(() => {});
    switch (session.waiting) {
      case "bytes": {
        const chunk = await connection.read().catch(() => null); // a reset is an end
        chunk ? session.receive(chunk) : session.receiveEnd();
        break;
      }
      case "tls": await connection.startTls(); session.tlsEstablished(); break;
      case "closed": return;
    }
  }
}
