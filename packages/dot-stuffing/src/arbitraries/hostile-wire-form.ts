import fc from "fast-check";
import { line } from "./content.ts";
import { octets } from "./text.ts";

/** What has ended messages in some software, and must not (RFC 5321 §4.1.1.4), by the names that advisories use. */
const FAMILIES = {
  "LF.LF": "\n.\n",
  "LF.CRLF": "\n.\r\n",
  "CRLF.LF": "\r\n.\n",
  "CR.CR": "\r.\r",
  "CR.LF": "\r.\n",
  "LF.CR": "\n.\r",
  "CR.CRLF": "\r.\r\n",
  "CRLF.CR": "\r\n.\r",
  "CRLF NUL.CRLF": "\r\n\0.\r\n",
  "CRLF.NUL CRLF": "\r\n.\0\r\n",
  "CRLF.SP CRLF": "\r\n. \r\n",
  "CRLF..CRLF": "\r\n..\r\n",
  "CRLF.CRCRLF": "\r\n.\r\r\n",
  "CRCRLF.CRCRLF": "\r\r\n.\r\r\n",
} as const;

/** A false end of content, by its octets: `"CRLF.NUL CRLF"` is CR LF, a dot, NUL, CR LF. */
export type SmugglingFamily = keyof typeof FAMILIES;

/** All families. */
export const smugglingFamilies: readonly SmugglingFamily[] = Object.keys(FAMILIES) as SmugglingFamily[];

/** A wire form that hides commands after a false end. */
export interface HostileWireForm {
  readonly family: SmugglingFamily;
  /** Ends with the line of a single dot, its only true end. */
  readonly wire: Uint8Array<ArrayBuffer>;
  /** Where the false end ends: what reads on here, reads commands that the sender never gave. */
  readonly falseEnd: number;
  /**
   * What it stands for where bare CRs and LFs are handed over as they came. A receiver may refuse it, or make them
   * CRLF.
   */
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Constraints of {@link hostileWireForm}. */
export interface HostileConstraints {
  /** Default all of {@link smugglingFamilies}. */
  readonly families?: readonly SmugglingFamily[];
  /** How many lines there are at most in front of the false end, and as many after it: all equally often. Default 4. */
  readonly maxLines?: number;
}

const COMMANDS = "MAIL FROM:<smuggled@example.com>\r\nRCPT TO:<victim@example.net>\r\nDATA\r\n";

/**
 * Wire forms with a false end of any of the fourteen families in them, and commands after it. Whatever a receiver
 * thinks of the content, it must end at the last octet of `wire` and not before. If nothing else is asked for, up to 4
 * lines stand before the line with the false end, and as many after it, of the lengths that `content` makes.
 */
export function hostileWireForm(constraints: HostileConstraints = {}): fc.Arbitrary<HostileWireForm> {
  const { families = smugglingFamilies, maxLines = 4 } = constraints;
  const sent = line().map(stuffed);
  const lines = fc
    .array(sent, { maxLength: maxLines, size: "max" })
    .map((texts) => texts.map((text) => `${text}\r\n`).join(""));
  return fc.tuple(fc.constantFrom(...families), lines, sent, lines).map(([family, before, openLine, behind]) => {
    const start = before + openLine;
    // Content begins at a line start, as after a CRLF: directly after DATA a false end is shorter.
    const end = start === "" ? FAMILIES[family].replace(/^\r\n/, "") : FAMILIES[family];
    const body = `${start}${end}${COMMANDS}${behind}`;
    return {
      family,
      wire: octets(`${body}.\r\n`),
      falseEnd: start.length + end.length,
      content: octets(literal(body)),
    };
  });
}

/** The text of a line as it is sent. */
function stuffed(text: string): string {
  return text.startsWith(".") ? `.${text}` : text;
}

/** RFC 5321 §4.5.2 to the letter: a line ends in CRLF, and loses a leading dot. */
function literal(body: string): string {
  const lines = body.split("\r\n");
  return lines.map((text) => (text.startsWith(".") ? text.slice(1) : text)).join("\r\n");
}
