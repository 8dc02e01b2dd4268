/** The questions to clients: each is run against a server that says what the question has for it. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fetcher } from "../checks/fetching.ts";
import type { Sender } from "../checks/sending.ts";
import { OutOfTime } from "../system/process.ts";
import { BOB, type Sample, type Servers, type World } from "../world.ts";
import type { Answer } from "./answer.ts";
import { askAll, notAsked, pooled } from "./ask.ts";
import { fetchAnswer, repliesAnswer, type Seen, sendsAnswer } from "./classify-client.ts";
import { pop3Dialogue, smtpDialogue } from "./dialogues.ts";
import { toText } from "./octets.ts";
import type { ClientQuestion } from "./questions/question.ts";
import { type Dialogue, type Identity, ScriptedServer } from "./scripted-server.ts";

/** So many clients run at a time. */
const AT_A_TIME = 4;

/** What a client did, and has. */
interface Done {
  readonly status: number;
  readonly messages?: readonly Uint8Array[];
}

const HEADER = "From: Alice <alice@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: atlas\r\n\r\n";

/** @param room the name of a folder for the messages */
export async function askSender(
  world: World,
  sender: Sender,
  questions: readonly ClientQuestion[],
  room: string,
): Promise<Answer[]> {
  const folder = await world.room(room);
  const identity = await identityIn(folder);
  return askAll(questions, (all) =>
    pooled(all, AT_A_TIME, async (question) => {
      if (question.tls && sender.part.lacks?.includes("STARTTLS")) return notAsked("it has no STARTTLS");
      const { body = "a\r\n", id, tls = false } = question;
      const octets = Buffer.from((sender.composes ? "" : HEADER) + body, "latin1");
      const sample: Sample = {
        name: id,
        octets,
        canonical: octets,
        feature: "round trip",
        file: join(folder, `${id}.eml`),
      };
      await writeFile(sample.file, octets);
      const dialogue = () => smtpDialogue(question.replies, tls);
      return met(question, dialogue, identity, question.body === undefined ? repliesAnswer : sendsAnswer, (servers) =>
        sender.send(servers, sample, {
          tls: tls ? "STARTTLS" : "none",
          mechanism: "PLAIN",
          isRight: true,
          recipients: [BOB],
          more: sender.untouched ?? [],
        }),
      );
    }),
  );
}

export async function askFetcher(
  world: World,
  fetcher: Fetcher,
  questions: readonly ClientQuestion[],
  room: string,
): Promise<Answer[]> {
  const identity = await identityIn(await world.room(room));
  return askAll(questions, (all) =>
    pooled(all, AT_A_TIME, async (question) => {
      const { body = "a\r\n", tls = false } = question;
      if (tls && fetcher.part.lacks?.includes("STARTTLS")) return notAsked("it has no STLS");
      return met(
        question,
        () => pop3Dialogue(question.replies, body, tls),
        identity,
        fetchAnswer,
        async (servers) => {
          const how = {
            tls: tls ? "STARTTLS" : "none",
            mechanism: "USER",
            isRight: true,
            more: fetcher.byUser ?? [],
          } as const;
          const { outcome, messages } = await fetcher.fetch(servers, how);
          return { status: outcome.status, messages };
        },
      );
    }),
  );
}

async function met(
  question: ClientQuestion,
  dialogue: () => Dialogue,
  identity: Identity,
  answer: (question: ClientQuestion, seen: Seen) => Answer,
  run: (servers: Servers) => Promise<Done>,
): Promise<Answer> {
  const server = new ScriptedServer(dialogue, identity);
  const port = await server.listen();
  try {
    // The ports are all that a client needs of servers.
    const servers = { smtpPort: port, pop3Port: port } as Servers;
    const { status, messages = [] } = await run(servers);
    const { turns, waited, handshake } = server;
    return answer(question, { status, turns, waited, handshake, messages: messages.map(toText) });
  } catch (error) {
    if (!(error instanceof OutOfTime)) return notAsked(error);
    const { turns, handshake } = server;
    return answer(question, { status: null, turns, waited: true, handshake, messages: [] });
  } finally {
    await server.close();
  }
}

async function identityIn(folder: string): Promise<Identity> {
  const [key, cert] = await Promise.all(["key.pem", "cert.pem"].map((name) => readFile(join(folder, name), "utf8")));
  return { key: key!, cert: cert! };
}
