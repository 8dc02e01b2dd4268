import { readdirSync, readFileSync } from "node:fs";
import { replayClient, replayServer } from "pop3-codec/recording";
import { apopDigest } from "sasl";
import { parseTranscript } from "tools/testing";
import { describe, expect, it } from "vitest";
import { Client, MESSAGES, PASSWORD, Server, SIZES, TIMESTAMP, text, USER, wire } from "./seed/roles.ts";

const folder = new URL("./seed/", import.meta.url);
const transcripts = readdirSync(folder)
  .filter((name) => name.endsWith(".txt"))
  .map((name) => ({ name, ...parseTranscript(readFileSync(new URL(name, folder), "utf8")) }));

const cuts: [string, (text: string) => string[]][] = [
  ["whole", (line) => [line]],
  ["byte by byte", (line) => [...line]],
];

describe.each(transcripts)("the seed page, $title", (transcript) => {
  const { lines } = transcript;
  const sent = (side: "C" | "S") => wire(lines.filter(({ from }) => from === side).map(({ ours }) => ours));

  it.each(cuts)("is recorded without a secret and replayed, both sides, %s", (_, cut) => {
    const [atServer, atClient]: [string[], string[]] = [[], []];
    const server = new Server((line) => atServer.push(line));
    const client = new Client(transcript, (line) => atClient.push(line));
    server.take("");
    for (const { from, ours } of lines) {
      for (const piece of cut(`${ours}\r\n`)) (from === "C" ? server : client).take(piece);
    }
    const digest = apopDigest(TIMESTAMP, PASSWORD);
    for (const recording of [atServer, atClient]) {
      for (const secret of [PASSWORD, digest, "Guten Tag"]) expect(recording.join("\n")).not.toContain(secret);
    }
    expect(replayServer(atServer).run()).toBe(null);
    expect(replayClient(atClient).run()).toBe(null);
  });

  it.each(cuts)("our server answers the printed client, %s", (_, cut) => {
    const server = new Server();
    let output = server.take("");
    // The printed APOP digest is wrong: the transcript names the true one beside it.
    const played = (line: (typeof lines)[number]) => (line.printed.startsWith("APOP") ? line.ours : line.printed);
    for (const line of lines) {
      if (line.from === "C") for (const piece of cut(`${played(line)}\r\n`)) output += server.take(piece);
    }
    expect(output).toBe(sent("S"));
  });

  it.each(cuts)("our client takes the printed server, %s", (_, cut) => {
    const client = new Client(transcript);
    let output = "";
    for (const { from, printed } of lines) {
      if (from === "S") for (const piece of cut(`${printed}\r\n`)) output += client.take(piece);
    }
    expect(output).toBe(sent("C"));
    expect(client.events.filter(({ type }) => type === "violation")).toEqual([]);
  });

  it("our client and our server agree", () => {
    const server = new Server();
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

it("the seed page's printed APOP digest, which does not follow from its inputs, is refused", () => {
  const server = new Server();
  server.take("");
  expect(server.take(`APOP ${USER} 69cd75fb958e7958da34922f05cc3057\r\n`)).toMatch(/^-ERR \[AUTH\] /);
});

it("the seed page's maildrop: what is read, listed and deleted", () => {
  const transcript = transcripts.find(({ name }) => name === "user-pass.txt")!;
  const server = new Server();
  const client = new Client(transcript);
  for (let toClient = server.take(""); toClient !== ""; ) {
    const toServer = client.take(toClient);
    toClient = toServer === "" ? "" : server.take(toServer);
  }
  const content = (n: number) =>
    text(client.events.flatMap((event) => (event.type === "content" && event.number === n ? [event.bytes] : [])));
  expect(client.events).toContainEqual(expect.objectContaining({ type: "stat", count: 24, size: 3260090 }));
  expect(client.events.flatMap((event) => (event.type === "scan-listing" ? [event.size] : []))).toEqual(SIZES);
  expect(content(1)).toBe(MESSAGES[1]!.replaceAll("\n", "\r\n"));
  expect(content(2)).toBe(MESSAGES[2]!.replaceAll("\n", "\r\n"));
  expect(server.deleted).toEqual([1, 2]);
});
