/**
 * A server that says what a script has for it, and keeps what clients sent. It knows no more of a protocol than its
 * turns.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { toText } from "./octets.ts";

/**
 * So long a client may send nothing while the connection stands: then it is cut, and the answer is "waits". In
 * milliseconds.
 */
export const CLIENT_WAIT = 8_000;

/** A client's line, or the content of a message, by the name of its turn. */
export interface Turn {
  readonly name: string;
  /** As Latin-1, without the line end. */
  readonly text: string;
}

/** What is said; null: the connection is ended; `last`: it is ended after that. */
export type Said = string | null | { readonly last: string };

/** How a protocol's turns follow each other. */
export interface Dialogue {
  /** What is said first. */
  readonly greeting: Said;
  /** The end of what is awaited now: of a line, or of content. */
  end(): string;
  /** Takes a turn. @returns its name, and what is said to it */
  take(text: string): { readonly name: string; readonly reply: Said };
  /** After which turn the client starts TLS. */
  readonly tlsBehind: string;
}

export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export class ScriptedServer {
  /** Of all connections, in order. */
  readonly turns: Turn[] = [];
  /** Whether it came to a handshake, and what became of it. */
  handshake: "none" | "failed" | "done" = "none";
  /** Whether a client had to be cut off. */
  waited = false;
  readonly #server: Server;
  readonly #identity: Identity;
  readonly #sockets = new Set<Socket>();

  constructor(dialogue: () => Dialogue, identity: Identity) {
    this.#identity = identity;
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket, dialogue()));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(plain: Socket, dialogue: Dialogue): void {
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.waited = true;
        plain.destroy();
      }, CLIENT_WAIT);
    };
    this.#sockets.add(plain);
    plain.on("close", () => clearTimeout(timer));
    const say = (socket: Socket, said: Said): void => {
      const text = typeof said === "string" ? said : (said?.last ?? "");
      if (text !== "") socket.write(Buffer.from(text, "latin1"));
      if (typeof said !== "string") socket.end();
      wait();
    };
    const converse = (socket: Socket): void => {
      let rest = "";
      socket.on("error", () => {});
      socket.on("data", (chunk: Buffer) => {
        rest += toText(chunk);
        wait();
        for (let at = rest.indexOf(dialogue.end()); at >= 0; at = rest.indexOf(dialogue.end())) {
          const text = rest.slice(0, at);
          rest = rest.slice(at + dialogue.end().length);
          const { name, reply } = dialogue.take(text);
          this.turns.push({ name, text });
          say(socket, reply);
          if (name === dialogue.tlsBehind && typeof reply === "string" && /^(220|\+OK)/.test(reply)) {
            socket.removeAllListeners("data");
            converse(this.#secured(socket));
            return;
          }
        }
      });
    };
    converse(plain);
    say(plain, dialogue.greeting);
  }

  #secured(plain: Socket): Socket {
    this.handshake = "failed";
    const secured = new TLSSocket(plain, { isServer: true, secureContext: createSecureContext(this.#identity) });
    secured.on("secure", () => (this.handshake = "done"));
    return secured;
  }
}
