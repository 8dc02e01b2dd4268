import { oauthBearerClient, oauthBearerServer, type SaslClient, scramClient, scramServer, scramSha256 } from "sasl";
import { afterEach, describe, expect, it } from "vitest";
import type { Mechanisms } from "../src/accounts.ts";
import { submit } from "../src/smtp-client.ts";
import type { Channel } from "../src/transport/channel-binding.ts";
import { ALICE, accounts, BOB, octets, tls, World } from "./support.ts";

let world: World;
afterEach(() => world.stop());

const secret = new Uint8Array(16);
const offered: Mechanisms = new Map([
  [
    "SCRAM-SHA-256-PLUS",
    ({ channelBindings }) => scramServer(scramSha256, { secret, plus: true, plainPasswords: true, channelBindings }),
  ],
  ["OAUTHBEARER", () => oauthBearerServer()],
]);

/** Sends a message of Alice's to Bob. */
async function send(mechanism: (channel: Channel) => SaslClient): Promise<void> {
  world = await new World().start({ mechanisms: offered, tokens: new Map([["vF9dft4qmT", ALICE]]) });
  await submit(
    {
      host: "127.0.0.1",
      port: world.smtpPort,
      ca: tls.cert,
      login: { user: ALICE, password: "" },
      mechanisms: (channel) => [mechanism(channel)],
    },
    [{ from: ALICE, to: [BOB], content: octets("one\r\n") }],
  );
}

const scram = (password: string) => (channel: Channel) =>
  scramClient(scramSha256, {
    authenticationIdentity: ALICE,
    password,
    channelBinding: channel.channelBindings[0] ?? null,
  });
const bearer = (token: string, authorizationIdentity: string) => () =>
  oauthBearerClient({ token, authorizationIdentity });

describe("mechanisms of the caller's", () => {
  it.each([
    ["a password, bound to the connection", scram(accounts.get(ALICE)!)],
    ["a token", bearer("vF9dft4qmT", ALICE)],
  ])("log in with %s", async (_, mechanism) => {
    await send(mechanism);
    expect(world.stored(BOB)).toEqual(["one\r\n"]);
  });

  it.each([
    ["a wrong password", scram("looking glass")],
    ["an unknown token", bearer("x", ALICE)],
    ["a token of somebody else's", bearer("vF9dft4qmT", BOB)],
  ])("do not log in with %s", async (_, mechanism) => {
    await expect(send(mechanism)).rejects.toThrow("auth failed: 535 5.7.8");
    expect(world.stored(BOB)).toEqual([]);
  });
});
