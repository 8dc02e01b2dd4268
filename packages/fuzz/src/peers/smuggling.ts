import { type HostileWireForm, hostileWireForm, smugglingFamilies } from "dot-stuffing/arbitraries";
import fc from "fast-check";
import { octets } from "tools/testing";
import { talk } from "./talk.ts";

/** What a server made of the wire forms of a family. */
interface Tally {
  /** One message, which ends at its last octet. */
  whole: number;
  /** The message was refused, or the connection closed. */
  refused: number;
  /** More replies than there are commands: what was content ran as commands. */
  smuggled: number;
  example: string;
}

/** What a client says up to the content, a step at a time. */
export function envelope(hello: "EHLO" | "LHLO" = "EHLO"): readonly Uint8Array[] {
  return [
    `${hello} client.example.com\r\n`,
    "MAIL FROM:<a@example.com>\r\n",
    "RCPT TO:<b@example.org>\r\n",
    "DATA\r\n",
  ].map(octets);
}

/**
 * Sends wire forms with a false end in them to a server. After 354 a client that sends a message and QUIT has two
 * replies; whoever hears more has had content run as commands.
 */
export async function smuggle(
  name: string,
  port: number,
  hello: "EHLO" | "LHLO" = "EHLO",
  runs = 5,
  seed = 1,
): Promise<void> {
  console.log(`${name}: ${runs} messages of each of ${smugglingFamilies.length} families, seed ${seed}`);
  let whole = 0;
  for (const family of smugglingFamilies) {
    const tally: Tally = { whole: 0, refused: 0, smuggled: 0, example: "" };
    for (const form of fc.sample(hostileWireForm({ families: [family], maxLines: 2 }), { numRuns: runs, seed })) {
      judge(tally, await talk(port, [...envelope(hello), form.wire, octets("QUIT\r\n")]), form);
    }
    whole += tally.whole;
    if (tally.refused > 0) console.log(`  ${family}: ${tally.refused} refused`);
    if (tally.smuggled > 0)
      console.log(`  ${family}: ${tally.smuggled} had commands run, e.g. behind ${JSON.stringify(tally.example)}`);
  }
  console.log(`  ${whole} of ${runs * smugglingFamilies.length} were one message, to their last octet`);
}

function judge(tally: Tally, heard: string, { wire, falseEnd }: HostileWireForm): void {
  const replies = heard.split("\r\n").filter((line) => /^\d{3}(?: |$)/.test(line));
  const behind = replies.slice(replies.findIndex((line) => line.startsWith("354")) + 1);
  if (behind.length > 2) {
    tally.smuggled++;
    const start = Math.max(0, falseEnd - 8);
    const example = String.fromCharCode(...wire.subarray(start, falseEnd));
    if (tally.example === "" || example.length < tally.example.length) tally.example = example;
  } else if (behind[0]?.startsWith("250")) tally.whole++;
  else tally.refused++;
}
