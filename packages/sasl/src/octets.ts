import { demand, wrongType } from "./check.ts";

/**
 * Checks octets that the caller hands in, and gives them plain: a subclass's own `slice` (Node's Buffer has one) must
 * not change what is done here.
 *
 * @throws TypeError if it is not a Uint8Array, or is backed by a SharedArrayBuffer, whose octets could change between
 *   two looks
 */
export function plainOctets(argument: string, octets: unknown): Uint8Array<ArrayBuffer> {
  if (!(octets instanceof Uint8Array)) throw wrongType(argument, "a Uint8Array", octets);
  if (!(octets.buffer instanceof ArrayBuffer)) throw wrongType(argument, "a Uint8Array, not shared", octets);
  return octets.constructor === Uint8Array
    ? (octets as Uint8Array<ArrayBuffer>)
    : new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

/** A copy of octets that the caller hands in. @throws TypeError, RangeError unless there is one, or as many as said */
export function ownOctets(argument: string, octets: unknown, length?: number): Uint8Array<ArrayBuffer> {
  const copy = plainOctets(argument, octets).slice();
  if (length === undefined) demand(copy.length > 0, argument, "at least one octet");
  else demand(copy.length === length, argument, `${length} octets`);
  return copy;
}

/** One after the other. */
export function joinOctets(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(one.length + other.length);
  joined.set(one);
  joined.set(other, one.length);
  return joined;
}

/** Compares in a time that depends on the lengths alone. */
export function equalOctets(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) difference |= one[at]! ^ (other[at] ?? 0);
  return difference === 0;
}

/** Lower-case hexadecimal digits. */
export function toHex(octets: Uint8Array): string {
  let hex = "";
  for (const octet of octets) hex += octet.toString(16).padStart(2, "0");
  return hex;
}

/** One character an octet, which regular expressions can read. */
export function toBinary(octets: Uint8Array): string {
  let binary = "";
  for (const octet of octets) binary += String.fromCharCode(octet);
  return binary;
}

/** The octets of a text without characters above U+00FF, which is also ISO 8859-1. */
export function fromBinary(binary: string): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) octets[at] = binary.charCodeAt(at);
  return octets;
}
