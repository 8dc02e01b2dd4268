/**
 * A fuzz target: points `smtp-codec/arbitraries` at any SMTP server on loopback, as a hostile client. It fails if the
 * server sends what is no reply, sends more replies than it was sent commands (then it has run what is no command: that
 * is smuggling), or has gone afterwards. Attacks on extensions that the server does not offer are left out. fast-check
 * shrinks what it finds, and names the seed.
 *
 *     pnpm -C packages/examples exec tsx src/fuzz-smtp-server.ts --port 2525 --runs 200
 *
 * Only ever point it at a server of your own: it may well store messages.
 */

import { Input } from "dot-stuffing/session";
import fc from "fast-check";
import { type HostileSession, hostileSessions } from "smtp-codec/arbitraries";
import { parseCapabilities, type Reply, ReplyAssembler } from "smtp-codec/syntax";
import { main, readArguments, readNumber, readPort, required } from "./cli/arguments.ts";
import { Silence } from "./transport/drive.ts";
import { type NodeConnection, open, tlsClient } from "./transport/node.ts";

export interface FuzzOptions {
  readonly port: number;
  /** How many sessions. Default 100. */
  readonly runs?: number;
  /** To play the same sessions again. Default: another one each time. */
  readonly seed?: number;
  /** How long the server may be silent before it is taken to have said all. In seconds; default 0.2. */
  readonly silence?: number;
}

/** A client that knows nothing of what is legal: it counts replies. */
class Hostile {
  readonly #connection: NodeConnection;
  readonly #silence: number;
  readonly #input = new Input({ lineEndings: "reject", maxLineLength: 4096 });
  readonly #assembler = new ReplyAssembler();
  #ended = false;
  readonly replies: Reply[] = [];

  constructor(connection: NodeConnection, silence: number) {
    this.#connection = connection;
    this.#silence = silence;
  }

  get ended(): boolean {
    return this.#ended;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#connection.write(bytes, 5);
  }

  /** Reads until so many replies have come in all, or the server says no more. @throws Error for what is no reply */
  async read(count: number): Promise<void> {
    while (this.replies.length < count && !this.#ended) {
      let chunk: Uint8Array | null;
      try {
        chunk = await this.#connection.read(this.#silence);
      } catch (error) {
        if (error instanceof Silence) return;
        throw error;
      }
      this.#ended = chunk === null;
      if (chunk !== null) this.#take(chunk);
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #take(chunk: Uint8Array): void {
    this.#input.push(chunk);
    for (let line = this.#input.next(); line !== null; line = this.#input.next()) {
      if (!(line instanceof Uint8Array)) throw new Error(`the server sent no line: ${line.text}`);
      const reply = this.#assembler.add(line, true);
      if (reply !== null && "fault" in reply) throw new Error(`the server sent no reply: ${reply.text}`);
      if (reply !== null) this.replies.push(reply);
    }
    this.#input.release();
  }
}

async function connect({ port, silence = 0.2 }: FuzzOptions): Promise<Hostile> {
  return new Hostile(await open("127.0.0.1", port, tlsClient("localhost")), silence);
}

/** Plays one session. @throws Error saying what the server did wrong */
export async function play(session: HostileSession, options: FuzzOptions): Promise<void> {
  const client = await connect(options);
  try {
    let expected = 1; // the greeting
    await client.read(expected);
    for (const { bytes, replies } of session.flights) {
      await client.write(bytes);
      expected += replies;
      await client.read(expected);
      if (client.ended) break;
    }
    await client.read(expected + 1);
    // A server that closes may say so by a reply that answers nothing.
    const codes = client.replies.map(({ code }) => code);
    const answers = codes.filter((code, index) => code !== 421 || index < codes.length - 1);
    // What is cut off has replies that its client does not wait for.
    if (session.family !== "cut-off" && answers.length > expected)
      throw new Error(`${session.family}: ${answers.length} replies to at most ${expected} commands: ${answers}`);
  } finally {
    await client.close();
  }
  await checkAlive(options);
}

/** The extension keywords that the server offers. @throws Error if it does not greet, or refuses EHLO */
export function offers(options: FuzzOptions): Promise<string[]> {
  return greeted(options, async (client) => {
    await client.write(Buffer.from("EHLO client.example.com\r\n"));
    await client.read(2);
    const reply = client.replies[1];
    if (reply?.code !== 250) throw new Error(`EHLO was answered with ${reply?.code ?? "nothing"}`);
    return [...parseCapabilities(reply).keywords.keys()];
  });
}

/** Whether the server still greets. @throws Error if it does not */
function checkAlive(options: FuzzOptions): Promise<void> {
  return greeted(options, async (client) => {
    await client.write(Buffer.from("QUIT\r\n"));
    await client.read(2);
  });
}

/** A patient client, which has been greeted. @throws Error if it is not */
async function greeted<Result>(options: FuzzOptions, and: (client: Hostile) => Promise<Result>): Promise<Result> {
  const client = await connect({ ...options, silence: 5 });
  try {
    await client.read(1);
    if (client.replies.length === 0) throw new Error("the server does not greet any more");
    return await and(client);
  } finally {
    await client.close();
  }
}

/** Plays many. @throws Error with the shrunk session, the seed, and what the server did wrong */
export async function fuzz(options: FuzzOptions): Promise<void> {
  const { runs: numRuns = 100, seed } = options;
  await fc.assert(
    fc.asyncProperty(hostileSessions({ offers: await offers(options) }), (session) => play(session, options)),
    { numRuns, ...(seed !== undefined && { seed }) },
  );
}

/** Seeds of fast-check are of 32 bits, with a sign. */
const SEED = /^-?\d{1,10}$/;

await main(import.meta.url, async () => {
  const usage = `usage: pnpm -C packages/examples exec tsx src/fuzz-smtp-server.ts --port N [options]
  --port N             the server's port, on 127.0.0.1
  --runs N             how many sessions; default 100
  --seed N             plays the sessions of that seed again
  --help
`;
  const { values } = readArguments(usage, { port: "string", runs: "string", seed: "string" });
  const options = {
    port: readPort(required(values.port, "port", usage), usage),
    runs: readNumber(values.runs, "runs", usage) ?? 100,
    ...(values.seed !== undefined && { seed: readNumber(values.seed, "seed", usage, SEED)! }),
  };
  await fuzz(options);
  process.stdout.write(`${options.runs} hostile sessions, nothing found\n`);
});
