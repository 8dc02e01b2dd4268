import fc from "fast-check";
import { capability, command, statusLine } from "pop3-codec/arbitraries";
import {
  actsAs,
  findTimestamp,
  formatCapability,
  formatChallenge,
  formatCommand,
  formatDropListing,
  formatLanguageListing,
  formatResponse,
  isFault,
  parseCapability,
  parseChallenge,
  parseCommand,
  parseDropListing,
  parseLanguageListing,
  parseResponse,
} from "pop3-codec/syntax";
import { holds, latin1, same } from "../../finding.ts";
import { linesTarget, noise, utf8Line } from "../lines.ts";
import { clientLines, serverLines } from "./lines.ts";

const encoder = new TextEncoder();

/** Command lines: what is taken can be written, and is read back the same. */
export const pop3Command = linesTarget({
  name: "pop3-command",
  files: [
    "pop3-codec/src/syntax/parse-command.ts",
    "pop3-codec/src/syntax/format-command.ts",
    "pop3-codec/src/syntax/forms.ts",
    "pop3-codec/src/syntax/text.ts",
  ],
  lines: clientLines,
  octets: fc.oneof(
    noise(clientLines),
    command().map((value) => encoder.encode(formatCommand(value))),
  ),
  check(line, choices) {
    const options = {
      utf8User: choices.pick(false, true),
      leniencies: { trailingSpaces: choices.pick(true, false), spacesInNames: choices.pick(true, false) },
    };
    const found = parseCommand(line, options);
    const text = latin1(line);
    if (isFault(found)) {
      if (line.length + 2 <= 255) holds(found.fault !== "line-too-long", "255 octets are taken");
      holds(!/^(STAT|RSET|NOOP|QUIT|CAPA|STLS|UTF8|LIST|UIDL|AUTH|LANG)$/i.test(text), "a plain command is taken");
      return;
    }
    holds(line.length + 2 <= (found.verb === "AUTH" ? 12_288 : 255), "no longer command is taken");
    const figure = /^(?:RETR|DELE|LIST|UIDL|TOP) +(\d+)/i.exec(text);
    if (figure !== null && "number" in found) same(BigInt(found.number!), BigInt(figure[1]!), "the message's number");
    if (found.verb === "PASS" && /^[ -~]*$/.test(text))
      same(found.password, text.slice("PASS ".length), "the password, spaces and all");
    let written: string;
    try {
      written = formatCommand(found, options);
    } catch (error) {
      // A name with spaces, an empty argument: what is taken to be kind is not sent.
      if (error instanceof RangeError) return;
      throw error;
    }
    same(
      parseCommand(encoder.encode(written.slice(0, -2)), { ...options, maxCommandLength: 20_000 }),
      found,
      "what was written is read back",
    );
  },
});

/** Status lines and challenges. */
export const pop3Response = linesTarget({
  name: "pop3-response",
  files: [
    "pop3-codec/src/syntax/response.ts",
    "pop3-codec/src/syntax/challenge.ts",
    "pop3-codec/src/syntax/timestamp.ts",
  ],
  lines: serverLines,
  octets: fc.oneof(
    noise(serverLines),
    statusLine().map((value) => encoder.encode(formatResponse(value))),
  ),
  check(line, choices) {
    const options = {
      leniencies: { leadingLineEnds: choices.pick(true, false), statusIgnoresCase: choices.pick(false, true) },
    };
    const text = latin1(line);
    const found = parseResponse(line, options);
    const timestamp = /<[!-;=?A-~]+@[!-;=?A-~]+>/.exec(text)?.[0] ?? null;
    same(findTimestamp(text), timestamp, "the first msg-id of a greeting");
    if (/^(\+OK|-ERR)( [a-z ]{0,500})?$/.test(text))
      same([found?.ok, found?.line], [text[0] === "+", text], "a plain status line");
    if (found !== null) {
      holds(line.length + 2 <= 512 || options.leniencies.leadingLineEnds, "a status line of at most 512 octets");
      holds(!/[\r\n\0]/.test(found.line) && found.line.length + 2 <= 512, "no framing in a status line");
      const code = /^(?:\+OK|-ERR) \[([!-.0-Z\\^-~/]+)\]/i.exec(found.line)?.[1];
      if (code !== undefined && found.code !== null) same(found.code, code.toUpperCase(), "the response code");
      same(found.actsAs, found.code === null ? null : actsAs(found.code), "what the code acts as");
      written(
        () => formatResponse(found, { utf8: true }),
        (wire) => {
          const { ok, code, text } = parseResponse(encoder.encode(wire.slice(0, -2)), options)!;
          same(
            { ok, code, text },
            { ok: found.ok, code: found.code, text: found.text },
            "a response that was written is read back",
          );
        },
      );
    }
    const challenge = encoder.encode(formatChallenge(line).slice(0, -2));
    same(parseChallenge(challenge), Buffer.from(line).toString("base64"), "a challenge comes back");
    parseChallenge(line);
  },
});

