import { outOfRange } from "dot-stuffing/session";
import type { FaultReply } from "../fault.ts";

/**
 * The parameters that an extension's keyword has in the EHLO reply, or undefined where it is not offered: for
 * capabilities `(extension) => offeredParameters(capabilities, extension)`.
 */
export type Offered = (extension: string) => readonly string[] | undefined;

/** What a value is read and judged by besides itself. */
export interface ParameterContext {
  /** What is offered. */
  readonly offered: Offered;
  /**
   * Another parameter of the same command as it was written: its value, null for none, undefined if it is not given.
   */
  given(keyword: string): string | null | undefined;
}

/** Why a well-formed value is refused. */
export interface ParameterRefusal {
  /** What was expected, repeating nothing that the peer sent. */
  readonly text: string;
  /** Default 501 5.5.4. */
  readonly reply?: FaultReply;
}

/**
 * A parameter of MAIL or RCPT, as data: all that parsers, formatters and sessions need to know of it. One of your own
 * goes into a set beside those known here.
 *
 * @typeParam Value what a well-formed value means: plain data, if snapshots of sessions are to keep it, so milliseconds
 *   rather than a Date
 * @example
 * ```ts
 * const mtrk: Parameter<string> = {
 *   keyword: "MTRK",
 *   extensions: { MTRK: 40 },
 *   expected: "a certifier",
 *   parse: (value) => value,
 *   format: (value) => value,
 * };
 * const typed = typeParameters({ ...mailParameterSet, mtrk }, parameters, offered);
 * if (!("fault" in typed)) console.log(typed.size, typed.mtrk);
 * ```
 */
export interface Parameter<Value> {
  /** In upper case. */
  readonly keyword: string;
  /**
   * The extensions that bring the parameter, by their EHLO keywords: it is known where one of them is offered, and
   * nowhere if there are none. The figures are the octets that each adds to the longest command.
   */
  readonly extensions: Readonly<Record<string, number>>;
  /** What a well-formed value is, in words. */
  readonly expected: string;
  /** What a malformed value is answered with. Default 501 5.5.4. */
  readonly malformed?: FaultReply;
  /** What the parameter is answered with where no extension brings it. Default 555 5.5.4 (RFC 5321 §4.1.1.11). */
  readonly notOffered?: FaultReply;
  /** The meaning of a value, or of none, which is null; null if it is malformed. */
  parse(value: string | null, context: ParameterContext): Value | null;
  /** Refuses a value that is well-formed: beyond what was announced, or against another parameter. */
  refuse?(value: Value, context: ParameterContext): ParameterRefusal | null;
  /**
   * The inverse of `parse`. @throws RangeError for a value outside its range.
   */
  format(value: Value, context: ParameterContext): string | null;
}

/** What {@link valueParameter} makes a parameter of. */
export interface ValueDefinition<Value> extends Omit<Parameter<Value>, "parse" | "format"> {
  parse(value: string, context: ParameterContext): Value | null;
  /** The text of a value, which is written if `parse` reads it. Default: `String`. */
  write?(value: Value): string;
  /** Instead of `write`, where what is written is not judged by that alone. */
  format?(value: Value, context: ParameterContext): string;
}

/** A parameter that is always given with a value. */
export function valueParameter<Value>({ write = String, ...definition }: ValueDefinition<Value>): Parameter<Value> {
  return {
    format(value, context) {
      const text = write(value);
      if (definition.parse(text, context) === null) throw outOfRange(definition.keyword, definition.expected);
      return text;
    },
    ...definition,
    parse: (value, context) => (value === null ? null : definition.parse(value, context)),
  };
}

/** A parameter that never has a value: it is given, or it is not. */
export function flagParameter(keyword: string, increment: number, notOffered?: FaultReply): Parameter<true> {
  return {
    keyword,
    extensions: { [keyword]: increment },
    expected: "no value",
    ...(notOffered && { notOffered }),
    parse: (value) => (value === null ? true : null),
    format: (given) => {
      if (given !== true) throw outOfRange(keyword, "true, or to be left out");
      return null;
    },
  };
}
