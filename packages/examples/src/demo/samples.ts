/** A message to send. */
export interface Message {
  readonly name: string;
  readonly octets: Uint8Array;
}

/** Messages that have gone wrong somewhere, and one that has not. */
export function samples(): Message[] {
  return [
    { name: "multipart", octets: text(multipart) },
    { name: "dots", octets: text(dots) },
    { name: "utf-8", octets: text(utf8) },
    { name: "bare LF", octets: text(utf8.replaceAll("\r\n", "\n")) },
    { name: "no final line end", octets: text(`${headers("It stops")}No line end behind this`) },
    { name: "empty", octets: new Uint8Array(0) },
    { name: "20 MB", octets: large(20_000_000) },
  ];
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function headers(subject: string, ...more: readonly string[]): string {
  const fields = ["From: Alice <alice@example.org>", "To: Bob <bob@example.org>", `Subject: ${subject}`, ...more];
  return [...fields, "", ""].join("\r\n");
}

const multipart = [
  headers("A report", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="part"').slice(0, -4),
  "",
  "--part",
  "Content-Type: text/plain; charset=us-ascii",
  "",
  "Here is the report.",
  "--part",
  "Content-Type: application/octet-stream",
  "Content-Transfer-Encoding: base64",
  "Content-Disposition: attachment; filename=report.bin",
  "",
  "AAECAwQFBgcICQoLDA0ODw==",
  "--part--",
  "",
].join("\r\n");

/** The first and the last line are a dot alone: without stuffing each would end the message. */
const dots = [".", "..", "...", ".one", "..two", "in the middle . of a line", ".", ""].join("\r\n");

const utf8 = [
  headers(
    "8-bit text",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
  )
    // After the empty line
    .concat("Gr\u00fc\u00dfe aus K\u00f6ln, \u3053\u3093\u306b\u3061\u306f, \u{1f4ee}"),
  ".\u00e9t\u00e9",
  "",
].join("\r\n");

/** Lines of 1 to 76 characters, always the same; about one in 64 begins with a dot. */
function large(size: number): Uint8Array {
  const octets = Buffer.alloc(size);
  let at = octets.write(headers("A large one"), "latin1");
  let state = 1;
  while (at < size - 80) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const length = 1 + ((state >>> 16) % 76);
    for (let end = at + length; at < end; at++) octets[at] = 46 + (((state >>> 8) + at * 7) % 64);
    at += octets.write("\r\n", at, "latin1");
  }
  octets.fill("x", at, size - 2, "latin1");
  octets.write("\r\n", size - 2, "latin1");
  return octets;
}
