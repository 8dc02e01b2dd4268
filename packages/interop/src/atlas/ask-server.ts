/** Puts a question to a server. */
import { Line } from "./line.ts";
import { type ServerQuestion, type Stage, stages } from "./questions/question.ts";
import { pop3Responses, type ServerEvent, smtpReplies, WAIT } from "./transcript.ts";

/** How long a server may take to let us come so far that it can be asked: some look names up first. In milliseconds. */
const PATIENCE = 30_000;

/** A server that runs, and how one comes to every stage there. */
export interface Target {
  readonly port: number;
  readonly protocol: "SMTP" | "LMTP" | "POP3";
  /** Who logs in, where that is needed. */
  readonly login: { readonly user: string; readonly password: string } | null;
  /** Whether TLS stands before the login. */
  readonly tls: boolean;
}

/** @throws Error if the server does not let us come so far that it can be asked */
export async function askServer(target: Target, question: ServerQuestion): Promise<ServerEvent[]> {
  const line = new Line(target.port);
  const events: ServerEvent[] = [];
  const read = target.protocol === "POP3" ? pop3Responses : smtpReplies;
  try {
    await reach(line, target, question);
    let seen = read(line.received).length;
    for (const [index, flight] of question.flights.entries()) {
      if (line.closed) break;
      const isLast = index === question.flights.length - 1;
      const replies = () => read(line.received).slice(seen);
      line.write(target.protocol === "LMTP" ? flight.replace("EHLO ", "LHLO ") : flight);
      const enough = () => (isLast ? isDone(replies()) : replies().length > 0);
      const outcome = await line.until(enough, question.behind === "connected" ? PATIENCE : WAIT);
      events.push(...replies().map((code): ServerEvent => ({ type: "reply", code })));
      seen += replies().length;
      if (outcome !== "enough") events.push({ type: outcome });
      if (question.kind === "tls" && index === 0 && isPositive(events.at(-1))) {
        events.push({ type: "handshake", ok: await line.secure(WAIT) });
        seen = 0;
      }
    }
    return events;
  } finally {
    line.end();
  }
}

/** SMTP's last reply has a code of its own; POP3's is followed by the end of the connection. */
function isDone(replies: readonly string[]): boolean {
  return replies.at(-1) === "221";
}

function isPositive(event: ServerEvent | undefined): boolean {
  return event?.type === "reply" && (event.code === "220" || event.code === "+OK");
}

/** What stands in front of the body of every message. The subject says which question it belongs to. */
export function headerSection({ id }: ServerQuestion): string {
  const fields = [
    "From: Alice <alice@example.org>",
    "To: Bob <bob@example.org>",
    "Date: Sun, 29 Nov 2026 00:00:00 +0000",
    `Message-ID: <${id.replace(/[^a-z0-9]+/g, ".").replace(/^\.|\.$/g, "")}@client.example.org>`,
    `Subject: ${id}`,
  ];
  return fields
    .map((field) => `${field}\r\n`)
    .join("")
    .concat("\r\n");
}

async function reach(line: Line, target: Target, question: ServerQuestion): Promise<void> {
  const upTo = stages.indexOf(question.behind);
  const isPop3 = target.protocol === "POP3";
  const replies = () => (isPop3 ? pop3Responses : smtpReplies)(line.received);
  const expect = async (count: number, what: string): Promise<void> => {
    const outcome = await line.until(() => replies().length >= count, PATIENCE);
    const last = replies().at(-1) ?? "";
    if (outcome !== "enough" || !/^[23+]/.test(last)) throw new Error(`${what}: ${last || outcome}`);
  };
  const command = async (text: string): Promise<void> => {
    const before = replies().length;
    line.write(`${text}\r\n`);
    await expect(before + 1, text);
  };
  const secure = async (verb: string): Promise<void> => {
    await command(verb);
    if (!(await line.secure(WAIT))) throw new Error("no handshake");
  };
  const hello = () => command(`${target.protocol === "LMTP" ? "LHLO" : "EHLO"} client.example.org`);
  const logIn = async ({ user, password }: NonNullable<Target["login"]>): Promise<void> => {
    if (isPop3) {
      if (target.tls) await secure("STLS");
      await command(`USER ${user}`);
      await command(`PASS ${password}`);
      return;
    }
    if (target.tls) {
      await secure("STARTTLS");
      await hello();
    }
    await command(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString("base64")}`);
  };
  const steps: Readonly<Record<Stage, () => Promise<void>>> = {
    connected: async () => {},
    greeted: () => expect(1, "greeting"),
    hello: isPop3 ? async () => {} : hello,
    login: async () => {
      if (target.login !== null) await logIn(target.login);
    },
    mail: () => command("MAIL FROM:<alice@example.org>"),
    rcpt: () => command("RCPT TO:<bob@example.org>"),
    content: async () => {
      await command("DATA");
      line.write(headerSection(question));
    },
  };
  for (const stage of stages.slice(0, upTo + 1)) await steps[stage]();
}

/** The bodies of the messages with the question's subject, the final line end included. */
export function bodiesOf(question: ServerQuestion, stored: readonly string[]): string[] {
  const subject = `Subject: ${question.id}\r\n`;
  return stored.flatMap((message) => {
    const at = message.indexOf(subject);
    if (at < 0) return [];
    const end = message.indexOf("\r\n\r\n", at);
    return end < 0 ? [""] : [message.slice(end + 4)];
  });
}
