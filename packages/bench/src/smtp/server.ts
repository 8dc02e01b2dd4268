import { expectSame, joined, type Row, type Table, type Work } from "../suite.ts";
import { SmtpServerSide, smtpServerCommands } from "./peers.ts";
import { EHLO, encode, OURS, serve, server } from "./sessions.ts";

const ADDRESSES = ["user.name@example.com", "a.b@example.org", "c@example.net"];
const TRANSACTION = `MAIL FROM:<${ADDRESSES[0]}> SIZE=1000 BODY=8BITMIME\r\nRCPT TO:<${ADDRESSES[1]}>\r\nRCPT TO:<${ADDRESSES[2]}>\r\nRSET\r\n`;

/**
 * What a client pipelines: its name, then transactions; in chunks of no more commands than smtp-server reads in one
 * turn.
 */
const TRANSACTIONS = 24;
const CHUNKS = 5;
const COMMANDS = Array<Uint8Array>(CHUNKS).fill(encode(EHLO + TRANSACTION.repeat(TRANSACTIONS)));
const COUNT = CHUNKS * (1 + 4 * TRANSACTIONS);

/** Only the last line of each reply, of that its code: texts are free. */
function codesOf(replies: readonly Uint8Array[]): Uint8Array {
  const lines = new TextDecoder().decode(joined(replies)).split("\r\n");
  return encode(lines.flatMap((line) => /^(\d{3})(?: |$)/.exec(line)?.[1] ?? []).join(" "));
}

const codes = (...all: readonly string[]): Uint8Array => encode(all.join(" "));
const ALL_ACCEPTED = codes(...Array<string>(COUNT).fill("250"));

function serving(name: string, expected: Uint8Array, chunks: readonly Uint8Array[]): Work {
  const session = server();
  const work = (sink: (piece: Uint8Array) => void) => {
    for (const chunk of chunks) serve(session, chunk, sink);
  };
  return {
    run: () => work(() => {}),
    check() {
      const replies: Uint8Array[] = [];
      work((piece) => replies.push(piece));
      expectSame(name, codesOf(replies), expected);
    },
  };
}

/** It finds the addresses, and answers nothing. */
function parsing(name: string): Work {
  const expected = encode(
    Array<string[]>(CHUNKS * TRANSACTIONS)
      .fill(ADDRESSES)
      .flat()
      .join(" "),
  );
  return {
    run: () => smtpServerCommands(COMMANDS, () => {}),
    check() {
      const found: string[] = [];
      smtpServerCommands(COMMANDS, (address) => found.push(address));
      expectSame(name, encode(found.join(" ")), expected);
    },
  };
}

/** The whole of smtp-server, which takes the same commands and answers them. */
function answering(name: string): Work {
  let side: SmtpServerSide | undefined;
  const work = async (sink: (piece: Uint8Array) => void) => {
    side ??= await SmtpServerSide.greeted();
    await side.answer(COMMANDS, COUNT, sink);
  };
  return {
    run: () => work(() => {}),
    async check() {
      const replies: Uint8Array[] = [];
      await work((piece) => replies.push(piece));
      expectSame(name, codesOf(replies), ALL_ACCEPTED);
    },
  };
}

/** What a parser in Rust made of the same kind of commands on such a machine: measured once, not here. */
const NATIVE = "a native parser";

/** Pipelined commands, parsed and answered; smtp-server's stream and `_parseAddressCommand` parse them. */
export function commands(): Table {
  const row: Row = {
    name: "pipelined commands: MAIL, 2 RCPT, RSET",
    amount: COUNT / 1000,
    works: {
      [OURS]: serving("commands", ALL_ACCEPTED, COMMANDS),
      "smtp-server": answering("smtp-server"),
      "smtp-server, parsing alone": parsing("smtp-server's parser"),
    },
    recorded: { [NATIVE]: [11_000, 15_000] },
  };
  return {
    title: "server session",
    unit: "thousand/s",
    columns: [OURS, "smtp-server", "smtp-server, parsing alone", NATIVE],
    rows: [row],
  };
}

const ENVELOPE = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\n";
const CONTENT = `Subject: x\r\n\r\n${`${"y".repeat(70)}\r\n`.repeat(56)}`;

/** Messages of 4 KiB, in the chunks in which a client that waits for its replies would send them. */
export function messages(): Table {
  const data = [encode(`${ENVELOPE}DATA\r\n`), encode(`${CONTENT}.\r\n`)];
  const chunks = [encode(ENVELOPE), encode(`BDAT ${CONTENT.length} LAST\r\n${CONTENT}`)];
  return {
    title: "server session, messages of 4 KiB",
    unit: "thousand/s",
    columns: [OURS],
    rows: [
      { name: "DATA", amount: 1 / 1000, works: { [OURS]: serving("DATA", codes("250", "250", "354", "250"), data) } },
      { name: "BDAT", amount: 1 / 1000, works: { [OURS]: serving("BDAT", codes("250", "250", "250"), chunks) } },
    ],
  };
}
