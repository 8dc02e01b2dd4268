/** What the tests of the seed page's transcripts have in common. */
import { readdirSync, readFileSync } from "node:fs";
import { parseTranscript, type TranscriptFile } from "./transcript.ts";

/** The transcripts in a folder. */
export function readTranscripts(folder: URL): (TranscriptFile & { readonly name: string })[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".txt"))
    .map((name) => ({ name, ...parseTranscript(readFileSync(new URL(name, folder), "utf8")) }));
}

/** Lines as they are sent. */
export function wire(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join("");
}

/** What one side sends of a transcript, if it is ours. */
export function sentBy(side: "C" | "S", { lines }: TranscriptFile): string {
  return wire(lines.filter(({ from }) => from === side).map(({ ours }) => ours));
}

/** One side of a session with its application: takes what the other has sent, and gives what it sends then. */
export interface Side {
  take(input: string): string;
}

/** What one side sends while a transcript's lines of the other come in, each cut as is said. */
export function played(
  side: Side,
  other: "C" | "S",
  lines: readonly string[],
  cut: (line: string) => readonly string[],
): string {
  // A server speaks first.
  let output = other === "C" ? side.take("") : "";
  for (const line of lines) for (const piece of cut(`${line}\r\n`)) output += side.take(piece);
  return output;
}

/** What both sides send, with one another, until none has anything more to say. */
export function conversed(client: Side, server: Side): { readonly C: string; readonly S: string } {
  const outputs = { C: "", S: "" };
  for (let toClient = server.take(""); toClient !== ""; ) {
    outputs.S += toClient;
    const toServer = client.take(toClient);
    outputs.C += toServer;
    toClient = toServer === "" ? "" : server.take(toServer);
  }
  return outputs;
}
