/**
 * Sessions written down line by line, and gone through again. `smtp-codec/recording` and `pop3-codec/recording` say
 * what their protocols' lines hold; so can a codec of one's own.
 *
 * @module
 */
export { ClientLine } from "./client-line.ts";
export { RecordingError } from "./lines.ts";
export type { MaskKind } from "./mask.ts";
export { record } from "./recorder.ts";
export { Replay, type ReplayState, type ReplayStep, replay } from "./replay.ts";
export type { RecordedSession, RecordSettings, Role } from "./role.ts";
export type { LineEnd, Side, WireRules } from "./wire.ts";
