import * as pop3 from "pop3-codec/driver-test";
import * as smtp from "smtp-codec/driver-test";
import { describe, expect, it } from "vitest";
import { type Connection, drive } from "../src/transport/drive.ts";
import { connectionOver, nodeConnectionOver, webConnectionOver } from "./kit.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Connections, and what a turn is with them. */
const connections: [string, (transport: smtp.TestTransport) => Connection, smtp.DriverTestOptions][] = [
  ["alone", connectionOver, { cutEvery: 7 }],
  ["over Web Streams", webConnectionOver, { turn, patience: 3, cutEvery: 20 }],
  ["over a socket of Node", nodeConnectionOver, { turn, patience: 3, cutEvery: 20 }],
];

describe.each(connections)("the driver, %s, keeps its contracts with", (_, over, options) => {
  it("an SMTP server's session", async () => {
    const report = await smtp.testServerDriver(
      (transport, { createSession, on }) => drive(createSession(), over(transport), { on }),
      { ...options, prompt: true },
    );
    expect(report.broken).toEqual([]);
  });

  it("an SMTP client's session", async () => {
    const report = await smtp.testClientDriver(
      (transport, { createSession, on, decide, content }) =>
        drive(createSession(), over(transport), { on, decide, content }),
      options,
    );
    expect(report.broken).toEqual([]);
  });

  it("a POP3 server's session", async () => {
    const report = await pop3.testServerDriver(
      (transport, { createSession, on }) => drive(createSession(), over(transport), { on }),
      options,
    );
    expect(report.broken).toEqual([]);
  });

  it("a POP3 client's session", async () => {
    const report = await pop3.testClientDriver(
      (transport, { createSession, on, decide }) => drive(createSession(), over(transport), { on, decide }),
      options,
    );
    expect(report.broken).toEqual([]);
  });
});
