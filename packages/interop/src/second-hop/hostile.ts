/** What hostile sessions leave of messages on their way through our relay, and what a next hop makes of them. */
import { sample } from "fast-check";
import { type HostileFamily, hostileFamilies, hostileSessions, SMUGGLED } from "smtp-codec/arbitraries";
import type { NextHop, Taken } from "./next-hops.ts";
import { type Accepted, receive } from "./relay.ts";

type Flights = Parameters<typeof receive>[0];

/** Every run of a family. */
const RUNS = 12;
/**
 * The policies under which what is relayed is safe; under `"preserve"` the application has said that it wants the
 * octets.
 */
export const POLICIES = ["reject", "normalize"] as const;

/** @throws Error if the next hop sees another message than those that our server has, or more of them */
export async function relayHostile(
  hop: NextHop,
  policy: (typeof POLICIES)[number],
  form: "DATA" | "BDAT",
): Promise<void> {
  let relayed = 0;
  for (const family of hostileFamilies) {
    const relaying = hostile(family).flatMap(({ flights, messages }) => {
      const accepted = receive(form === "BDAT" ? inChunks(flights) : flights, policy);
      if (accepted.length > messages) throw new Error(`${family}: our own server takes ${accepted.length} messages`);
      return accepted;
    });
    relayed += relaying.length;
    if (relaying.length > 0) expectTaken(await hop(relaying), relaying, family);
  }
  // Under "reject" few of them come so far.
  const least = policy === "reject" ? RUNS : smuggling.length * RUNS;
  if (relayed < least) throw new Error(`only ${relayed} messages were relayed`);
}

const smuggling = hostileFamilies.filter((family) => family.startsWith("false-end "));

function hostile(family: HostileFamily) {
  return sample(hostileSessions({ families: [family] }), RUNS);
}

/** The same session with its content as one chunk in place of DATA. */
function inChunks(flights: Flights): Flights {
  return flights.flatMap(({ bytes, replies }, index) => {
    const text = Buffer.from(bytes).toString("latin1");
    if (text.endsWith("DATA\r\n") && index + 1 < flights.length)
      return [{ bytes: bytes.subarray(0, -6), replies: replies - 1 }];
    const before = index === 0 ? "" : Buffer.from(flights[index - 1]!.bytes).toString("latin1");
    if (!before.endsWith("DATA\r\n")) return [{ bytes, replies }];
    const content = bytes.subarray(0, -3);
    return [
      { bytes: new Uint8Array(Buffer.concat([Buffer.from(`BDAT ${content.length} LAST\r\n`), content])), replies },
    ];
  });
}

/** @throws Error unless these are the messages that were sent on, and nobody was smuggled in */
export function expectTaken(taken: readonly Taken[], sent: readonly Accepted[], what: string): void {
  if (taken.length !== sent.length) throw new Error(`${what}: ${taken.length} messages came of ${sent.length}`);
  for (const [index, { from, to, content }] of taken.entries()) {
    const expected = sent[index]!;
    if (from === SMUGGLED || from !== expected.from || to.join() !== expected.to.join())
      throw new Error(`${what}: the envelope is ${from} to ${to.join()}`);
    if (content !== null && Buffer.compare(content, canonical(expected.content)) !== 0) {
      const [found, wanted] = [content, expected.content].map((octets) =>
        JSON.stringify(Buffer.from(octets).toString("latin1")),
      );
      throw new Error(`${what}: the content is ${found} in place of ${wanted}`);
    }
  }
}

/** Content that lacks a last line end has one once it went by DATA. */
function canonical(content: Uint8Array): Buffer {
  const text = Buffer.from(content);
  return text.length === 0 || text.at(-1) === 0x0a ? text : Buffer.concat([text, Buffer.from("\r\n")]);
}
