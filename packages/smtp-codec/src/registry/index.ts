/**
 * What codes, enhanced codes and keywords mean, for logs and tools, and ready-made refusals: no session needs it.
 *
 * @module
 */
export {
  describeEnhancedCode,
  type EnhancedCodeMeaning,
  type EnhancedDetail,
  enhancedDetails,
} from "./enhanced-codes.ts";
export { type Extension, extension, extensions } from "./extensions.ts";
export type { Refusal } from "./refusals.ts";
/**
 * The refusals that documents name for what only an application can know.
 *
 * @example
 * ```ts
 * if (event.type === "rcpt" && (await isNullMx(event.to))) session.reject(refusals.nullMxRecipient);
 * ```
 */
export * as refusals from "./refusals.ts";
export { type ReplyCode, replyCode, replyCodes } from "./reply-codes.ts";
