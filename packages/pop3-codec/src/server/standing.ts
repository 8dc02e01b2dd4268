import type { ServerState } from "./table.ts";

/** Where a session stands, as far as its offers, judgements and answers depend on it. */
export interface Standing {
  readonly state: ServerState;
  readonly tls: boolean;
  /** Whether UTF8 was given. */
  readonly utf8: boolean;
  /** What LANG set; null: nothing. */
  readonly language: string | null;
  /** What USER gave. */
  readonly name: string;
  /** Who has logged in; null: nobody. */
  readonly user: string | null;
  /** The greeting's; null: there was none. */
  readonly timestamp: string | null;
}
