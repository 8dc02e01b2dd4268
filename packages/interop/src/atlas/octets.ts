/** Octets as text: everything here holds them as Latin-1, a character an octet. */

const NAMES: Readonly<Record<string, string>> = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\\": "\\\\" };

/** So many equal characters in a row are written with their number. */
const RUN = 20;

/** Escaped as in C, with runs of one character as `x{998}`, and the middle left out where it is long. */
export function escaped(text: string, most = 300): string {
  const runs: string[] = [];
  for (let at = 0; at < text.length; ) {
    const octet = text[at]!;
    let end = at + 1;
    while (text[end] === octet) end++;
    const shown = escapedOctet(octet);
    runs.push(end - at >= RUN ? `${shown}{${end - at}}` : shown.repeat(end - at));
    at = end;
  }
  const whole = runs.join("");
  if (whole.length <= most) return whole;
  const half = Math.floor(most / 2);
  return `${whole.slice(0, half)} … ${whole.slice(-half)}`;
}

function escapedOctet(octet: string): string {
  const code = octet.charCodeAt(0);
  if (code >= 0x20 && code < 0x7f) return NAMES[octet] ?? octet;
  return NAMES[octet] ?? `\\x${code.toString(16).padStart(2, "0")}`;
}

export function toText(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("latin1");
}
