import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { Pop3ServerSession } from "pop3-codec";
import { SmtpServerSession } from "smtp-codec";
import { hostileSessions } from "smtp-codec/arbitraries";
import { describe, expect, it, vi } from "vitest";
import { fetchInto } from "../src/fetch-maildir.ts";
import { fuzz, offers, play } from "../src/fuzz-smtp-server.ts";
import { createLmtpReceiver, folderOf } from "../src/lmtp-receiver.ts";
import { createMaildirServer } from "../src/maildir-pop3-server.ts";
import { exitStatus, sendFile } from "../src/send-file.ts";
import { sendToMany } from "../src/send-many.ts";
import { createProxy } from "../src/smtp-proxy.ts";
import { createReceiver } from "../src/smtp-receiver.ts";
import { Maildir } from "../src/storage/maildir.ts";
import { readIfThere, writeDurably } from "../src/storage/new-file.ts";
import { setPassword, Users } from "../src/storage/users.ts";
import { createSubmissionServer } from "../src/submission-server.ts";
import { drive } from "../src/transport/drive.ts";
import { Listener } from "../src/transport/listener.ts";
import { tlsServer } from "../src/transport/node.ts";
import { ALICE, BOB, Raw, tls } from "./support.ts";
import { contents, folder, listening } from "./world.ts";

/** Says each line, and gives the code, or the first word, of what is answered. */
async function talk(
  port: number,
  lines: readonly string[],
  until: RegExp = /^(?:\d{3} .*|[+-].*)\r\n/m,
): Promise<string[]> {
  const raw = await Raw.open(port);
  const heard = [await raw.hear(until)];
  for (const line of lines) heard.push(await raw.say(`${line}\r\n`, until));
  raw.destroy();
  return heard;
}

const codes = (heard: readonly string[]): string[] => heard.map((each) => each.slice(0, 3));

describe("the SMTP receiver", () => {
  it("stores a message as a file with its trace on top", async () => {
    const path = await folder();
    const port = await listening(createReceiver({ folder: path, domains: new Set(["example.org"]), tls }));
    const heard = await talk(port, [
      "EHLO client.example.com",
      "MAIL FROM:<a@example.com>",
      "RCPT TO:<b@elsewhere.example>",
      "RCPT TO:<b@EXAMPLE.org>",
      "RCPT TO:<Postmaster>",
      "DATA",
      "Subject: x\r\n\r\n..dot\r\n.",
      "QUIT",
    ]);
    expect(codes(heard)).toEqual(["220", "250", "250", "550", "250", "250", "354", "250", "221"]);
    const [message, ...others] = await contents(path);
    expect(others).toEqual([]);
    expect(message).toMatch(
      /^Return-Path: <a@example.com>\r\nDelivered-To: b@EXAMPLE.org\r\nDelivered-To: Postmaster@localhost\r\nReceived: from client.example.com \(\[127.0.0.1\]\)[\s\S]*\r\nSubject: x\r\n\r\n.dot\r\n$/,
    );
  });

  it("leaves nothing of a message that is cut off, or refused", async () => {
    const path = await folder();
    const port = await listening(createReceiver({ folder: path, domains: new Set(["example.org"]), tls }));
    const begin = ["EHLO client.example.com", "MAIL FROM:<>", "RCPT TO:<b@example.org>", "DATA"];
    expect(codes(await talk(port, [...begin, "bare\nLF\r\n."]))).toEqual(["220", "250", "250", "250", "354", "554"]);
    const raw = await Raw.open(port);
    await raw.hear(/220/);
    for (const line of begin) await raw.say(`${line}\r\n`, /^\d{3} /m);
    const over = raw.say("half a message\r\n", /never/);
    raw.end();
    await over;
    expect(await contents(path)).toEqual([]);
  });

  it("says that it cannot store a message, rather than to lose it", async () => {
    const path = join(await folder(), "file");
    await writeDurably(path, "in the place of the folder");
    const port = await listening(createReceiver({ folder: path, domains: new Set(["example.org"]), tls }));
    const begin = ["EHLO client.example.com", "MAIL FROM:<>", "RCPT TO:<b@example.org>", "DATA"];
    expect(codes(await talk(port, [...begin, "x\r\n.", ...begin.slice(1), "."]))).toEqual([
      "220",
      "250",
      "250",
      "250",
      "354",
      "452",
      "250",
      "250",
      "354",
      "452",
    ]);
  });
});

