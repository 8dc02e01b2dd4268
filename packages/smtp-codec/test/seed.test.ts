import { readdirSync, readFileSync } from "node:fs";
import { type SaslClient, SmtpClientSession, SmtpServerSession } from "smtp-codec";
import { replayClient, replayServer } from "smtp-codec/recording";
import { parseTranscript } from "tools/testing";
import { describe, expect, it } from "vitest";
import { Client, PASSWORD, Server, wire } from "./seed/roles.ts";

const folder = new URL("./seed/", import.meta.url);
const transcripts = readdirSync(folder)
  .filter((name) => name.endsWith(".txt"))
  .map((name) => ({ name, ...parseTranscript(readFileSync(new URL(name, folder), "utf8")) }));

const encoder = new TextEncoder();

/** What of the page no recording may show: the password, and what carries it. */
const SECRETS = [
  ...[PASSWORD, "Z2VoZWltZXNfcGFzc3dvcnQ", "YmVudXR6ZXJAemVpdGZvcm0uZGUAYmVudXR6ZXJA", "AGdlaGVpbWVzX3Bhc3N3b3J0"],
  ...["BlbnV0emVyQHplaXRmb3JtLmRl", "JlbnV0emVy", "NDAzNi4xMDc2MzI0MzgxQGd1"],
];

const restore = (session: SmtpClientSession, mechanism: SaslClient | null) =>
  SmtpClientSession.restore(structuredClone(session.snapshot()), {}, mechanism);

describe.each(transcripts)("the seed page, $title", (transcript) => {
  const { lines } = transcript;
  const sent = (side: "C" | "S") => wire(lines.filter(({ from }) => from === side).map(({ ours }) => ours));

  it.each([
    ["whole", (text: string) => [text]],
    ["byte by byte", (text: string) => [...text]],
  ])("our server answers the printed client, %s, and where it is restored after every event", (_, cut) => {
    const servers = [false, true].map((restoring) => new Server(transcript, { restoring }));
    for (const server of servers) {
      let output = server.take("");
      for (const { from, printed } of lines) {
        if (from === "C") for (const piece of cut(`${printed}\r\n`)) output += server.take(piece);
      }
      expect(output).toBe(sent("S"));
    }
    const [plain, restored] = servers.map(({ events }) => JSON.stringify(events));
    expect(restored).toBe(plain);
  });

  it.each<readonly [string, (text: string) => string[], boolean]>([
    ["whole", (text) => [text], false],
    ["byte by byte", (text) => [...text], false],
    ["byte by byte, restored from a snapshot after every event", (text) => [...text], true],
  ])("our client takes the printed server, %s", (_, cut, restored) => {
    const client = restored ? new Client(transcript, { between: restore }) : new Client(transcript);
    let output = "";
    for (const { from, printed } of lines) {
      if (from === "S") for (const piece of cut(`${printed}\r\n`)) output += client.take(piece);
    }
    expect(output).toBe(sent("C"));
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
    server.take(sent("C"));
    for (const secret of SECRETS) expect(recording.join("\n")).not.toContain(secret);
    expect(replayServer(recording).run()).toBe(null);
  });

  it("our client and our server agree", () => {
    const server = new Server(transcript);
    const client = new Client(transcript);
    const outputs = { C: "", S: "" };
    for (let toClient = server.take(""); toClient !== ""; ) {
      outputs.S += toClient;
      const toServer = client.take(toClient);
      outputs.C += toServer;
      toClient = toServer === "" ? "" : server.take(toServer);
    }
    expect(outputs).toEqual({ C: sent("C"), S: sent("S") });
  });
});

it("the seed page's path without brackets is refused unless the leniency is on", () => {
  const server = new SmtpServerSession({ host: "mail.zeitform-services.de", enhancedStatusCodes: false });
  server.receive(encoder.encode("HELO my.host.com\r\nMAIL FROM: benutzer@zeitform-services.de\r\n"));
  const violations = [...server].filter((event) => event.type === "violation");
  expect(violations).toMatchObject([{ code: "invalid-path", field: "path", reply: { code: 501 } }]);
});
