declare module "haraka-message-stream" {
  import type { Writable } from "node:stream";

  export default class MessageStream {
    constructor(config: { readonly main: { readonly spool_after: number } }, id: string);
    add_line(line: Uint8Array): void;
    add_line_end(): void;
    pipe(destination: Writable, options: { readonly dot_stuffed: boolean }): void;
  }
}