describe("the LMTP receiver", () => {
  it("delivers to each recipient, and answers for each", async () => {
    const path = await folder();
    const port = await listening(createLmtpReceiver({ folder: path, tls }));
    for (const user of [ALICE, BOB]) await mkdir(folderOf(path, user));
    await writeDurably(join(path, "full@example.org"), "in the place of a folder");
    const heard = await talk(port, [
      "LHLO client.example.com",
      "MAIL FROM:<a@example.com>",
      `RCPT TO:<${ALICE}>`,
      "RCPT TO:<nobody@example.org>",
      "RCPT TO:<full@example.org>",
      `RCPT TO:<${BOB}>`,
      "DATA",
    ]);
    expect(codes(heard)).toEqual(["220", "250", "250", "250", "550", "250", "250", "354"]);
    const raw = await Raw.open(port);
    await raw.hear(/220/);
    const batch = `LHLO me.example\r\nMAIL FROM:<>\r\nRCPT TO:<${ALICE}>\r\nRCPT TO:<full@example.org>\r\nRCPT TO:<${BOB}>\r\nDATA\r\n`;
    await raw.say(batch, /354/);
    expect(await raw.say("to all\r\n.\r\n", /250[\s\S]*452[\s\S]*250.*\r\n/)).toMatch(/^250.*\r\n452.*\r\n250.*\r\n$/);
    expect(await raw.say(`MAIL FROM:<>\r\nRCPT TO:<${BOB}>\r\nDATA\r\n.\r\nQUIT\r\n`, /221/)).toMatch(/354[\s\S]*250/);
    // The envelope's sender is nowhere else (RFC 5321 §4.4).
    const trace = /^Return-Path: <>\r\nReceived: from me\.example \(\[127\.0\.0\.1\]\).* with LMTP;.*\r\n .*\r\n(?! )/;
    const delivered = async (user: string) =>
      (await contents(join(folderOf(path, user), "new"))).map((text) => text.replace(trace, "(trace)"));
    expect(await delivered(ALICE)).toEqual(["(trace)to all\r\n"]);
    expect((await delivered(BOB)).sort()).toEqual(["(trace)", "(trace)to all\r\n"]);
    expect((await readdir(path)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("keeps users in their own folders", () => {
    expect(folderOf("/mail", "../../etc@Example.org")).toBe("/mail/..%2F..%2Fetc@example.org");
  });
});

/** A file of users with Alice and Bob. */
async function users(): Promise<Users> {
  const path = join(await folder(), "users");
  await setPassword(path, ALICE, "first");
  await setPassword(path, BOB, "builder");
  await setPassword(path, ALICE, "wonderland"); // another one
  return Users.load(path);
}

/** A submission server, and a message to be sent. */
async function submission() {
  const queue = await folder();
  const port = await listening(createSubmissionServer({ users: await users(), queue, tls }));
  const file = join(await folder(), "mail.eml");
  await writeFile(file, "Subject: x\n\n.dot\n");
  return { queue, file, server: { host: "localhost", port, ca: tls.cert } };
}

describe("the submission server, and clients", () => {
  it("queue a file with its envelope", async () => {
    const { queue, file, server } = await submission();
    const options = { ...server, login: { user: ALICE, password: "wonderland" } };
    const result = await sendFile(options, file, ALICE, [BOB]);
    expect(result.text).toMatch(/queued as/);
    expect(exitStatus(result)).toBe(0);
    expect(await contents(queue, ".eml")).toEqual(["Subject: x\r\n\r\n.dot\r\n"]);
    expect(JSON.parse((await contents(queue, ".json"))[0]!)).toMatchObject({
      user: ALICE,
      from: ALICE,
      to: [{ address: BOB }],
    });
    expect(exitStatus(await sendFile(options, file, BOB, [BOB]))).toBe(1);
    await expect(
      sendFile({ ...server, login: { user: ALICE, password: "first" } }, file, ALICE, [BOB]),
    ).rejects.toThrow("auth failed");
  });

  it("an envelope gets its name after the message has", async () => {
    const { queue, file, server } = await submission();
    // Clocks of file systems are coarse: of a few, one tells.
    for (let n = 0; n < 8; n++)
      await sendFile({ ...server, login: { user: ALICE, password: "wonderland" } }, file, ALICE, [BOB]);
    const named = async (name: string) => (await stat(join(queue, name), { bigint: true })).ctimeNs; // changed by a rename
    const messages = (await readdir(queue)).filter((name) => name.endsWith(".eml"));
    expect(messages).toHaveLength(8);
    for (const name of messages)
      expect(await named(name)).toBeLessThanOrEqual(await named(name.replace(".eml", ".json")));
  });

  it("say what became of a message for each recipient", async () => {
    const { queue, server } = await submission();
    const options = { ...server, login: { user: ALICE, password: "wonderland" } };
    const to = [BOB, "carol@example.org"];
    const reports = await sendToMany(options, { from: ALICE, to }, Buffer.from("Subject: x\n\nhello\n"));
    expect(reports.map((each) => [each.to.address, each.outcome])).toEqual(to.map((each) => [each, "accepted"]));
    expect(await contents(queue, ".eml")).toHaveLength(1);
    await expect(
      sendToMany({ ...server, login: { user: ALICE, password: "wrong" } }, { from: ALICE, to }, Buffer.from("x")),
    ).rejects.toThrow("auth failed");
    await expect(sendToMany({ ...server, ca: "", login: null }, { from: ALICE, to }, Buffer.from("x"))).rejects.toThrow(
      "the connection ended: tls-failed",
    );
  });

  it("tell accepted and refused recipients apart", async () => {
    const path = await folder();
    const port = await listening(createReceiver({ folder: path, domains: new Set(["example.org"]), tls }));
    const options = { host: "localhost", port, ca: tls.cert, login: null };
    const to = ["a@example.org", "b@elsewhere.example", "c@example.org"];
    const reports = await sendToMany(options, { from: ALICE, to }, Buffer.from("x"));
    expect(reports.map(({ outcome, code }) => [outcome, code])).toEqual([
      ["accepted", 250],
      ["permanent", 550],
      ["accepted", 250],
    ]);
  });

  it("name the line of a file of users that cannot be read", async () => {
    const path = join(await folder(), "users");
    await writeFile(path, "# users\n\nalice nonsense\n");
    await expect(Users.load(path)).rejects.toThrow("users:3: ");
    await expect(setPassword(path, "a b", "x")).rejects.toThrow("spaces");
  });
});

describe("the POP3 server over Maildirs, and the client that fetches into one", () => {
  /** A Maildir of Bob's with messages in it. */
  async function served(messages: readonly string[]) {
    const above = await folder();
    const path = folderOf(above, BOB);
    const maildir = await Maildir.open(path);
    for (const message of messages) {
      const file = await maildir.begin();
      await file.write(Buffer.from(message));
      await maildir.deliver(file);
    }
    const port = await listening(createMaildirServer({ users: await users(), folder: above, tls }));
    const own = await folder();
    const options = {
      ...{ host: "localhost", port, user: BOB, password: "builder", ca: tls.cert },
      ...{ folder: join(own, "maildir"), ids: join(own, "ids") },
    };
    return { maildir, path, port, options };
  }

  it("fetch what is new, and nothing twice", async () => {
    const { maildir, options } = await served(["one\r\n", "..two\n", ""]);
    expect(await fetchInto(options)).toBe(3);
    expect(await fetchInto(options)).toBe(0);
    const fetched = () => contents(join(options.folder, "new"));
    expect((await fetched()).sort()).toEqual(["", "..two\r\n", "one\r\n"]);
    const file = await maildir.begin();
    await file.write(Buffer.from("three\r\n"));
    await maildir.deliver(file);
    // The run before ended after storing, and before it could note the ids.
    await writeFile(options.ids, "");
    expect(await fetchInto({ ...options, remove: true })).toBe(1);
    expect(await fetched()).toHaveLength(4);
    expect(await maildir.list()).toEqual([]); // those that were known too
  });

  it("forget an id that was not written to its end, and note the next one on a line of its own", async () => {
    const { maildir, options } = await served(["one\r\n", "two\r\n"]);
    const [one] = await maildir.list();
    await writeFile(options.ids, `${one!.uniqueId}\n${one!.uniqueId.slice(0, 3)}`);
    expect(await fetchInto(options)).toBe(1);
    expect(await contents(join(options.folder, "new"))).toEqual(["two\r\n"]);
    const ids = (await maildir.list()).map(({ uniqueId }) => `${uniqueId}\n`);
    expect(await readFile(options.ids, "utf8")).toBe(ids.join(""));
    await rm(options.folder, { recursive: true }); // so that the ids alone tell
    expect(await fetchInto(options)).toBe(0);
  });

  it("fetch nothing where the file of ids cannot be read", async () => {
    const { options } = await served(["one\r\n"]);
    await mkdir(options.ids);
    await expect(fetchInto(options)).rejects.toThrow(/^EISDIR/);
    expect(await contents(join(options.folder, "new"))).toEqual([]);
  });

  it("remove what was stored, and only then", async () => {
    const { maildir, options } = await served(["one\r\n", "two\r\n"]);
    expect(await fetchInto({ ...options, remove: true })).toBe(2);
    expect(await maildir.list()).toEqual([]);
  });

  /** Logs in to a server as Bob. */
  async function loggedIn(port: number): Promise<Raw> {
    const raw = await Raw.open(port);
    await raw.hear(/\+OK/);
    await raw.say("STLS\r\n", /\+OK/);
    await raw.startTls();
    expect(await raw.say(`USER ${BOB}\r\nPASS builder\r\n`, /\+OK.*\r\n[+-].*\r\n/)).toMatch(/\+OK.*\r\n\+OK/);
    return raw;
  }

  it("give files of any name unique-ids, which stay when they are moved, and have flags", async () => {
    const names = [
      `1.${"x".repeat(67)}`,
      `1.${"x".repeat(68)},S=5`,
      `1.${"x".repeat(240)}`,
      "1.a b",
      "1.\u00fc",
      "2,S=5",
    ];
    const { port, path } = await served([]);
    for (const name of names) await writeFile(join(path, "new", name), name);
    const uniqueIds = async () => {
      const raw = await loggedIn(port);
      const listing = await raw.say("UIDL\r\n", /\r\n\.\r\n/);
      await raw.say("QUIT\r\n", /\+OK.*\r\n/);
      raw.destroy();
      return listing.split("\r\n").slice(1, -2);
    };
    const before = await uniqueIds();
    expect(before.map((line) => line.replace(/[0-9a-f]{64}/, "hash"))).toEqual([
      ...["1 hash", `2 1.${"x".repeat(67)}`, "3 hash", "4 hash", "5 hash", "6 2,S=5"],
    ]);
    for (const name of names) await rename(join(path, "new", name), join(path, "cur", `${name}:2,RS`));
    expect(await uniqueIds()).toEqual(before);
  });

  /** A server with messages that have these unique-ids; what became of them. */
  async function listed(
    messages: readonly (readonly [uniqueId: string, content: string])[],
    retrieve: (number: number) => Promise<void> = async () => {},
  ) {
    const left = [...messages];
    const port = await listening(
      new Listener(
        async (connection) => {
          const session = new Pop3ServerSession({ stls: true });
          const here = [...left];
          const sizes = here.map(([, content]) => content.length);
          await drive(session, connection, {
            on: async (event) => {
              if (event.type === "pass") session.accept({ sizes, uniqueIds: here.map(([uniqueId]) => uniqueId) });
              else if (event.type === "retr") {
                await retrieve(event.number);
                session.accept().content(Buffer.from(here[event.number - 1]![1]));
              } else if (event.type === "quit") {
                for (const number of event.deleted) left.splice(left.indexOf(here[number - 1]!), 1);
                session.accept();
              }
            },
          });
        },
        tlsServer(tls),
        { failed: () => {} },
      ),
    );
    const own = await folder();
    const options = {
      ...{ host: "localhost", port, user: BOB, password: "builder", ca: tls.cert, remove: true },
      ...{ folder: join(own, "maildir"), ids: join(own, "ids") },
    };
    return { options, left, fetched: async () => (await contents(join(options.folder, "new"))).sort() };
  }

  it("overwrite nothing where messages share a unique-id, and store what is the same once", async () => {
    const { options, left, fetched } = await listed([
      ["A", "one\r\n"],
      ["A", "two!\r\n"],
      ["A", "one\r\n"],
      ["B", "one\r\n"],
    ]);
    expect(await fetchInto(options)).toBe(3);
    expect(await fetched()).toEqual(["one\r\n", "one\r\n", "two!\r\n"]);
    expect(left).toEqual([]);
  });

  it.each([
    ["cut off", false],
    ["killed", true],
  ])("lose nothing that shares a unique-id with what a run had that was %s", async (_, isKilled) => {
    const messages = [
      ["A", "one\r\n"],
      ["A", "two!\r\n"],
    ] as const;
    const files = new Map<string, Buffer | null>(); // as a run leaves them that is killed
    const { options, left, fetched } = await listed(messages, async (number) => {
      if (number === 1 || files.size > 0) return;
      await vi.waitFor(async () => expect(await readFile(options.ids, "utf8")).toBe("A\n"));
      for (const path of [options.ids, `${options.ids}.report`]) files.set(path, await readIfThere(path));
      throw new Error("cut off");
    });
    await expect(fetchInto(options)).rejects.toThrow("not complete: connection-lost");
    expect([await fetched(), left]).toEqual([["one\r\n"], messages]);
    if (isKilled)
      for (const [path, content] of files)
        await (content === null ? rm(path, { force: true }) : writeFile(path, content));
    expect(await fetchInto(options)).toBe(1);
    expect([await fetched(), left]).toEqual([["one\r\n", "two!\r\n"], []]);
    expect(await fetchInto(options)).toBe(0);
  });

  it("refuse a wrong password, and a maildrop that is open", async () => {
    const { port, options } = await served([]);
    await expect(fetchInto({ ...options, password: "wrong" })).rejects.toThrow("no login: credentials");
    const raw = await loggedIn(port);
    await expect(fetchInto(options)).rejects.toThrow("no login: try-later");
    expect(await raw.say("RETR 1\r\nSTAT\r\n", /\+OK.*\r\n/)).toMatch(/-ERR/);
    raw.destroy();
  });

  it("find a message that was moved since the login, and remove it", async () => {
    const { path, port } = await served(["one\r\n", "two\r\n"]);
    const raw = await loggedIn(port);
    for (const name of await readdir(join(path, "new")))
      await rename(join(path, "new", name), join(path, "cur", `${name}:2,S`));
    expect(await raw.say("RETR 1\r\n", /\r\n\.\r\n/)).toBe("+OK\r\none\r\n.\r\n");
    await raw.say("DELE 1\r\nDELE 2\r\n", /(?:\+OK.*\r\n){2}/);
    for (const name of await readdir(join(path, "cur")))
      await rename(join(path, "cur", name), join(path, "cur", `${name}R`));
    expect(await raw.say("QUIT\r\n", /\r\n/)).toMatch(/^\+OK/);
    expect(await readdir(join(path, "cur"))).toEqual([]);
    raw.destroy();
  });

  it("remove what they can, and say that something is still there", async () => {
    const { maildir, path, port } = await served(["one\r\n", "two\r\n", "three\r\n"]);
    const raw = await loggedIn(port);
    await raw.say("DELE 1\r\nDELE 2\r\nDELE 3\r\n", /(?:\+OK.*\r\n){3}/);
    const [one, two] = (await readdir(join(path, "new"))).sort();
    await rm(join(path, "new", one!));
    await mkdir(join(path, "new", one!)); // in its place, what is not removed as a file is
    await rm(join(path, "new", two!)); // gone without this session
    expect(await raw.say("QUIT\r\n", /\r\n/)).toMatch(/^-ERR/);
    expect(await readdir(join(path, "new"))).toEqual([one]);
    raw.destroy();
    expect(await maildir.list()).toEqual([]);
  });

  it("answer a login whose maildrop cannot be read, and let it be tried again", async () => {
    const { path, port } = await served([]);
    await symlink("loop", join(path, "new", "loop"));
    await symlink("elsewhere", join(path, "new", "nowhere")); // is left out
    const raw = await Raw.open(port);
    await raw.hear(/\+OK/);
    await raw.say("STLS\r\n", /\+OK/);
    await raw.startTls();
    const logIn = () => raw.say(`USER ${BOB}\r\nPASS builder\r\n`, /\+OK.*\r\n[+-].*\r\n/);
    expect(await logIn()).toContain("-ERR [SYS/TEMP]");
    await rm(join(path, "new", "loop"));
    expect(await logIn()).toMatch(/(?:\+OK.*\r\n){2}/);
    raw.destroy();
  });

  it.each(["..", ".", "a/../../b", "a\\\\b", "\0"])("have a folder of its own for a user named %j", (name) => {
    expect(folderOf("/mail", name)).toMatch(/^\/mail\/[^./\\\\\0][^/\\\\\0]*$/);
  });

  it("say that a message has gone from under the session", async () => {
    const { maildir, port } = await served(["one\r\n"]);
    const raw = await loggedIn(port);
    await maildir.remove(await maildir.list());
    expect(await raw.say("RETR 1\r\n", /\r\n/)).toMatch(/^-ERR \[SYS\/TEMP\]/);
    raw.destroy();
  });
});

describe("the proxy", () => {
  /** A proxy in front of the receiver. */
  async function proxied() {
    const path = await folder();
    const behind = await listening(createReceiver({ folder: path, domains: new Set(["example.org"]), tls }));
    const log: string[] = [];
    const proxy = createProxy({ host: "127.0.0.1", port: behind, log: (line) => log.push(line) }, tls);
    const port = await listening(proxy);
    return { path, proxy, port, log };
  }
  const begin = ["EHLO client.example.com", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.org>", "DATA"];

  it("passes mail on, and logs what it understood", async () => {
    const { path, port, log } = await proxied();
    const heard = await talk(port, [...begin, "Subject: x\r\n\r\n..dot\r\n.", "QUIT"]);
    expect(codes(heard)).toEqual(["220", "250", "250", "250", "354", "250", "221"]);
    expect(heard[1]).not.toMatch(/STARTTLS|CHUNKING/);
    expect((await contents(path))[0]).toMatch(/\r\n\.dot\r\n$/);
    expect(log.filter((line) => line.includes('"MAIL"'))[0]).toContain('"address":"a@example.com"');
    expect(log).toContain("C: [content: 20 octets]");
  });

  it.each([
    ["a bare LF", "x\n.\r\nMAIL FROM:<evil@example.com>\r\n."],
    ["a bare CR", "x\r.\r\nMAIL FROM:<evil@example.com>\r\n."],
  ])("lets no message through that has %s", async (_, content) => {
    const { path, port } = await proxied();
    expect(codes(await talk(port, [...begin, content]))).toEqual(["220", "250", "250", "250", "354", "421"]);
    expect(await contents(path)).toEqual([]);
  });

  it("answers what it does not pass on", async () => {
    const { port } = await proxied();
    const lines = ["NOOP\nMAIL FROM:<a@example.com>", "MAIL TO:<a@example.com>", "STARTTLS", "BDAT 3 LAST", "QUIT"];
    expect(codes(await talk(port, lines))).toEqual(["220", "500", "501", "502", "502", "221"]);
  });

  it("shows no credentials", async () => {
    const log: string[] = [];
    const behind = await listening(
      new Listener(async (connection) => {
        await connection.write(Buffer.from("220 mx\r\n"), 5);
        for (const reply of ["334 \r\n", "235 ok\r\n", "nonsense\r\n"]) {
          await connection.read(5);
          await connection.write(Buffer.from(reply), 5);
        }
        await connection.close();
      }, tlsServer(tls)),
    );
    const port = await listening(createProxy({ host: "127.0.0.1", port: behind, log: (line) => log.push(line) }, tls));
    expect(codes(await talk(port, ["AUTH PLAIN", "AHRpbQB0YW5zdGFhZg==", "NOOP"]))).toEqual([
      "220",
      "334",
      "235",
      "421",
    ]);
    expect(log.join("\n")).not.toContain("AHRpbQ");
  });

  it.each<[who: string, lines: readonly string[], greets: boolean]>([
    ["client", [], true],
    ["client in the midst of a message", [...begin, "half"], true],
    ["server", [], false],
  ])("takes its leave of a %s that is silent", async (_, lines, greets) => {
    const failed = vi.spyOn(console, "error");
    const behind = await listening(
      new Listener(async (connection, signal) => {
        const session = new SmtpServerSession({ host: "mx.example.com" });
        if (!greets) {
          await connection.read(5);
          return connection.close();
        }
        await drive(session, connection, {
          on: (event) => void (event.answer === "needed" && session.accept()),
          signal,
        });
      }, tlsServer(tls)),
    );
    const options = { host: "127.0.0.1", port: behind, log: () => {}, patience: 0.1 };
    const raw = await Raw.open(await listening(createProxy(options, tls)));
    const said = lines.map((line) => `${line}\r\n`).join("");
    expect(await raw.say(said, /^421/m)).toMatch(/^421 4\.4\.2 /m);
    raw.destroy();
    expect(failed).not.toHaveBeenCalled();
    failed.mockRestore();
  });

  it("takes its leave when it is closed", async () => {
    const { proxy, port } = await proxied();
    const raw = await Raw.open(port);
    await raw.hear(/^220/);
    const [heard] = await Promise.all([raw.hear(/421/), proxy.close()]);
    expect(heard).toMatch(/^421 4\.4\.2 /);
  });

  it("says that the server cannot be reached", async () => {
    const port = await listening(createProxy({ host: "127.0.0.1", port: 1, log: () => {} }, tls));
    expect(codes(await talk(port, []))).toEqual(["421"]);
  });
});

describe("the fuzz target", () => {
  it("finds nothing in the receiver", async () => {
    const port = await listening(createReceiver({ folder: await folder(), domains: new Set(["example.org"]), tls }));
    await fuzz({ port, runs: 15, seed: 7, silence: 0.05 });
  });

  it("does not accuse a server without STARTTLS and CHUNKING of what it does not offer", async () => {
    const port = await listening(
      new Listener(async (connection) => {
        const session = new SmtpServerSession({ host: "mx.example.com" });
        await drive(session, connection, { on: (event) => void (event.answer === "needed" && session.accept()) });
      }, tlsServer(tls)),
    );
    expect(await offers({ port })).toEqual(["PIPELINING", "8BITMIME", "SIZE", "ENHANCEDSTATUSCODES", "HELP"]);
    const [accused] = fc.sample(hostileSessions({ families: ["starttls-injection"] }), { numRuns: 1, seed: 1 });
    await expect(play(accused!, { port, silence: 0.05 })).rejects.toThrow("starttls-injection: ");
    await fuzz({ port, runs: 40, seed: 7, silence: 0.02 });
  });

  it.each([
    ["220 mx\r\n502 no\r\n", "EHLO was answered with 502"],
    ["220 mx\r\n", "EHLO was answered with nothing"],
  ])("has to know what a server offers: %j", async (said, why) => {
    const port = await listening(
      new Listener(async (connection) => {
        await connection.write(Buffer.from(said), 5);
        await connection.close();
      }, tlsServer(tls)),
    );
    await expect(fuzz({ port, runs: 1 })).rejects.toThrow(why);
  });

  it.each([
    ["220 mx\r\n250 one too many\r\n250 another\r\n250 and another\r\n", "replies to at most 2 commands"],
    ["220 mx\r\nnonsense\r\n", "the server sent no reply"],
    ["220 m\nx\r\n", "the server sent no line"],
    ["", "the server does not greet any more"],
  ])("finds what a server does wrong: %j", async (said, found) => {
    const port = await listening(
      new Listener(async (connection) => {
        await connection.write(Buffer.from(said), 5);
        await connection.close();
      }, tlsServer(tls)),
    );
    const flights = [{ bytes: new Uint8Array(Buffer.from("NOOP\r\n")), replies: 1 }];
    await expect(play({ family: "bare-line-end", needs: null, flights, messages: 0 }, { port })).rejects.toThrow(found);
  });
});
