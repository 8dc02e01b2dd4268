import { Input } from "dot-stuffing/session";
import { parseCapabilities, type Reply, ReplyAssembler } from "smtp-codec/syntax";
import { expectSame, expectSize, type Row, type Table, type Work } from "../suite.ts";
import { emailjsReplies, nodemailerCapabilities, nodemailerParser, nodemailerReplies, type Tell } from "./peers.ts";
import { encode, OURS, waitingClient } from "./sessions.ts";

const COUNT = 1000;
const NODEMAILER_PARSER = "nodemailer, in one turn";

/** An EHLO reply of eleven lines. */
const KEYWORDS = [
  ...["PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "STARTTLS", "AUTH PLAIN LOGIN SCRAM-SHA-256"],
  ...["ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "CHUNKING"],
];
const EHLO_REPLY = `250-mx.example.com\r\n${KEYWORDS.map((keyword, n) => `250${n < 9 ? "-" : " "}${keyword}\r\n`).join("")}`;

/** The replies of a chunk, read with what sessions read theirs with. */
function decode(chunk: Uint8Array, enhanced: boolean, take: (reply: Reply) => void): void {
  const input = new Input({ maxLineLength: 4096 });
  const assembler = new ReplyAssembler();
  input.push(chunk);
  for (let line = input.nextLine(); line !== null; line = input.nextLine()) {
    if (!("octets" in line)) throw new Error(line.text);
    const reply = assembler.add(line.octets, enhanced, line.from, line.to);
    if (reply === null) continue;
    if ("fault" in reply) throw new Error(reply.text);
    take(reply);
  }
}

/** As many replies of this code as expected; what of them is text is read, and need not be the same. */
function reading(name: string, code: number, work: (tell: Tell) => void | Promise<void>): Work {
  return {
    async run() {
      let count = 0;
      await work(() => count++);
      expectSize(name, count, COUNT);
    },
    async check() {
      const codes: number[] = [];
      await work((found, text) => codes.push(text === "" ? 0 : found));
      expectSame(name, encode(codes.join(" ")), encode(Array<number>(COUNT).fill(code).join(" ")));
    },
  };
}

function replies(name: string, text: string, enhanced: boolean): Row {
  const chunk = encode(text.repeat(COUNT));
  return {
    name,
    amount: COUNT / 1000,
    works: {
      [OURS]: reading(name, 250, (tell) => decode(chunk, enhanced, ({ code, lines }) => tell(code, lines[0]!))),
      nodemailer: reading("nodemailer", 250, (tell) => nodemailerReplies(chunk, COUNT, tell)),
      [NODEMAILER_PARSER]: reading("nodemailer's parser", 250, (tell) => nodemailerParser(chunk, COUNT, tell)),
      emailjs: reading("emailjs", 250, (tell) => emailjsReplies(chunk, tell)),
    },
  };
}

/** The limit of SIZE, out of as many replies to EHLO as expected. */
function limits(name: string, work: (tell: (limit: number) => void) => void | Promise<void>): Work {
  const count = async () => {
    let sum = 0;
    await work((limit) => {
      sum += limit;
    });
    expectSize(name, sum, COUNT * 10_240_000);
  };
  return { run: count, check: count };
}

function capabilities(): Row {
  const chunk = encode(EHLO_REPLY.repeat(COUNT));
  return {
    name: "EHLO reply of 11 lines into capabilities",
    amount: COUNT / 1000,
    works: {
      [OURS]: limits("capabilities", (tell) =>
        decode(chunk, false, (reply) => tell(parseCapabilities(reply).size?.limit ?? 0)),
      ),
      nodemailer: limits("nodemailer", (tell) => nodemailerCapabilities(chunk, COUNT, tell)),
    },
  };
}

/** As many commands of a session as it lets be on their way at once. */
const UNDER_WAY = 500;

/** A session that gave the commands, and says what became of each. */
function session(): Row {
  const chunk = encode("250 2.0.0 ok\r\n".repeat(UNDER_WAY));
  const work = () => {
    let accepted = 0;
    for (const event of waitingClient(UNDER_WAY).receive(chunk)) if (event.type === "rset" && event.ok) accepted++;
    expectSize("replies to a session", accepted, UNDER_WAY);
  };
  return {
    name: "client session: commands given, and their replies",
    amount: UNDER_WAY / 1000,
    works: { [OURS]: { run: work, check: work } },
  };
}

/** What a parser in Rust made of one-line replies on such a machine: measured once, not here. */
const NATIVE = "a native parser";

/** Replies as they come, a thousand in a chunk. */
export function decoding(): Table {
  return {
    title: "replies",
    unit: "thousand/s",
    columns: [OURS, "nodemailer", NODEMAILER_PARSER, "emailjs", NATIVE],
    rows: [
      {
        ...replies("one line, enhanced code", "250 2.1.5 recipient ok\r\n", true),
        recorded: { [NATIVE]: [3900, 3900] },
      },
      replies("11 lines", EHLO_REPLY, false),
      capabilities(),
      session(),
    ],
  };
}
