/** Octets that stand in for others come in long runs; a run of this length or more is written as its length. */
const RUN = 8;

/** How a run of an octet is written: `\(72)` is 72 times `x`. */
const RUNS: readonly (readonly [octet: number, open: string, close: string])[] = [
  [0x78, "(", ")"],
  [0xff, "[", "]"],
  [0x00, "<", ">"],
];

const BACKSLASH = 0x5c;

/** Octets as printable ASCII: `\\`, `\r`, `\n`, `\x00` to `\xff`, and runs. */
export function escapeOctets(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const octet = bytes[at]!;
    const run = RUNS.find(([repeated]) => repeated === octet);
    let end = at + 1;
    if (run !== undefined) while (bytes[end] === octet) end++;
    if (run !== undefined && end - at >= RUN) text += `\\${run[1]}${end - at}${run[2]}`;
    else text += escapeOctet(octet).repeat(end - at);
    at = end;
  }
  return text;
}

/** How many octets the runs of a recording may stand for: a few characters of it would fill any memory. */
const MOST = 134_217_728;

/** How many octets runs may still stand for. */
export interface Room {
  left: number;
}

/** For a whole recording. */
export function roomForRuns(): Room {
  return { left: MOST };
}

/** What is expected of a text that {@link unescapeOctets} does not read. @param room that it had */
export function expectedOctets({ left }: Room): string {
  return left < 0 ? `runs of at most ${MOST} octets in all` : "escaped octets";
}

/**
 * The inverse of {@link escapeOctets}. A backslash at the very end says that no line end follows.
 *
 * @param room what runs may stand for, of which those of this text are taken away
 * @returns null for a text that it never gives, or that the room is too small for
 */
export function unescapeOctets(
  text: string,
  room: Room,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly open: boolean } | null {
  const piece = /\\(?:x([0-9a-f]{2})|\((\d{1,9})\)|\[(\d{1,9})\]|<(\d{1,9})>|([\\rn])|($))|([\x20-\x5b\x5d-\x7e])/gy;
  let octets = new Uint8Array(text.length); // enough for all but runs
  let length = 0;
  let open = false;
  for (let found = 0; found < text.length; found = piece.lastIndex) {
    const match = piece.exec(text);
    if (match === null) return null;
    const [, hex, filler, high, nul, letter, end, plain] = match;
    if (plain !== undefined) octets[length++] = plain.charCodeAt(0);
    else if (hex !== undefined) octets[length++] = Number.parseInt(hex, 16);
    else if (letter !== undefined) octets[length++] = letter === "r" ? 0x0d : letter === "n" ? 0x0a : BACKSLASH;
    else if (end !== undefined) open = true;
    else {
      const count = Number(filler ?? high ?? nul);
      room.left -= count;
      if (room.left < 0) return null;
      octets = withRoom(octets, length + count + text.length - found);
      octets.fill(filler !== undefined ? 0x78 : high !== undefined ? 0xff : 0x00, length, length + count);
      length += count;
    }
  }
  return { bytes: octets.slice(0, length), open };
}

/**
 * Octets in an array of at least this length, twice as long as before, so that many runs are not moved about each time.
 */
function withRoom(octets: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= octets.length) return octets;
  const longer = new Uint8Array(Math.max(length, octets.length * 2));
  longer.set(octets);
  return longer;
}

/** Cuts octets after every CRLF. Nothing is one piece without octets. */
export function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let at = 1; at < bytes.length; at++) {
    if (bytes[at] !== 0x0a || bytes[at - 1] !== 0x0d) continue;
    lines.push(bytes.subarray(start, at + 1));
    start = at + 1;
  }
  if (start < bytes.length || start === 0) lines.push(bytes.subarray(start));
  return lines;
}

/**
 * A piece of {@link linesOf} as text: its CRLF is left out, and a backslash says that it has none. A space at its end
 * is escaped, since spaces at line ends get lost in mail and editors.
 */
export function escapeLine(line: Uint8Array): string {
  const ended = line.length > 1 && line.at(-1) === 0x0a && line.at(-2) === 0x0d;
  return ended ? escapeOctets(line.subarray(0, -2)).replace(/ $/, "\\x20") : `${escapeOctets(line)}\\`;
}

function escapeOctet(octet: number): string {
  if (octet === BACKSLASH) return "\\\\";
  if (octet === 0x0d) return "\\r";
  if (octet === 0x0a) return "\\n";
  return octet < 0x20 || octet > 0x7e ? `\\x${octet.toString(16).padStart(2, "0")}` : String.fromCharCode(octet);
}
