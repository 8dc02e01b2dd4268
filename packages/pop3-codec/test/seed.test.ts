import { replayClient, replayServer } from "pop3-codec/recording";
import { apopDigest } from "sasl";
import { conversed, played, readTranscripts, sentBy } from "tools/testing";
import { describe, expect, it } from "vitest";
import { Client, MESSAGES, PASSWORD, Server, SIZES, TIMESTAMP, text, USER } from "./seed/roles.ts";

const transcripts = readTranscripts(new URL("./seed/", import.meta.url));

const cuts: [string, (text: string) => string[]][] = [
  ["whole", (line) => [line]],
  ["byte by byte", (line) => [...line]],
];

describe.each(transcripts)("the seed page, $title", (transcript) => {
  const { lines } = transcript;

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
    // The printed APOP digest is wrong: the transcript names the true one beside it.
    const client = lines
      .filter(({ from }) => from === "C")
      .map(({ printed, ours }) => (printed.startsWith("APOP") ? ours : printed));
    expect(played(new Server(), "C", client, cut)).toBe(sentBy("S", transcript));
  });

  it.each(cuts)("our client takes the printed server, %s", (_, cut) => {
    const client = new Client(transcript);
    const server = lines.filter(({ from }) => from === "S").map(({ printed }) => printed);
    expect(played(client, "S", server, cut)).toBe(sentBy("C", transcript));
    expect(client.events.filter(({ type }) => type === "violation")).toEqual([]);
  });

  it("our client and our server agree", () => {
    const outputs = conversed(new Client(transcript), new Server());
    expect(outputs).toEqual({ C: sentBy("C", transcript), S: sentBy("S", transcript) });
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
  conversed(client, server);
  const content = (n: number) =>
    text(client.events.flatMap((event) => (event.type === "content" && event.number === n ? [event.bytes] : [])));
  expect(client.events).toContainEqual(expect.objectContaining({ type: "stat", count: 24, size: 3260090 }));
  expect(client.events.flatMap((event) => (event.type === "scan-listing" ? [event.size] : []))).toEqual(SIZES);
  expect(content(1)).toBe(MESSAGES[1]!.replaceAll("\n", "\r\n"));
  expect(content(2)).toBe(MESSAGES[2]!.replaceAll("\n", "\r\n"));
  expect(server.deleted).toEqual([1, 2]);
});
