import type { SmtpServerEvent } from "smtp-codec";
import type { Contract } from "smtp-codec/driver-test";
import { never, type Parts, readingAhead, right, type Session, Stop } from "./drivers.ts";
import { wrongHandshakes } from "./wrong-handshakes.ts";

/**
 * Drivers that break one contract each: what they do, which it is, what is to be said of them, and where they differ
 * from the right one.
 */
export const wrongServerDrivers: [string, Contract, string, () => Partial<Parts<SmtpServerEvent>>][] = [
  [
    "reads on before the events were pulled",
    "borrowed-chunk",
    "it handed the session a chunk and changed it, or read again, before nextEvent() had returned null",
    () => {
      let next: Promise<Uint8Array | null> | null = null;
      return {
        async input(session, transport) {
          const chunk = await (next ?? transport.read());
          if (chunk === null) session.receiveEnd();
          else session.receive(chunk);
          next = chunk === null ? null : transport.read();
        },
      };
    },
  ],
  [
    "uses its buffer again too early",
    "borrowed-chunk",
    "it handed the session a chunk and changed it, or read again, before nextEvent() had returned null",
    () => ({
      async input(session, transport) {
        const buffer = new Uint8Array(4096);
        const count = await transport.readInto(buffer);
        if (count === null) session.receiveEnd();
        else session.receive(buffer.subarray(0, count));
        buffer.fill(0);
      },
    }),
  ],
  [
    "loses a CR of the content",
    "input",
    "what it handed the session is not what it read: octets were lost, repeated, reordered or overwritten",
    () => {
      let inContent = false;
      return {
        async events(session, application) {
          for (const event of session) {
            inContent = event.type === "data";
            await application.on(event);
          }
        },
        async input(session, transport) {
          const chunk = await transport.read();
          const lost = inContent ? (chunk?.indexOf(0x0d) ?? -1) : -1;
          if (chunk === null) session.receiveEnd();
          else session.receive(chunk.filter((_, at) => at !== lost));
        },
      };
    },
  ],
  [
    "queues chunks that the next read writes over",
    "input",
    "what it handed the session is not what it read: octets were lost, repeated, reordered or overwritten",
    () => ({
      async input(session, transport) {
        const one = await transport.read();
        const two = one === null ? null : await transport.read();
        if (one !== null) session.receive(one);
        if (two === null) session.receiveEnd();
        else session.receive(two);
      },
    }),
  ],
  [
    "drops what a partial write has not taken",
    "output",
    "it waits for input, and output has not been written: what a partial write did not take is lost",
    () => ({
      async output(session, transport) {
        for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput())
          await transport.writeSome(bytes);
      },
    }),
  ],
  [
    "writes pieces in another order",
    "output",
    "what it wrote is not what the session gave: octets were lost, repeated, reordered, changed or added",
    () => ({
      async output(session, transport) {
        const pieces = session.takeOutputPieces().flatMap((piece) => [piece.subarray(3), piece.subarray(0, 3)]);
        await transport.writeAll(pieces);
      },
    }),
  ],
  [
    "takes output and does not write it",
    "output",
    "it waits for input, and output has not been written",
    () => ({
      async output(session) {
        session.takeOutput();
      },
    }),
  ],
  [
    "never takes output",
    "output",
    "it waits for input, and output has not been written",
    () => ({ output: async () => {} }),
  ],
  [
    "answers each event in a write of its own",
    "one-write",
    "it answered a pipelined batch in more than one write",
    () => ({
      async events(session, application, transport) {
        for (const event of session) {
          await application.on(event);
          await right.output(session as Session<never>, transport);
        }
      },
    }),
  ],
  [
    "does not wait for its application",
    "events",
    "it pulled the next event before the application was done with the last one",
    () => ({
      async events(session, application) {
        for (const event of session) {
          const done = application.on(event);
          if (event.type !== "content") await done;
        }
      },
    }),
  ],
  [
    "keeps events from its application",
    "events",
    "it handed the application another event than the next one",
    () => ({
      async events(session, application) {
        for (const event of session) if (event.type !== "ehlo") await application.on(event);
      },
    }),
  ],
  [
    "does not tell its application of the end",
    "events",
    'it did not hand the application the event "closed"',
    () => ({
      async events(session, application) {
        for (const event of session) if (event.type !== "closed") await application.on(event);
      },
    }),
  ],
  [
    "answers nothing",
    "events",
    'it does nothing, and nobody answers the event "mail"',
    () => ({
      async events(session) {
        for (const _ of session) {
        }
        if (session.waiting === "decision") await never();
      },
    }),
  ],
  [
    "leaves events in the session",
    "events",
    'it left the event "closed" in the session',
    () => ({
      async input(session, transport) {
        const chunk = await transport.read();
        if (chunk !== null) session.receive(chunk);
        else {
          session.receiveEnd();
          Object.defineProperty(session, "ended", { value: true });
        }
      },
      async events(session, application) {
        if ("ended" in session) throw new Stop();
        await right.events(session as Session<never>, application as never, null as never);
      },
    }),
  ],
  [
    "reads as long as there is something to read",
    "read-ahead",
    "it read on while a decision was open",
    () => readingAhead(Number.POSITIVE_INFINITY),
  ],
  [
    "does not wait for its writes",
    "back-pressure",
    "it wrote on and on to a peer that does not read",
    () => ({
      async output(session, transport) {
        for (let bytes = session.takeOutput(); bytes !== null; bytes = session.takeOutput())
          void transport.write(bytes).catch(() => {});
      },
    }),
  ],
  ...wrongHandshakes,
  [
    "goes away at the end of input",
    "end-of-input",
    "it did not call receiveEnd(), nor reject, when the connection had ended",
    () => ({
      async input(session, transport) {
        const chunk = await transport.read();
        if (chunk === null) throw new Stop();
        session.receive(chunk);
      },
    }),
  ],
  [
    "stops at the end of input",
    "end-of-input",
    "it did not call receiveEnd() when the connection had ended, and goes no further",
    () => ({
      async input(session, transport) {
        const chunk = await transport.read();
        if (chunk === null) await never();
        else session.receive(chunk);
      },
    }),
  ],
  [
    "reads again and again",
    "end-of-input",
    "it read on and on after the end of input",
    () => ({
      async input(session, transport) {
        const chunk = await transport.read().catch(() => null);
        if (chunk !== null) session.receive(chunk);
      },
    }),
  ],
  [
    "waits again and again for what can be read",
    "end-of-input",
    "it read on and on after the end of input",
    () => ({
      async input(session, transport) {
        await transport.readable().catch(() => {});
        const chunk = transport.ended ? null : transport.readNow();
        if (chunk !== null) session.receive(chunk);
      },
    }),
  ],
  [
    "takes what there is, again and again",
    "end-of-input",
    "it read on and on after the end of input",
    () => ({
      async input(session, transport) {
        let chunk = transport.readNow();
        if (chunk === null) await transport.readable();
        while (chunk === null) chunk = transport.readNow();
        session.receive(chunk);
      },
    }),
  ],
  [
    "tells of the end twice",
    "calls",
    "it called receiveEnd(), which threw: receiveEnd() is not possible after receiveEnd(); legal now: nextEvent() and takeOutput()",
    () => ({
      async input(session, transport) {
        const chunk = await transport.read();
        if (chunk !== null) session.receive(chunk);
        else session.receiveEnd();
        if (chunk === null) session.receiveEnd();
      },
    }),
  ],
  [
    "reads twice at once",
    "calls",
    "it read while a read was pending",
    () => ({
      async input(session, transport) {
        const chunk = await Promise.race([transport.read(), transport.read()]);
        if (chunk === null) session.receiveEnd();
        else session.receive(chunk);
      },
    }),
  ],
  ["never closes", "closing", "it never closed the transport", () => ({ close: () => {} })],
  [
    "closes in front of the last reply",
    "closing",
    "it closed the transport before the last output was written",
    () => ({
      async output(session, transport) {
        if (session.waiting !== "closed") await right.output(session as Session<never>, transport);
      },
    }),
  ],
  [
    "writes to what it has closed",
    "closing",
    "it wrote to the transport after it had closed it",
    () => ({
      close(transport) {
        transport.close();
        void transport.write(Uint8Array.of(1));
      },
    }),
  ],
  [
    "does not end when the session does",
    "closing",
    'it does nothing though waiting is "closed": it does not end',
    () => ({
      async events(session, application) {
        await right.events(session as Session<never>, application as never, null as never);
        if (session.waiting === "closed") session.takeOutput();
        if (session.waiting === "closed") await never();
      },
      output: right.output as never,
    }),
  ],
  [
    "ends in the middle",
    "progress",
    'it ended before the dialogue did, its session waiting for "bytes"',
    () => {
      let reads = 0;
      return {
        async input(session, transport) {
          if (++reads > 2) throw new Stop();
          await right.input(session as Session<never>, transport);
        },
      };
    },
  ],
  ["does nothing", "progress", 'it does nothing while waiting is "bytes"', () => ({ input: never })],
  [
    "reads before it speaks",
    "events",
    'it waits for input, and has not pulled the event "connect"',
    () => {
      let spoken = false;
      return {
        async events(session, application, transport) {
          if (!spoken) await right.input(session as Session<never>, transport);
          spoken = true;
          await right.events(session as Session<never>, application as never, transport);
        },
      };
    },
  ],
  [
    "fails by itself",
    "errors",
    "it rejected: a bug",
    () => ({
      async input() {
        throw new Error("a bug");
      },
    }),
  ],
];
