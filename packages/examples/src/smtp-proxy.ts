/**
 * A transparent SMTP proxy on the syntax layer: no session, only lines, commands and replies. It logs what they say,
 * and passes on what it has understood, as it has understood it, one command at a time; so nothing can be smuggled
 * through it:
 *
 * - a command with a bare CR or LF, or one that cannot be parsed, is answered by the proxy and does not reach the
 *   server;
 * - content with a bare CR or LF never gets its final dot: the server's connection is cut, and the client told why;
 * - what it could not look into is not offered: STARTTLS, CHUNKING.
 *
 *     pnpm -C packages/examples exec tsx src/smtp-proxy.ts --port 2526 --to-port 2525
 */
import { Stuffer, Unstuffer } from "dot-stuffing";
import { Input } from "dot-stuffing/session";
import { formatReply, isFault, parseCommand, type Reply, ReplyAssembler } from "smtp-codec/syntax";
import { sendableReply } from "smtp-codec/texts";
import { main, readArguments, readPort, required } from "./cli/arguments.ts";
import { announce, closeOnSignal } from "./cli/world.ts";
import { makeCertificate } from "./transport/certificate.ts";
import { Silence } from "./transport/drive.ts";
import { Listener } from "./transport/listener.ts";
import { type NodeConnection, open, tlsClient, tlsServer } from "./transport/node.ts";

export interface ProxyOptions {
  /** The server. */
  readonly host: string;
  readonly port: number;
  readonly log: (line: string) => void;
  /** How long to wait for either side. In seconds; default 300. */
  readonly patience?: number;
}

/** Extensions that would take the dialogue out of the proxy's sight. */
const HIDDEN = /^(?:STARTTLS|CHUNKING|BINARYMIME|XCLIENT|XFORWARD|BURL)\b/i;

/** A connection, read line by line. */
class Side {
  readonly #connection: NodeConnection;
  readonly #patience: number;
  readonly #input = new Input({ lineEndings: "reject", maxLineLength: 12_288 });

  constructor(connection: NodeConnection, patience: number) {
    this.#connection = connection;
    this.#patience = patience;
  }

  /**
   * A line, or in words why it is none; null at the end of input. Throws a {@link Silence} when nothing comes, as all
   * that reads does.
   */
  async line(signal?: AbortSignal): Promise<Uint8Array | string | null> {
    for (;;) {
      const line = this.#input.next();
      if (line !== null) return line instanceof Uint8Array ? line.slice() : line.text;
      if (!(await this.#more(signal))) return null;
    }
  }

  /** Octets of content, as many as are there; what is after the end is given back by `skip`. */
  async octets(): Promise<Uint8Array | null> {
    for (;;) {
      const octets = this.#input.peek();
      if (octets !== null) return octets;
      if (!(await this.#more())) return null;
    }
  }

  skip(count: number): void {
    this.#input.skip(count);
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    await this.#connection.write(typeof bytes === "string" ? Buffer.from(bytes) : bytes, this.#patience);
  }

  async #more(signal?: AbortSignal): Promise<boolean> {
    const chunk = await this.#connection.read(this.#patience, signal);
    if (chunk === null) return false;
    this.#input.push(chunk);
    this.#input.release();
    return true;
  }
}

/** The server's next reply; null at the end, or where what came is none. */
async function readReply(server: Side): Promise<Reply | null> {
  const assembler = new ReplyAssembler();
  for (;;) {
    const line = await server.line();
    if (!(line instanceof Uint8Array)) return null;
    const reply = assembler.add(line, true);
    if (reply !== null) return "fault" in reply ? null : reply;
  }
}

class Dialogue {
  readonly #client: Side;
  readonly #server: Side;
  readonly #log: (line: string) => void;

  constructor(client: Side, server: Side, log: (line: string) => void) {
    this.#client = client;
    this.#server = server;
    this.#log = log;
  }

  /** @param signal asks for an early end: what is under way is still answered */
  async run(signal: AbortSignal): Promise<void> {
    try {
      let reply = await this.#pass(); // the greeting
      while (reply !== null && reply.code !== 221 && reply.code !== 421) {
        if (signal.aborted) throw new Silence("closed");
        const line = await this.#client.line(signal);
        if (line === null) return;
        reply = await this.#answer(line);
      }
    } catch (error) {
      if (!(error instanceof Silence)) throw error;
      await this.#refuse(421, "4.4.2 this is not waited for any longer");
    }
  }

  /** Passes a command on, if it is one. @returns the reply to it; null: the connection is over */
  async #answer(line: Uint8Array | string): Promise<Reply | null> {
    if (typeof line === "string") return this.#refuse(500, `5.5.2 ${line}`);
    const command = parseCommand(line, { smtputf8State: "in-force" });
    if (isFault(command))
      return this.#refuse(command.reply.code, `${command.reply.enhanced ?? "5.5.2"} ${command.text}`);
    if (command.verb === "STARTTLS" || command.verb === "BDAT" || command.verb === "BURL") {
      return this.#refuse(502, "5.5.1 not offered here");
    }
    this.#log(`C: ${JSON.stringify(command)}`); // what is secret in it is not enumerable
    await this.#server.write(line);
    await this.#server.write("\r\n");
    let reply = await this.#pass(command.verb === "EHLO");
    // An exchange of AUTH: what the client says is nobody's business.
    while (reply?.code === 334) {
      const response = await this.#client.line();
      if (!(response instanceof Uint8Array)) return null;
      this.#log("C: [redacted]");
      await this.#server.write(response);
      await this.#server.write("\r\n");
      reply = await this.#pass();
    }
    return command.verb === "DATA" && reply?.code === 354 ? this.#content() : reply;
  }

  /** Passes content on, read by the rules and written by the rules. */
  async #content(): Promise<Reply | null> {
    const unstuffer = new Unstuffer({ lineEndings: "reject" });
    const stuffer = new Stuffer({ lineEndings: "reject" });
    let size = 0;
    for (let ended = false; !ended; ) {
      const octets = await this.#client.octets();
      if (octets === null) return null;
      const { content, consumed, done, violation } = unstuffer.push(octets);
      for (const piece of content) {
        size += piece.length;
        for (const out of stuffer.push(piece)) await this.#server.write(out);
      }
      this.#client.skip(consumed);
      if (violation !== null) return this.#smuggled(violation.text);
      ended = done;
    }
    this.#log(`C: [content: ${size} octets]`);
    for (const out of stuffer.end()) await this.#server.write(out);
    return this.#pass();
  }

  /** The server has seen a part of the message, and never sees its end. */
  async #smuggled(what: string): Promise<null> {
    await this.#refuse(421, `4.7.0 refused: ${what}`);
    return null;
  }

