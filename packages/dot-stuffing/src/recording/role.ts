import type { MaskKind } from "./mask.ts";
import type { Side, WireRules } from "./wire.ts";

/** What a recording needs of a session: any of this package's has it. */
export interface RecordedSession {
  receive(chunk: Uint8Array): unknown;
  nextEvent(): { readonly type: string } | null;
  /** @param limit where less is given than that, the same is given without it */
  takeOutput(limit?: number): Uint8Array | null;
  takeOutputPieces(): Uint8Array[];
  readonly waiting: string;
  readonly state: string;
  [Symbol.iterator](): Iterator<unknown, undefined>;
}

/** What recordings have to know of a kind of session. */
export interface Role<Session extends RecordedSession, Options> {
  /** E.g. `"smtp-server"`. */
  readonly name: string;
  /** Whose octets the session receives. */
  readonly input: Side;
  /** A session at its beginning. */
  create(options: Options): Session;
  /** Options that leave nothing to chance: what a session would draw at random is drawn here. */
  settle(options: Options): Options;
  rules(options: Options): WireRules;
  /** The table that the session runs from: what each verb leads to, by state. */
  table(options: Options): { readonly [verb: string]: { readonly [state: string]: unknown } };
  /** Which arguments of which calls are secrets. */
  readonly secretArguments: { readonly [call: string]: readonly (MaskKind | null)[] };
  /** Methods of the application's objects whose results are secrets, though they are mere text. */
  readonly secretResults: { readonly [member: string]: MaskKind };
}

/** What a recording shows. */
export interface RecordSettings {
  /** Shows content as it is. Default false: its line structure alone. */
  readonly content?: boolean;
  /** Shows passwords, digests and SASL messages as they are: for test credentials only. Default false. */
  readonly secrets?: boolean;
}
