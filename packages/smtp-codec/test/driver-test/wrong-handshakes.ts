import type { SmtpServerEvent } from "smtp-codec";
import type { Contract } from "smtp-codec/driver-test";
import { never, type Parts, readingAhead, right, type Session, Stop } from "./drivers.ts";

/** Drivers that break a contract about TLS, as in `wrong-server-drivers.ts`. */
export const wrongHandshakes: [string, Contract, string, () => Partial<Parts<SmtpServerEvent>>][] = [
  [
    "does no handshake",
    "tls",
    'it wrote plaintext after waiting became "tls"',
    () => ({
      async tls(session) {
        session.tlsEstablished();
      },
    }),
  ],
  [
    "waits for a handshake that it does not begin",
    "tls",
    'it waits for input while waiting is "tls": it begins no handshake',
    () => ({
      async tls(_, transport) {
        await transport.read();
      },
    }),
  ],
  [
    "does not say that the handshake is done",
    "tls",
    "it did not call tlsEstablished()",
    () => ({
      async tls(_, transport) {
        await transport.startTls();
        await never();
      },
    }),
  ],
  [
    "begins the handshake again and again",
    "tls",
    "it began one handshake after another, and told the session of none",
    () => ({
      async tls(_, transport) {
        await transport.startTls();
      },
    }),
  ],
  [
    "does not say that the handshake has failed",
    "tls",
    "it did not call tlsFailed()",
    () => ({
      async tls(session, transport) {
        await transport.startTls().catch(never);
        session.tlsEstablished();
      },
    }),
  ],
  [
    "begins the handshake too early",
    "tls",
    "it began the handshake before the output in front of it was written",
    () => ({
      async output(session, transport) {
        if (session.waiting !== "tls") await right.output(session as Session<never>, transport);
      },
    }),
  ],
  [
    "begins a handshake unasked",
    "tls",
    "it began a handshake that the session does not wait for",
    () => ({
      async input(session, transport) {
        await transport.startTls();
        await right.input(session as Session<never>, transport);
      },
    }),
  ],
  [
    "takes a failed handshake for a good one",
    "tls",
    "it called tlsEstablished() though the handshake had failed",
    () => ({
      async tls(session, transport) {
        await transport.startTls().catch(() => {});
        session.tlsEstablished();
      },
    }),
  ],
  [
    "goes away when the handshake fails",
    "tls",
    "it did not call tlsFailed(), nor reject, when the handshake had failed",
    () => ({
      async tls(session, transport) {
        await transport.startTls().catch(() => {
          throw new Stop();
        });
        session.tlsEstablished();
      },
    }),
  ],
  [
    "reads while the handshake is done",
    "tls",
    "it was reading when the handshake began, whose first octets it would take",
    () => readingAhead(2),
  ],
  [
    "reads what came in the clear behind the handshake",
    "plaintext-behind-tls",
    "it handed the session octets from before the handshake after it",
    () => {
      const queue: (Uint8Array | null)[] = [];
      return {
        async input(session, transport) {
          if (queue.length === 0) {
            queue.push((await transport.read())?.slice() ?? null);
            for (let now = transport.readNow(); now !== null; now = transport.readNow()) queue.push(now.slice());
          }
          const chunk = queue.shift()!;
          if (chunk === null) session.receiveEnd();
          else session.receive(chunk);
        },
      };
    },
  ],
];
