/**
 * Content of a message from where it has to be awaited: Web Streams and async iterables.
 *
 * @module
 */
export { type AsyncBytes, AsyncContent, type ContentSink } from "./async-content.ts";
