import { type SaslClient, SmtpClientSession, SmtpServerSession } from "smtp-codec";
import { replayClient, replayServer } from "smtp-codec/recording";
import { conversed, played, readTranscripts, sentBy } from "tools/testing";
import { describe, expect, it } from "vitest";
import { Client, OPEN, PASSWORD, Server } from "./seed/roles.ts";

const transcripts = readTranscripts(new URL("./seed/", import.meta.url));

const encoder = new TextEncoder();

/** What of the page no recording may show: the password, and what carries it. */
const SECRETS = [
  ...[PASSWORD, "Z2VoZWltZXNfcGFzc3dvcnQ", "YmVudXR6ZXJAemVpdGZvcm0uZGUAYmVudXR6ZXJA", "AGdlaGVpbWVzX3Bhc3N3b3J0"],
  ...["BlbnV0emVyQHplaXRmb3JtLmRl", "JlbnV0emVy", "NDAzNi4xMDc2MzI0MzgxQGd1"],
];

const restore = (session: SmtpClientSession, mechanism: SaslClient | null) =>
  SmtpClientSession.restore(structuredClone(session.snapshot()), OPEN, mechanism);

describe.each(transcripts)("the seed page, $title", (transcript) => {
  const { lines } = transcript;
  const printedBy = (side: "C" | "S") => lines.filter(({ from }) => from === side).map(({ printed }) => printed);

  it.each([
    ["whole", (text: string) => [text]],
    ["byte by byte", (text: string) => [...text]],
  ])("our server answers the printed client, %s, and where it is restored after every event", (_, cut) => {
    const servers = [false, true].map((restoring) => new Server(transcript, { restoring }));
    for (const server of servers) expect(played(server, "C", printedBy("C"), cut)).toBe(sentBy("S", transcript));
    const [plain, restored] = servers.map(({ events }) => JSON.stringify(events));
    expect(restored).toBe(plain);
  });

  it.each<readonly [string, (text: string) => string[], boolean]>([
    ["whole", (text) => [text], false],
    ["byte by byte", (text) => [...text], false],
    ["byte by byte, restored from a snapshot after every event", (text) => [...text], true],
  ])("our client takes the printed server, %s", (_, cut, restored) => {
    const client = restored ? new Client(transcript, { between: restore }) : new Client(transcript);
    expect(played(client, "S", printedBy("S"), cut)).toBe(sentBy("C", transcript));
    expect(client.events.filter(({ type }) => type === "violation")).toEqual([]);
  });

  it.each([
    ["whole", (text: string) => [text]],
    ["line by line", (text: string) => text.split(/(?<=\n)/)],
    ["byte by byte", (text: string) => [...text]],
  ])("is recorded without a secret and replayed, both sides, %s", (_, cut) => {
    const [atServer, atClient]: [string[], string[]] = [[], []];
    const server = new Server(transcript, { write: (line) => void atServer.push(line) });
    const client = new Client(transcript, { write: (line) => void atClient.push(line) });
    server.take("");
    for (const { from, printed } of lines) {
      for (const piece of cut(`${printed}\r\n`)) (from === "C" ? server : client).take(piece);
    }
    for (const recording of [atServer, atClient])
      for (const secret of SECRETS) expect(recording.join("\n")).not.toContain(secret);
    expect(replayServer(atServer).run()).toBe(null);
    expect(replayClient(atClient).run()).toBe(null);
  });

  it("is recorded without a secret, all of the client at once", () => {
    const recording: string[] = [];
    const server = new Server(transcript, { write: (line) => void recording.push(line) });
    server.take("");
    server.take(sentBy("C", transcript));
    for (const secret of SECRETS) expect(recording.join("\n")).not.toContain(secret);
    expect(replayServer(recording).run()).toBe(null);
  });

  it("our client and our server agree", () => {
    const outputs = conversed(new Client(transcript), new Server(transcript));
    expect(outputs).toEqual({ C: sentBy("C", transcript), S: sentBy("S", transcript) });
  });
});

it("the seed page's path without brackets is refused unless the leniency is on", () => {
  const server = new SmtpServerSession({ host: "mail.zeitform-services.de", enhancedStatusCodes: false });
  server.receive(encoder.encode("HELO my.host.com\r\nMAIL FROM: benutzer@zeitform-services.de\r\n"));
  const violations = [...server].filter((event) => event.type === "violation");
  expect(violations).toMatchObject([{ code: "invalid-path", field: "path", reply: { code: 501 } }]);
});
