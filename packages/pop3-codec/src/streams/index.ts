/**
 * Sessions over Web Streams.
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
