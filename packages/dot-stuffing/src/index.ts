/**
 * Dot transparency (RFC 5321 §4.5.2, RFC 1939 §3), both directions, streaming, without I/O. Lines of commands and
 * responses are read by the `LineReader` of `dot-stuffing/session`.
 *
 * @module
 */
export type { LineEndings } from "./line-endings.ts";
export type { ContentState } from "./state.ts";
export { StateError } from "./state-error.ts";
export { type StuffedContent, Stuffer, type StufferOptions, stuff } from "./stuffer.ts";
export { type Unstuffed, type UnstuffedContent, Unstuffer, type UnstufferOptions, unstuff } from "./unstuffer.ts";
export type { ContentViolation, CutOff, ForbiddenOctet, LimitPassed, LineViolation } from "./violation.ts";
