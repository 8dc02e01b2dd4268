import type { ServerState } from "./table.ts";

/** Where a session stands, as far as its offers and judgements depend on it. */
export interface Situation {
  readonly state: ServerState;
  readonly tls: boolean;
  /** Whether UTF8 was given. */
  readonly utf8: boolean;
  /** What USER gave; in a transaction, who has logged in. */
  readonly name: string;
  /** The greeting's; null: there was none. */
  readonly timestamp: string | null;
}
