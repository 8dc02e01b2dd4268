/** Helpers that the tests of all packages share. */
export * from "./bytes.ts";
export * from "./drive.ts";
export * from "./mechanisms.ts";
export * from "./misbehaving.ts";
export * from "./moved.ts";
export * from "./options.ts";
export { type PairEnd, type Passed, SessionPair } from "./pair.ts";
export * from "./properties.ts";
export * from "./seed.ts";
export * from "./snapshot.ts";
export * from "./spoilt-snapshots.ts";
export * from "./transcript.ts";
