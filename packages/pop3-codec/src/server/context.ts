import type { Thrown } from "dot-stuffing/session";
import type { OpenMaildrop } from "./maildrop.ts";
import type { ServerSettings } from "./options.ts";
import type { Standing } from "./standing.ts";

/** What a command is judged by, and its answer written. */
export interface Context {
  readonly settings: ServerSettings;
  readonly standing: Standing;
  /** Null: none is open. */
  readonly maildrop: OpenMaildrop | null;
  /** Takes what a function of the application's has thrown, where the client has its answer all the same. */
  readonly failed: (thrown: Thrown) => void;
}
