import { describe, expect, it } from "vitest";
import { RecentLogins } from "../src/smtp-after-pop3.ts";
import { ALICE, BOB, octets, World } from "./support.ts";

describe("SMTP after POP3", () => {
  it("lets who has fetched mail send without AUTH from the same address, for a while and as themselves", async () => {
    let now = 0;
    const recent = new RecentLogins(600, () => now);
    const loggedIn = (address: string, user: string) => recent.note(address, user);
    const world = await new World().start({ smtpAfterPop3: recent, loggedIn });
    const send = async (from: string) =>
      (await world.submit([{ from, to: [ALICE], content: octets("x\n") }], null))[0]!.text;

    expect(await send(BOB)).toBe("530 5.7.0 authentication required");
    await world.fetch();
    expect(await send(BOB)).toBe("250 2.0.0 message accepted");
    expect(await send(ALICE)).toBe("553 5.7.1 this sender address is not yours");
    now = 600_000;
    expect(await send(BOB)).toBe("530 5.7.0 authentication required");
    expect(world.stored(ALICE)).toHaveLength(1);
    await world.stop();
  });

  it("knows both forms of an IPv4 address, and forgets logins that are over", () => {
    let now = 0;
    const recent = new RecentLogins(1, () => now);
    recent.note("::ffff:192.0.2.1", BOB);
    expect(recent.userAt("192.0.2.1")).toBe(BOB);
    expect(recent.userAt("192.0.2.2")).toBeNull();
    now = 1000;
    recent.note("192.0.2.2", ALICE);
    expect(recent.userAt("192.0.2.1")).toBeNull();
    expect(recent.userAt("::FFFF:192.0.2.2")).toBe(ALICE);
  });
});
