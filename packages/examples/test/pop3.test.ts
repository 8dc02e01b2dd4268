import { createHash } from "node:crypto";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { Pop3ClientEvent } from "pop3-codec";
import { afterEach, describe, expect, it } from "vitest";
import { makeMechanisms } from "../src/accounts.ts";
import { canonical } from "../src/demo/canonical.ts";
import { samples } from "../src/demo/samples.ts";
import { ALICE, accounts, BOB, base64, login, octets, Raw, text, World } from "./support.ts";

let world: World;
afterEach(() => world.stop());

async function stocked(...contents: readonly string[]): Promise<World> {
  world = await new World().start();
  for (const content of contents) world.maildrops.store(BOB, octets(content));
  return world;
}

describe("fetching over STLS", () => {
  it.each(samples().filter(({ octets }) => octets.length < 10_000))(
    "$name comes back as it was sent",
    async (sample) => {
      await stocked();
      await world.send(sample.octets);
      expect((await world.fetch()).map(text)).toEqual([text(canonical(sample.octets).octets)]);
    },
  );

  it("deletes what was taken, and nothing else", async () => {
    await stocked("one\r\n", "two\r\n", "three\r\n");
    const seen: unknown[] = [];
    const take = async ({ number, octets, roundTrips }: { number: number; octets: Uint8Array; roundTrips: number }) => {
      seen.push([number, text(octets), roundTrips]);
      return number !== 2;
    };
    await world.fetch({ take });
    expect(seen).toEqual([
      [1, "one\r\n", 1],
      [2, "two\r\n", 1],
      [3, "three\r\n", 1],
    ]);
    expect(world.stored(BOB)).toEqual(["two\r\n"]);
    expect(await world.fetch()).toHaveLength(1);
    expect(await world.fetch()).toEqual([]);
  });

  it("gives a message the same unique-id in every session", async () => {
    await stocked("one\r\n", "two\r\n");
    const ids = async () => {
      const found: (string | null)[] = [];
      await world.fetch({ take: ({ uniqueId }) => found.push(uniqueId) < 0 });
      return found;
    };
    const first = await ids();
    expect(new Set(first).size).toBe(2);
    expect(await ids()).toEqual(first);
  });

  it("fails with a wrong password", async () => {
    await stocked("one\r\n");
    const wrong = world.fetch({ login: { user: BOB, password: "wonderland" } });
    await expect(wrong).rejects.toThrow(/^auth failed: -ERR/);
    expect(world.stored(BOB)).toHaveLength(1);
  });

  it("opens a maildrop in one session at a time", async () => {
    await stocked("one\r\n");
    const take = async () => {
      await expect(world.fetch()).rejects.toThrow(/another session/);
      return false;
    };
    await world.fetch({ take });
    expect(await world.fetch()).toHaveLength(1);
  });

  it("deletes nothing when a message could not be taken", async () => {
    await stocked("one\r\n", "two\r\n");
    const failing = world.fetch({
      take: ({ number }) => {
        if (number === 1) return true;
        throw new Error("disk full");
      },
    });
    await expect(failing).rejects.toThrow("disk full");
    await world.stop();
    expect(world.stored(BOB)).toHaveLength(2);
  });

  it.each([
    [{}, [], "SCRAM-SHA-256-PLUS"],
    [{ withoutTls: true }, [], "SCRAM-SHA-256"],
    [{ withoutTls: true }, ["CRAM-MD5", "PLAIN"], "CRAM-MD5"],
    [{}, ["PLAIN"], "PLAIN"],
  ])("with %j logs in to a server with %j by %s", async (options, names, mechanism) => {
    const all = makeMechanisms("localhost");
    const mechanisms = new Map(names.map((name) => [name, all.get(name)!]));
    world = await new World().start(names.length > 0 ? { mechanisms } : {});
    world.maildrops.store(BOB, octets("one\r\n"));
    const used: string[] = [];
    const watch = () => ({
      received: (chunk: Uint8Array) => chunk.length,
      event: (event: Pop3ClientEvent) => void (event.type === "auth" && used.push(event.mechanism)),
      settled: () => {},
      tls: () => {},
    });
    expect((await world.fetch({ ...options, watch })).map(text)).toEqual(["one\r\n"]);
    expect(used).toEqual([mechanism]);
  });
});

