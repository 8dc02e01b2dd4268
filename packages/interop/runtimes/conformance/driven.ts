/** Whole conversations over Web Streams, TLS included: both codecs' sessions driven by `driveStreams`. */
import { content, cutAt } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { plainClient, plainServer, type SaslServer } from "sasl";
import { type SmtpClientEvent, SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { driveStreams, type StreamConnection } from "smtp-codec/streams";
import type { Log } from "./log.ts";
import { COUNT, places, samples } from "./samples.ts";

/** Both ends of a connection, what goes over it cut at these places. */
function connected(log: Log, cuts: readonly number[]): { client: StreamConnection; server: StreamConnection } {
  const way = (from: string) =>
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array>({
      transform(chunk, controller) {
        log.output(`${from}: `);
        log.output(chunk);
        for (const piece of cutAt(chunk, cuts)) controller.enqueue(piece);
      },
    });
  const [up, down] = [way("C"), way("S")];
  return {
    client: { readable: down.readable, writable: up.writable },
    server: { readable: up.readable, writable: down.writable },
  };
}

export async function driven(log: Log): Promise<void> {
  const all = fc.record({ message: content(), cuts: places, knows: fc.boolean() });
  for (const { message, cuts, knows } of samples(all, 41, COUNT / 5)) {
    log.items++;
    const [plain, secure] = [connected(log, cuts), connected(log, cuts)];
    const server = new SmtpServerSession<SaslServer>({ host: "mx.example.com", starttls: true, mechanisms: ["PLAIN"] });
    const client = new SmtpClientSession({ requireTls: true });
    // What both ends do at the same time may come in any order: each has its own list.
    const [atServer, atClient]: [unknown[], unknown[]] = [[], []];
    let isSent = false;
    let isRefused = false;
    const serve = (event: SmtpServerEvent<SaslServer>) => {
      atServer.push(event.type === "content" ? event.bytes.slice() : event);
      if (event.type === "auth") server.authenticate(plainServer());
      else if (event.type === "sasl") server.proceed(knows ? event.mechanism.accept() : event.mechanism.reject());
      else if (event.answer === "needed") server.accept();
    };
    const send = (event: SmtpClientEvent) => {
      atClient.push(event);
      if ("ok" in event && !event.ok) isRefused = true;
    };
    const decide = () => {
      if (isRefused || isSent) client.quit();
      else if (client.capabilities === null) client.ehlo("client.example.com");
      else if (!client.tls) client.starttls();
      else if (!client.authenticated) client.auth(plainClient({ authenticationIdentity: "tim", password: "tanstaaf" }));
      else {
        isSent = true;
        client.mail("a@example.com").rcpt("b@example.org").data();
      }
    };
    await Promise.all([
      driveStreams(server, plain.server, { on: serve, startTls: () => secure.server }),
      driveStreams(client, plain.client, {
        ...{ on: send, decide, startTls: () => secure.client },
        content: () => client.content(log.input(message)),
      }).catch((error) => log.event(error)),
    ]);
    for (const event of [...atServer, ...atClient]) log.event(event);
  }
}
