/**
 * Dot transparency as Web Streams, both directions, and the driver of any session over Web Streams, for runtimes that
 * have them: Node, Deno, Bun, workers, browsers.
 *
 * @module
 */
export type { StufferOptions } from "../stuffer.ts";
export type { UnstufferOptions } from "../unstuffer.ts";
export type { ContentViolation, CutOff, ForbiddenOctet, LimitPassed, LineViolation } from "../violation.ts";
export { behind, type StreamFront } from "./behind.ts";
export type { StreamConnection, StreamTimer } from "./connection.ts";
export { ContentError } from "./content-error.ts";
export { driveStreams, type StreamApplication } from "./drive-streams.ts";
export type { StreamSession } from "./stream-session.ts";
export { StuffStream } from "./stuff-stream.ts";
export { UnstuffStream } from "./unstuff-stream.ts";
