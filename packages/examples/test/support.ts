import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Maildrops } from "../src/maildrop.ts";
import { type FetchOptions, fetch } from "../src/pop3-client.ts";
import { createPop3Server, type Pop3ServerOptions } from "../src/pop3-server.ts";
import { type Outgoing, type Submitted, submit } from "../src/smtp-client.ts";
import { createSmtpServer, type SmtpServerOptions } from "../src/smtp-server.ts";
import { type Certificate, makeCertificate } from "../src/transport/certificate.ts";
import type { Listener } from "../src/transport/listener.ts";

export const ALICE = "alice@example.org";
export const BOB = "bob@example.org";
export const accounts: ReadonlyMap<string, string> = new Map([
  [ALICE, "wonderland"],
  [BOB, "builder"],
]);

export const tls: Certificate = await makeCertificate();
export const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Both servers over the same maildrops, and clients that know where they are. */
export class World {
  readonly maildrops: Maildrops = new Maildrops();
  readonly #listeners: Listener[] = [];
  smtpPort = 0;
  pop3Port = 0;

  async start(options: Partial<SmtpServerOptions> & Partial<Pop3ServerOptions> = {}): Promise<this> {
    const shared = { accounts, maildrops: this.maildrops, tls, ...options };
    const smtp = createSmtpServer(shared);
    const pop3 = createPop3Server(shared);
    this.#listeners.push(smtp, pop3);
    this.smtpPort = await smtp.listen();
    this.pop3Port = await pop3.listen();
    return this;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  stored(user: string): string[] {
    return this.maildrops.list(user).map((message) => text(message.octets));
  }

  submit(messages: readonly Outgoing[], login: { user: string; password: string } | null = login_(ALICE)) {
    const options = { host: "127.0.0.1", port: this.smtpPort, ca: tls.cert, login };
    return submit(options, messages) as Promise<Submitted[]>;
  }

  /** One message from Alice to Bob. */
  async send(content: Outgoing["content"], to: readonly string[] = [BOB]): Promise<Submitted> {
    return (await this.submit([{ from: ALICE, to, content }]))[0]!;
  }

  async fetch(options: Partial<FetchOptions> = {}): Promise<Uint8Array[]> {
    const fetched: Uint8Array[] = [];
    await fetch({
      host: "127.0.0.1",
      port: this.pop3Port,
      ca: tls.cert,
      login: login_(BOB),
      take: (message) => fetched.push(message.octets) > 0,
      ...options,
    });
    return fetched;
  }
}

function login_(user: string): { user: string; password: string } {
  return { user, password: accounts.get(user)! };
}

export { login_ as login };

/** A client without a codec: lines go out as they are, and what comes in is text. */
export class Raw {
  #socket: Socket;
  #received = "";
  #wake: () => void = () => {};
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = this.#listen(socket);
  }

  static async open(port: number): Promise<Raw> {
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    return new Raw(socket);
  }

  /** Sends text, and gives what comes in until the pattern is in it, or the connection ends. */
  async say(line: string, until: RegExp): Promise<string> {
    this.#socket.write(line);
    return this.hear(until);
  }

  async hear(until: RegExp): Promise<string> {
    while (!until.test(this.#received) && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    const heard = this.#received;
    this.#received = "";
    return heard;
  }

  async startTls(): Promise<void> {
    this.#socket.removeAllListeners();
    const secure = connectTls({ socket: this.#socket, ca: tls.cert, servername: "localhost" });
    await new Promise((resolve, reject) => secure.once("secureConnect", resolve).once("error", reject));
    this.#socket = this.#listen(secure);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): Socket {
    return socket
      .on("data", (chunk) => {
        this.#received += chunk.toString("latin1");
        this.#wake();
      })
      .on("error", () => {})
      .on("close", () => {
        this.#ended = true;
        this.#wake();
      });
  }
}

export const base64 = (content: string): string => Buffer.from(content).toString("base64");
