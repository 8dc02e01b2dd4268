/**
 * Sessions over Web Streams.
 *
 * @module
 */
export {
  driveStreams,
  type StreamApplication,
  type StreamConnection,
  type StreamSession,
  type StreamTimer,
} from "dot-stuffing/streams";
