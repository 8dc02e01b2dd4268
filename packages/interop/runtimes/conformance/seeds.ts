/** The seed page's sessions: our server before the printed client, our client before the printed server, and both together. */
import pop3Files from "files:pop3-codec/test/seed";
import smtpFiles from "files:smtp-codec/test/seed";
import * as pop3 from "../../../pop3-codec/test/seed/roles.ts";
import * as smtp from "../../../smtp-codec/test/seed/roles.ts";
import { parseTranscript, type TranscriptFile } from "../../../tools/src/testing/transcript.ts";
import type { Log } from "./log.ts";

interface Role {
  take(input: string): string;
  readonly events?: readonly unknown[];
}

interface Roles {
  readonly server: (transcript: TranscriptFile) => Role;
  readonly client: (transcript: TranscriptFile) => Role;
}

export function seeds(log: Log): void {
  play(log, smtpFiles, {
    server: (transcript) => new smtp.Server(transcript),
    client: (transcript) => new smtp.Client(transcript),
  });
  play(log, pop3Files, { server: () => new pop3.Server(), client: (transcript) => new pop3.Client(transcript) });
}

function play(log: Log, files: Readonly<Record<string, string>>, { server, client }: Roles): void {
  for (const [name, text] of Object.entries(files)) {
    if (!name.endsWith(".txt")) continue;
    log.items++;
    const transcript = parseTranscript(text);
    const hear = (role: Role, line: string) => log.output(role.take(altered(log, line)));
    const [atServer, atClient] = [server(transcript), client(transcript)];
    log.attempt(() => {
      log.output(atServer.take(""));
      for (const { from, printed } of transcript.lines) hear(from === "C" ? atServer : atClient, `${printed}\r\n`);
    });
    const [ourServer, ourClient] = [server(transcript), client(transcript)];
    log.attempt(() => {
      for (let toClient = ourServer.take(""); toClient !== ""; ) {
        log.output(toClient);
        const toServer = ourClient.take(altered(log, toClient));
        log.output(toServer);
        toClient = toServer === "" ? "" : ourServer.take(altered(log, toServer));
      }
    });
    for (const role of [atServer, atClient, ourServer, ourClient])
      for (const event of role.events ?? []) log.event(event);
  }
}

function altered(log: Log, text: string): string {
  return new TextDecoder().decode(log.input(new TextEncoder().encode(text)));
}
