import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SmtpServerSession } from "smtp-codec";
import { describe, expect, it } from "vitest";
import { IncomingMessage } from "../src/storage/incoming-message.ts";
import { writeDurably, writeOnce } from "../src/storage/new-file.ts";
import { setPassword, Users } from "../src/storage/users.ts";
import { octets, text } from "./support.ts";
import { contents, folder } from "./world.ts";

/** A message for a folder, and the replies that it made. */
async function incoming(path?: string) {
  const place = path ?? (await folder());
  const replies: unknown[] = [];
  const session = new SmtpServerSession({ host: "mx.example.com" });
  session.reject = (reply) => {
    replies.push(reply);
    return session;
  };
  const message = new IncomingMessage(place, session);
  return { place, replies, message };
}

const LATER = { code: 452, enhanced: "4.3.1", text: "cannot store it now" };

describe("an incoming message", () => {
  it("is a file of that name, with its head, and nothing else", async () => {
    const { place, replies, message } = await incoming();
    await message.write(octets("one"), () => "head ");
    await message.write(octets(" two"), () => "never ");
    expect(await message.commit(join(place, "a.eml"))).toBe(true);
    expect(await message.commit(join(place, "b.eml"), { head: () => "head alone" })).toBe(true);
    expect((await readdir(place)).sort()).toEqual(["a.eml", "b.eml"]);
    expect(await contents(place, "a.eml")).toEqual(["head one two"]);
    expect(await contents(place, "b.eml")).toEqual(["head alone"]);
    expect(replies).toEqual([]);
  });

  it("leaves nothing when it is forgotten, neither a file nor octets for the next one", async () => {
    const { place, message } = await incoming();
    await message.write(octets("forgotten"));
    expect(await readdir(place)).toHaveLength(1);
    await message.forget();
    expect(await readdir(place)).toEqual([]);
    await message.write(octets("next"));
    expect(await message.commit(join(place, "a.eml"))).toBe(true);
    expect(await contents(place)).toEqual(["next"]);
    await message.forget(); // of one that is stored
    expect(await contents(place)).toEqual(["next"]);
  });

  it("is refused, and leaves nothing, where what says that it is there cannot be stored, which comes last", async () => {
    const { place, replies, message } = await incoming();
    await message.write(octets("x"));
    expect(await message.commit(join(place, "a.eml"), { after: () => Promise.reject(new Error("full")) })).toBe(false);
    expect([replies, await readdir(place)]).toEqual([[LATER], []]);
    const found: string[] = [];
    await message.write(octets("y"));
    await message.commit(join(place, "b.eml"), {
      after: async () => void found.push(...(await contents(place, ".eml"))),
    });
    expect(found).toEqual(["y"]);
  });

  it("is refused where it cannot be written, or get its name", async () => {
    const path = join(await folder(), "file");
    await writeDurably(path, "in the place of the folder");
    const unwritable = await incoming(path);
    await unwritable.message.write(octets("x"));
    expect(unwritable.replies).toEqual([LATER]);
    const { place, replies, message } = await incoming();
    await message.write(octets("x"));
    expect(await message.commit(join(place, "no", "such", "folder"))).toBe(false);
    expect([replies, await readdir(place)]).toEqual([[LATER], []]);
  });
});

describe("a file that is written once", () => {
  it("has what the first has written, of any number that come at once, and leaves nothing else", async () => {
    const place = await folder();
    await Promise.all(["a", "b", "c"].map((text) => writeOnce(join(place, "one"), text)));
    const first = await contents(place);
    expect(first).toEqual([expect.stringMatching(/^[abc]$/)]);
    await writeOnce(join(place, "one"), "d");
    expect(await contents(place)).toEqual(first);
    await expect(writeOnce(join(place, "\0"), "d")).rejects.toThrow();
    expect(await contents(place)).toEqual(first);
  });
});

