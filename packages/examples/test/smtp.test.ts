import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonical } from "../src/demo/canonical.ts";
import { samples } from "../src/demo/samples.ts";
import { ALICE, accounts, BOB, base64, login, octets, Raw, text, World } from "./support.ts";

const world = new World();
beforeAll(() => world.start());
afterAll(() => world.stop());

function* failing(): Generator<Uint8Array> {
  yield octets("a beginning\n");
  yield octets("and more\n");
  throw new Error("disk");
}

describe("submission over STARTTLS", () => {
  it.each(samples().filter(({ octets }) => octets.length < 10_000))("stores $name as it was sent", async (sample) => {
    const sent = await world.send(sample.octets);
    const expected = text(canonical(sample.octets).octets);
    expect(sent).toMatchObject({ outcome: "accepted", size: octets(expected).length, refused: [] });
    expect(world.stored(BOB).at(-1)).toBe(expected);
  });

  it("sends several messages over one connection, each in two round trips", async () => {
    const before = world.stored(BOB).length;
    const message = (content: string) => ({ from: ALICE, to: [BOB], content: octets(content) });
    const sent = await world.submit([message("one\n"), message("two\n"), message("three\n")]);
    expect(sent.map(({ outcome, roundTrips }) => [outcome, roundTrips])).toEqual(Array(3).fill(["accepted", 2]));
    expect(world.stored(BOB).slice(before)).toEqual(["one\r\n", "two\r\n", "three\r\n"]);
  });

  it.each([
    [true, 0],
    [false, 50_000],
  ])("streams content from an asynchronous iterable, by BDAT: %j", async (chunking, stuffedLines) => {
    const piece = octets(".0123456789\n".repeat(1000));
    async function* pieces() {
      for (let n = 0; n < 50; n++) yield piece;
    }
    const [sent] = await world.submit([{ from: ALICE, to: [BOB], content: pieces(), chunking }]);
    expect(sent).toMatchObject({ outcome: "accepted", size: 50 * 13_000, stuffedLines });
    expect(world.stored(BOB).at(-1)!.length).toBe(650_000);
  });

  it("names the recipients that were refused; the others have the message", async () => {
    const sent = await world.send(octets("x\n"), ["nobody@example.org", ALICE]);
    expect(sent).toMatchObject({
      outcome: "accepted",
      refused: [{ address: "nobody@example.org", text: "550 5.1.1 no such mailbox here" }],
    });
    expect(world.stored(ALICE)).toEqual(["x\r\n"]);
  });

  it("says why a message was not accepted, and sends the next one", async () => {
    const content = octets("next\n");
    const sent = await world.submit([
      { from: ALICE, to: ["nobody@example.org"], content },
      { from: BOB, to: [BOB], content },
      { from: ALICE, to: [BOB], content, size: 60_000_000 },
      { from: ALICE, to: [BOB], content },
    ]);
    expect(sent.map(({ outcome, text }) => [outcome, text.slice(0, 9)])).toEqual([
      ["not-accepted", "550 5.1.1"],
      ["not-accepted", "553 5.7.1"],
      ["not-accepted", "552 5.3.4"],
      ["accepted", "250 2.0.0"],
    ]);
    expect(world.stored(BOB).at(-1)).toBe("next\r\n");
  });

  it.each([
    ["an address that is none", { to: ["no address"] }, "it cannot be sent: ", "accepted"],
    ["a sender that is none", { from: "no address" }, "it cannot be sent: ", "accepted"],
    ["content that throws in a chunk", { content: failing() }, "the content failed: Error: disk", "not-accepted"],
    [
      "content that throws after DATA",
      { content: failing(), chunking: false },
      "the content failed: Error: disk",
      "not-accepted",
    ],
  ])("says what became of the others where one message has %s", async (_, wrong, why, next) => {
    const good = { from: ALICE, to: [BOB], content: octets("good\n") };
    const before = world.stored(BOB).length;
    const sent = await world.submit([good, { ...good, ...wrong }, good]);
    expect(sent.map(({ outcome }) => outcome)).toEqual(["accepted", "not-accepted", next]);
    expect(sent[1]!.text).toContain(why);
    expect(world.stored(BOB).length - before).toBe(next === "accepted" ? 2 : 1);
  });

  it("fails with a wrong password, and with the password of somebody else", async () => {
    const content = [{ from: ALICE, to: [BOB], content: octets("x") }];
    await expect(world.submit(content, { user: ALICE, password: "builder" })).rejects.toThrow("auth failed: 535 5.7.8");
    await expect(world.submit(content, { user: "eve", password: "x" })).rejects.toThrow("auth failed: 535 5.7.8");
  });

  it("fails where it has no mechanism that the server offers", async () => {
    const own = await new World().start({ mechanisms: new Map() });
    await expect(own.send(octets("x"))).rejects.toThrow("no mechanism to log in with: SCRAM-SHA-512-PLUS not offered");
    await own.stop();
  });

  it("fails where nobody listens, or where the certificate is not trusted", async () => {
    const { submit } = await import("../src/smtp-client.ts");
    const content = [{ from: ALICE, to: [BOB], content: octets("x") }];
    const options = { host: "127.0.0.1", port: world.smtpPort, login: login(ALICE) };
    await expect(submit({ ...options, port: 1 }, content)).rejects.toThrow("ECONNREFUSED");
    await expect(submit(options, content)).rejects.toThrow("tls-failed");
  });

  it("sends nothing to a server that takes STARTTLS out of its offer and refuses it", async () => {
    const heard: string[] = [];
    const server = createServer((socket) => {
      socket.write("220 stripped\r\n");
      socket.on("data", (chunk) => {
        const line = chunk.toString();
        heard.push(line.slice(0, 4));
        socket.write(line.startsWith("EHLO") ? "250-stripped\r\n250 AUTH PLAIN\r\n" : "502 no\r\n");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const { submit } = await import("../src/smtp-client.ts");
    const options = { host: "127.0.0.1", port, login: login(ALICE) };
    const sending = submit(options, [{ from: ALICE, to: [BOB], content: octets("x") }]);
    await expect(sending).rejects.toThrow("starttls failed: 502 no");
    expect(heard).toEqual(["EHLO", "STAR", "QUIT"]);
    server.close();
  });
});

describe("the submission server, spoken to by hand", () => {
  const plain = `AUTH PLAIN ${base64(`\0${ALICE}\0${accounts.get(ALICE)}`)}\r\n`;
  const envelope = `MAIL FROM:<${ALICE}>\r\nRCPT TO:<${BOB}>\r\nDATA\r\n`;

  /** A connection that has said EHLO. */
  async function greeted(port = world.smtpPort): Promise<Raw> {
    const raw = await Raw.open(port);
    await raw.hear(/220 /);
    await raw.say("EHLO me.example\r\n", /^250 /m);
    return raw;
  }

  /** A connection under TLS that has said EHLO again. */
  async function secured(port = world.smtpPort): Promise<Raw> {
    const raw = await greeted(port);
    expect(await raw.say("STARTTLS\r\n", /\r\n/)).toMatch(/^220 /);
    await raw.startTls();
    await raw.say("EHLO me.example\r\n", /^250 /m);
    return raw;
  }

  /** A connection under TLS, logged in. */
  async function loggedIn(port = world.smtpPort): Promise<Raw> {
    const raw = await secured(port);
    expect(await raw.say(plain, /\r\n/)).toMatch(/^235 /);
    return raw;
  }

  it("demands TLS before anything else, and offers no password mechanism without it", async () => {
    const raw = await Raw.open(world.smtpPort);
    await raw.hear(/220 /);
    expect(await raw.say("EHLO me.example\r\n", /^250 /m)).not.toMatch(/PLAIN|LOGIN/);
    expect(await raw.say(`MAIL FROM:<${ALICE}>\r\n`, /\r\n/)).toMatch(/^530 5\.7\.0/);
    expect(await raw.say("QUIT\r\n", /\r\n/)).toMatch(/^221 /);
  });

  it("demands AUTH before MAIL", async () => {
    const raw = await secured();
    expect(await raw.say(`MAIL FROM:<${ALICE}>\r\n`, /\r\n/)).toMatch(/^530 5\.7\.0 authentication required/);
    raw.destroy();
  });

  it.each(["LOGIN", "CRAM-MD5"])("takes AUTH %s, and cancels it for *", async (mechanism) => {
    const raw = await secured();
    expect(await raw.say(`AUTH ${mechanism}\r\n`, /\r\n/)).toMatch(/^334 /);
    expect(await raw.say("*\r\n", /\r\n/)).toMatch(/^501 /);
    raw.destroy();
  });

  it("takes a login by LOGIN", async () => {
    const raw = await secured();
    await raw.say("AUTH LOGIN\r\n", /^334 /);
    await raw.say(`${base64(ALICE)}\r\n`, /^334 /);
    expect(await raw.say(`${base64("wonderland")}\r\n`, /\r\n/)).toMatch(/^235 /);
    raw.destroy();
  });

  it("lets nobody act for somebody else", async () => {
    const raw = await secured();
    const message = base64(`${BOB}\0${ALICE}\0${accounts.get(ALICE)}`);
    expect(await raw.say(`AUTH PLAIN ${message}\r\n`, /\r\n/)).toMatch(/^535 /);
    raw.destroy();
  });

  it.each([
    ["reject", "one\ntwo\r\n", /^554 5\.6\.0/, []],
    ["reject", "one\n.\nMAIL FROM:<eve@example.org>\r\n", /^554 5\.6\.0/, []],
    ["normalize", "one\ntwo\r\n", /^250 /, ["one\r\ntwo\r\n"]],
    ["normalize", "one\n..\ntwo\r\n", /^250 /, ["one\r\n.\r\ntwo\r\n"]],
  ] as const)("lineEndings %j: a bare LF in %j", async (lineEndings, content, reply, stored) => {
    const own = await new World().start({ lineEndings });
    const raw = await loggedIn(own.smtpPort);
    await raw.say(envelope, /^354 /m);
    const answer = await raw.say(`${content}.\r\n`, /\r\n/);
    expect(answer).toMatch(reply);
    expect(answer.match(/\r\n/g)).toHaveLength(1); // nothing in the content was read as a command
    expect(own.stored(BOB)).toEqual(stored);
    raw.destroy();
    await own.stop();
  });

  it("takes content by BDAT, stores it as it came, and offers what it takes", async () => {
    const own = await new World().start();
    const raw = await loggedIn(own.smtpPort);
    const offer = await raw.say("EHLO me.example\r\n", /^250 /m);
    for (const keyword of ["CHUNKING", "SMTPUTF8", "DSN"]) expect(offer).toContain(`250-${keyword}\r\n`);
    const transaction = `MAIL FROM:<${ALICE}> SMTPUTF8\r\nRCPT TO:<${BOB}>\r\n`;
    expect(await raw.say(`${transaction}BDAT 5\r\n.\r\n.\rBDAT 4 LAST\r\n\n..!`, /message/)).toMatch(
      /^250 2\.0\.0 message/m,
    );
    expect(own.stored(BOB)).toEqual([".\r\n.\r\n..!"]);
    raw.destroy();
    await own.stop();
  });

  it("reports a delivery to a sender who asks for it", async () => {
    const own = await new World().start();
    const raw = await loggedIn(own.smtpPort);
    const asking = `MAIL FROM:<${ALICE}> ENVID=QQ314159\r\nRCPT TO:<${BOB}> NOTIFY=SUCCESS,FAILURE\r\nRCPT TO:<${ALICE}> NOTIFY=NEVER\r\n`;
    await raw.say(`${asking}DATA\r\n`, /^354 /m);
    expect(await raw.say("x\r\n.\r\n", /\r\n/)).toMatch(/^250 /);
    await raw.say(`${envelope.replace("DATA", "BDAT 0 LAST")}`, /message/);
    expect(own.stored(BOB)).toEqual(["x\r\n", ""]);
    const [message, report = "", ...more] = own.stored(ALICE);
    expect([message, more]).toEqual(["x\r\n", []]);
    expect(report).toContain("Original-Envelope-Id: QQ314159\r\n");
    expect(report.match(/^Final-Recipient: .*$/gm)).toEqual([`Final-Recipient: rfc822; ${BOB}`]);
    raw.destroy();
    await own.stop();
  });

  it("stores nothing of a message that was cut off, or broken off by the client's end", async () => {
    const own = await new World().start();
    for (const stop of ["destroy", "end"] as const) {
      const raw = await loggedIn(own.smtpPort);
      await raw.say(envelope, /^354 /m);
      await raw.say("Subject: half\r\n\r\nof a mess", /^/);
      raw[stop]();
      if (stop === "end") await raw.hear(/never/);
    }
    await own.stop();
    expect(own.stored(BOB)).toEqual([]);
  });

  it("runs no command that was sent in the clear after STARTTLS", async () => {
    const raw = await greeted();
    const heard = await raw.say("STARTTLS\r\nNOOP\r\nRSET\r\nEH", /\r\n/);
    expect(heard).toMatch(/^220 [^\r]*\r\n$/);
    await raw.startTls();
    expect(await raw.say("EHLO me.example\r\n", /^250 /m)).toMatch(/^250-localhost\r\n/);
    expect(await raw.say("NOOP\r\n", /\r\n/)).toMatch(/^250 2\.0\.0 ok\r\n$/);
    raw.destroy();
  });

  it("survives a failed handshake", async () => {
    const raw = await greeted();
    await raw.say("STARTTLS\r\n", /\r\n/);
    expect(await raw.say("this is no TLS\r\n", /never/)).not.toMatch(/^250/m);
    expect((await world.send(octets("still here\n"))).outcome).toBe("accepted");
  });

  it("says good-bye to its clients when it is closed", async () => {
    const own = await new World().start();
    const raw = await Raw.open(own.smtpPort);
    await raw.hear(/220 /);
    const stopped = own.stop();
    expect(await raw.hear(/\r\n/)).toMatch(/^421 4\.3\.2 localhost shutting down/);
    await stopped;
  });
});
