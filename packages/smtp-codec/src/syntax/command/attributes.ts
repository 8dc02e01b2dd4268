import { checkObject, checkType, isVisible, outOfRange } from "dot-stuffing/session";
import { isNumber } from "../characters.ts";
import { type Fault, fault, isFault } from "../fault.ts";
import { isIpv4, isIpv6 } from "../path/address-literal.ts";
import { decodeXtext, encodeXtext } from "../xtext.ts";
import { MAX_COMMAND_LINE } from "./line.ts";

/**
 * XCLIENT or XFORWARD: what a proxy or filter knows of the client that it speaks for (Postfix's XCLIENT_README and
 * XFORWARD_README).
 */
export type AttributeCommand =
  | { readonly verb: "XCLIENT"; readonly attributes: readonly Attribute<XclientName>[] }
  | { readonly verb: "XFORWARD"; readonly attributes: readonly Attribute<XforwardName>[] };

/** The names of XCLIENT's attributes. */
export type XclientName = "NAME" | "ADDR" | "PORT" | "PROTO" | "HELO" | "LOGIN" | "DESTADDR" | "DESTPORT";
/** The names of XFORWARD's attributes. */
export type XforwardName = "NAME" | "ADDR" | "PORT" | "PROTO" | "HELO" | "IDENT" | "SOURCE";

/** One attribute; its value decoded from xtext. An IPv6 address has its prefix: `IPV6:2001:db8::1`. */
export type Attribute<Name extends string = XclientName | XforwardName> =
  | { readonly name: Name; readonly value: string }
  /** The value is not known: for ever, or (XCLIENT NAME alone) because the look-up failed for now. */
  | { readonly name: Name; readonly value: null; readonly unavailable: "permanent" | "temporary" };

type Verb = AttributeCommand["verb"];
/** Whether a value, which is of visible ASCII, is in its attribute's range. */
type Range = (value: string) => boolean;

const isText: Range = () => true;
const isAddress: Range = (value) => isIpv4(value) || (/^ipv6:/i.test(value) && isIpv6(value.slice("ipv6:".length)));
const isPort: Range = (value) => isNumber(value, 1, 5) && Number(value) <= 65_535;
const isProtocol: Range = (value) => /^e?smtp$/i.test(value);
const isSource: Range = (value) => /^(?:local|remote)$/i.test(value);

const XCLIENT: Readonly<Record<XclientName, Range>> = {
  NAME: isText,
  ADDR: isAddress,
  PORT: isPort,
  PROTO: isProtocol,
  HELO: isText,
  LOGIN: isText,
  DESTADDR: isAddress,
  DESTPORT: isPort,
};

const XFORWARD: Readonly<Record<XforwardName, Range>> = {
  NAME: isText,
  ADDR: isAddress,
  PORT: isPort,
  PROTO: isText,
  HELO: isText,
  IDENT: isText,
  SOURCE: isSource,
};

const RANGES: Readonly<Record<Verb, Readonly<Partial<Record<string, Range>>>>> = { XCLIENT, XFORWARD };

/** Whether an attribute of this name is one of the command's. */
export function isAttributeName(verb: Verb, name: string): boolean {
  return Object.hasOwn(RANGES[verb], name);
}

const UNAVAILABLE = "[UNAVAILABLE]";
const TEMPORARY = "[TEMPUNAVAIL]";

/** The longest value in octets, decoded. */
const MAX_VALUE = 255;

/** `XCLIENT 1*( SP attribute-name "=" attribute-value )`, and XFORWARD in the same way; values in xtext. */
export function parseAttributes(verb: Verb, argument: string | null): AttributeCommand | Fault {
  const attributes: Attribute[] = [];
  for (const item of argument?.split(" ") ?? []) {
    if (item === "") continue;
    const equals = item.indexOf("=");
    const name = item.slice(0, Math.max(equals, 0)).toUpperCase();
    const attribute = parseAttribute(verb, name, item.slice(equals + 1));
    if (attribute === null || attributes.some((earlier) => earlier.name === name)) {
      return fault(
        "invalid-argument",
        "attributes",
        `${verb} expected attributes of its own, each once, with values in their range`,
      );
    }
    attributes.push(attribute);
  }
  if (attributes.length === 0) return fault("missing-argument", "attributes", `${verb} expected attributes`);
  // The names are those of the verb's ranges.
  return { verb, attributes } as AttributeCommand;
}

function parseAttribute(verb: Verb, name: string, xtext: string): Attribute | null {
  const isInRange = RANGES[verb][name];
  if (isInRange === undefined) return null;
  const known = name as Attribute["name"];
  const marker = xtext.toUpperCase();
  if (marker === UNAVAILABLE) return { name: known, value: null, unavailable: "permanent" };
  if (marker === TEMPORARY && verb === "XCLIENT" && name === "NAME")
    return { name: known, value: null, unavailable: "temporary" };
  const value = decodeXtext(xtext);
  if (value === null || value.length > MAX_VALUE || !isVisible(value)) return null;
  return isInRange(value) ? { name: known, value } : null;
}

/** The longest command with attributes, in octets without its CRLF. */
const MAX_LINE = MAX_COMMAND_LINE - 2;

/**
 * @throws TypeError for what is no list of attributes; RangeError for an empty list, a repeated or unknown name, a
 *   value outside the attribute's range, or a command over 512 octets: {@link spreadAttributes} makes several of it.
 */
export function formatAttributes({ verb, attributes }: AttributeCommand): string {
  const items = checkType("attributes", "array", attributes).map((attribute) => {
    checkObject("attributes", attribute);
    if (attribute.value === null) {
      return `${attribute.name}=${attribute.unavailable === "permanent" ? UNAVAILABLE : TEMPORARY}`;
    }
    return `${attribute.name}=${encodeXtext(checkType("attributes.value", "string", attribute.value))}`;
  });
  const argument = items.join(" ");
  const parsed = parseAttributes(verb, argument);
  if (isFault(parsed) || parsed.attributes.length !== items.length) {
    throw outOfRange("attributes", "attributes of the command, each once, with values in their range");
  }
  const line = `${verb} ${argument}`;
  if (line.length > MAX_LINE)
    throw outOfRange("attributes", `a command of at most ${MAX_COMMAND_LINE} octets with its CRLF`);
  return line;
}

/**
 * Spreads attributes over as many commands as it takes to keep each within 512 octets.
 *
 * @throws RangeError as `formatCommand` does.
 */
export function spreadAttributes(command: AttributeCommand): AttributeCommand[] {
  const commands: AttributeCommand[] = [];
  let group: Attribute[] = [];
  let length = command.verb.length;
  const groupOf = (attributes: readonly Attribute[]) => ({ verb: command.verb, attributes }) as AttributeCommand;
  for (const attribute of command.attributes) {
    const added = formatAttributes(groupOf([attribute])).length - command.verb.length;
    if (length + added > MAX_LINE) {
      commands.push(groupOf(group));
      group = [];
      length = command.verb.length;
    }
    group.push(attribute);
    length += added;
  }
  if (group.length > 0) commands.push(groupOf(group));
  return commands;
}