describe("a file of users", () => {
  const channel = { channelBindings: [], peerCertificate: null };

  /** The salt that somebody is told by a server that has just been started. */
  async function salt(path: string, name: string): Promise<string> {
    const users = await Users.load(path);
    const mechanism = users.mechanisms.get("SCRAM-SHA-256")!(channel);
    const step = users.answer(mechanism, mechanism.next(octets(`n,,n=${name},r=C`)));
    return step.type === "challenge" ? /,s=([^,]+),/.exec(text(step.bytes))![1]! : step.type;
  }

  /** What PLAIN comes to. */
  async function logIn(path: string, name: string, password: string): Promise<string> {
    const users = await Users.load(path);
    const mechanism = users.mechanisms.get("PLAIN")!(channel);
    const step = users.answer(mechanism, mechanism.next(octets(`${name}\0${name}\0${password}`)));
    return step.type === "success" ? step.authenticationIdentity : step.type;
  }

  it("takes nobody for somebody whose name begins with theirs", async () => {
    const path = join(await folder(), "users");
    await setPassword(path, "bobby", "first");
    await setPassword(path, "bob", "builder");
    await setPassword(path, "bob", "second");
    const users = await Users.load(path);
    expect([users.isPassword("bobby", "first"), users.isPassword("bob", "second")]).toEqual([true, true]);
    expect([users.isPassword("bob", "builder"), users.isPassword("bo", "second")]).toEqual([false, false]);
    const lines = (await readFile(path, "utf8")).split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["bobby", "bob", ""]);
  });

  it("that cannot be read keeps its users, and the new one is not added", async () => {
    const path = join(await folder(), "users");
    await mkdir(path); // to read it fails with another code than ENOENT, whoever reads
    await expect(setPassword(path, "bob", "builder")).rejects.toThrow(/^EISDIR/);
    const loop = join(await folder(), "users");
    await symlink(loop, loop);
    await expect(setPassword(loop, "bob", "builder")).rejects.toThrow(/^ELOOP/);
    expect((await lstat(loop)).isSymbolicLink()).toBe(true);
  });

  it("keeps its notes, and shows the same of a user that there is not after a restart", async () => {
    const path = join(await folder(), "users");
    await writeFile(path, "# mine\n");
    await setPassword(path, "bob", "builder");
    expect(await readFile(path, "utf8")).toMatch(/^# mine\nbob SCRAM-SHA-256\$.*\n$/);
    for (const name of ["bob", "nobody"]) expect(await salt(path, name)).toBe(await salt(path, name));
    const [one, other] = await Promise.all([salt(path, "nobody"), salt(path, "nobody")]);
    expect(one).toBe(other);
    expect(one).not.toBe(await salt(path, "somebody"));
    await writeFile(`${path}.secret`, "AAAA\n");
    await expect(Users.load(path)).rejects.toThrow("users.secret: at least 16 octets");
  });

  it("two servers that start at once show the same of a user that there is not", async () => {
    const path = join(await folder(), "users");
    await setPassword(path, "bob", "builder");
    const salts = await Promise.all(Array.from({ length: 8 }, () => salt(path, "nobody")));
    expect(new Set(salts).size).toBe(1);
  });

  it("has names as they are prepared, however they are typed", async () => {
    const path = join(await folder(), "users");
    const composed = "j\u00fcrgen@example.org";
    const decomposed = "ju\u0308rgen@example.org";
    await setPassword(path, decomposed, "first");
    await setPassword(path, composed, "second");
    await setPassword(path, "\u00adbob", "builder");
    expect((await readFile(path, "utf8")).split("\n").map((line) => line.split(" ")[0])).toEqual([composed, "bob", ""]);
    for (const name of [composed, decomposed]) expect(await logIn(path, name, "second")).toBe(composed);
    const kept = (await readFile(path, "utf8")).replace("j\u00fc", "ju\u0308"); // as an older version wrote it
    await writeFile(path, kept);
    expect(await logIn(path, composed, "second")).toBe(composed);
    await setPassword(path, composed, "third");
    expect(await logIn(path, composed, "third")).toBe(composed);
  });

  it.each([
    ["", "a user's name is not empty"],
    ["\u00ad", "a user's name is not empty"],
    ["#bob", "a user's name does not begin with # here"],
    ["\u00ad#bob", "a user's name does not begin with # here"],
    ["a b", "a user's name has no spaces here"],
    ["a\u00a0b", "a user's name has no spaces here"],
    ["a\tb", "a user's name cannot be prepared: RFC 3454 C.2.1"],
    ["a\n", "a user's name cannot be prepared: RFC 3454 C.2.1"],
    ["\u0221", "a user's name cannot be prepared: RFC 3454 A.1"],
  ])("has nobody of the name %j, and is as it was", async (name, message) => {
    const place = await folder();
    await expect(setPassword(join(place, "users"), name, "x")).rejects.toThrow(new Error(message));
    expect(await readdir(place)).toEqual([]);
  });
});
