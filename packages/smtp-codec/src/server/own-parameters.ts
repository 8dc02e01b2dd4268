import { checkAtLeast, checkFunction, checkObject, checkType, isText, outOfRange } from "dot-stuffing/session";
import { isKeyword } from "../syntax/characters.ts";
import type { FaultReply } from "../syntax/fault.ts";
import type { Parameter } from "../syntax/parameters/parameter.ts";
import type { ParameterSet } from "../syntax/parameters/sets.ts";
import { isEnhancedCode } from "../syntax/reply/enhanced-code.ts";

/**
 * An application's definitions as a session uses them: what they say of themselves is looked at here, and what their
 * functions give once they give it. They throw for what could not be sent.
 *
 * @param known the definitions that are known without
 * @throws TypeError or RangeError naming the field. A definition that could never be found, because another one is
 *   before it or no keyword is its own, is refused too
 */
export function ownParameters(option: string, set: ParameterSet, known: ParameterSet): ParameterSet {
  const names = new Map(Object.entries(known).map(([name, { keyword }]) => [keyword, name]));
  const own = Object.entries(set).map(([name, definition]) => {
    const place = `${option}.${name}`;
    const { keyword } = checkDefinition(place, definition);
    const knownAs = known[name]?.keyword ?? keyword;
    if (knownAs !== keyword) throw outOfRange(`${place}.keyword`, `${knownAs}, as the name has`);
    const other = names.get(keyword) ?? name;
    if (other !== name) throw outOfRange(`${place}.keyword`, `one of its own, got that of ${other}`);
    names.set(keyword, name);
    return [name, guarded(place, definition)] as const;
  });
  return Object.fromEntries(own);
}

/** The keyword of an extension or a parameter, as it is announced and compared with. */
export function isUpperCaseKeyword(keyword: string): boolean {
  return isKeyword(keyword) && keyword === keyword.toUpperCase();
}

/**
 * @throws RangeError for a text that might not fit into a reply's line beside a host, codes and what is said with it
 */
export function checkReplyText(place: string, text: string): void {
  if (!isText(text) || text.length > 200) throw outOfRange(place, "at most 200 characters of printable ASCII");
}

function checkDefinition(place: string, definition: Parameter<unknown>): Parameter<unknown> {
  const { keyword, extensions, parse, refuse, expected, malformed, notOffered } = checkObject(place, definition);
  checkType(`${place}.keyword`, "string", keyword);
  checkFunction(`${place}.parse`, parse);
  if (refuse !== undefined) checkFunction(`${place}.refuse`, refuse);
  const announced = Object.entries(checkObject(`${place}.extensions`, extensions));
  for (const [extension, octets] of announced) checkAtLeast(`${place}.extensions.${extension}`, octets, 0);
  if (announced.length === 0)
    throw outOfRange(`${place}.extensions`, "at least one extension that brings the parameter");
  if (!isUpperCaseKeyword(keyword)) throw outOfRange(`${place}.keyword`, "letters in upper case, digits and hyphens");
  checkText(`${place}.expected`, expected);
  checkReply(`${place}.malformed`, malformed);
  checkReply(`${place}.notOffered`, notOffered);
  return definition;
}

/** @throws TypeError or RangeError for what no client may get to read */
function checkText(name: string, text: string): void {
  checkReplyText(name, checkType(name, "string", text));
}

/** @throws TypeError or RangeError naming what no refusal can be made of; undefined: a default is */
function checkReply(name: string, reply: FaultReply | undefined): void {
  if (reply === undefined) return;
  const { code, enhanced } = checkObject(name, reply);
  checkType(`${name}.code`, "number", code);
  if (!/^[45][0-5][0-9]$/.test(String(code))) throw outOfRange(`${name}.code`, `400 to 559, got ${code}`);
  checkType(`${name}.enhanced`, "string", enhanced);
  const [klass] = String(code);
  if (!isEnhancedCode(enhanced) || enhanced[0] !== klass) {
    throw outOfRange(`${name}.enhanced`, `a code of the class of ${code}, such as ${klass}.0.0`);
  }
}

/** The definition, with functions that throw where they give what is no value, or no refusal that can be sent. */
function guarded(place: string, definition: Parameter<unknown>): Parameter<unknown> {
  const { keyword, extensions, expected, malformed, notOffered, format } = definition;
  return {
    ...{ keyword, extensions, expected, format },
    ...(malformed && { malformed }),
    ...(notOffered && { notOffered }),
    parse(text, context) {
      const value = definition.parse(text, context);
      if (value === undefined || typeof (value as { readonly then?: unknown } | null)?.then === "function") {
        const got = value === undefined ? "undefined" : "a promise";
        throw new TypeError(`"${place}.parse" expected to give a value or null, got ${got}`);
      }
      return value;
    },
    refuse(value, context) {
      const refused = definition.refuse?.(value, context) ?? null;
      if (refused !== null) {
        const { text, reply } = checkObject(`${place}.refuse`, refused);
        checkText(`${place}.refuse.text`, text);
        checkReply(`${place}.refuse.reply`, reply);
      }
      return refused;
    },
  };
}
