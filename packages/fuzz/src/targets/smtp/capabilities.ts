import fc from "fast-check";
import { capabilities } from "smtp-codec/arbitraries";
import { formatCapabilities, offers, parseCapabilities } from "smtp-codec/syntax";
import { holds, latin1, same } from "../../finding.ts";
import { Choices } from "../../input/choices.ts";
import { joinedOctets, octetsInput } from "../../input/input.ts";
import type { Target } from "../../target.ts";
import { choices } from "../decoder.ts";
import { noise } from "../lines.ts";
import { linear } from "../work.ts";

const lines = [
  ...[
    "mx.example.com hello\r\n",
    "PIPELINING\r\n",
    "SIZE 1000\r\n",
    "SIZE\r\n",
    "SIZE 0\r\n",
    "SIZE x\r\n",
    "AUTH PLAIN LOGIN\r\n",
    "AUTH=LOGIN\r\n",
  ],
  ...[
    "auth plain\r\n",
    "LIMITS RCPTMAX=2 MAILMAX=3\r\n",
    "LIMITS RCPTMAX=0\r\n",
    "DELIVERBY 240\r\n",
    "FUTURERELEASE 10 2024-01-01T00:00:00Z\r\n",
  ],
  ...[
    "MT-PRIORITY MIXER\r\n",
    "NO-SOLICITING a:b\r\n",
    "BURL imap\r\n",
    "XCLIENT NAME\r\n",
    "CHUNKING\r\n",
    "BINARYMIME\r\n",
    " X\r\n",
    "A  B\r\n",
  ],
];

/** A positive reply to EHLO: what was parsed can be written, and means the same. */
export const smtpCapabilities: Target = {
  name: "smtp-capabilities",
  files: ["smtp-codec/src/syntax/capabilities/"],
  lines,
  inputs: fc
    .tuple(
      fc.oneof(
        noise(lines),
        capabilities().map((value) =>
          new TextEncoder().encode(
            formatCapabilities(value)
              .map((line) => `${line}\r\n`)
              .join(""),
          ),
        ),
      ),
      choices,
    )
    .map(([bytes, chosen]) => octetsInput(bytes, chosen)),
  run(input) {
    const texts = latin1(joinedOctets(input)).split("\r\n").slice(0, -1);
    linear(joinedOctets(input).length, 200, () => check(texts, new Choices(input.choices)));
  },
};

function check(lines: readonly string[], choices: Choices): void {
  const leniencies = { authEquals: choices.pick(true, false) };
  const parsed = parseCapabilities({ lines }, leniencies);
  for (const [keyword] of parsed.keywords) {
    const isThere = lines.slice(1).some((line) => new RegExp(`^${keyword}(?:[ =]|$)`, "i").test(line));
    holds(isThere, () => `${keyword} is a line's keyword`);
    offers(parsed, keyword);
  }
  const size = lines.slice(1).find((line) => /^SIZE( |$)/i.test(line));
  holds((parsed.size !== null) === (size !== undefined), "SIZE is offered where it is listed");
  const figure = /^SIZE +(\d{1,15})$/i.exec(size ?? "");
  if (figure !== null) {
    same(parsed.size?.limit, Number(figure[1]) === 0 ? Number.POSITIVE_INFINITY : Number(figure[1]), "SIZE's figure");
  }
  let written: string[];
  try {
    written = formatCapabilities(parsed);
  } catch (error) {
    if (error instanceof RangeError) return;
    throw error;
  }
  const { otherLines: _, ...again } = parseCapabilities({ lines: written }, leniencies);
  const { otherLines: __, ...before } = parsed;
  same(again, before, "capabilities come back");
}