  async #refuse(code: number, text: string): Promise<Reply> {
    this.#log(`P: ${code} ${text}`);
    await this.#client.write(`${code} ${text}\r\n`);
    return { code, enhanced: null, lines: [text] };
  }

  /**
   * Passes the server's next reply on.
   *
   * @param hello whether it is one to EHLO, from which some keywords are taken out
   */
  async #pass(hello = false): Promise<Reply | null> {
    const reply = await readReply(this.#server);
    if (reply === null) {
      await this.#refuse(421, "4.3.0 the server has gone");
      return null;
    }
    // As it came, whatever its code; but what servers may not say, clients need not take (RFC 5321 §4.2, §4.5.3.1.5).
    const { lines } = sendableReply(reply);
    const shown = { ...reply, lines: hello ? lines.filter((line, index) => index === 0 || !HIDDEN.test(line)) : lines };
    this.#log(`S: ${JSON.stringify(shown)}`);
    await this.#client.write(formatReply(shown, { anySecondDigit: true }));
    return shown;
  }
}

export function createProxy(options: ProxyOptions, certificate: { key: string; cert: string }): Listener {
  const { host, port, log, patience = 300 } = options;
  return new Listener(async (connection, signal) => {
    const upstream = await open(host, port, tlsClient(host)).catch(() => null);
    try {
      if (upstream === null)
        await connection.write(Buffer.from("421 4.3.0 the server cannot be reached\r\n"), patience);
      else await new Dialogue(new Side(connection, patience), new Side(upstream, patience), log).run(signal);
    } finally {
      await Promise.all([connection.close(), upstream?.close()]);
    }
  }, tlsServer(certificate));
}

await main(import.meta.url, async () => {
  const usage = `usage: pnpm -C packages/examples exec tsx src/smtp-proxy.ts [options]
  --port N             the port to listen on; default: any that is free
  --to-host HOST       the server; default 127.0.0.1
  --to-port N
  --help
`;
  const { values } = readArguments(usage, { port: "string", "to-host": "string", "to-port": "string" });
  const proxy = createProxy(
    {
      host: values["to-host"] ?? "127.0.0.1",
      port: readPort(required(values["to-port"], "to-port", usage), usage),
      log: (line) => void process.stdout.write(`${line}\n`),
    },
    await makeCertificate(),
  );
  announce("SMTP", await proxy.listen(readPort(values.port, usage)));
  closeOnSignal(proxy);
});
