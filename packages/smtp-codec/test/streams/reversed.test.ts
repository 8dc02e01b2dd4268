/**
 * Connections that are used the other way round after ATRN (RFC 2645): the streams are let go of, for the sessions of
 * the other roles.
 */
import { driveStreams } from "dot-stuffing/streams";
import { plainClient, plainServer, type SaslServer } from "sasl";
import { type SmtpClientEvent, SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { AsyncContent, type StreamConnection } from "smtp-codec/streams";
import { text } from "tools/testing";
import { describe, expect, it } from "vitest";
import { client, connected, peer, piped, server } from "./support.ts";

const OFFER = { host: "odmr.example.com", protocol: "odmr", tls: true, mechanisms: ["PLAIN"] } as const;

/** The streams, with what was received already in front of what is read from them. */
function after(unread: readonly Uint8Array[], { readable, writable }: StreamConnection): StreamConnection {
  const left = [...unread];
  const reader = readable.getReader();
  return {
    writable,
    readable: new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = left.length > 0 ? { done: false, value: left.shift()! } : await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    ),
  };
}

/** A provider that has a message for its customer, and gives it after ATRN. */
async function provide(connection: StreamConnection): Promise<string[]> {
  const session = new SmtpServerSession<SaslServer>(OFFER);
  let unread: readonly Uint8Array[] = [];
  await driveStreams(session, connection, {
    on: (event: SmtpServerEvent<SaslServer>) => {
      if (event.type === "auth") session.authenticate(plainServer());
      else if (event.type === "sasl") session.proceed((event.mechanism as SaslServer & { accept(): never }).accept());
      else if (event.type === "closed" && event.cause === "reversed") unread = event.unread;
      else if (event.answer === "needed") session.accept();
    },
  });
  const sending = new SmtpClientSession();
  const application = client(
    sending,
    new AsyncContent(() => new Blob(["for you\r\n"]).stream() as ReadableStream<Uint8Array>),
  );
  await driveStreams(sending, after(unread, connection), application);
  return application.events;
}

/** A customer that asks for its mail; what it got. */
async function collect(connection: StreamConnection): Promise<readonly string[]> {
  const session = new SmtpClientSession({ tls: true });
  let unread: readonly Uint8Array[] = [];
  await driveStreams(session, connection, {
    on: (event: SmtpClientEvent) => {
      if (event.type === "closed" && event.cause === "reversed") unread = event.unread;
    },
    decide: () => {
      if (session.capabilities === null) session.ehlo("customer.example.org");
      else if (!session.authenticated)
        session.auth(plainClient({ authenticationIdentity: "tim", password: "tanstaaf" }));
      else session.atrn(["example.org"]);
    },
  });
  const receiving = new SmtpServerSession<SaslServer>({ host: "customer.example.org" });
  const application = server(receiving);
  await driveStreams(receiving, after(unread, connection), application);
  return application.stored;
}

describe("ATRN", () => {
  it.each([
    ["streams that hold nothing", connected],
    ["streams that hold a little", () => piped(1024)],
  ])("leaves the streams open for the other role: %s", async (_, connect) => {
    const ends = connect();
    const [events, stored] = await Promise.all([provide(ends.server), collect(ends.client)]);
    expect(stored).toEqual(["for you\r\n"]);
    expect(events.at(-1)).toBe("closed quit");
  });

  it("leaves them neither locked, closed nor cancelled, and says what was received already", async () => {
    const said = ["EHLO x\r\n", "AUTH PLAIN AHUAcA==\r\n", "ATRN example.org\r\n220 ", "c.example\r\n"];
    const far = peer(said, "is silent");
    const session = new SmtpServerSession<SaslServer>(OFFER);
    let unread: readonly Uint8Array[] | null = null;
    await driveStreams(session, far.connection, {
      on: (event: SmtpServerEvent<SaslServer>) => {
        if (event.type === "auth") session.authenticate(plainServer());
        else if (event.type === "sasl") session.proceed((event.mechanism as SaslServer & { accept(): never }).accept());
        else if (event.type === "closed" && event.cause === "reversed") unread = event.unread;
        else if (event.answer === "needed") session.accept();
      },
    });
    const { readable, writable } = far.connection;
    expect([far.ends, readable.locked, writable.locked, text(unread!)]).toEqual([[], false, false, "220 "]);
    expect(text((await readable.getReader().read()).value!)).toBe("c.example\r\n");
  });

  it("over a connection that is lost ends it", async () => {
    const far = peer(["EHLO x\r\n", "AUTH PLAIN AHUAcA==\r\n", "ATRN example.org\r\n"], "is silent", "breaks");
    const session = new SmtpServerSession<SaslServer>(OFFER);
    const causes: string[] = [];
    await driveStreams(session, far.connection, {
      on: (event: SmtpServerEvent<SaslServer>) => {
        if (event.type === "auth") session.authenticate(plainServer());
        else if (event.type === "sasl") session.proceed((event.mechanism as SaslServer & { accept(): never }).accept());
        else if (event.type === "closed") causes.push(event.cause);
        else if (event.answer === "needed") session.accept();
      },
    });
    expect([causes, far.ends]).toEqual([["reversed"], ["cancelled"]]);
  });
});
