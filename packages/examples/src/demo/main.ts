/** The demo: messages leave by SMTP and come back by POP3, over real sockets and TLS. */
import { closeSync, openSync, writeSync } from "node:fs";
import { readArguments, resolvePath, wrongArguments } from "../cli/arguments.ts";
import { readMessages, reason } from "./files.ts";
import { type Print, paintFor, plain, printer } from "./printer.ts";
import { roundTrip } from "./round-trip.ts";
import { samples } from "./samples.ts";
import { formatTable, isEqual } from "./table.ts";

const usage = `usage: pnpm demo [options] [file ...]

Sends the files by SMTP, fetches them by POP3, and compares. Without files: samples of what mail can contain.
What a file on disk has as a bare LF or CR is sent, and compared, as CRLF.

  --quiet              the table at the end only
  --transcript FILE    writes the conversation to FILE, too
  --help               this text

Colours: NO_COLOR=1 turns them off, FORCE_COLOR=1 on.
Exit status: 0 if every message came back as it was sent, 1 if not, 2 for a wrong command line.
`;

const { values, positionals } = readArguments(usage, { quiet: "boolean", transcript: "string" }, true);
process.stdout.on("error", () => process.exit(1)); // whoever read the output has gone: `pnpm demo | head`
const paint = paintFor(process.stdout);
const prints: Print[] = [];
if (!values.quiet) prints.push(printer((text) => process.stdout.write(text), paint));
const transcript = values.transcript === undefined ? null : openTranscript(values.transcript);
if (transcript !== null) prints.push(printer((text) => writeSync(transcript, text), plain));

const messages =
  positionals.length === 0
    ? samples()
    : await readMessages(positionals, (text) => {
        process.stderr.write(`${text}\n`);
        process.exitCode = 1;
      });

if (messages.length > 0) {
  const rows = await roundTrip(messages, (line) => {
    for (const print of prints) print(line);
  });
  process.stdout.write(`${values.quiet ? "" : "\n"}${formatTable(rows, paint)}`);
  if (!rows.every(isEqual)) process.exitCode = 1;
}
if (transcript !== null) closeSync(transcript);

function openTranscript(path: string): number {
  try {
    return openSync(resolvePath(path), "w");
  } catch (error) {
    return wrongArguments(`cannot write ${path}: ${reason(error as NodeJS.ErrnoException)}`, usage);
  }
}
