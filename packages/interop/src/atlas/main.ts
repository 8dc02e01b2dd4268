/**
 * The atlas: what peers do with octets that the RFCs do not have, or that software disagrees about.
 * `pnpm interop --atlas [peer …]` asks, and writes `atlas.json` and `ATLAS.md`.
 */
import { setMaxListeners } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "../check.ts";
import type { Fetcher } from "../checks/fetching.ts";
import type { Sender } from "../checks/sending.ts";
import { howToInstall } from "../system/debian.ts";
import { npmVersion } from "../system/npm.ts";
import { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import { pooled } from "./ask.ts";
import { askFetcher, askSender } from "./clients.ts";
import { writeDocument } from "./document.ts";
import { ourFetcher, ourSender, startPreserving, withExamplePop3, withExampleSmtp } from "./ours.ts";
import { emailjsReplies, harakaStream, parserContentAnswer, parserEndAnswer, smtpServerStream } from "./parsers.ts";
import { groups, rows } from "./questions/index.ts";
import type { ClientQuestion, Question, ServerQuestion } from "./questions/question.ts";
import { type Atlas, type Cell, type Column, merged, readAtlas, writeAtlas } from "./record.ts";
import { askPop3Server, askSmtpServer } from "./servers.ts";
import { yapopleFetcher } from "./yapople.ts";

/** Who answers, and how. */
interface Respondent {
  readonly name: string;
  /** @throws Error saying what is missing */
  version(world: World): Promise<string>;
  answer(world: World, add: Add): Promise<void>;
}

type Add = (part: Omit<Column, "peer" | "version">, questions: readonly Question[], answers: readonly Answer[]) => void;

const SMTP_QUESTIONS = groups.smtpServers.flatMap(({ questions }) => questions);
const POP3_QUESTIONS = groups.pop3Servers.flatMap(({ questions }) => questions);
const SENDER_QUESTIONS = groups.smtpClients.flatMap(({ questions }) => questions);
const FETCHER_QUESTIONS = groups.pop3Clients.flatMap(({ questions }) => questions);

/** Our own come first. */
const ours: readonly Respondent[] = [
  {
    name: "ours",
    version: async () => "this repository",
    answer: async (world, add) => {
      await withExampleSmtp(world, async (server) => {
        add({ role: "server", protocol: "SMTP" }, SMTP_QUESTIONS, await askSmtpServer(server, SMTP_QUESTIONS));
      });
      await withExamplePop3(world, async (server) => {
        add({ role: "server", protocol: "POP3" }, POP3_QUESTIONS, await askPop3Server(server, POP3_QUESTIONS));
      });
      await askClients(world, "ours", ourSender(world), ourFetcher(world), add);
    },
  },
  {
    name: "ours-preserving",
    version: async () => "this repository",
    answer: async (world, add) => {
      const server = await startPreserving(world);
      add({ role: "server", protocol: "SMTP" }, SMTP_QUESTIONS, await askSmtpServer(server, SMTP_QUESTIONS));
    },
  },
];

const [endGroup, contentGroup] = groups.smtpServers.map(({ questions }) => questions);
const [replyGroup] = groups.smtpClients.map(({ questions }) => questions);

/** What npm has beside the peers: asked here alone. */
const parsers: readonly Respondent[] = [
  {
    name: "yapople",
    version: () => npmVersion("yapople"),
    answer: (world, add) => askClients(world, "yapople", undefined, yapopleFetcher(world), add),
  },
  {
    name: "smtp-server's stream",
    version: () => npmVersion("smtp-server"),
    answer: async (_, add) => {
      const part = { role: "parser", protocol: "SMTP" } as const;
      // That which is asked of a whole session is not for it.
      const ends = endGroup!.filter(({ kind }) => kind === "end");
      const parsed = async (question: ServerQuestion) => smtpServerStream(question);
      const found = await Promise.all(ends.map(async (question) => parserEndAnswer(await parsed(question))));
      const contents = await Promise.all(
        contentGroup!.map(async (question) => parserContentAnswer(question, await parsed(question))),
      );
      add(part, [...ends, ...contentGroup!], [...found, ...contents]);
    },
  },
  {
    name: "haraka-message-stream",
    version: () => npmVersion("haraka-message-stream"),
    answer: async (_, add) => {
      const found = await Promise.all(
        contentGroup!.map(async (question) => parserContentAnswer(question, await harakaStream(question))),
      );
      add({ role: "parser", protocol: "SMTP" }, contentGroup!, found);
    },
  },
  {
    name: "emailjs's reply parser",
    version: () => npmVersion("emailjs-smtp-client"),
    answer: async (_, add) => {
      const found = replyGroup!.map((question) => ({ question, answer: emailjsReplies(question) }));
      const asked = found.filter((one): one is { question: ClientQuestion; answer: Answer } => one.answer !== null);
      add(
        { role: "parser", protocol: "SMTP" },
        asked.map(({ question }) => question),
        asked.map(({ answer }) => answer),
      );
    },
  },
];

/** Whom nobody but the atlas knows. */
export const ASKED_HERE: readonly string[] = [...ours, ...parsers].map(({ name }) => name);

function respondent(peer: Peer): Respondent[] {
  const { name, smtpServer, pop3Server, sender, fetcher } = peer;
  if (!(smtpServer || pop3Server || sender || fetcher)) return [];
  const answer = async (world: World, add: Add): Promise<void> => {
    if (smtpServer) {
      const server = await smtpServer(world);
      const protocol = server.part.protocol === "LMTP" ? "LMTP" : "SMTP";
      add({ role: "server", protocol }, SMTP_QUESTIONS, await askSmtpServer(server, SMTP_QUESTIONS));
    }
    if (pop3Server) {
      const answers = await askPop3Server(await pop3Server(world), POP3_QUESTIONS);
      add({ role: "server", protocol: "POP3" }, POP3_QUESTIONS, answers);
    }
    await askClients(world, name, sender?.(world), fetcher?.(world), add);
  };
  return [{ name, version: (world) => peer.version(world), answer }];
}

async function askClients(
  world: World,
  name: string,
  sender: Sender | undefined,
  fetcher: Fetcher | undefined,
  add: Add,
): Promise<void> {
  if (sender) {
    const answers = await askSender(world, sender, SENDER_QUESTIONS, `atlas-${name}-sends`);
    add({ role: "client", protocol: "SMTP" }, SENDER_QUESTIONS, answers);
  }
  if (fetcher) {
    const answers = await askFetcher(world, fetcher, FETCHER_QUESTIONS, `atlas-${name}-fetches`);
    add({ role: "client", protocol: "POP3" }, FETCHER_QUESTIONS, answers);
  }
}

/** So many are asked at a time: most of the time is spent with waiting for nothing. */
const AT_A_TIME = 4;

/** @param names of those that are asked; none: all @param peers all that there are */
export async function makeAtlas(names: readonly string[], peers: readonly Peer[]): Promise<void> {
  const all = [...ours, ...peers.flatMap(respondent), ...parsers];
  const chosen = all.filter(({ name }) => names.length === 0 || names.includes(name));
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // many run at a time
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const folder = await mkdtemp(join(tmpdir(), "interop-"));
  await chmod(folder, 0o711); // peers that run as nobody have their folders in it
  const columns: Column[] = [];
  const answers: Cell[] = [];
  try {
    const world = await World.make(folder, stop.signal);
    try {
      const asked = await pooled(chosen, AT_A_TIME, (one) => ask(one, world, stop.signal));
      for (const part of asked) {
        columns.push(...part.columns);
        answers.push(...part.answers);
      }
    } finally {
      await world.stopDaemons();
    }
  } finally {
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
  if (stop.signal.aborted) {
    process.exitCode = 1;
    return;
  }
  const found: Atlas = { columns, questions: rows, answers };
  const atlas = merged(
    readAtlas(),
    found,
    all.map(({ name }) => name),
  );
  writeAtlas(atlas);
  writeDocument(atlas);
  console.log(`\n${columns.length} columns, ${answers.length} answers`);
}

async function ask(one: Respondent, world: World, signal: AbortSignal): Promise<Pick<Atlas, "columns" | "answers">> {
  const columns: Column[] = [];
  const answers: Cell[] = [];
  const nothing = { columns: [], answers: [] };
  if (signal.aborted) return nothing;
  const started = performance.now();
  let version: string;
  try {
    version = await one.version(world);
  } catch (error) {
    console.log(
      `skipped ${one.name}: ${words(error)}${ASKED_HERE.includes(one.name) ? "" : `; ${howToInstall(one.name)}`}`,
    );
    if (process.env["INTEROP"] === "required") process.exitCode = 1;
    return nothing;
  }
  try {
    await one.answer(world, (part, questions, given) => {
      columns.push({ peer: one.name, ...part, version });
      for (const [at, question] of questions.entries()) {
        answers.push({ question: question.id, peer: one.name, ...given[at]! });
      }
    });
  } catch (error) {
    console.log(`FAILED  ${one.name}: ${words(error)}`);
    process.exitCode = 1;
    return nothing;
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`asked   ${one.name} ${version} (${seconds.toFixed(0)} s)`);
  return { columns, answers };
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
