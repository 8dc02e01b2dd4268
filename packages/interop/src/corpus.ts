/** The messages that everybody sends and fetches: the demo's, and some that only interoperation needs. */
import { canonical } from "examples/src/demo/canonical.ts";
import { type Message, samples } from "examples/src/demo/samples.ts";
import type { FeatureName } from "./covered/feature.ts";

export interface CorpusMessage extends Message {
  /** What it must look like after it was sent: bare CR and LF as CRLF, with a final CRLF. Made without the codecs. */
  readonly canonical: Uint8Array;
  /** What who transports it has shown. */
  readonly feature: FeatureName;
}

const shown: Readonly<Record<string, FeatureName>> = {
  multipart: "round trip",
  dots: "dots",
  "utf-8": "8-bit",
  "latin-1": "8-bit",
  "bare LF": "bare LF",
  "no final line end": "no final line end",
  "long lines": "long lines",
  "longer lines": "longer lines",
  empty: "empty",
  "20 MB": "20 MB",
};

/** @throws RangeError if one of them shows nothing */
export function corpus(): CorpusMessage[] {
  return [...samples(), latin1(), longLines(), longerLines()].map(({ name, octets }) => {
    const feature = shown[name];
    if (feature === undefined) throw new RangeError(`nothing says what "${name}" shows`);
    return { name, octets, canonical: canonical(octets).octets, feature };
  });
}

/** The beginning of the largest one, for what only has to be larger than something: it is sent in no time. */
export function sizable(all: readonly CorpusMessage[]): CorpusMessage {
  const { octets } = all.find(({ feature }) => feature === "20 MB")!;
  const end = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).indexOf("\r\n", 300_000) + 2;
  const beginning = octets.subarray(0, end);
  return { name: "300 kB", octets: beginning, canonical: beginning, feature: "round trip" };
}

function message(name: string, subject: string, lines: readonly string[]): Message {
  const headers = ["From: Alice <alice@example.org>", "To: Bob <bob@example.org>", `Subject: ${subject}`];
  return { name, octets: Buffer.from([...headers, "", ...lines, ""].join("\r\n"), "latin1") };
}

/** Every octet of the upper half, in an order that is not UTF-8. */
function latin1(): Message {
  const octets = Array.from({ length: 128 }, (_, at) => String.fromCharCode(0x80 + at)).join("");
  return message("latin-1", "Octets", [octets, `.${octets}`]);
}

/** 998 octets: the longest lines that everybody has to take (RFC 5321 §4.5.3.1.6). */
function longLines(): Message {
  return message("long lines", "Long", ["x".repeat(998), `.${"y".repeat(997)}`, "z".repeat(997)]);
}

/** Around powers of two and other sizes that buffers have. */
function longerLines(): Message {
  const lengths = [999, 1023, 1024, 2048, 4095, 4096, 8191, 8192, 20_000];
  return message("longer lines", "Longer", [...lengths.map((length) => "x".repeat(length)), `.${"y".repeat(9999)}`]);
}