describe("fetching from a server without SASL", () => {
  it.each([
    [{}, "PASS"],
    [{ withoutTls: true }, "APOP"],
  ])("with %j logs in by %s", async (options, verb) => {
    const verbs: string[] = [];
    const watch = () => ({
      received: (chunk: Uint8Array) => chunk.length,
      event: ({ type }: { readonly type: string }) => void verbs.push(type.toUpperCase()),
      settled: () => {},
      tls: () => {},
    });
    world = await new World().start({ mechanisms: new Map() });
    world.maildrops.store(BOB, octets("one\r\n"));
    expect((await world.fetch({ ...options, watch })).map(text)).toEqual(["one\r\n"]);
    expect(verbs).toContain(verb);
  });

  it("fails with a wrong password, or for somebody unknown", async () => {
    world = await new World().start({ mechanisms: new Map() });
    world.maildrops.store(BOB, octets("one\r\n"));
    await expect(world.fetch({ login: { user: "eve", password: "x" } })).rejects.toThrow("pass failed: -ERR");
    await expect(world.fetch({ withoutTls: true, login: { user: "eve", password: "x" } })).rejects.toThrow(
      "apop failed",
    );
    expect(world.stored(BOB)).toHaveLength(1);
  });
});

describe("the POP3 server, spoken to by hand", () => {
  const pass = `USER ${BOB}\r\nPASS ${accounts.get(BOB)}\r\n`;

  it("takes APOP", async () => {
    await stocked("one\r\n");
    const raw = await Raw.open(world.pop3Port);
    const timestamp = /<.*>/.exec(await raw.hear(/\r\n/))![0];
    const digest = (password: string) =>
      createHash("md5")
        .update(timestamp + password)
        .digest("hex");
    expect(await raw.say(`APOP ${BOB} ${digest("wrong")}\r\n`, /\r\n/)).toMatch(/^-ERR/);
    expect(await raw.say(`APOP ${BOB} ${digest("builder")}\r\n`, /\r\n/)).toMatch(/^\+OK/);
    expect(await raw.say("STAT\r\n", /\r\n/)).toMatch(/^\+OK 1 5/);
    raw.destroy();
  });

  it("takes USER and PASS under TLS alone, unless told otherwise", async () => {
    await stocked("one\r\n");
    const raw = await Raw.open(world.pop3Port);
    await raw.hear(/\r\n/);
    expect(await raw.say(`USER ${BOB}\r\n`, /\r\n/)).toMatch(/^-ERR/);
    await raw.say("STLS\r\n", /^\+OK/);
    await raw.startTls();
    expect(await raw.say(pass, /\r\n.*\r\n/)).toMatch(/^\+OK.*\r\n\+OK/);
    raw.destroy();
    await world.stop();

    await world.start({ allowPlaintext: true });
    const open = await Raw.open(world.pop3Port);
    await open.hear(/\r\n/);
    expect(await open.say(pass, /\r\n.*\r\n/)).toMatch(/^\+OK.*\r\n\+OK/);
    expect(await open.say("TOP 1 0\r\n", /\r\n\.\r\n/)).toMatch(/^\+OK/);
    open.destroy();
  });

  it("takes AUTH PLAIN under TLS", async () => {
    await stocked();
    const raw = await Raw.open(world.pop3Port);
    await raw.hear(/\r\n/);
    await raw.say("STLS\r\n", /^\+OK/);
    await raw.startTls();
    const { user, password } = login(ALICE);
    expect(await raw.say(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}\r\n`, /\r\n/)).toMatch(/^\+OK/);
    raw.destroy();
  });

  it("keeps marked messages when the connection is lost, and lets the next session in", async () => {
    await stocked("one\r\n");
    await world.stop();
    await world.start({ allowPlaintext: true });
    const raw = await Raw.open(world.pop3Port);
    await raw.hear(/\r\n/);
    await raw.say(pass, /\r\n.*\r\n/);
    expect(await raw.say("DELE 1\r\n", /\r\n/)).toMatch(/^\+OK/);
    raw.end();
    await raw.hear(/never/);
    expect((await world.fetch()).map(text)).toEqual(["one\r\n"]);
  });

  it("lets the next session in with QUIT, and no other in with the end of the one before", async () => {
    world = await new World().start({ allowPlaintext: true });
    // It does not close its side.
    const first = connect({ port: world.pop3Port, host: "127.0.0.1", allowHalfOpen: true });
    first.write(`${pass}QUIT\r\n`);
    await new Promise((resolve) => first.resume().once("end", resolve));
    const second = await Raw.open(world.pop3Port);
    await second.hear(/\r\n/);
    expect(await second.say(pass, /\r\n.*\r\n/)).toMatch(/^\+OK.*\r\n\+OK/);
    first.destroy();
    await setTimeout(50); // until the server has seen it
    await expect(world.fetch()).rejects.toThrow(/another session/);
    second.destroy();
  });

  it("runs no command that was sent in the clear after STLS", async () => {
    await stocked();
    const raw = await Raw.open(world.pop3Port);
    await raw.hear(/\r\n/);
    expect(await raw.say("STLS\r\nQUIT\r\nUS", /\r\n/)).toMatch(/^\+OK[^\r]*\r\n$/);
    await raw.startTls();
    expect(await raw.say("CAPA\r\n", /\r\n\.\r\n/)).toMatch(/^\+OK[^\r]*\r\nTOP\r\n/);
    raw.destroy();
  });
});
