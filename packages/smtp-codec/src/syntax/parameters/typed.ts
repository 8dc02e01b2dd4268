import { MAX_COMMAND_LINE } from "../command/line.ts";
import { type Fault, fault } from "../fault.ts";
import type { EsmtpParameter } from "./esmtp-parameter.ts";
import type { Offered, Parameter, ParameterContext } from "./parameter.ts";
import {
  type MailParameters,
  mailParameterSet,
  type ParameterSet,
  type ParametersOf,
  type RcptParameters,
  rcptParameterSet,
} from "./sets.ts";

const UNKNOWN_PARAMETER = { code: 555, enhanced: "5.5.4" } as const;

const NOT_KNOWN = "a parameter is not known or its extension not offered";

/** Nothing is offered: after HELO, every parameter is unknown (RFC 5321 §4.1.1.2). */
const NOTHING: Offered = () => undefined;

/**
 * Gives the parameters of a command their types, and judges them: a server those that it received by what it offers, a
 * client those that it is to send by what was offered to it.
 *
 * @param set the definitions by the names of the typed values: {@link mailParameterSet}, {@link rcptParameterSet}, or
 *   one of these with others beside
 * @param offered the EHLO parameters of an extension, or undefined: a parameter of an extension that is not offered is
 *   unknown (RFC 5321 §4.1.1.11)
 */
export function typeParameters<Set extends ParameterSet>(
  set: Set,
  parameters: readonly EsmtpParameter[],
  offered: Offered,
): ParametersOf<Set> | Fault {
  const typed: Record<string, unknown> = {};
  const context = contextOf(parameters, offered);
  for (const { keyword, value } of parameters) {
    const name = nameOf(set, keyword);
    if (name === undefined) return fault("unknown-parameter", "parameter", NOT_KNOWN, UNKNOWN_PARAMETER);
    const definition = set[name]!;
    if (!isOffered(definition, offered)) return notOffered(definition);
    const parsed = definition.parse(value, context);
    if (parsed === null)
      return fault("invalid-parameter", keyword, `expected ${definition.expected}`, definition.malformed);
    const refusal = definition.refuse?.(parsed, context) ?? null;
    if (refusal !== null) return fault("invalid-parameter", keyword, `expected ${refusal.text}`, refusal.reply);
    typed[name] = parsed;
  }
  // Each value came from the definition of its name.
  return typed as ParametersOf<Set>;
}

/** The parameters of MAIL with their types: {@link typeParameters} for what is known here. */
export function typeMailParameters(parameters: readonly EsmtpParameter[], offered: Offered): MailParameters | Fault {
  return parameters.length === 0 ? {} : typeParameters(mailParameterSet, parameters, offered);
}

/** The parameters of RCPT with their types: {@link typeParameters} for what is known here. */
export function typeRcptParameters(parameters: readonly EsmtpParameter[], offered: Offered): RcptParameters | Fault {
  return parameters.length === 0 ? {} : typeParameters(rcptParameterSet, parameters, offered);
}

/**
 * The inverse of {@link typeParameters}: the parameters as they are written, in the order in which they are given.
 *
 * @param offered what the receiver offers: whether it takes UTF-8 decides how an address is written
 * @throws TypeError naming the parameter whose value is of another type, RangeError the one whose value is outside its
 *   range, or that the set does not know.
 */
export function writeParameters<Set extends ParameterSet>(
  set: Set,
  typed: ParametersOf<Set>,
  offered: Offered = NOTHING,
): EsmtpParameter[] {
  const written: EsmtpParameter[] = [];
  const context = contextOf(written, offered);
  for (const [name, value] of Object.entries(typed)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(set, name)) throw new RangeError(`"${name}" is no parameter of the set`);
    const definition = set[name]!;
    written.push({ keyword: definition.keyword, value: textOf(definition, value, context) });
  }
  return written;
}

/** @throws TypeError for what is of another type than the values that the definition knows */
function textOf(definition: Parameter<unknown>, value: unknown, context: ParameterContext): string | null {
  try {
    return definition.format(value, context);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const { keyword, expected } = definition;
    throw new TypeError(`"${keyword}" expected ${expected}, got ${value === null ? value : typeof value}`, { cause });
  }
}

/** The parameters of MAIL as they are written: {@link writeParameters} for what is known here. */
export function mailParameters(typed: MailParameters, offered?: Offered): EsmtpParameter[] {
  return writeParameters(mailParameterSet, typed, offered);
}

/** The parameters of RCPT as they are written: {@link writeParameters} for what is known here. */
export function rcptParameters(typed: RcptParameters, offered?: Offered): EsmtpParameter[] {
  return writeParameters(rcptParameterSet, typed, offered);
}

/**
 * The longest MAIL or RCPT command in octets, CRLF included, where these extensions are offered, all used at once (RFC
 * 5321 §2.2.2).
 */
export function maxLineLength(set: ParameterSet, offered: Offered): number {
  let length = MAX_COMMAND_LINE;
  for (const { extensions } of Object.values(set)) {
    const increments = Object.keys(extensions).map((keyword) =>
      offered(keyword) === undefined ? 0 : extensions[keyword]!,
    );
    length += Math.max(0, ...increments);
  }
  return length;
}

function contextOf(parameters: readonly EsmtpParameter[], offered: Offered): ParameterContext {
  return { offered, given: (keyword) => parameters.find((parameter) => parameter.keyword === keyword)?.value };
}

function nameOf(set: ParameterSet, keyword: string): string | undefined {
  for (const name in set) if (set[name]!.keyword === keyword) return name;
  return undefined;
}

function isOffered({ extensions }: Parameter<unknown>, offered: Offered): boolean {
  for (const extension in extensions) if (offered(extension) !== undefined) return true;
  return false;
}

function notOffered({ keyword, extensions, notOffered: reply = UNKNOWN_PARAMETER }: Parameter<unknown>): Fault {
  const extension = Object.keys(extensions).join(" or ");
  return { ...fault("unknown-parameter", keyword, NOT_KNOWN, reply), extension };
}
