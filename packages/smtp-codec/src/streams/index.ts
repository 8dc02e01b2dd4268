/**
 * Sessions over Web Streams, and the content of a message from where it has to be awaited.
 *
 * @module
 */
export {
  behind,
  driveStreams,
  type StreamApplication,
  type StreamConnection,
  type StreamFront,
  type StreamSession,
  type StreamTimer,
} from "dot-stuffing/streams";
export { type AsyncBytes, AsyncContent, type ContentSink } from "./async-content.ts";