const capaLines = [
  "TOP\r\n",
  "SASL PLAIN LOGIN\r\n",
  "LOGIN-DELAY 900 USER\r\n",
  "EXPIRE NEVER\r\n",
  "EXPIRE 0 user\r\n",
  "IMPLEMENTATION a b\r\n",
  "UTF8 USER\r\n",
  "X-1 a\r\n",
  " TOP\r\n",
  "TOP \r\n",
  "EXPIRE\r\n",
  "en English\r\n",
  "1 2\r\n",
  "320 02 x\r\n",
];

/** Lines of capabilities and languages, and the answer to STAT. */
export const pop3Capabilities = linesTarget({
  name: "pop3-capabilities",
  files: [
    "pop3-codec/src/syntax/capabilities.ts",
    "pop3-codec/src/syntax/language-listing.ts",
    "pop3-codec/src/syntax/listing.ts",
  ],
  lines: capaLines,
  octets: fc.oneof(
    noise(capaLines),
    capability().map((value) => utf8Line(formatCapability(value))),
  ),
  check(line, choices) {
    const text = latin1(line);
    const leniencies = { blankCapabilityLines: choices.pick(true, false) };
    const found = parseCapability(text, leniencies);
    if (found !== null) {
      const tag = found.tag === "other" ? found.name : found.tag;
      same(text.trim().split(/[ \t]/)[0]!.toUpperCase(), tag.toUpperCase(), "the tag is the line's first word");
      if (found.tag === "EXPIRE" && Number.isFinite(found.days))
        same(BigInt(/\d+/.exec(text)![0]), BigInt(found.days), "EXPIRE's figure");
      written(
        () => formatCapability(found),
        (wire) => {
          same(parseCapability(wire, leniencies), found, "a capability comes back");
          const words = (of: string) =>
            of
              .trim()
              .toUpperCase()
              .split(/[ \t]+/)
              .map((word) => word.replace(/^0+(?=\d+$)/, ""));
          if (found.tag !== "SASL") same(words(wire), words(text), "no argument gets lost");
        },
      );
    }
    if (/^[A-Z]{1,20}( [a-z]{1,10}){0,3}$/.test(text)) holds(found !== null, "a plain capability is one");
    const language = parseLanguageListing(text);
    if (language !== null)
      written(
        () => formatLanguageListing(language),
        (wire) => same(parseLanguageListing(wire), language, "a language comes back"),
      );
    const drop = parseDropListing(text);
    const figures = /^(\d{1,15}) (\d{1,15})(?: .*)?$/.exec(text);
    if (figures !== null) same(drop, { count: Number(figures[1]), size: Number(figures[2]) }, "STAT's figures");
    if (drop !== null) same(parseDropListing(formatDropListing(drop)), drop, "STAT's answer comes back");
  },
});

/** What can be written is looked at; what cannot be is none of the encoder's. */
function written(write: () => string, look: (wire: string) => void): void {
  let wire: string;
  try {
    wire = write();
  } catch (error) {
    if (error instanceof RangeError) return;
    throw error;
  }
  look(wire);
}
