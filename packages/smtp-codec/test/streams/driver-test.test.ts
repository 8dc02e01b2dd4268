/** `driveStreams` is a driver as any other: the test kits of both codecs find nothing wrong with it. */
import { driveStreams } from "dot-stuffing/streams";
import * as pop3 from "pop3-codec/driver-test";
import * as smtp from "smtp-codec/driver-test";
import type { StreamConnection } from "smtp-codec/streams";
import { expect, it } from "vitest";

/** A kit's transport as streams, and what begins TLS in it. */
function streams(transport: smtp.TestTransport): StreamConnection & { startTls(): Promise<StreamConnection> } {
  return {
    readable: new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const bytes = await transport.read();
          if (bytes === null) controller.close();
          else controller.enqueue(bytes.slice());
        },
      },
      { highWaterMark: 0 },
    ),
    writable: new WritableStream({ write: (bytes) => transport.write(bytes) }),
    async startTls() {
      await transport.startTls();
      return streams(transport);
    },
  };
}

const smtpClient: smtp.ClientDriver = async (transport, { createSession, on, decide, content }) => {
  const connection = streams(transport);
  const application = { on, decide, content, startTls: connection.startTls };
  await driveStreams(createSession(), connection, application).finally(() => transport.close());
};
const smtpServer: smtp.ServerDriver = async (transport, { createSession, on }) => {
  const connection = streams(transport);
  await driveStreams(createSession(), connection, { on, startTls: connection.startTls }).finally(() =>
    transport.close(),
  );
};
const pop3Client: pop3.ClientDriver = async (transport, { createSession, on, decide }) => {
  const connection = streams(transport);
  const application = { on, decide, startTls: connection.startTls };
  await driveStreams(createSession(), connection, application).finally(() => transport.close());
};
const pop3Server: pop3.ServerDriver = async (transport, { createSession, on }) => {
  const connection = streams(transport);
  const application = { on, startTls: connection.startTls };
  await driveStreams(createSession(), connection, application).finally(() => transport.close());
};

const options = { turn: () => new Promise((resolve) => setImmediate(resolve)), cutEvery: 11 };

it.each([
  ["an SMTP client", () => smtp.testClientDriver(smtpClient, options)],
  ["an SMTP server", () => smtp.testServerDriver(smtpServer, { ...options, prompt: true })],
  ["a POP3 client", () => pop3.testClientDriver(pop3Client, options)],
  ["a POP3 server", () => pop3.testServerDriver(pop3Server, options)],
])("drives %s as the kit wants it", async (_, test) => {
  const { broken, played } = await test();
  expect(broken).toEqual([]);
  expect(played).toBeGreaterThan(50);
});
