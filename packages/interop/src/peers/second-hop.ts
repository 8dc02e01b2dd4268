/**
 * Our server and our client as a relay between hostile clients and the servers and parsers of others: none of these may see a message, or
 * an end of one, that our server has not.
 */
import { sample } from "fast-check";
import { type HostileFamily, hostileFamilies, hostileSessions, SMUGGLED, sessions } from "smtp-codec/arbitraries";
import type { Check, Peer } from "../check.ts";
import { haraka, lenient, type NextHop, nodemailer, withSmtpServer } from "../second-hop/next-hops.ts";
import { type Accepted, receive } from "../second-hop/relay.ts";
import { npmVersion } from "../system/npm.ts";

type Flights = Parameters<typeof receive>[0];

/** Every run of a family. */
const RUNS = 12;
/** The policies under which what is relayed is safe; under `"preserve"` the application has said that it wants the octets. */
const POLICIES = ["reject", "normalize"] as const;

const HOPS: readonly (readonly [string, (use: (hop: NextHop) => Promise<void>) => Promise<void>])[] = [
  ["smtp-server", withSmtpServer],
  ["haraka-message-stream", (use) => use(haraka)],
  ["servers that end at LF and CR", (use) => use(lenient)],
  ["nodemailer's stream", (use) => use(nodemailer)],
];

export const secondHop: Peer = {
  name: "second-hop",
  parts: [],

  async version(): Promise<string> {
    const names = ["smtp-server", "haraka-message-stream", "nodemailer"];
    const versions = await Promise.all(names.map(async (name) => `${name} ${await npmVersion(name)}`));
    return versions.join(", ");
  },

  checks(): readonly Check[] {
    return HOPS.flatMap(([name, open]) => [
      ...POLICIES.flatMap((policy) =>
        (["DATA", "BDAT"] as const).map((form) => ({
          title: `${name}: nothing that is hostile, by ${form}, makes a second message under "${policy}"`,
          run: () => open((hop) => relayHostile(hop, policy, form)),
        })),
      ),
      { title: `${name}: whole sessions are relayed as they were sent`, run: () => open(relayGood) },
    ]);
  },
};

async function relayHostile(hop: NextHop, policy: (typeof POLICIES)[number], form: "DATA" | "BDAT"): Promise<void> {
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

async function relayGood(hop: NextHop): Promise<void> {
  const relaying = sample(sessions({ chunking: true }), 60).flatMap(({ flights, messages }) => {
    const accepted = receive(flights, "reject");
    if (accepted.length !== messages.length) throw new Error("our own server has not taken what was sent");
    // Not every server takes every mailbox that the grammar has; the content is what matters here.
    return accepted.map(({ content }) => ({ from: "a@example.com", to: ["b@example.org"], content }));
  });
  expectTaken(await hop(relaying), relaying, "sessions");
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
function expectTaken(taken: readonly Accepted[], sent: readonly Accepted[], what: string): void {
  if (taken.length !== sent.length) throw new Error(`${what}: ${taken.length} messages came of ${sent.length}`);
  for (const [index, { from, to, content }] of taken.entries()) {
    const expected = sent[index]!;
    if (from === SMUGGLED || from !== expected.from || to.join() !== expected.to.join())
      throw new Error(`${what}: the envelope is ${from} to ${to.join()}`);
    if (Buffer.compare(content, canonical(expected.content)) !== 0) {
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
