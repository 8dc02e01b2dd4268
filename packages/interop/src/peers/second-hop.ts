/**
 * Our server and our client as a relay between hostile clients and the servers and parsers of others: none of these may
 * see a message, or an end of one, that our server has not.
 */
import { sample } from "fast-check";
import { sessions } from "smtp-codec/arbitraries";
import type { Check, Peer } from "../check.ts";
import { expectTaken, POLICIES, relayHostile } from "../second-hop/hostile.ts";
import { haraka, lenient, type NextHop, nodemailer, withSmtpServer } from "../second-hop/next-hops.ts";
import { receive } from "../second-hop/relay.ts";
import { npmVersion } from "../system/npm.ts";

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

async function relayGood(hop: NextHop): Promise<void> {
  const relaying = sample(sessions({ chunking: true }), 60).flatMap(({ flights, messages }) => {
    const accepted = receive(flights, "reject");
    if (accepted.length !== messages.length) throw new Error("our own server has not taken what was sent");
    // Not every server takes every mailbox that the grammar has; the content is what matters here.
    return accepted.map(({ content }) => ({ from: "a@example.com", to: ["b@example.org"], content }));
  });
  expectTaken(await hop(relaying), relaying, "sessions");
}
