declare module "wildduck/lib/pop3/connection.js" {
  import type { Readable } from "node:stream";

  /** What the class asks of its server, as far as RETR and TOP go. */
  interface Server {
    readonly options: object;
    readonly logger: Readonly<Record<"info" | "debug" | "error", (...parts: readonly unknown[]) => void>>;
    onFetchMessage(message: object, session: object, done: (error: Error | null, stream: Readable) => void): void;
    loggelf(entry: object): void;
  }

  export default class POP3Connection {
    session: { state: string; listing: { messages: readonly object[] } };
    constructor(server: Server, socket: object, options: { readonly id: string; readonly ignore: boolean });
    read(): void;
    command_RETR(args: string, next: (error?: Error) => void): void;
    command_TOP(args: string, next: (error?: Error) => void): void;
  }
}
