import { StateError } from "dot-stuffing/session";
import { isLonger, octetLength } from "../syntax/characters.ts";
import type { Command } from "../syntax/command/command.ts";
import { formatCommand } from "../syntax/command/format.ts";
import { MAX_COMMAND_LINE } from "../syntax/command/line.ts";

/**
 * Why a command cannot be sent though nothing is wrong with it in itself: a value is beyond what this server takes, or
 * one that a lenient server has taken is beyond what a client may send.
 */
export interface Unsendable {
  readonly code: "not-taken" | "not-sendable";
  /** The keyword of the extension that it belongs to; null: of none. */
  readonly extension: string | null;
}

/** Callers see no more than a RangeError. */
const reasons = new WeakMap<object, Unsendable>();

/** A RangeError of which {@link unsendable} knows. */
export function unsendableError(reason: Unsendable, text: string): RangeError {
  const error = new RangeError(text);
  reasons.set(error, reason);
  return error;
}

/** What was said of an error when it was made; undefined: nothing, for what was given is wrong in itself. */
export function unsendable(error: unknown): Unsendable | undefined {
  return reasons.get(error as object);
}

/**
 * A command's line, of 512 octets with its CRLF at most (RFC 5321 §4.5.3.1.4).
 *
 * @param longest what extensions make of that limit: asked for lines that are longer
 * @throws RangeError naming the field that the grammar does not allow, or for a longer line, which is
 *   {@link unsendable}
 */
export function lineOf(command: Command, longest?: () => number): string {
  return shortEnough(command.verb, formatCommand(command), longest);
}

/** The line itself, which is written already. @throws RangeError for a longer one, as {@link lineOf} does */
export function shortEnough(verb: string, line: string, longest: () => number = () => MAX_COMMAND_LINE): string {
  if (isLonger(line, 0, line.length, MAX_COMMAND_LINE) && octetLength(line) > longest()) {
    const text = `"${verb}" expected a command of at most ${longest()} octets with its CRLF`;
    throw unsendableError({ code: "not-sendable", extension: null }, text);
  }
  return line;
}

/** For what the server does not offer. */
export function notOffered(call: string, extension: string, instead: string): StateError {
  return new StateError(call, `on a server that does not offer ${extension}`, instead);
}
